"""Accounts: who gets in, who is locked out, what a change ends. Memory and SQLite run the same cases."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type

from certs.files import make_folder
from certs.rest import MasterKey
from delegation.errors import Reason, Refusal
from node.at_rest import Vault
from node.desk.accounts import Accounts, add_account
from node.desk.passwords import Passwords
from node.desk.ports import Actor, Role
from node.keyring import MASTER_FILE
from node.records import ApiKeyRecord, SessionRecord, StaffRecord
from node.settings import NodeSettings
from node.store import Store
from node.store_memory import MemoryStore
from node.store_sql import SqlStore, make_engine
from node.writer import Writer

UNIT, OTHER, FOREIGN = "330100RD01K", "330100AC01A", "510100RD01K"
GOOD, NEW = "correct horse battery", "staple donkey engine"
BOSS = Actor("boss", "管理员", UNIT, frozenset({Role.ADMINISTRATOR.value}))
CLERK = Actor("li", "李", UNIT, frozenset({Role.CLERK.value}))


class VaultAlone:
    """A writer's memory of data keys alone."""

    def settle(self, memory: Mapping[object, Mapping[object, object]]) -> None:
        for room, values in memory.items():
            assert isinstance(room, Vault)
            room.settle(values)

    def forget(self) -> None:
        return


def master_of(settings: NodeSettings) -> MasterKey:
    """The node's master key, drawn on the first call."""
    path = settings.keys_dir / MASTER_FILE
    if not path.exists():
        make_folder(settings.keys_dir)
        MasterKey.create(path)
    return MasterKey.load(path)


class CountingPasswords(Passwords):
    """Cheap parameters, and a count of how often the work was done."""

    def __init__(self, time_cost: int = 1) -> None:
        super().__init__(PasswordHasher(time_cost=time_cost, memory_cost=8, parallelism=1))
        self.verified: list[bool] = []

    async def verify(self, stored: str | None, password: str) -> bool:
        right = await super().verify(stored, password)
        self.verified.append(right)
        return right


class House:
    """Accounts with a clock that tests move."""

    def __init__(self, store: Store, settings: NodeSettings) -> None:
        self.now = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
        self.store = store
        self.settings = settings
        self.passwords = CountingPasswords()
        self.writer: Writer[VaultAlone] = Writer(store, VaultAlone(), lambda: self.now)
        self.vault = Vault(master_of(settings))
        self.accounts = Accounts(self.writer, settings, vault=self.vault, passwords=self.passwords)

    async def add(self, staff_id: str, *roles: Role, units: tuple[str, ...] = (UNIT,)) -> None:
        await self.accounts.create_staff(
            BOSS, staff_id=staff_id, name=f"名{staff_id}", password=GOOD, units=units, roles=[r.value for r in roles]
        )

    async def fails(self, staff_id: str, password: str) -> Reason:
        with pytest.raises(Refusal) as caught:
            await self.accounts.sign_in(staff_id, password)
        return caught.value.reason


