"""Deputies by day, one-time passwords, and accounts that close when their work is handed over."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from node.at_rest import Vault
from node.desk.accounts import Accounts
from node.desk.people import People
from node.desk.people_views import DeputyView
from node.desk.ports import Acting, Actor, Role
from node.records import DraftRecord, MoveRecord, ThreadRecord, to_us
from node.records_people import AssignmentRecord
from node.settings import NodeSettings
from node.state import State
from node.store import Store
from node.store_memory import MemoryStore
from node.store_sql import SqlStore, make_engine
from node.writer import Tx, Writer
from tests.node.test_accounts import BOSS, GOOD, NEW, OTHER, UNIT, CountingPasswords, master_of

TODAY = date(2026, 8, 3)


@dataclass
class Memory:
    """As much of a node's memory as people need."""

    vault: Vault
    units: frozenset[str] = frozenset({UNIT, OTHER})
    told: list[str] = field(default_factory=list)

    def signal(self, what: str) -> None:
        self.told.append(what)

    def settle(self, memory: Mapping[object, Mapping[object, object]]) -> None:
        for values in memory.values():
            self.vault.settle(values)

    def forget(self) -> None:
        self.vault.forget()


class House:
    """Accounts and people with a clock that tests move."""

    def __init__(self, store: Store, settings: NodeSettings) -> None:
        self.now = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
        self.store = store
        self.memory = Memory(Vault(master_of(settings)))
        self.writer: Writer[Memory] = Writer(store, self.memory, lambda: self.now)
        self.accounts = Accounts(self.writer, settings, vault=self.memory.vault, passwords=CountingPasswords())
        self.people = People(cast("Writer[State]", self.writer))

    async def add(self, staff_id: str, *roles: Role, units: tuple[str, ...] = (UNIT,)) -> None:
        names = [role.value for role in roles]
        await self.accounts.create_staff(
            BOSS, staff_id=staff_id, name=f"名{staff_id}", password=GOOD, units=units, roles=names
        )

    async def actor(self, staff_id: str, unit: str = "") -> Actor:
        session = await self.accounts.sign_in(staff_id, GOOD, unit)
        return (await self.accounts.actor_of_session(session.token))[0]

    async def name(self, actor: Actor, staff_id: str, deputy: str, role: Role, days: tuple[int, int]) -> DeputyView:
        first, last = (TODAY + timedelta(days=each) for each in days)
        return await self.people.name_deputy(
            actor, staff_id=staff_id, deputy=deputy, unit=UNIT, role=role.value, first=first, last=last
        )

    async def write(self, *records: object) -> None:
        def use(tx: Tx, _state: Memory, _at: datetime) -> None:
            for record in records:
                tx.put(record)  # type: ignore[arg-type] # records, whatever their kind

        await self.writer.run(use)


