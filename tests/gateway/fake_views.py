"""Views as a node would show them, about people who do not exist."""

from datetime import date

from node.desk.views import (
    AlarmView,
    DelegationRow,
    DelegationView,
    DeliveryView,
    DraftView,
    DueDateView,
    EntryView,
    MaterialView,
    MoveView,
    NegativeView,
    PreparedMoveView,
    Problem,
    QueuedMoveView,
    StatusView,
    TodoCategory,
    TodoItem,
    UnitView,
)
from tests.gateway.fake_accounts import HOME, NOW, OTHER

DELEGATION = "WT-330100-20260803-000017-Y"
MATERIAL = "0b8f7a52-8f0a-4d5c-9d0d-1c6f8f6f2a11"
ENVELOPE = "01986f2a-0000-7000-8000-000000000001"


def a_row(**changes: object) -> DelegationRow:
    """A delegation of ours, signed for by the host."""
    values: dict[str, object] = {
        "delegation_id": DELEGATION,
        "thread_type": "delegation",
        "version": 1,
        "state": "signed_for",
        "state_label": "已签收",
        "business_status": "signed_for",
        "our_role": "home",
        "home_unit": HOME,
        "home_name": "杭州市人社局",
        "host_unit": OTHER,
        "host_name": "成都市人社局",
        "turn": OTHER,
        "our_turn": False,
        "matter": "INVESTIGATION",
        "priority": "NORMAL",
        "place": "510104",
        "worker_name": "示例",
        "employer_name": "示例公司",
        "next_due": date(2026, 8, 6),
        "overdue": False,
        "provisional": False,
        "queued": 0,
        "parked": 0,
        "leg": 1,
        "round": 1,
        "changed_at": NOW,
        **changes,
    }
    return DelegationRow(**values)  # type: ignore[arg-type] # the names are checked by the dataclass


def a_move(kind: str, *, approval: int, allowed: bool = True) -> MoveView:
    """A row that is open to the unit."""
    return MoveView(kind, kind, approval, allowed, (), "" if allowed else "NOT_ALLOWED", None if allowed else {})


def a_material(material_id: str = MATERIAL, *, subject: str = DELEGATION, size: int = 0) -> MaterialView:
    """A file that is here."""
    return MaterialView(
        material_id=material_id,
        delegation_id=subject,
        name="扫描件.pdf",
        media_type="application/pdf",
        size=size,
        sha256=bytes(32),
        document_kind="other",
        pages=0,
        is_copy=False,
        compared_by="",
        original_at="",
        from_unit=HOME,
        state="held",
        chunks=1,
        chunks_done=1,
        attached_to="",
        added_at=NOW,
    )


def an_entry() -> EntryView:
    """The letter, accepted and delivered."""
    return EntryView(
        sequence=1,
        envelope_id=ENVELOPE,
        header_digest=bytes(range(32)),
        entry_digest=bytes(32),
        kind="ISSUED",
        label="委托",
        sender_unit=HOME,
        sender_name="杭州市人社局",
        leg=1,
        round=1,
        accepted_at=NOW,
        claimed_at=NOW,
        due_dates=(),
        reasons=(),
        reason_labels=(),
        declared={"items": 1, "on": date(2026, 8, 3)},
        in_reply_to="",
        replaces="",
        body={"text": "正文"},
        materials=(MATERIAL,),
        state="own",
        parked_reason="",
        deliveries=(DeliveryView(OTHER, "成都市人社局", NOW, None, ""),),
    )


def a_delegation(version: int, moves: tuple[MoveView, ...], prepared: tuple[PreparedMoveView, ...]) -> DelegationView:
    """Everything of the delegation."""
    return DelegationView(
        row=a_row(version=version),
        version=version,
        letter={"acceptance_number": "示例〔2026〕1号"},
        header={"requested_due": date(2026, 9, 1)},
        due_dates=(DueDateView("decide", "受理", OTHER, date(2026, 8, 6), date(2026, 8, 6), False, "约定", -1),),
        moves=moves,
        queued=(
            QueuedMoveView(
                envelope_id=ENVELOPE, kind="REMIND", label="催办", state="queued", queued_at=NOW, claimed_at=NOW
            ),
        ),
        queued_state="",
        prepared=prepared,
        materials=(a_material(),),
        entries=(an_entry(),),
        negatives=(
            NegativeView(
                clock="sign", label="签收", awaited_unit=OTHER, due=date(2026, 8, 4), log_size=12, noted_at=NOW
            ),
        ),
        alarms=(an_alarm(),),
        provinces=(),
    )


def an_alarm() -> AlarmView:
    """An alarm that nobody saw."""
    return AlarmView(
        alarm_id=1,
        reason="CANNOT_OPEN",
        delegation_id=DELEGATION,
        unit=HOME,
        details={},
        raised_at=NOW,
        acknowledged_by="",
    )


def a_draft(draft_id: str, business: dict[str, object], staff_id: str, **changes: object) -> DraftView:
    """A draft."""
    values: dict[str, object] = {
        "draft_id": draft_id,
        "version": 1,
        "state": "draft",
        "unit": HOME,
        "business": business,
        "competent_unit": OTHER,
        "competent_name": "成都市人社局",
        "on_paper": False,
        "problems": (Problem("letter.items", "BODY_GUARD_FAILED", {}),),
        "materials": (),
        "prepared_by": staff_id,
        "prepared_by_name": staff_id,
        "note": "",
        "delegation_id": "",
        "created_at": NOW,
        "changed_at": NOW,
        **changes,
    }
    return DraftView(**values)  # type: ignore[arg-type] # the names are checked by the dataclass


def a_unit(code: str = HOME) -> UnitView:
    """A unit of the roster."""
    return UnitView(
        code=code,
        name="杭州市人社局",
        type="RECOGNITION",
        bureau="330100",
        region="330100",
        parent="330000PO01S",
        phone="",
        address="",
        life="active",
        is_member=True,
        ours=True,
    )


def a_status() -> StatusView:
    """A node that is well."""
    return StatusView(
        bureau="330100",
        units=(a_unit(),),
        connected=True,
        last_heard=NOW,
        roster_version=3,
        roster_issued_at=NOW,
        queued=0,
        oldest_queued_at=None,
        parked=0,
        alarms=1,
        sealing_allowed=True,
    )


def a_todo(kind: str = "approve_draft") -> TodoItem:
    """Something that waits."""
    return TodoItem(
        kind=kind,
        category="to_approve",
        delegation_id=DELEGATION,
        subject_id="draft-1",
        label="待审批",
        worker_name="示例",
        other_unit=OTHER,
        other_name="成都市人社局",
        due=date(2026, 8, 4),
        overdue=False,
        mine=True,
    )


TODO_CATEGORIES = (
    TodoCategory(code="to_approve", label="待审批", level="none", count=1, in_unit=2),
    TodoCategory(code="overdue", label="已超期", level="red", count=0, in_unit=0),
)
