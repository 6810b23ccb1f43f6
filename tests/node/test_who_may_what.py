"""Every use case of the desk with every role, in the own unit and in another one of the same bureau.

The table is written apart from the desk's own: a role that stands there may ask (and may then be refused for another
reason), any other is told ROLE_MISSING. In another unit nobody finds the case.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from delegation.errors import Reason, Refusal
from node.desk.people import People
from node.desk.people_ports import PeoplePort
from node.desk.ports import Actor, DeskPort, FileFacts, Filters, Role
from node.desk.taking import Taking
from node.desk.taking_ports import TakingPort
from node.desk.views import Page
from tests.node.world import HANGZHOU, UNITS_OF, an_investigation, clerk, issued, reach, running, stream

UNIT, DISTRICT = UNITS_OF[HANGZHOU], "330106RD018"
CLERK, APPROVER, INVESTIGATOR, SEAL = Role.CLERK, Role.APPROVER, Role.INVESTIGATOR, Role.SEAL_HOLDER
SUPERVISOR, READER, ADMINISTRATOR, DISPATCHER = Role.SUPERVISOR, Role.READER, Role.ADMINISTRATOR, Role.DISPATCHER
READS: Final = {CLERK, APPROVER, INVESTIGATOR, SUPERVISOR, READER, SEAL}
PREPARES: Final = {CLERK, INVESTIGATOR, SUPERVISOR}
HEADERS: Final = READS | {ADMINISTRATOR, DISPATCHER}
LETTER: Final = {"reasons": ["W01"], "text": "不再需要"}
Call = Callable[["Desk", Actor], Awaitable[object]]


class Desk:
    """The desk, the people and what a case of the unit is known by."""

    def __init__(self, desk: DeskPort, people: People, taking: Taking) -> None:
        self.desk = desk
        self.people = people
        self.taking = taking
        self.ref = self.draft = self.move = self.file = self.request = ""


# use case: roles, what is asked; the last tells whether it names something of one unit (else it is a list)
TABLE: Final[dict[str, tuple[set[Role], Call, bool]]] = {
    "create_draft": ({CLERK}, lambda d, a: d.desk.create_draft(a, an_investigation()), False),
    "update_draft": ({CLERK}, lambda d, a: d.desk.update_draft(a, d.draft, 99, an_investigation()), True),
    "get_draft": (READS, lambda d, a: d.desk.get_draft(a, d.draft), True),
    "check_draft": (READS, lambda d, a: d.desk.check_draft(a, d.draft), True),
    "drafts_of_case": (READS, lambda d, a: d.desk.drafts_of_case(a, "杭人社工认2026-17"), False),
    "list_drafts": (READS, lambda d, a: d.desk.list_drafts(a), False),
    "submit_for_approval": ({CLERK}, lambda d, a: d.desk.submit_for_approval(a, d.draft, 99), True),
    "send_back": ({APPROVER}, lambda d, a: d.desk.send_back(a, d.draft, 99, ""), True),
    "cancel_draft": ({CLERK, APPROVER}, lambda d, a: d.desk.cancel_draft(a, d.draft, 99), True),
    "review_draft": ({APPROVER}, lambda d, a: d.desk.review_draft(a, d.draft, 99), True),
    "approve_and_issue": ({APPROVER, SEAL}, lambda d, a: d.desk.approve_and_issue(a, d.draft, 99), True),
    "act": ({CLERK, SUPERVISOR}, lambda d, a: d.desk.act(a, d.ref, "REMIND", {}, 99), True),
    "prepare_move": (PREPARES, lambda d, a: d.desk.prepare_move(a, d.ref, "WITHDRAW_REQUESTED", LETTER, 99), True),
    "update_move": (PREPARES, lambda d, a: d.desk.update_move(a, d.move, 99, LETTER), True),
    "get_move": (READS, lambda d, a: d.desk.get_move(a, d.move), True),
    "drop_move": (PREPARES | {APPROVER}, lambda d, a: d.desk.drop_move(a, d.move, 99), True),
    "review_move": ({APPROVER}, lambda d, a: d.desk.review_move(a, d.move, 99), True),
    "press_seal": ({APPROVER, SEAL}, lambda d, a: d.desk.press_seal(a, d.move, 99), True),
    "approve_move": ({APPROVER}, lambda d, a: d.desk.approve_move(a, d.move, 99), True),
    "approver_seals": (READS | {ADMINISTRATOR}, lambda d, a: d.desk.approver_seals(a), False),
    "keep_seal": ({ADMINISTRATOR}, lambda d, a: d.desk.keep_seal(a, approver=True), False),
    "start_thread": (PREPARES, lambda d, a: d.desk.start_thread(a, "ISSUED", (), {}), False),
    "drop_queued": ({CLERK, SUPERVISOR, APPROVER}, lambda d, a: d.desk.drop_queued(a, d.ref, "x"), True),
    "get_delegation": (READS, lambda d, a: d.desk.get_delegation(a, d.ref), True),
    "get_thread": (READS, lambda d, a: d.desk.get_thread(a, d.ref), True),
    "open_case": ({CLERK}, lambda d, a: d.desk.open_case(a, d.ref, 99), True),
    "linked": (READS, lambda d, a: d.desk.linked(a, d.ref), True),
    "agreement_file": (READS, lambda d, a: d.desk.agreement_file(a, d.ref), True),
    "list_delegations": (READS, lambda d, a: d.desk.list_delegations(a, Filters()), False),
    "todo": (READS, lambda d, a: d.desk.todo(a), False),
    "search": (READS, lambda d, a: d.desk.search(a, name="王小明"), False),
    "list_alarms": (READS | {ADMINISTRATOR}, lambda d, a: d.desk.list_alarms(a), False),
    "acknowledge_alarm": (
        {CLERK, APPROVER, SUPERVISOR, ADMINISTRATOR}, lambda d, a: d.desk.acknowledge_alarm(a, 77), False,
    ),
    "status": (HEADERS, lambda d, a: d.desk.status(a), False),
    "list_units": (HEADERS, lambda d, a: d.desk.list_units(a), False),
    "competent_units": (
        HEADERS, lambda d, a: d.desk.competent_units(a, place="510100", matter="INVESTIGATION"), False,
    ),
    "purge": ({ADMINISTRATOR}, lambda d, a: d.desk.purge(a, d.ref), True),
    "add_file": (
        PREPARES, lambda d, a: d.desk.add_file(a, d.ref, stream(b"%PDF-1.7"), FileFacts(name="a.pdf")), True,
    ),
    "list_materials": (READS, lambda d, a: d.desk.list_materials(a, d.ref), True),
    "open_file": (READS, lambda d, a: d.desk.open_file(a, d.file), True),
    "describe_file": (PREPARES, lambda d, a: d.desk.describe_file(a, d.file, FileFacts(name="b.pdf")), True),
    "drop_file": (PREPARES, lambda d, a: d.desk.drop_file(a, d.file), True),
    # taking over
    "begin_appraisal": ({CLERK}, lambda d, a: d.taking.begin_appraisal(a, d.ref, UNIT, {}), True),
    "case_files": (READS, lambda d, a: d.taking.case_files(a, d.draft), True),
    "take_over": ({CLERK}, lambda d, a: d.taking.take_over(a, d.draft, [d.file]), True),
    # people
    "list_headers": ({DISPATCHER}, lambda d, a: d.people.list_headers(a), False),
    "assign": ({DISPATCHER, APPROVER}, lambda d, a: d.people.assign(a, d.ref, unit=UNIT, staff_id="x"), False),
    "hand_to_unit": (
        {DISPATCHER}, lambda d, a: d.people.hand_to_unit(a, d.ref, unit=UNIT, to_unit="x", reason="T01"), False,
    ),
    "looks": ({READER, ADMINISTRATOR}, lambda d, a: d.people.looks(a, delegation_id=d.ref), False),
    "note_paper": (READS, lambda d, a: d.people.note_paper(a, d.ref, "letter"), True),
    "record_request": (PREPARES, lambda d, a: d.people.record_request(a, d.ref, asks="copy", content={}), True),
    "answer_request": (PREPARES, lambda d, a: d.people.answer_request(a, d.request, 99, {}), True),
    "approve_answer": ({APPROVER}, lambda d, a: d.people.approve_answer(a, d.request, 99), True),
    "send_back_answer": ({APPROVER}, lambda d, a: d.people.send_back_answer(a, d.request, 99, "x"), True),
    "answer_days": (READS | {ADMINISTRATOR}, lambda d, a: d.people.answer_days(a), False),
    "keep_answer_days": ({ADMINISTRATOR}, lambda d, a: d.people.keep_answer_days(a, 15), False),
    "get_request": (READS, lambda d, a: d.people.get_request(a, d.request), True),
    "requests_of": (READS, lambda d, a: d.people.requests_of(a, d.ref), True),
    "open_tasks": ({ADMINISTRATOR}, lambda d, a: d.people.open_tasks(a, "x"), False),
    "hand_over": ({ADMINISTRATOR}, lambda d, a: d.people.hand_over(a, "x", unit=UNIT, to="y"), False),
}  # fmt: skip
# judged by what is asked for, not by a role: one's own filters, the feed of changes, own deputies, own colleagues
BESIDE: Final = {
    "changes", "saved_filters", "save_filter", "drop_filter", "events", "notice_routes", "colleagues", "list_deputies",
    "name_deputy", "end_deputy", "assigned",
}  # fmt: skip


async def outcome(call: Awaitable[object]) -> Reason | None:
    try:
        found = await call
    except Refusal as refusal:
        return refusal.reason
    if isinstance(found, Page):
        found = found.items
    return None if found or found is None else Reason.NOT_FOUND  # an empty list shows nothing


async def test_every_use_case_with_every_role_in_two_units(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, "510100") as world:
        home = world.nodes[HANGZHOU]
        ours = Desk(home.desk, home.people, home.taking)
        li = clerk(HANGZHOU)
        ours.ref = (await issued(home, HANGZHOU)).row.delegation_id
        seen = await reach(home, HANGZHOU, ours.ref, "issued")
        ours.draft = (await home.desk.create_draft(li, an_investigation())).draft_id
        prepared = await home.desk.prepare_move(li, ours.ref, "WITHDRAW_REQUESTED", LETTER, seen.version)
        ours.move = prepared.move_id
        file = await home.desk.add_file(li, ours.ref, stream(b"%PDF-1.7 x"), FileFacts(name="a.pdf"))
        ours.file = file.material_id
        asked = {"asked_by": "worker", "checked": "id_card", "asked_on": "2026-08-01", "text": "复制件"}
        ours.request = (await home.people.record_request(li, ours.ref, asks="copy", content=asked)).request_id
        home.state.units = frozenset({UNIT, DISTRICT})  # a second unit of the bureau
        wrong = []
        for name, (roles, call, is_of_unit) in TABLE.items():
            for role in Role:
                if name == "drop_file" and role in roles:
                    continue  # it would be gone for those after it
                told = await outcome(call(ours, Actor("x1", "甲", UNIT, frozenset({role.value}))))
                if (told is Reason.ROLE_MISSING) is (role in roles):
                    wrong.append((name, role.value, told))
                told = await outcome(call(ours, Actor("x2", "乙", DISTRICT, frozenset({role.value}))))
                if is_of_unit and told is not (Reason.NOT_FOUND if role in roles else Reason.ROLE_MISSING):
                    wrong.append((name, role.value, told))
        assert not wrong, wrong
        for role in READS:
            other = Actor("x3", "丙", DISTRICT, frozenset({role.value}))
            assert (await home.desk.list_delegations(other, Filters())).items == ()
            assert await home.desk.search(other, name="王小明") == ()
            assert (await home.desk.todo(other)).total == 0
            found = await home.desk.drafts_of_case(other, "杭人社工认2026-17")
            assert {each.unit for each in found} == {DISTRICT}  # its own, from above
        auditor = Actor("x3", "丙", DISTRICT, frozenset({READER.value}))
        assert {each.unit for each in (await home.people.looks(auditor, delegation_id=ours.ref)).items} <= {DISTRICT}
        stranger = Actor("x4", "丁", UNITS_OF["510100"], frozenset(each.value for each in Role))
        with pytest.raises(Refusal):
            await home.desk.list_delegations(stranger, Filters())


def test_the_table_names_every_use_case() -> None:
    named = {name for port in (DeskPort, PeoplePort, TakingPort) for name in vars(port) if not name.startswith("_")}
    assert set(TABLE) == named - BESIDE
