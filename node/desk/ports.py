"""The desk's use cases as a face sees them. Every call is judged by the actor's unit and roles; a refusal is a Refusal.

`version` is what the actor saw (If-Match); another one is EDITED_MEANWHILE. A delegation of somebody else is NOT_FOUND.
Every call that changes something returns after it is on disk. `kind` is a name of `delegation.codes.Kind`.

`data` of a move, and a draft's `business`, are JSON objects whose unknown fields are refused (INVALID_INPUT, `field`):

    move      reasons          exact codes, such as ["R05"]; those that tell of health or secrecy travel sealed
              declared         what the body does not hold: unit, working_days, blocking, effective_on,
                               applicant_told_on, subject, version, adoption, outcome, ground, short_time_confirmed,
                               changed_subjects; of an appraisal: strata (seats and reserves of each), upheld,
                               served_on, expected_on (the rest is filled in, `node.draws.filling`)
              in_reply_to      envelope id that this answers
              body             fields of the kind's body: text, return_notice, refusal, assignment, result, supplement,
                               question, clock, amendment, ... (proto names); attestation and materials are filled in
              materials        ids of files added here that travel with it
              reused_materials ids already delivered in the case
              suspension       for CLOCK_SUSPENDED: {"ground": "S01"}; for AMENDED a whole `clock`
              paper            for a host on paper: {"paper_on", "post_number", "second_recorder", "scan_material_id"}
    business  matter, task_place {code, role, certainty, other_candidates}, case_key (the bureau's own case number),
              legal_basis, agreement_id, appraisal_kind, appraisal_mode, priority, clock {accepted_on,
              application_received_on, procedure, suspensions}, requested_due, related_thread_id, relation,
              host_unit (only to name one among candidates), short_time_confirmed, letter {…}, text, reused_materials
"""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from node.desk.account_views import ApiKeyView, SessionView, StaffView
from node.desk.linked_view import Linked
from node.desk.views import (
    AlarmView,
    Change,
    DelegationRow,
    DelegationView,
    DraftCheck,
    DraftView,
    EventPage,
    Json,
    MaterialView,
    NoticeRoute,
    Page,
    PreparedMoveView,
    SavedFilter,
    StatusView,
    ThreadView,
    TodoView,
    UnitView,
)


class Role(StrEnum):
    """What a member of staff may do. Nobody may approve what he prepared, whatever the roles."""

    CLERK = "clerk"  # 经办人: drafts, prepares, does what needs one person
    APPROVER = "approver"  # 审批人 and 审核人: approves
    INVESTIGATOR = "investigator"  # 调查员: reads, adds materials, prepares results
    ADMINISTRATOR = "administrator"  # accounts, keys, alarms, purging; no case work by this role
    SUPERVISOR = "supervisor"  # 省级监管: supervises, designates, answers disputes
    READER = "reader"  # 审计: reads alone, also who looked at what
    DISPATCHER = "dispatcher"  # 分派人: sees headers of every unit of the bureau and hands on; reads no case
    SEAL_HOLDER = "seal_holder"  # 用印人: reads, and presses the seal where the unit keeps it apart from the approval


@dataclass(frozen=True, slots=True)
class Acting:
    """A role that is held today for somebody else."""

    role: str
    staff_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: one person (or business system) in one unit. `roles` holds those of `acting` too, which are not own."""

    staff_id: str
    name: str
    unit: str
    roles: frozenset[str]
    phone: str = ""
    acting: tuple[Acting, ...] = ()

    def has(self, *roles: Role) -> bool:
        """One of these roles is held."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list shows; None and empty do not filter."""

    state: str = ""
    role: str = ""  # home | host | superior
    our_turn: bool | None = None
    overdue: bool | None = None
    open: bool | None = None
    matter: str = ""
    other_unit: str = ""
    due_before: date | None = None
    changed_after: datetime | None = None
    mine: bool = False  # those that are assigned to the actor
    sort: str = "changed"  # changed: latest change first | due: nearest due date first


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What staff say of a file; the media type is found by its content."""

    name: str
    document_kind: str = "other"
    pages: int = 0
    is_copy: bool = False
    compared_by: str = ""
    original_at: str = ""
    withheld: bool = False  # kept on this node: no envelope may list it
    redacts: str = ""  # id of the file that this is a redacted copy of; that one is withheld from then on


class OpenedFile(Protocol):
    """A material that is open for reading: facts, and its bytes from any offset, decrypted on the fly."""

    @property
    def view(self) -> MaterialView:
        """Facts of the file."""
        ...

    def read(self, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes from `start` to before `end` (None: the end), in pieces of at most 256 KiB."""
        ...