@pytest.fixture(params=["memory", "sqlite"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    settings = NodeSettings(data_dir=tmp_path, units=(UNIT, OTHER), session_hours=8)
    store: Store = MemoryStore() if request.param == "memory" else SqlStore(make_engine(settings.database))
    found = House(store, settings)
    found.writer.start()
    await found.add("boss", Role.ADMINISTRATOR)
    await found.add("li", Role.CLERK, Role.READER, units=(UNIT, OTHER))
    yield found
    await found.writer.stop()
    store.close()


def reason(caught: pytest.ExceptionInfo[Refusal]) -> Reason:
    return caught.value.reason


async def test_a_session_opens_its_person_until_its_hours_are_over(house: House) -> None:
    session = await house.accounts.sign_in("li", GOOD)
    assert session.expires_at == house.now + timedelta(hours=8)
    actor, view = await house.accounts.actor_of_session(session.token)
    assert actor == Actor("li", "名li", UNIT, frozenset({"clerk", "reader"}))
    assert (view.token, view.csrf) == ("", session.csrf)
    assert session.csrf not in ("", session.token)
    house.now = session.expires_at
    with pytest.raises(Refusal) as caught:
        await house.accounts.actor_of_session(session.token)
    assert reason(caught) is Reason.SIGN_IN_REQUIRED


async def test_a_person_of_two_units_chooses_one_and_no_third(house: House) -> None:
    session = await house.accounts.sign_in("li", GOOD, OTHER)
    assert (await house.accounts.actor_of_session(session.token))[0].unit == OTHER
    with pytest.raises(Refusal) as caught:
        await house.accounts.sign_in("li", GOOD, FOREIGN)
    assert reason(caught) is Reason.SIGN_IN_REQUIRED


async def test_neither_password_nor_token_is_in_the_store(house: House) -> None:
    session = await house.accounts.sign_in("li", GOOD)
    [kept] = house.store.select(SessionRecord)
    assert kept.token_hash == hashlib.sha256(session.token.encode()).digest()
    assert session.token not in repr(kept)
    record = house.store.get(StaffRecord, ("li",))
    assert record is not None
    assert record.password.startswith("$argon2id$")
    assert GOOD not in record.password


def test_the_work_is_that_of_rfc_9106() -> None:
    hasher = PasswordHasher()
    assert (hasher.type, hasher.time_cost, hasher.memory_cost) == (Type.ID, 3, 64 * 1024)
    assert Passwords().hash_now(GOOD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_five_failures_lock_for_fifteen_minutes(house: House) -> None:
    for _ in range(5):
        assert await house.fails("li", "wrong password") is Reason.SIGN_IN_REQUIRED
    assert await house.fails("li", GOOD) is Reason.LOCKED_OUT
    house.now += timedelta(minutes=15, seconds=-1)
    assert await house.fails("li", GOOD) is Reason.LOCKED_OUT
    [view] = [item for item in await house.accounts.list_staff(BOSS) if item.staff_id == "li"]
    assert view.locked_until == house.now + timedelta(seconds=1)
    house.now += timedelta(seconds=1)
    assert await house.fails("li", "wrong password") is Reason.SIGN_IN_REQUIRED  # the count begins anew
    assert (await house.accounts.sign_in("li", GOOD)).staff_id == "li"


async def test_a_success_forgets_failures(house: House) -> None:
    for _ in range(3):
        for _ in range(4):
            await house.fails("li", "wrong password")
        await house.accounts.sign_in("li", GOOD)


async def test_many_attempts_at_once_are_no_more_than_five(house: House) -> None:
    outcomes = await asyncio.gather(*(house.fails("li", f"wrong password {n}") for n in range(30)))
    assert outcomes.count(Reason.SIGN_IN_REQUIRED) == 5
    assert outcomes.count(Reason.LOCKED_OUT) == 25
    assert len(house.passwords.verified) == 5


async def test_an_unknown_name_looks_like_a_known_one(house: House) -> None:
    known = [await house.fails("li", "wrong password") for _ in range(7)]
    work = len(house.passwords.verified)
    unknown = [await house.fails("nobody", "wrong password") for _ in range(7)]
    assert unknown == known
    assert len(house.passwords.verified) == 2 * work == 10
    house.now += timedelta(minutes=15)
    assert await house.fails("nobody", "wrong password") is Reason.SIGN_IN_REQUIRED


async def test_work_without_an_account_takes_as_long(house: House) -> None:
    slow = Passwords(PasswordHasher(time_cost=4, memory_cost=32 * 1024, parallelism=1))
    stored = await slow.hash(GOOD)
    loop = asyncio.get_running_loop()
    times = []
    for subject in (stored, None):
        best = 9.0
        for _ in range(3):
            before = loop.time()
            assert not await slow.verify(subject, "wrong password")
            best = min(best, loop.time() - before)
        times.append(best)
    assert 0.1 < times[0] / times[1] < 10  # without the work it is thousands


async def test_the_loop_goes_on_while_a_password_is_worked_on() -> None:
    passwords = Passwords(PasswordHasher(time_cost=6, memory_cost=64 * 1024, parallelism=1))
    work = asyncio.create_task(passwords.hash(GOOD))
    turns = 0
    while not work.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 3


async def test_hashing_is_bounded() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    outcomes = await asyncio.gather(*(passwords.hash(GOOD) for _ in range(80)), return_exceptions=True)
    refused = [item for item in outcomes if isinstance(item, Refusal)]
    assert {item.reason for item in refused} == {Reason.UNAVAILABLE}
    assert len(refused) == 16


async def test_old_parameters_are_left_behind_at_the_next_sign_in(house: House) -> None:
    house.accounts = Accounts(house.writer, house.settings, vault=house.vault, passwords=CountingPasswords(time_cost=2))
    await house.accounts.sign_in("li", GOOD)
    record = house.store.get(StaffRecord, ("li",))
    assert record is not None
    assert ",t=2," in record.password
    await house.accounts.sign_in("li", GOOD)


@pytest.mark.parametrize("password", ["short", "x" * 257, "aaaaaaaaaaaaaa", "newcomer-01"])
async def test_a_weak_password_is_refused_and_not_repeated(house: House, password: str) -> None:
    with pytest.raises(Refusal) as caught:
        await house.accounts.create_staff(
            BOSS, staff_id="newcomer-01", name="新", password=password, units=[UNIT], roles=["clerk"]
        )
    assert caught.value.details["field"] == "password"
    assert password not in str(caught.value.args) or password == "newcomer-01"


async def test_changing_the_password_ends_sessions(house: House) -> None:
    session = await house.accounts.sign_in("li", GOOD)
    with pytest.raises(Refusal) as caught:
        await house.accounts.change_password(CLERK, "wrong password", NEW)
    assert reason(caught) is Reason.SIGN_IN_REQUIRED
    await house.accounts.change_password(CLERK, GOOD, NEW)
    with pytest.raises(Refusal):
        await house.accounts.actor_of_session(session.token)
    assert await house.fails("li", GOOD) is Reason.SIGN_IN_REQUIRED
    assert (await house.accounts.sign_in("li", NEW)).staff_id == "li"


async def test_guessing_the_old_password_locks_too(house: House) -> None:
    for _ in range(5):
        with pytest.raises(Refusal):
            await house.accounts.change_password(CLERK, "wrong password", NEW)
    assert await house.fails("li", GOOD) is Reason.LOCKED_OUT


async def test_a_changed_account_loses_its_sessions_and_others_do_not(house: House) -> None:
    mine, boss = await house.accounts.sign_in("li", GOOD), await house.accounts.sign_in("boss", GOOD)
    await house.accounts.update_staff(BOSS, "li", roles=["reader"])
    with pytest.raises(Refusal):
        await house.accounts.actor_of_session(mine.token)
    assert (await house.accounts.actor_of_session(boss.token))[0].staff_id == "boss"
    again = await house.accounts.sign_in("li", GOOD)
    assert (await house.accounts.actor_of_session(again.token))[0].roles == {"reader"}
    await house.accounts.update_staff(BOSS, "li", active=False)
    assert await house.fails("li", GOOD) is Reason.SIGN_IN_REQUIRED


async def test_a_new_password_by_an_administrator_ends_a_lock(house: House) -> None:
    for _ in range(5):
        await house.fails("li", "wrong password")
    await house.accounts.update_staff(BOSS, "li", password=NEW)
    assert (await house.accounts.sign_in("li", NEW)).unit == UNIT


@pytest.mark.parametrize("change", [{"active": False}, {"roles": ["clerk"]}])
async def test_the_last_administrator_stays(house: House, change: dict[str, object]) -> None:
    with pytest.raises(Refusal) as caught:
        await house.accounts.update_staff(BOSS, "boss", **change)  # type: ignore[arg-type]  # one of two arguments
    assert (reason(caught), caught.value.details["why"]) == (Reason.NOT_ALLOWED, "last_administrator")
    await house.add("second", Role.ADMINISTRATOR)
    await house.accounts.update_staff(BOSS, "boss", **change)  # type: ignore[arg-type]  # as above
    with pytest.raises(Refusal):
        await house.accounts.update_staff(BOSS, "second", active=False)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("roles", {"roles": ["root"]}),
        ("roles", {"roles": []}),
        ("units", {"units": [FOREIGN]}),
        ("units", {"units": []}),
        ("staff_id", {"staff_id": "li wei"}),
        ("staff_id", {"staff_id": "li"}),
        ("name", {"name": "a\nb"}),
        ("phone", {"phone": "call me"}),
    ],
)
async def test_what_an_account_may_not_be(house: House, field: str, change: dict[str, object]) -> None:
    account = {"staff_id": "wang", "name": "王", "password": GOOD, "units": [UNIT], "roles": ["clerk"], **change}
    with pytest.raises(Refusal) as caught:
        await house.accounts.create_staff(BOSS, **account)  # type: ignore[arg-type]  # wrong on purpose
    assert (reason(caught), caught.value.details["field"]) == (Reason.INVALID_INPUT, field)


async def test_only_administrators_administer(house: House) -> None:
    calls = (
        house.accounts.create_staff(CLERK, staff_id="w", name="王", password=GOOD, units=[UNIT], roles=["clerk"]),
        house.accounts.update_staff(CLERK, "li", roles=["administrator"]),
        house.accounts.create_api_key(CLERK, label="系统", staff_id="li", unit=UNIT, role="clerk"),
        house.accounts.list_api_keys(CLERK),
        house.accounts.revoke_api_key(CLERK, "any"),
        # nobody is the first when there are others
        house.accounts.create_staff(
            None, staff_id="w", name="王", password=GOOD, units=[UNIT], roles=["administrator"]
        ),
    )
    for call in calls:
        with pytest.raises(Refusal) as caught:
            await call
        assert reason(caught) is Reason.ROLE_MISSING


async def test_staff_see_the_accounts_of_their_unit(house: House) -> None:
    await house.add("far", Role.CLERK, units=(OTHER,))
    assert {view.staff_id for view in await house.accounts.list_staff(CLERK)} == {"boss", "li"}
    assert {view.staff_id for view in await house.accounts.list_staff(BOSS)} == {"boss", "li", "far"}


async def test_a_key_is_one_person_in_one_unit_with_one_role(house: House) -> None:
    key = await house.accounts.create_api_key(BOSS, label="业务系统", staff_id="li", unit=OTHER, role="clerk")
    actor = await house.accounts.actor_of_api_key(key.secret)
    assert actor == Actor("li", "名li", OTHER, frozenset({"clerk"}))
    [kept] = house.store.select(ApiKeyRecord)
    assert key.secret not in repr(kept)
    assert [item.secret for item in await house.accounts.list_api_keys(BOSS)] == [""]
    await house.accounts.revoke_api_key(BOSS, key.key_id)
    with pytest.raises(Refusal) as caught:
        await house.accounts.actor_of_api_key(key.secret)
    assert reason(caught) is Reason.SIGN_IN_REQUIRED
    assert not (await house.accounts.list_api_keys(BOSS))[0].active


@pytest.mark.parametrize("change", [{"active": False}, {"roles": ["reader"]}, {"units": [UNIT]}])
async def test_a_key_opens_no_more_than_its_person(house: House, change: dict[str, object]) -> None:
    key = await house.accounts.create_api_key(BOSS, label="业务系统", staff_id="li", unit=OTHER, role="clerk")
    await house.accounts.update_staff(BOSS, "li", **change)  # type: ignore[arg-type]  # one of three arguments
    with pytest.raises(Refusal) as caught:
        await house.accounts.actor_of_api_key(key.secret)
    assert reason(caught) is Reason.SIGN_IN_REQUIRED


async def test_a_key_ends_on_its_day(house: House) -> None:
    until = house.now + timedelta(days=1)
    key = await house.accounts.create_api_key(
        BOSS, label="业务系统", staff_id="li", unit=UNIT, role="clerk", expires_at=until
    )
    house.now = until
    with pytest.raises(Refusal):
        await house.accounts.actor_of_api_key(key.secret)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("staff_id", {"staff_id": "nobody"}),
        ("role", {"role": "approver"}),
        ("roles", {"role": "root"}),
        ("units", {"unit": FOREIGN}),
        ("label", {"label": ""}),
    ],
)
async def test_what_a_key_may_not_be(house: House, field: str, change: dict[str, str]) -> None:
    asked = {"label": "系统", "staff_id": "li", "unit": UNIT, "role": "clerk", **change}
    with pytest.raises(Refusal) as caught:
        await house.accounts.create_api_key(BOSS, **asked)  # type: ignore[arg-type]  # wrong on purpose
    assert (reason(caught), caught.value.details["field"]) == (Reason.INVALID_INPUT, field)