@pytest.fixture(params=["memory", "sqlite"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    settings = NodeSettings(data_dir=tmp_path, units=(UNIT, OTHER), session_hours=8)
    store: Store = MemoryStore() if request.param == "memory" else SqlStore(make_engine(settings.database))
    found = House(store, settings)
    found.writer.start()
    await found.add("boss", Role.ADMINISTRATOR)
    await found.add("jia", Role.APPROVER)
    await found.add("yi", Role.CLERK, units=(UNIT, OTHER))
    yield found
    await found.writer.stop()
    store.close()


async def refused(call: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await call  # type: ignore[misc] # a coroutine
    return caught.value


async def test_a_deputy_holds_the_role_from_the_first_day_to_the_last_of_asia_shanghai(house: House) -> None:
    jia = await house.actor("jia")
    await house.name(jia, "jia", "yi", Role.APPROVER, (1, 2))
    for now, holds in (
        (datetime(2026, 8, 3, 15, 59, tzinfo=UTC), False),
        (datetime(2026, 8, 3, 16, 0, tzinfo=UTC), True),
        (datetime(2026, 8, 5, 15, 59, tzinfo=UTC), True),
        (datetime(2026, 8, 5, 16, 0, tzinfo=UTC), False),
    ):
        house.now = now
        yi = await house.actor("yi")
        assert yi.has(Role.APPROVER) is holds, now
        assert yi.acting == ((Acting("approver", "jia", "名jia"),) if holds else ())
        assert yi.has(Role.CLERK)
        [seen] = await house.people.list_deputies(yi)
        assert seen.holds is holds
        assert not (await house.actor("yi", OTHER)).has(Role.APPROVER)


async def test_what_a_deputy_holds_ends_with_the_others_role_account_or_word(house: House) -> None:
    jia = await house.actor("jia")
    named = await house.name(jia, "jia", "yi", Role.APPROVER, (0, 5))
    await house.accounts.update_staff(BOSS, "jia", roles=["reader"])
    assert not (await house.actor("yi")).has(Role.APPROVER)
    await house.accounts.update_staff(BOSS, "jia", roles=["approver"])
    assert (await house.actor("yi")).has(Role.APPROVER)
    await house.people.end_deputy(await house.actor("yi"), named.deputy_id)
    assert not (await house.actor("yi")).has(Role.APPROVER)
    await house.name(BOSS, "jia", "yi", Role.APPROVER, (0, 5))
    await house.accounts.update_staff(BOSS, "jia", active=False)
    assert not (await house.actor("yi")).has(Role.APPROVER)
    await house.accounts.update_staff(BOSS, "jia", active=True)
    assert not (await house.actor("yi")).has(Role.APPROVER)


async def test_powers_are_not_handed_down_and_open_no_keys(house: House) -> None:
    await house.add("bing", Role.INVESTIGATOR)
    await house.name(BOSS, "jia", "yi", Role.APPROVER, (0, 5))
    wrong = await refused(house.name(BOSS, "yi", "bing", Role.APPROVER, (0, 5)))
    assert (wrong.reason, wrong.details["field"]) == (Reason.INVALID_INPUT, "role")
    wrong = await refused(
        house.accounts.create_api_key(BOSS, label="业务系统", staff_id="yi", unit=UNIT, role="approver")
    )
    assert wrong.details["field"] == "role"
    key = await house.accounts.create_api_key(BOSS, label="业务系统", staff_id="yi", unit=UNIT, role="clerk")
    actor = await house.accounts.actor_of_api_key(key.secret)
    assert (actor.roles, actor.acting) == (frozenset({"clerk"}), ())


async def test_who_may_name_and_what_is_wrong_with_it(house: House) -> None:
    yi = await house.actor("yi")
    assert (await refused(house.name(yi, "jia", "yi", Role.APPROVER, (0, 1)))).reason is Reason.ROLE_MISSING
    for staff_id, deputy, role, days, where in (
        ("nobody", "yi", Role.APPROVER, (0, 1), "staff_id"),
        ("jia", "nobody", Role.APPROVER, (0, 1), "deputy"),
        ("jia", "jia", Role.APPROVER, (0, 1), "deputy"),
        ("jia", "yi", Role.CLERK, (0, 1), "role"),
        ("jia", "yi", Role.APPROVER, (2, 1), "last"),
        ("jia", "yi", Role.APPROVER, (-3, -1), "last"),
        ("jia", "yi", Role.APPROVER, (0, 366), "last"),
    ):
        wrong = await refused(house.name(BOSS, staff_id, deputy, role, days))
        assert (wrong.reason, wrong.details["field"]) == (Reason.INVALID_INPUT, where)
    assert (await house.people.list_deputies(BOSS)) == ()
    named = await house.name(BOSS, "jia", "yi", Role.APPROVER, (0, 1))
    stranger = Actor("x", "别人", UNIT, frozenset({"clerk"}))
    assert (await refused(house.people.end_deputy(stranger, named.deputy_id))).reason is Reason.NOT_FOUND
    assert await house.people.list_deputies(stranger) == ()


async def test_a_one_time_password_opens_nothing_but_choosing_another(house: House) -> None:
    old = await house.accounts.sign_in("yi", GOOD)
    password = await house.accounts.reset_password(BOSS, "yi")
    with pytest.raises(Refusal):
        await house.accounts.actor_of_session(old.token)
    session = await house.accounts.sign_in("yi", password)
    actor, view = await house.accounts.actor_of_session(session.token)
    assert session.must_change
    assert view.must_change
    assert actor.roles == frozenset()
    assert (await refused(house.accounts.change_password(actor, password, password))).details["why"] == "same"
    await house.accounts.change_password(actor, password, NEW)
    session = await house.accounts.sign_in("yi", NEW)
    assert not session.must_change
    assert (await house.accounts.actor_of_session(session.token))[0].has(Role.CLERK)
    assert (await refused(house.accounts.sign_in("yi", password))).reason is Reason.SIGN_IN_REQUIRED


async def test_a_one_time_password_that_nobody_used_is_over_after_three_days(house: House) -> None:
    await house.accounts.create_staff(
        BOSS, staff_id="wu", name="吴", password=GOOD, units=(UNIT,), roles=["clerk"], one_time=True
    )
    session = await house.accounts.sign_in("wu", GOOD)
    assert session.must_change
    house.now += timedelta(days=3)
    assert (await refused(house.accounts.sign_in("wu", GOOD))).reason is Reason.SIGN_IN_REQUIRED
    wu = Actor("wu", "吴", UNIT, frozenset())
    assert (await refused(house.accounts.change_password(wu, GOOD, NEW))).reason is Reason.SIGN_IN_REQUIRED


async def test_a_lock_is_ended_by_an_administrator_alone(house: House) -> None:
    for _ in range(5):
        await refused(house.accounts.sign_in("yi", "wrong password"))
    assert (await refused(house.accounts.sign_in("yi", GOOD))).reason is Reason.LOCKED_OUT
    clerk = Actor("x", "甲", UNIT, frozenset({"clerk"}))
    assert (await refused(house.accounts.unlock(clerk, "yi"))).reason is Reason.ROLE_MISSING
    assert (await refused(house.accounts.reset_password(clerk, "yi"))).reason is Reason.ROLE_MISSING
    await house.accounts.unlock(BOSS, "yi")
    await house.accounts.sign_in("yi", GOOD)


def a_thread(thread_id: str, *, is_open: bool) -> ThreadRecord:
    values: dict[str, object] = {
        name: kind() for name, kind in (("state_bytes", bytes), ("case_id", str), ("secret", bytes), ("next_due", str))
    }
    numbers = dict.fromkeys(
        ("version", "matter", "priority", "leg", "round", "letter_sequence", "queued", "parked"), 1
    ) | dict.fromkeys(("created_at", "changed_at", "thread_type"), 1)
    texts = dict.fromkeys(("home_unit", "host_unit", "turn"), UNIT) | {"state": "accepted", "place": "510104"}
    return ThreadRecord(thread_id=thread_id, is_open=is_open, **values, **numbers, **texts)  # type: ignore[arg-type]


async def in_hand(house: House) -> None:
    """A draft, a prepared move and two assignments of yi's, one of them over."""
    vault = house.memory.vault

    def use(tx: Tx, _state: Memory, at: datetime) -> None:
        content = json.dumps({"business": {"text": "x"}, "data": {"text": "y"}, "prepared_by_name": "名yi"}).encode()
        tx.put(
            DraftRecord(
                draft_id="d1", unit=UNIT, version=3, state="pending_approval",
                secret=vault.seal(tx, "d1", "drafts/d1/secret", content), prepared_by="yi", approved_by="",
                delegation_id="", created_at=to_us(at), changed_at=to_us(at),
            )
        )  # fmt: skip
        tx.put(
            MoveRecord(
                move_id="m1", thread_id="t1", unit=UNIT, kind=int(Kind.REFUSED), version=1, state="prepared",
                secret=vault.seal(tx, "t1", "moves/m1/secret", content), prepared_by="yi", prepared_at=to_us(at),
            )
        )  # fmt: skip
        for thread_id, is_open in (("t1", True), ("t2", False)):
            tx.put(a_thread(thread_id, is_open=is_open))
            tx.put(AssignmentRecord(unit=UNIT, thread_id=thread_id, staff_id="yi", set_by="x", set_at=to_us(at)))

    await house.writer.run(use)


async def test_an_account_closes_only_after_its_work_is_handed_over(house: House) -> None:
    await in_hand(house)
    await house.add("bing", Role.CLERK)
    key = await house.accounts.create_api_key(BOSS, label="业务系统", staff_id="yi", unit=UNIT, role="clerk")
    session = await house.accounts.sign_in("yi", GOOD)
    tasks = await house.people.open_tasks(BOSS, "yi")
    assert [(task.kind, task.subject_id) for task in tasks] == [("draft", "d1"), ("move", "m1"), ("assignment", "t1")]
    for change in ({"active": False}, {"units": [OTHER]}):
        kept = await refused(house.accounts.update_staff(BOSS, "yi", **change))
        assert (kept.reason, kept.details["why"], kept.details["count"]) == (Reason.NOT_ALLOWED, "open_tasks", "3")
    wrong = await refused(house.people.hand_over(BOSS, "yi", unit=UNIT, to="jia"))
    assert wrong.details["why"] == "role"
    clerk = Actor("x", "甲", UNIT, frozenset({"clerk"}))
    assert (await refused(house.people.hand_over(clerk, "yi", unit=UNIT, to="bing"))).reason is Reason.ROLE_MISSING
    assert (await refused(house.people.open_tasks(clerk, "yi"))).reason is Reason.ROLE_MISSING
    assert await house.people.hand_over(BOSS, "yi", unit=UNIT, to="bing") == 3
    assert await house.people.open_tasks(BOSS, "yi") == ()
    await house.accounts.update_staff(BOSS, "yi", active=False)
    for call in (house.accounts.actor_of_session(session.token), house.accounts.actor_of_api_key(key.secret)):
        assert (await refused(call)).reason is Reason.SIGN_IN_REQUIRED
    await house.accounts.update_staff(BOSS, "yi", active=True)
    assert (await refused(house.accounts.actor_of_api_key(key.secret))).reason is Reason.SIGN_IN_REQUIRED


async def test_what_is_handed_over_waits_for_its_new_hands_with_what_was_typed(house: House) -> None:
    await in_hand(house)
    await house.add("bing", Role.CLERK)
    await house.people.hand_over(BOSS, "yi", unit=UNIT, to="bing")
    draft, move = house.store.get(DraftRecord, ("d1",)), house.store.get(MoveRecord, ("m1",))
    assert draft is not None
    assert move is not None
    assert (draft.state, draft.prepared_by, draft.version) == ("sent_back", "bing", 4)
    assert (move.state, move.prepared_by, move.version) == ("draft", "bing", 2)

    def use(tx: Tx, state: Memory, _at: datetime) -> tuple[dict[str, object], dict[str, object]]:
        first = state.vault.open(tx, "d1", "drafts/d1/secret", draft.secret)
        return json.loads(first), json.loads(state.vault.open(tx, "t1", "moves/m1/secret", move.secret))

    for content in await house.writer.run(use):
        assert content["prepared_by_name"] == "名bing"
        assert content["business"] == {"text": "x"}
    assert {each.split(":")[1] for each in house.memory.told} == {"d1", "t1"}


async def test_colleagues_are_those_of_the_own_unit(house: House) -> None:
    yi = await house.actor("yi")
    assert {each.staff_id for each in await house.people.colleagues(yi)} == {"boss", "jia", "yi"}
    assert (await refused(house.people.colleagues(yi, OTHER))).reason is Reason.NOT_FOUND
    assert [each.staff_id for each in await house.people.colleagues(BOSS, OTHER)] == ["yi"]
    assert (await refused(house.people.colleagues(BOSS, "510100RD01K"))).reason is Reason.NOT_FOUND


async def test_an_identity_opens_the_account_that_it_is_bound_to(house: House) -> None:
    accounts, issuer = house.accounts, "https://id.test"
    assert (await refused(accounts.sign_in_by_identity(issuer, "sub-1"))).reason is Reason.SIGN_IN_REQUIRED
    clerk = Actor("x", "甲", UNIT, frozenset({"clerk"}))
    unasked = await refused(accounts.bind_identity(clerk, "yi", issuer=issuer, subject="sub-1"))
    assert unasked.reason is Reason.ROLE_MISSING
    missing = await refused(accounts.bind_identity(BOSS, "nobody", issuer=issuer, subject="sub-1"))
    assert missing.reason is Reason.NOT_FOUND
    await accounts.bind_identity(BOSS, "yi", issuer=issuer, subject="sub-1")
    taken = await refused(accounts.bind_identity(BOSS, "jia", issuer=issuer, subject="sub-1"))
    assert (taken.details["field"], taken.details["why"]) == ("subject", "exists")
    session = await accounts.sign_in_by_identity(issuer, "sub-1")
    assert (await accounts.actor_of_session(session.token))[0].staff_id == "yi"
    assert await accounts.identities_of(BOSS, "yi") == 1
    for other in ("SUB-1", "sub-2", ""):
        assert (await refused(accounts.sign_in_by_identity(issuer, other))).reason is Reason.SIGN_IN_REQUIRED
    assert (await refused(accounts.sign_in_by_identity("https://x.test", "sub-1"))).reason is Reason.SIGN_IN_REQUIRED
    # who comes this way needs no one-time password, and nobody else can use it any more
    password = await accounts.reset_password(BOSS, "yi")
    session = await accounts.sign_in_by_identity(issuer, "sub-1")
    assert (await accounts.actor_of_session(session.token))[0].has(Role.CLERK)
    assert (await refused(accounts.sign_in("yi", password))).reason is Reason.SIGN_IN_REQUIRED
    await accounts.update_staff(BOSS, "yi", active=False)
    assert (await refused(accounts.sign_in_by_identity(issuer, "sub-1"))).reason is Reason.SIGN_IN_REQUIRED
    await accounts.update_staff(BOSS, "yi", active=True)
    assert (await refused(accounts.sign_in_by_identity(issuer, "sub-1"))).reason is Reason.SIGN_IN_REQUIRED
