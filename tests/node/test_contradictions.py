"""Every kind whose header repeats something of its body: a sender that lies in one of them is parked and protested.

The order of the thread stands, what is queued behind goes on, and the same kind is taken when it is sent again with
`replaces` (protocol 4.6, 5.5). Figures are falsified in the header, reasons and materials in the body: either way the
two contradict, and the registry, which is blind, takes both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from delegation.codes import Kind
from delegation.model import (
    AssignmentDeclared,
    DeclaredDetail,
    Defect,
    LetterDeclared,
    MaterialsDeclared,
    ResultDeclared,
    ReturnDeclared,
    SupplementDeclared,
)
from delegation.reasons_codes import REASON_LIST
from delegation.table_investigation import INVESTIGATION
from node import compose as composing
from node.compose import Composed
from node.desk.views import DelegationView
from node.records import AlarmRecord
from node.service import Node
from tests.builders import a_uuid4
from tests.node.world import (
    ASSIGNMENT,
    CHENGDU,
    DEYANG,
    HANGZHOU,
    UNITS_OF,
    a_result,
    an_investigation,
    issued,
    make,
    make_two,
    reach,
    running,
    until,
    view,
)
from xieban.delegation.v1 import body_pb2

FIGURES, REASONS, MATERIALS = "figures", "reasons", "materials"


def false_figures(said: DeclaredDetail | None) -> DeclaredDetail:
    """Other figures than the body's, which a header may well have."""
    match said:
        case LetterDeclared():
            return replace(said, items=said.items + 1)
        case ReturnDeclared():
            return ReturnDeclared((*said.defects, Defect(said.defects[0].code, "place")))
        case AssignmentDeclared():
            return replace(said, investigators=said.investigators + 1)
        case ResultDeclared():
            return replace(said, evidence=said.evidence + 1)
        case SupplementDeclared():
            return SupplementDeclared(said.items + 1)
        case MaterialsDeclared():
            return MaterialsDeclared(said.reused_materials + 1)
        case _:
            raise AssertionError(said)


def lying(composed: Composed, lie: str) -> Composed:
    """The same move with a header that its body contradicts."""
    if lie == FIGURES:
        return replace(composed, header=replace(composed.header, declared=false_figures(composed.header.declared)))
    body = body_pb2.Body.FromString(composed.body)
    if lie == REASONS:
        assert body.sealed_reasons
        body.ClearField("sealed_reasons")
    else:
        body.materials.add(
            material_id=a_uuid4(77), key=bytes(32), name="a.pdf", media_type="application/pdf", size=9, sha256=bytes(32)
        )
    return replace(composed, body=body.SerializeToString())


@dataclass(frozen=True)
class Step:
    """A move, by whom, and the lies that it is first made with."""

    kind: str
    by: str = CHENGDU
    data: Mapping[str, object] = field(default_factory=dict)
    two: bool = False
    lies: tuple[str, ...] = ()


SIGNED = Step("SIGNED_FOR")
ACCEPTED = Step("ACCEPTED")
ASSIGNED = Step("ASSIGNED", data=ASSIGNMENT)
LETTER = Step("ISSUED", HANGZHOU, {"business": an_investigation()}, two=True, lies=(FIGURES, MATERIALS))
DEFECTS = {"defects": [{"code": "B01", "subject": "letter", "text": "缺事由"}]}
AGAIN = {"items": [{"item_code": "A1", "reason": "Q01", "text": "请再查"}]}
UNABLE = a_result(
    answers=[{"item_code": "A1", "finding": "FINDING_NOT_FOUND", "text": "证人失联", "unable_code": "U02"}],
    evidence=[],
    checks=[],
)
STORIES: dict[str, tuple[Step, ...]] = {
    "corrected": (
        replace(LETTER, lies=(*LETTER.lies,)),
        SIGNED,
        Step(
            "RETURNED",
            data={"reasons": ["B01"], "body": {"return_notice": DEFECTS}, "text": "补正"},
            two=True,
            lies=(FIGURES,),
        ),
        Step(
            "LETTER_CORRECTED",
            HANGZHOU,
            {"business": an_investigation(), "declared": {"changed_subjects": ["letter"]}},
            two=True,
            lies=(FIGURES,),
        ),
        SIGNED,
        Step("REFUSED", data={"reasons": ["R05"], "text": "职业病诊断有效"}, two=True, lies=(REASONS,)),
    ),
    "worked": (
        LETTER,
        SIGNED,
        ACCEPTED,
        replace(ASSIGNED, lies=(FIGURES,)),
        Step("REASSIGNED", data={**ASSIGNMENT, "reasons": ["K01"]}, lies=(FIGURES, REASONS)),
        Step("PAUSED", data={"reasons": ["H02"]}, lies=(REASONS,)),
        Step("UNPAUSED"),
        Step("MATERIAL_ADDED", lies=(FIGURES, MATERIALS)),
        Step("QUESTION", HANGZHOU, {"body": {"question": {"text": "请看"}}}, lies=(MATERIALS,)),
        Step("REPORTED", data=a_result(), two=True, lies=(FIGURES,)),
        Step(
            "SUPPLEMENT_REQUESTED",
            HANGZHOU,
            {"reasons": ["Q01"], "body": {"supplement": AGAIN}},
            two=True,
            lies=(FIGURES,),
        ),
        ASSIGNED,
        Step("UNABLE", data=UNABLE, two=True, lies=(FIGURES, REASONS)),
    ),
    "withdrawn": (
        LETTER,
        Step("WITHDRAW_REQUESTED", HANGZHOU, {"reasons": ["W01"]}, two=True),
        Step("WITHDRAW_CONFIRMED", lies=(FIGURES,)),
    ),
    "transferred": (
        LETTER,
        SIGNED,
        Step(
            "TRANSFERRED",
            data={"reasons": ["T03"], "declared": {"unit": UNITS_OF[DEYANG]}, "text": "已迁移"},
            two=True,
            lies=(REASONS,),
        ),
    ),
}


