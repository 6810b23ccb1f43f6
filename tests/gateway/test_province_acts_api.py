"""A provincial office's acts over the interface: what goes to the office's node, and how a no comes back."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import date
from typing import Any

import httpx
import pytest

from delegation import roster_records
from delegation.catalogue import CATALOGUE
from delegation.codes import AppraisalMode, Kind, Matter
from delegation.errors import Reason
from delegation.roster_records import AgreedTime
from delegation.table import State
from gateway.examples import EXAMPLES
from gateway.schemas import province_acts as shown
from gateway.schemas.base import Answer
from node.desk.ports import Role
from node.province import acts_ports
from node.province.acts_ports import AgreementLine, NamedUnit, OfficeUnits, Possible, Prepared, Terms
from tests.builders import CHENGDU_RD, DEYANG_RD, HANGZHOU_RD, SICHUAN_PO, ZHEJIANG_PO
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import NOW
from tests.gateway.fake_acts import SEEN, THREAD, FakeActs

AT = "/api/v1/province"
TEXT = "请抓紧办理"
UNKNOWN = "WT-330100-20260803-000018-X"
RENAMED = {"thread_id": "delegation_id"}
VIEWS: dict[type[Answer], type] = {
    shown.ActOutcomeOut: acts_ports.Done,
    shown.WaitsOut: acts_ports.Waits,
    shown.AnsweredOut: acts_ports.Answered,
    shown.OfficePreparedOut: acts_ports.Prepared,
    shown.OfficeWorkOut: acts_ports.OfficeWork,
    shown.PossibleOut: acts_ports.Possible,
    shown.NamedUnitOut: acts_ports.NamedUnit,
    shown.OfficeUnitsOut: acts_ports.OfficeUnits,
    shown.AgreedTimeOut: roster_records.AgreedTime,
    shown.TermsOut: acts_ports.Terms,
    shown.AgreementOut: acts_ports.AgreementLine,
}
PREPARING: dict[str, Mapping[str, object]] = {  # a body that each address prepares an act of
    "supervisions": {"unit": HANGZHOU_RD, "working_days": 3},
    "designations": {"unit": DEYANG_RD, "seen": SEEN},
    "opinions": {},
    "coordination-requests": {"unit": CHENGDU_RD},
    "coordination-answers": {},
}


@pytest.mark.parametrize("answer", VIEWS, ids=lambda answer: answer.__name__)
def test_an_answer_has_the_fields_of_its_view(answer: type[Answer]) -> None:
    assert set(answer.model_fields) == {RENAMED.get(field.name, field.name) for field in fields(VIEWS[answer])}


@asynccontextmanager
async def office(house: House) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient, FakeActs]]:
    """Who supervises, who approves, and what the node was told."""
    acts = house.station.acts = FakeActs()
    house.station.accounts.add("jg", Role.SUPERVISOR, unit=ZHEJIANG_PO)
    house.station.accounts.add("sp", Role.APPROVER, unit=ZHEJIANG_PO)
    async with house.caller("jg") as supervisor, house.caller("sp") as approver:
        yield supervisor, approver, acts


async def test_many_are_reminded_and_each_says_what_became_of_it(house: House) -> None:
    async with office(house) as (supervisor, _, acts):
        asked = {"delegation_ids": [THREAD, UNKNOWN], "text": TEXT}
        first = await supervisor.post(f"{AT}/reminders", json=asked)
        again = (await supervisor.post(f"{AT}/reminders", json=asked)).json()["items"]
        other = await supervisor.post(f"{AT}/reminders", json={**asked, "unit": HANGZHOU_RD})
    assert first.status_code == 200
    went, missing = first.json()["items"]
    assert went == {
        "delegation_id": THREAD, "unit": CHENGDU_RD, "move_id": "", "version": 0, "reason": "", "details": {},
        "text_zh": "", "text_en": "",
    }  # fmt: skip
    words = CATALOGUE[Reason.NOT_FOUND]
    assert (missing["delegation_id"], missing["reason"]) == (UNKNOWN, "NOT_FOUND")
    assert (missing["text_zh"], missing["text_en"]) == (words.text_zh, words.text_en)
    assert [(each["reason"], each["details"].get("why")) for each in again] == [
        ("QUOTA_EXCEEDED", "once_a_day"),
        ("NOT_FOUND", None),
    ]
    assert other.json()["items"][0]["unit"] == HANGZHOU_RD
    assert acts.said == [("remind", THREAD, TEXT)] * 2


@pytest.mark.parametrize("address", PREPARING)
async def test_what_needs_two_is_prepared_with_its_place_and_version_and_approved_by_another(
    house: House, address: str
) -> None:
    async with office(house) as (supervisor, approver, acts):
        form = {"delegation_id": THREAD, "text": TEXT, **PREPARING[address]}
        made = await supervisor.post(f"{AT}/{address}", json=form)
        assert (made.status_code, made.headers["etag"]) == (201, '"v1"'), made.text
        act = made.json()
        assert (act["delegation_id"], made.headers["location"]) == (THREAD, f"/api/v1/moves/{act['move_id']}")
        assert acts.said[-1][1:] == (THREAD, TEXT)
        assert TEXT not in made.text
        seen = {"move_id": act["move_id"], "version": act["version"]}
        old = {**seen, "version": 7}
        answers = [
            (await approver.post(f"{AT}/approvals", json={"moves": [each]})).json()["items"][0]["reason"]
            for each in (old, seen)
        ]
        unknown = {"delegation_id": UNKNOWN, "text": TEXT, **PREPARING[address]}
        gone = await supervisor.post(f"{AT}/{address}", json=unknown)
    assert answers == ["EDITED_MEANWHILE", ""]
    assert acts.sealed == [act["move_id"]]
    assert (gone.status_code, gone.json()["reason"]) == (404, "NOT_FOUND")


async def test_nobody_approves_the_own_act_and_no_key_approves_any(house: House) -> None:
    async with office(house) as (_, approver, acts):
        house.station.accounts.add("both", Role.SUPERVISOR, Role.APPROVER, unit=ZHEJIANG_PO)
        async with house.caller("both") as both:
            form = {"delegation_id": THREAD, "text": TEXT}
            moves = [
                {"move_id": (await both.post(f"{AT}/opinions", json=form)).json()["move_id"], "version": 1}
                for _ in range(2)
            ]
            own = (await both.post(f"{AT}/approvals", json={"moves": moves})).json()["items"]
            assert [each["reason"] for each in own] == ["FOUR_EYES", "FOUR_EYES"]
        async with house.anonymous(**{"x-api-key": house.station.accounts.key_of(Role.APPROVER)}) as system:
            refused = await system.post(f"{AT}/approvals", json={"moves": moves})
            assert (refused.status_code, refused.json()["reason"]) == (403, "ROLE_MISSING")
        async with house.anonymous(**{"x-api-key": house.station.accounts.key_of(Role.SUPERVISOR)}) as system:
            assert (await system.post(f"{AT}/opinions", json=form)).status_code == 201
        assert acts.sealed == []
        mixed = [moves[0], {"move_id": "nothing", "version": 1}, moves[1]]
        done = (await approver.post(f"{AT}/approvals", json={"moves": mixed})).json()["items"]
    assert [(each["move_id"], each["reason"]) for each in done] == [
        (moves[0]["move_id"], ""),
        ("nothing", "NOT_FOUND"),
        (moves[1]["move_id"], ""),
    ]
    assert acts.sealed == [move["move_id"] for move in moves]


async def test_a_stale_designation_says_what_happened_since(house: House) -> None:
    async with office(house) as (supervisor, _, acts):
        form = {"delegation_id": THREAD, "unit": DEYANG_RD, "seen": SEEN - 1, "text": TEXT}
        stale = await supervisor.post(f"{AT}/designations", json=form)
    assert (stale.status_code, stale.headers["content-type"]) == (409, "application/problem+json")
    found = stale.json()
    assert (found["reason"], found["details"]) == (
        "STALE",
        {"since": "3", "kind": "COMPETENCE_DISPUTED", "state": "awaiting_designation", "sequence": "3"},
    )
    assert acts.prepared == {}


async def test_another_province_s_unit_is_refused_with_the_office_to_ask(house: House) -> None:
    async with office(house) as (supervisor, _, _acts):
        form = {"delegation_id": THREAD, "unit": CHENGDU_RD, "working_days": 3, "text": TEXT}
        refused = await supervisor.post(f"{AT}/supervisions", json=form)
        asking = await supervisor.post(
            f"{AT}/coordination-requests", json={"delegation_id": THREAD, "unit": CHENGDU_RD, "text": TEXT}
        )
        announced = await supervisor.post(
            f"{AT}/announcements", json={"units": [HANGZHOU_RD, CHENGDU_RD], "text": TEXT}
        )
        everybody = await supervisor.post(f"{AT}/announcements", json={"text": TEXT})
    assert (refused.status_code, refused.json()["reason"]) == (409, "NOT_ALLOWED")
    assert refused.json()["details"] == {"kind": "SUPERVISE", "why": "other_province", "office": SICHUAN_PO}
    assert asking.json()["unit"] == SICHUAN_PO
    own, foreign = announced.json()["items"]
    assert (own["unit"], own["reason"], own["version"]) == (HANGZHOU_RD, "", 1)
    assert (foreign["unit"], foreign["reason"], foreign["details"]["office"]) == (CHENGDU_RD, "NOT_ALLOWED", SICHUAN_PO)
    assert len(everybody.json()["items"]) == 1


async def test_an_agreement_is_proposed_countersigned_and_ended(house: House) -> None:
    form: dict[str, Any] = {
        **EXAMPLES[shown.ProvincialAgreement], "matters": ["INVESTIGATION", "DISABILITY_GRADE"],
        "modes": ["FULL_ENTRUST"],
    }  # fmt: skip
    async with office(house) as (supervisor, _, acts):
        made = await supervisor.post(f"{AT}/agreements", json=form)
        assert (made.status_code, made.json()["unit"]) == (201, SICHUAN_PO)
        assert acts.terms == [
            Terms(
                matters=(Matter.INVESTIGATION, Matter.DISABILITY_GRADE),
                modes=(AppraisalMode.FULL_ENTRUST,),
                times=(AgreedTime("investigate", 10, 5),),
                valid_from=date(2026, 9, 1),
                valid_to=date(2028, 8, 31),
            )
        ]
        for step, act in (("countersignature", "countersign"), ("end", "end_agreement")):
            assert (await supervisor.post(f"{AT}/agreements/{THREAD}/{step}")).status_code == 201
            assert acts.said[-1][0] == act
        backwards = await supervisor.post(f"{AT}/agreements", json={**form, "valid_to": "2026-08-31"})
    assert (backwards.status_code, backwards.json()["errors"]) == (
        422,
        [{"location": "body", "rule": "ends_before_it_begins"}],
    )


@pytest.mark.parametrize(
    ("address", "changed", "error"),
    [
        ("reminders", {"delegation_ids": []}, ("body.delegation_ids", "too_short")),
        ("reminders", {"delegation_ids": [THREAD] * 201}, ("body.delegation_ids", "too_long")),
        ("reminders", {"text": "  \n"}, ("body.text", "text_missing")),
        ("reminders", {"text": "字" * 20_001}, ("body.text", "string_too_long")),
        ("reminders", {"delegation_ids": ["<script>"]}, ("body.delegation_ids.0", "string_pattern_mismatch")),
        ("reminders", {"secret": "110101199003070009"}, ("body.?", "extra_forbidden")),
        ("supervisions", {"working_days": 61}, ("body.working_days", "less_than_equal")),
        ("designations", {"seen": "3"}, ("body.seen", "int_type")),
        ("announcements", {"units": [HANGZHOU_RD] * 201}, ("body.units", "too_long")),
    ],
)
async def test_a_form_that_is_wrong_names_the_field_and_repeats_nothing(
    house: House, address: str, changed: dict[str, object], error: tuple[str, str]
) -> None:
    usual: dict[str, object] = {"text": TEXT}
    usual |= {"delegation_ids": [THREAD]} if address == "reminders" else {}
    usual |= {"delegation_id": THREAD, **PREPARING[address]} if address in PREPARING else {}
    async with office(house) as (supervisor, _, acts):
        found = await supervisor.post(f"{AT}/{address}", json={**usual, **changed})
    assert found.status_code == 422
    assert (error[0], error[1]) in [(each["location"], each["rule"]) for each in found.json()["errors"]]
    assert not any(word in found.text for word in ("<script>", "110101199003070009", "secret"))
    assert (acts.said, acts.prepared) == ([], {})


async def test_an_office_reads_what_waits_what_it_may_do_and_with_whom(house: House) -> None:
    async with office(house) as (supervisor, approver, acts):
        acts.awaiting = (
            Prepared(
                move_id="m1", version=2, thread_id=THREAD, kind=Kind.DESIGNATED, prepared_by="jg", prepared_at=NOW
            ),
        )
        acts.may = Possible(
            seen=3, turn=CHENGDU_RD, remind=(CHENGDU_RD,), coordinate=(CHENGDU_RD,), designation="dispute"
        )
        acts.of_office = OfficeUnits((NamedUnit(HANGZHOU_RD, "杭州"),), (NamedUnit(SICHUAN_PO, "四川"),))
        terms = Terms(matters=(Matter.INVESTIGATION,), times=(AgreedTime("sign", 2),), valid_from=date(2026, 9, 1))
        acts.agreed = (
            AgreementLine(
                thread_id=THREAD, other=SICHUAN_PO, other_name="四川", ours=True, state=State.IN_FORCE, changed_at=NOW,
                terms=terms, in_roster=False,
            ),
        )  # fmt: skip
        for client in (supervisor, approver):
            work = (await client.get(f"{AT}/waiting")).json()
            [agreed] = (await client.get(f"{AT}/agreements")).json()["items"]
        possible = (await supervisor.get(f"{AT}/delegations/{THREAD}/acts")).json()
        units = (await supervisor.get(f"{AT}/units")).json()
    assert work["waits"] == [
        {"what": "designation", "delegation_id": THREAD, "other_unit": HANGZHOU_RD, "due": "2026-08-10"}
    ]
    assert work["answers"][0] | {"at": ""} == {"delegation_id": THREAD, "unit": HANGZHOU_RD, "sequence": SEEN, "at": ""}
    [prepared] = work["prepared"]
    assert (prepared["move_id"], prepared["version"], prepared["kind"]) == ("m1", 2, "DESIGNATED")
    assert (possible["seen"], possible["designation"], possible["coordinate"]) == (3, "dispute", [CHENGDU_RD])
    assert units == {"own": [{"code": HANGZHOU_RD, "name": "杭州"}], "offices": [{"code": SICHUAN_PO, "name": "四川"}]}
    assert (agreed["state"], agreed["terms"]["matters"], agreed["terms"]["times"][0]["clock"]) == (
        "in_force", ["INVESTIGATION"], "sign",
    )  # fmt: skip