class DeskPort(Protocol):
    """Case work."""

    # drafts (drafts.py)
    async def create_draft(self, actor: Actor, business: Json, *, once: str = "") -> DraftView:
        """Begin a letter (CLERK). It may be incomplete; `problems` says what is missing.

        `once` is a key of the caller's: the same request under it within 7 days gives the draft first made, as it is
        now; another request under it is ID_CONFLICT.
        """
        ...

    async def update_draft(self, actor: Actor, draft_id: str, version: int, business: Json) -> DraftView:
        """Replace a draft's content (CLERK); a draft that waits for approval goes back to `draft`."""
        ...

    async def get_draft(self, actor: Actor, draft_id: str) -> DraftView:
        """One draft."""
        ...

    async def check_draft(self, actor: Actor, draft_id: str) -> DraftCheck:
        """Judge a draft as if it were approved now: what is in the way, or its due dates. Changes nothing."""
        ...

    async def drafts_of_case(self, actor: Actor, case_key: str) -> tuple[DraftView, ...]:
        """The unit's drafts under one of its own case numbers, the issued among them, oldest first."""
        ...

    async def list_drafts(self, actor: Actor, *, page_size: int = 50, page_token: str = "") -> Page[DraftView]:
        """Drafts of the unit, newest change first; not the issued ones."""
        ...

    async def submit_for_approval(self, actor: Actor, draft_id: str, version: int) -> DraftView:
        """Hand a complete draft to an approver (CLERK)."""
        ...

    async def send_back(self, actor: Actor, draft_id: str, version: int, note: str) -> DraftView:
        """Give a draft back with a note (APPROVER)."""
        ...

    async def cancel_draft(self, actor: Actor, draft_id: str, version: int) -> DraftView:
        """Drop a draft that was never issued."""
        ...

    async def review_draft(self, actor: Actor, draft_id: str, version: int) -> DraftView:
        """Approve it and leave the seal to the unit's seal holder (APPROVER): state `reviewed`."""
        ...

    async def approve_and_issue(self, actor: Actor, draft_id: str, version: int) -> DelegationView:
        """Approve (APPROVER, not the one who prepared), seal, sign and queue the letter."""
        ...

    # moves (moves.py)
    async def act(self, actor: Actor, delegation_id: str, kind: str, data: Json, version: int | None) -> DelegationView:
        """Make a move that needs one person; `version` None only for kinds that change no state."""
        ...

    async def prepare_move(
        self, actor: Actor, delegation_id: str, kind: str, data: Json, version: int | None
    ) -> PreparedMoveView:
        """Prepare a move that needs two persons; judged now, and again at approval."""
        ...

    async def update_move(self, actor: Actor, move_id: str, version: int, data: Json) -> PreparedMoveView:
        """Change a prepared move; the one who changed it is now the one who prepared it."""
        ...

    async def get_move(self, actor: Actor, move_id: str) -> PreparedMoveView:
        """One prepared move."""
        ...

    async def drop_move(self, actor: Actor, move_id: str, version: int, note: str = "") -> PreparedMoveView:
        """Take a prepared move back, or (APPROVER, with a note) send it back to its handler as a draft."""
        ...

    async def review_move(self, actor: Actor, move_id: str, version: int) -> PreparedMoveView:
        """Say that a prepared move may be sealed and leave the seal to another (APPROVER, not who prepared it)."""
        ...

    async def press_seal(self, actor: Actor, move_id: str, version: int) -> DelegationView:
        """Seal, sign and queue what was reviewed (SEAL_HOLDER, or APPROVER where the unit lets approvers seal)."""
        ...

    async def approver_seals(self, actor: Actor) -> bool:
        """Whether the approvers of the actor's unit press its seal themselves (default), or a seal holder does."""
        ...

    async def keep_seal(self, actor: Actor, *, approver: bool) -> bool:
        """Say which (ADMINISTRATOR)."""
        ...

    async def approve_move(self, actor: Actor, move_id: str, version: int) -> DelegationView:
        """Approve, seal, sign and queue (APPROVER, another person than the handler and than any investigator)."""
        ...

    async def start_thread(self, actor: Actor, kind: str, recipients: Sequence[str], data: Json) -> DelegationView:
        """Open a thread of another type: NOTICE_SENT, AGREEMENT_PROPOSED, ANNOUNCED, COORDINATION_REQUESTED, …"""
        ...

    async def drop_queued(self, actor: Actor, delegation_id: str, envelope_id: str) -> DelegationView:
        """Put a refused or returned own envelope out of sight once its content was used or given up."""
        ...

    # views (views.py, lists.py, todo.py, search.py)
    async def get_delegation(self, actor: Actor, delegation_id: str) -> DelegationView:
        """Everything of one delegation; alarms NOT_FOUND for one that the actor's unit is no party of."""
        ...

    async def get_thread(
        self, actor: Actor, delegation_id: str, *, from_sequence: int = 1, page_size: int = 100
    ) -> ThreadView:
        """Its entries in order."""
        ...

    async def open_case(self, actor: Actor, notice_id: str, version: int | None) -> DraftView:
        """立案 on a notice of an accident: answers it and drafts the letter from it; again: the draft that there is."""
        ...

    async def linked(self, actor: Actor, delegation_id: str) -> Linked | None:
        """Of a notice what came of it, of a delegation the notice that it came from; None for nothing."""
        ...

    async def agreement_file(self, actor: Actor, delegation_id: str) -> str:
        """What proves a countersigned agreement, or its end, to the seal authority: JSON (certs.agreement_proof).

        NOT_ALLOWED for a thread that is no agreement, or is not countersigned yet.
        """
        ...

    async def list_delegations(
        self, actor: Actor, filters: Filters, *, page_size: int = 50, page_token: str = ""
    ) -> Page[DelegationRow]:
        """Threads of the actor's unit in the order of `filters.sort`; `page_size` at most 200."""
        ...

    async def todo(
        self,
        actor: Actor,
        category: str = "",
        *,
        sort: str = "due",
        page_size: int = 500,
        page_token: str = "",
        mine: bool = False,
    ) -> TodoView:
        """Counts by category, and what waits for the actor; with a category, all that the unit has in it.

        `mine`: of delegations, those alone that the actor has in hand.
        `sort`: due, changed, or other (the other side); more than 2,000 things stand by due day whatever is asked.
        """
        ...

    async def search(self, actor: Actor, *, name: str = "", id_number: str = "") -> tuple[DelegationRow, ...]:
        """By the worker's whole name or ID number, through a keyed hash; at most 100."""
        ...

    async def list_alarms(self, actor: Actor) -> tuple[AlarmView, ...]:
        """Alarms that nobody acknowledged (of the unit; all for ADMINISTRATOR)."""
        ...

    async def acknowledge_alarm(self, actor: Actor, alarm_id: int) -> None:
        """Note that a person saw it."""
        ...

    async def status(self, actor: Actor) -> StatusView:
        """How the node is."""
        ...

    async def list_units(self, actor: Actor, text: str = "") -> tuple[UnitView, ...]:
        """Units of the roster by code or name, at most 100."""
        ...

    async def competent_units(self, actor: Actor, *, place: str, matter: str) -> tuple[UnitView, ...]:
        """Who is competent there today, members or not."""
        ...

    async def purge(self, actor: Actor, delegation_id: str) -> None:
        """Delete the data key of an archived delegation (ADMINISTRATOR): its content is gone for ever, headers stay."""
        ...

    async def events(self, actor: Actor, *, after: int = 0, limit: int = 100) -> EventPage:
        """What changed for the actor's unit after a cursor, each delegation at its latest change; at most 500.

        The order is durable and grows; 0 is the beginning. Hints alone: look up what they name.
        """
        ...

    async def notice_routes(self, actor: Actor) -> tuple[NoticeRoute, ...]:
        """Webhooks and mail of this node, and how far each got (ADMINISTRATOR)."""
        ...

    async def saved_filters(self, actor: Actor) -> tuple[SavedFilter, ...]:
        """The actor's own filters, by name."""
        ...

    async def save_filter(self, actor: Actor, chosen: SavedFilter) -> tuple[SavedFilter, ...]:
        """Keep a filter under its name, in place of the one that had it; gives all. INVALID_INPUT, QUOTA_EXCEEDED."""
        ...

    async def drop_filter(self, actor: Actor, name: str) -> tuple[SavedFilter, ...]:
        """Forget one; gives what is left."""
        ...

    def changes(self) -> AbstractAsyncContextManager[AsyncIterator[Change]]:
        """Changes as they are committed. A slow reader loses hints, never memory: look things up again after a gap."""
        ...

    # materials (materials.py)
    async def add_file(
        self, actor: Actor, subject_id: str, stream: AsyncIterable[bytes], facts: FileFacts, *, once: str = ""
    ) -> MaterialView:
        """Copy a file into the node's store for a delegation or a draft: kind by content, digest, sealed chunks.

        `once` as for `create_draft`; the file's bytes are part of the request.
        """
        ...

    async def list_materials(self, actor: Actor, subject_id: str) -> tuple[MaterialView, ...]:
        """Files of a delegation or draft."""
        ...

    async def open_file(self, actor: Actor, material_id: str) -> OpenedFile:
        """Read a file; MATERIAL_MISSING while it is not here."""
        ...

    async def describe_file(
        self, actor: Actor, material_id: str, facts: FileFacts, *, seen: FileFacts | None = None
    ) -> MaterialView:
        """Say something else of a file that no envelope lists and that no approver has before him.

        `seen` is what the actor saw; other facts by now are EDITED_MEANWHILE. `redacts` stays as it is.
        """
        ...

    async def drop_file(self, actor: Actor, material_id: str) -> None:
        """Delete a file that no envelope lists and that no approver has before him."""
        ...