def test_every_kind_that_a_body_can_contradict_is_lied_about() -> None:
    mirrored = {"LetterDeclared", "ReturnDeclared", "AssignmentDeclared", "ResultDeclared"}
    mirrored |= {"SupplementDeclared", "MaterialsDeclared"}
    wanted = {
        row.kind.name
        for row in INVESTIGATION.rows
        if row.kind is not None
        and (row.declares in mirrored or any(REASON_LIST[code].sealed for code in row.reasons))
        and row.kind is not Kind.UNSPECIFIED
    }
    told = {step.kind for steps in STORIES.values() for step in steps if step.lies}
    assert wanted <= told
    assert told - wanted == {"QUESTION"}  # any kind may bring materials


@pytest.mark.parametrize("story", STORIES)
async def test_a_lie_is_parked_and_protested_and_the_truth_is_taken(
    story: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, honest_body = composing.seal, composing.seal_body
    telling: list[str] = []

    def told(composed: Composed) -> Composed:
        return lying(composed, telling.pop()) if telling else composed

    def seal(state: Any, composed: Composed, *, at: Any) -> Any:
        return honest(state, told(composed), at=at)

    def seal_body(state: Any, composed: Composed) -> Any:
        return honest_body(state, told(composed))

    monkeypatch.setattr("node.desk.moves.seal", seal)
    monkeypatch.setattr("node.desk.moves.seal_body", seal_body)
    monkeypatch.setattr("node.desk.drafts.seal", seal)
    async with running(tmp_path, HANGZHOU, CHENGDU, DEYANG) as world:
        ref = ""
        for step in STORIES[story]:
            by, other = world.nodes[step.by], CHENGDU if step.by == HANGZHOU else HANGZHOU
            replaced = ""
            for lie in (*step.lies, ""):
                telling[:] = [lie] if lie else []
                before = len((await view(by, step.by, ref)).entries) if ref else 0
                if not ref:
                    ref = (await issued(by, step.by)).row.delegation_id
                else:
                    await (make_two if step.two else make)(by, step.by, ref, step.kind, _again(step, replaced))
                taken = await until(partial(view, world.nodes[other], other, ref), partial(_arrived, step, before))
                mine = [entry for entry in taken.entries if entry.kind == step.kind][-1]
                assert mine.replaces == replaced
                assert mine.state == ("parked" if lie else "applied"), (step.kind, lie)
                if lie:
                    replaced = mine.envelope_id
                    assert mine.parked_reason == "BODY_CONTRADICTS_HEADER", (step.kind, lie)
                    seen = await until(partial(view, by, step.by, ref), partial(_protested, replaced))
                    assert seen.row.our_turn
            await reach(world.nodes[HANGZHOU], HANGZHOU, ref, (await view(by, step.by, ref)).row.state)
        for bureau in (HANGZHOU, CHENGDU):
            await world.nodes[bureau].settle()
        assert {alarm.reason for bureau in world.nodes for alarm in alarms(world.nodes[bureau])} == {
            "BODY_CONTRADICTS_HEADER"
        }


def alarms(node: Node) -> list[AlarmRecord]:
    return node.store.select(AlarmRecord)


def _again(step: Step, replaced: str) -> Mapping[str, object]:
    return {**step.data, "replaces": replaced} if replaced else step.data


def _arrived(step: Step, before: int, seen: DelegationView) -> bool:
    return any(entry.kind == step.kind for entry in seen.entries[before:])


def _protested(envelope_id: str, seen: DelegationView) -> bool:
    return not seen.queued and any(e.kind == "PROTEST" and e.in_reply_to == envelope_id for e in seen.entries)
