"""An appraisal between two committees' nodes, step by step as their clerks would make it."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final

from node.desk.ports import Actor, FileFacts, Role
from node.desk.views import DelegationView
from node.service import Node
from tests.node.test_pool import row as pool_row
from tests.node.world import CHENGDU, COMMITTEES, HANGZHOU, now, stream, until

STRATA: Final = [{"seats": 2, "reserves": 2}, {"seats": 1, "reserves": 1}]
PLAN: Final[dict[str, Any]] = {
    "declared": {"strata": STRATA},
    "body": {"specialties": {"specialties": ["M201", "M101"], "reason": "伤在腰椎"}},
}
FINDING: Final[dict[str, Any]] = {
    "injuries": [{"injury": "腰椎骨折", "clause": "5.9.2.1", "grade": 9}],
    "grade": 9,
}


def member(bureau: str, role: Role = Role.CLERK, name: str = "") -> Actor:
    """Somebody of a committee."""
    return Actor(name or f"{bureau}-{role.value}", "甲", COMMITTEES[bureau], frozenset({role.value}), "0571-1")


def a_letter(**changes: object) -> dict[str, object]:
    """A complete letter from Hangzhou's committee to Chengdu's."""
    received = (now() - timedelta(days=1)).date()
    return {
        "matter": "DISABILITY_GRADE",
        "appraisal_kind": "FIRST",
        "appraisal_mode": "ONSITE_ASSIST",
        "task_place": {"code": CHENGDU, "role": "RESIDENCE", "certainty": "DEFINITE"},
        "case_key": "杭劳鉴2026-5",
        "legal_basis": "SINGLE_CASE",
        "priority": "NORMAL",
        "clock": {"application_received_on": received.isoformat()},
        "letter": {
            "case_summary": "职工居成都，申请劳动能力鉴定",
            "worker": {"name": "王小明", "id_document": "ID_DOCUMENT_CITIZEN_ID", "id_number": "11010519491231002X"},
            "employer": {"name": "某某科技有限公司"},
            "insurance": {"mode": "INSURANCE_MODE_EMPLOYER", "insured_in": HANGZHOU},
            "recusal_declared": True,
            "items": [{"code": "A1", "text": "劳动功能障碍程度", "mandatory": True}],
            "appraisal": {
                "decision_number": "杭人社认〔2026〕5号",
                "decided_on": "2026-02-01",
                "injured_parts": ["腰椎"],
                "diagnosis": "腰椎骨折",
                "records": ["出院小结"],
                "specialties": ["M201"],
                "panel_size": 3,
                "pool_basis": "受托方专家库，双方约定",
                "treating_hospitals": ["杭州某医院"],
            },
        },
        **changes,
    }


async def with_pool(node: Node, bureau: str, *, experts: int = 12) -> None:
    """A committee's pool, imported and committed to."""
    rows = [
        pool_row(number, specialties="M101" if number % 3 == 2 else "M201", name=f"专家{number}")
        for number in range(experts)
    ]
    keeper, clerk = member(bureau, Role.ADMINISTRATOR), member(bureau)
    await node.pool.import_experts(keeper, rows)
    prepared = await node.pool.prepare_version(clerk)
    await node.desk.approve_move(member(bureau, Role.APPROVER), prepared.move_id, prepared.move_version)
    await until(partial(node.pool.list_versions, clerk), lambda versions: versions[0].state == "committed")


async def issue(node: Node, business: Mapping[str, object] | None = None) -> DelegationView:
    """A letter of Hangzhou's committee, by two people."""
    clerk, approver = member(HANGZHOU), member(HANGZHOU, Role.APPROVER)
    draft = await node.desk.create_draft(clerk, business or a_letter())
    draft = await node.desk.submit_for_approval(clerk, draft.draft_id, draft.version)
    return await node.desk.approve_and_issue(approver, draft.draft_id, draft.version)


async def see(node: Node, bureau: str, delegation_id: str) -> DelegationView:
    """What the committee's clerk sees."""
    return await node.desk.get_delegation(member(bureau), delegation_id)


async def reach(node: Node, bureau: str, delegation_id: str, state: str) -> DelegationView:
    """Wait until the committee sees that state, with nothing queued."""
    return await until(
        partial(see, node, bureau, delegation_id), lambda seen: seen.row.state == state and not seen.queued
    )


async def act(node: Node, bureau: str, delegation_id: str, kind: str, data: Mapping[str, object]) -> None:
    """A move of one person."""
    seen = await see(node, bureau, delegation_id)
    await node.desk.act(member(bureau), delegation_id, kind, data, seen.version)


async def two(node: Node, bureau: str, delegation_id: str, kind: str, data: Mapping[str, object]) -> str:
    """A move of two people; the kind that was sent."""
    seen = await see(node, bureau, delegation_id)
    prepared = await node.desk.prepare_move(member(bureau), delegation_id, kind, data, seen.version)
    await node.desk.approve_move(member(bureau, Role.APPROVER), prepared.move_id, prepared.version)
    return prepared.kind


async def until_accepted(home: Node, host: Node, business: Mapping[str, object] | None = None) -> str:
    """A letter that Chengdu's committee accepted."""
    delegation_id = (await issue(home, business)).row.delegation_id
    await reach(host, CHENGDU, delegation_id, "issued")
    await act(host, CHENGDU, delegation_id, "SIGNED_FOR", {})
    await reach(host, CHENGDU, delegation_id, "signed_for")
    await act(host, CHENGDU, delegation_id, "ACCEPTED", {})
    await reach(home, HANGZHOU, delegation_id, "accepted")
    await reach(host, CHENGDU, delegation_id, "accepted")
    return delegation_id


async def both_reach(home: Node, host: Node, delegation_id: str, state: str) -> DelegationView:
    """Both sides see it; what the home sees."""
    await reach(host, CHENGDU, delegation_id, state)
    return await reach(home, HANGZHOU, delegation_id, state)


async def until_entry(node: Node, bureau: str, delegation_id: str, kind: str) -> DelegationView:
    """Wait until the thread's last entry there is of that kind."""
    return await until(
        partial(see, node, bureau, delegation_id),
        lambda seen: bool(seen.entries) and seen.entries[-1].kind == kind and not seen.queued,
    )


def panel_of(seen: DelegationView) -> list[str]:
    """Numbers of those who were drawn to sit."""
    (entry,) = [each for each in seen.entries if each.kind == "PANEL_DRAWN"][-1:]
    assert entry.body is not None
    experts = entry.body["panel"]["experts"]  # type: ignore[index]  # JSON
    return [each["expert_id"] for each in experts if not each.get("reserve")]


async def a_file(node: Node, bureau: str, delegation_id: str) -> str:
    """A file that proves something, held by that committee's node."""
    facts = FileFacts(name="送达回证.pdf", document_kind="other")
    added = await node.desk.add_file(member(bureau), delegation_id, stream(b"%PDF-1.4 proof"), facts)
    return added.material_id


def an_opinion(experts: list[str], **changes: object) -> dict[str, object]:
    """An opinion that everybody of the panel signed."""
    signed = now().date().isoformat()
    opinions = [{"expert_id": each, "finding": FINDING, "agrees": True, "signed_on": signed} for each in experts]
    return {"body": {"opinion": {"opinions": opinions, "majority": FINDING, **changes}}}