async def test_sessions_of_one_person_are_bounded_and_old_ones_are_cleared(house: House) -> None:
    first = await house.accounts.sign_in("li", GOOD)
    for _ in range(22):
        house.now += timedelta(seconds=1)
        last = await house.accounts.sign_in("li", GOOD)
    assert house.store.count(SessionRecord) == 20
    with pytest.raises(Refusal):
        await house.accounts.actor_of_session(first.token)
    await house.accounts.actor_of_session(last.token)
    await house.accounts.sign_out(last.token)
    with pytest.raises(Refusal):
        await house.accounts.actor_of_session(last.token)
    house.now += timedelta(hours=9)
    await house.accounts.sign_in("boss", GOOD)
    assert house.store.count(SessionRecord) == 1


async def test_the_first_account_is_made_on_the_machine(tmp_path: Path) -> None:
    settings = NodeSettings(data_dir=tmp_path, units=(UNIT,))
    store = SqlStore(make_engine(settings.database))
    now = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
    passwords = CountingPasswords()

    def add(staff_id: str) -> None:
        add_account(
            store,
            now,
            master=master_of(settings),
            served=settings.units,
            staff_id=staff_id,
            name="管理员",
            password=GOOD,
            units=[UNIT],
            roles=["administrator"],
            passwords=passwords,
        )

    add("boss")
    with pytest.raises(Refusal) as caught:
        add("boss")
    assert caught.value.details["why"] == "exists"
    house = House(store, settings)
    house.writer.start()
    session = await house.accounts.sign_in("boss", GOOD)
    assert (await house.accounts.actor_of_session(session.token))[0].has(Role.ADMINISTRATOR)
    await house.writer.stop()
    store.close()