class AccountsPort(Protocol):
    """Accounts, sessions and keys (accounts.py). Passwords: argon2id; five failures lock for 15 minutes."""

    async def sign_in(self, staff_id: str, password: str, unit: str = "") -> SessionView:
        """SIGN_IN_REQUIRED for whatever was wrong; LOCKED_OUT while locked. `unit` chooses among the person's units."""
        ...

    async def actor_of_session(self, token: str) -> tuple[Actor, SessionView]:
        """The signed-in person; SIGN_IN_REQUIRED when unknown or over. The view's token is empty."""
        ...

    async def actor_of_api_key(self, secret: str) -> Actor:
        """The identity behind a business system's key; SIGN_IN_REQUIRED."""
        ...

    async def sign_out(self, token: str) -> None:
        """End a session."""
        ...

    async def change_password(self, actor: Actor, old: str, new: str) -> None:
        """Own password; at least 10 characters."""
        ...

    async def create_staff(
        self,
        actor: Actor | None,
        *,
        staff_id: str,
        name: str,
        password: str,
        units: Sequence[str],
        roles: Sequence[str],
        phone: str = "",
        one_time: bool = False,
    ) -> StaffView:
        """A new account (ADMINISTRATOR; `actor` None only for the first account, made on the machine itself).

        `one_time`: the password opens nothing but choosing another, within 3 days.
        """
        ...

    async def update_staff(
        self,
        actor: Actor,
        staff_id: str,
        *,
        roles: Sequence[str] | None = None,
        units: Sequence[str] | None = None,
        active: bool | None = None,
        password: str | None = None,
    ) -> StaffView:
        """Change an account (ADMINISTRATOR); sessions of a changed account end. The last administrator stays.

        Closing it, or taking it out of a unit: NOT_ALLOWED (why=open_tasks) until what it has in hand is handed over.
        The keys and deputies of a closed account end.
        """
        ...

    async def reset_password(self, actor: Actor, staff_id: str) -> str:
        """Give out a one-time password (ADMINISTRATOR), shown in this answer alone; a lock and all sessions end."""
        ...

    async def sign_in_by_identity(self, issuer: str, subject: str) -> SessionView:
        """The account bound to what a sign-in service vouched for; SIGN_IN_REQUIRED when none, closed or locked."""
        ...

    async def bind_identity(self, actor: Actor, staff_id: str, *, issuer: str, subject: str) -> None:
        """Let a service's subject sign in as an account (ADMINISTRATOR); INVALID_INPUT (subject, why=exists)."""
        ...

    async def unbind_identities(self, actor: Actor, staff_id: str) -> None:
        """End that, and the account's sessions (ADMINISTRATOR)."""
        ...

    async def identities_of(self, actor: Actor, staff_id: str) -> int:
        """How many subjects may sign in as the account (ADMINISTRATOR)."""
        ...

    async def unlock(self, actor: Actor, staff_id: str) -> StaffView:
        """End a lock before its time (ADMINISTRATOR)."""
        ...

    async def list_staff(self, actor: Actor) -> tuple[StaffView, ...]:
        """Accounts (ADMINISTRATOR sees all, others those of their unit)."""
        ...

    async def create_api_key(
        self, actor: Actor, *, label: str, staff_id: str, unit: str, role: str, expires_at: datetime | None = None
    ) -> ApiKeyView:
        """A key for a business system (ADMINISTRATOR); the staff identity must exist and hold the role."""
        ...

    async def list_api_keys(self, actor: Actor) -> tuple[ApiKeyView, ...]:
        """Keys (ADMINISTRATOR)."""
        ...

    async def revoke_api_key(self, actor: Actor, key_id: str) -> None:
        """End a key (ADMINISTRATOR)."""
        ...
