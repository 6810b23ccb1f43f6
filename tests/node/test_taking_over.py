"""Never asking twice: within a delegation by both nodes, and from the investigation to the committee's appraisal."""

from collections.abc import AsyncIterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from delegation.errors import Reason, Refusal
from delegation.facts import CaseFacts
from node import compose as composing
from node.desk.ports import Actor, FileFacts, Role
from node.desk.taking_ports import CaseFile
from node.records import MaterialRecord
from node.service import Node
from node.writer import Tx
from tests.node.appraisals import a_letter, member
from tests.node.world import (
    CHENGDU,
    COMMITTEES,
    HANGZHOU,
    UNITS_OF,
    World,
    an_investigation,
    approver,
    clerk,
    make,
    reach,
    running,
    stream,
    until,
    view,
)

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 1200  # more than one chunk
QUESTION = {"question": {"text": "请提供受理决定书"}}
BOSS = Actor("boss", "管理员", UNITS_OF[HANGZHOU], frozenset({"administrator"}))


async def whole(pieces: AsyncIterable[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


def parts(value: object, name: str) -> list[dict[str, Any]]:
    found = value[name] if isinstance(value, Mapping) else []
    return [dict(each) for each in found]


async def with_files(home: Node, **kinds: str) -> tuple[str, dict[str, str]]:
    """A letter to Chengdu that brings files of these kinds; their ids by name."""
    draft = await home.desk.create_draft(clerk(HANGZHOU), an_investigation())
    ids = {}
    for name, kind in kinds.items():
        facts = FileFacts(name=f"{name}.pdf", document_kind=kind, pages=2, withheld=name == "kept_back")
        added = await home.desk.add_file(clerk(HANGZHOU), draft.draft_id, stream(PDF), facts)
        ids[name] = added.material_id
    draft = await home.desk.submit_for_approval(clerk(HANGZHOU), draft.draft_id, draft.version)
    issued = await home.desk.approve_and_issue(approver(HANGZHOU), draft.draft_id, draft.version)
    return issued.row.delegation_id, ids


def asking(*unfit: str) -> dict[str, Any]:
    told = [{"material_id": each, "fault": "MATERIAL_FAULT_ILLEGIBLE", "text": "印章看不清"} for each in unfit]
    return {"body": {**QUESTION, "asked_materials": [{"material": "acceptance", "unfit": told}]}}


async def test_what_is_held_is_not_asked_for_and_both_nodes_see_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref, ids = await with_files(home, letter="acceptance")
        await reach(host, CHENGDU, ref, "issued")
        with pytest.raises(Refusal) as refused:
            await make(host, CHENGDU, ref, "QUESTION", asking())
        assert refused.value.reason is Reason.MATERIAL_HELD_ALREADY
        pointer = {"guard": "not_asked_again", "asked": "acceptance", "material_ids": ids["letter"]}
        assert refused.value.details == pointer
        await make(host, CHENGDU, ref, "QUESTION", asking(ids["letter"]))  # with why it does not do
        told = await until(partial(view, home, HANGZHOU, ref), lambda seen: seen.entries[-1].kind == "QUESTION")
        assert told.entries[-1].body is not None
        assert told.entries[-1].state == "applied"
        [wanted] = parts(told.entries[-1].body, "asked_materials")
        assert wanted["material"] == "acceptance"
        assert [each["fault"] for each in parts(wanted, "unfit")] == ["MATERIAL_FAULT_ILLEGIBLE"]

        def forgets(_tx: object, _state: object, _held: object, case: CaseFacts, _facts: object) -> CaseFacts:
            return case

        # a sender that does not judge what it sends: no desk of ours would let such a question go out
        monkeypatch.setattr(composing, "with_documents", forgets)
        await make(host, CHENGDU, ref, "QUESTION", asking())
        parked = await until(
            partial(view, home, HANGZHOU, ref), lambda seen: any(each.state == "parked" for each in seen.entries)
        )
        assert [each.parked_reason for each in parked.entries if each.state == "parked"] == ["MATERIAL_HELD_ALREADY"]
        await until(partial(view, host, CHENGDU, ref), lambda seen: seen.entries[-1].kind == "PROTEST")


async def _with_staff(home: Node, staff_id: str, *units: str) -> Actor:
    await home.accounts.create_staff(
        BOSS, staff_id=staff_id, name="两处经办", password="a-long-password", units=units, roles=["clerk"]
    )
    return Actor(staff_id, "两处经办", units[0], frozenset({"clerk"}))


async def _files(home: Node, actor: Actor, draft_id: str) -> dict[str, CaseFile]:
    return {each.document_kind: each for each in await home.taking.case_files(actor, draft_id)}


async def _root(home: Node, material_id: str) -> bytes:
    def read(tx: Tx, _state: object, _at: object) -> bytes:
        found = tx.get(MaterialRecord, (material_id,))
        return found.root if found is not None else b""

    return await home.writer.run(read)


def _appraisal(**changes: object) -> dict[str, object]:
    return a_letter(**{"case_key": "杭劳鉴2026-5", **changes})


async def test_the_committee_takes_over_what_the_investigation_has(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU, committees=True) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref, ids = await with_files(
            home, diagnosis="diagnosis", records="medical_record", witness="witness", kept_back="id-card"
        )
        await reach(host, CHENGDU, ref, "issued")
        await reach(home, HANGZHOU, ref, "issued")
        await _only_who_may_look(home, ref)
        both = await _with_staff(home, "hz-both", UNITS_OF[HANGZHOU], COMMITTEES[HANGZHOU])
        committee = COMMITTEES[HANGZHOU]
        draft = await home.taking.begin_appraisal(both, ref, committee, _appraisal(), once="k")
        same = await home.taking.begin_appraisal(both, ref, committee, _appraisal(), once="k")
        assert same.draft_id == draft.draft_id
        colleague = member(HANGZHOU, name="hz-wei")  # works for the committee alone
        offered = await _files(home, colleague, draft.draft_id)
        assert set(offered) == {"diagnosis", "medical_record", "witness"}, "what is kept back is not offered"
        assert {each.name for each in offered.values()} == {""}
        assert {each.unit for each in offered.values()} == {UNITS_OF[HANGZHOU]}
        assert {each.wanted_as for each in offered.values() if each.suggested} == {"diagnosis", "records"}
        assert not offered["witness"].suggested
        await _is_noted(home, colleague, ref, draft.draft_id)
        draft = await home.desk.update_draft(colleague, draft.draft_id, draft.version, _appraisal(case_key="another"))
        wanted = [offered["diagnosis"].material_id, offered["medical_record"].material_id]
        with pytest.raises(Refusal) as refused:
            await home.taking.take_over(colleague, draft.draft_id, [ids["kept_back"]])
        assert refused.value.reason is Reason.NOT_FOUND
        taken = await home.taking.take_over(colleague, draft.draft_id, [*wanted, *wanted])
        assert [each.name for each in taken] == ["diagnosis.pdf", "records.pdf"]
        assert await home.taking.take_over(colleague, draft.draft_id, wanted) == ()
        after = await _files(home, colleague, draft.draft_id)
        assert [each.taken for each in after.values()] == [True, True, False]
        assert not any(each.suggested for each in after.values())
        for old, new in zip(wanted, taken, strict=True):
            assert new.material_id != old
            assert await _root(home, new.material_id) != await _root(home, old), "no digest ties the two"
            opened = await home.desk.open_file(colleague, new.material_id)
            assert await whole(opened.read()) == PDF
        await _is_counted(world, colleague, draft.draft_id, draft.version, set(wanted))


async def _only_who_may_look(home: Node, ref: str) -> None:
    """Neither number alone opens another unit's case, nor does an investigation; both together do."""
    stranger = member(HANGZHOU)
    number, worker = str(an_investigation()["case_key"]), an_investigation()["letter"]["worker"]  # type: ignore[index]
    other: Any = _appraisal(case_key=number)
    other["letter"] = {**other["letter"], "worker": {**worker, "id_number": "110101199003070011"}}
    for business, sees in (
        (_appraisal(), False),
        (other, False),
        ({**_appraisal(case_key=number), "matter": "INVESTIGATION"}, False),
        (_appraisal(case_key=ref), False),
        (_appraisal(case_key=number), True),
    ):
        draft = await home.desk.create_draft(stranger, business)
        assert bool(await home.taking.case_files(stranger, draft.draft_id)) is sees
    only = await _with_staff(home, "hz-one", UNITS_OF[HANGZHOU])
    for actor in (only, member(HANGZHOU)):
        with pytest.raises(Refusal) as refused:
            await home.taking.begin_appraisal(actor, ref, COMMITTEES[HANGZHOU], _appraisal())
        assert refused.value.reason is Reason.NOT_FOUND
    with pytest.raises(Refusal) as foreign:
        await home.taking.case_files(replace(stranger, unit=UNITS_OF[HANGZHOU]), draft.draft_id)
    assert foreign.value.reason is Reason.NOT_FOUND


async def _is_noted(home: Node, who: Actor, ref: str, draft_id: str) -> None:
    page = await home.people.looks(BOSS, delegation_id=ref)
    assert (who.staff_id, who.unit, "files", draft_id) in [
        (each.staff_id, each.unit, each.what, each.part) for each in page.items
    ]


async def _is_counted(world: World, who: Actor, draft_id: str, version: int, old: set[str]) -> None:
    """The letter says how many were not asked for again, and the other host learns of no other case."""
    home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
    draft = await home.desk.submit_for_approval(who, draft_id, (await home.desk.get_draft(who, draft_id)).version)
    assert draft.version > version
    issued = await home.desk.approve_and_issue(member(HANGZHOU, Role.APPROVER), draft_id, draft.version)
    ref = issued.row.delegation_id
    told = await until(partial(host.desk.get_delegation, member(CHENGDU), ref), lambda seen: bool(seen.materials))
    assert told.entries[0].state == "applied"
    assert told.entries[0].declared["reused_materials"] == 2
    assert [each.taken_over for each in told.materials] == [True, True]
    body = told.entries[0].body
    assert body is not None
    assert [each["taken_over"] for each in parts(body, "materials")] == [True, True]
    assert not any(each in str(body) for each in old), "the first delegation's ids stay at home"
