"""Names and telephones of staff stand nowhere in the database, also not after the upgrade of one in which they did."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from certs.files import KeyFileError, make_folder
from certs.rest import MasterKey
from delegation.errors import Reason, Refusal
from node import setup
from node.at_rest import Vault
from node.database import open_store
from node.desk.account_rules import open_personal
from node.desk.passwords import Passwords
from node.keyring import MASTER_FILE
from node.records import StaffRecord
from node.settings import NodeSettings
from node.store import SCHEMA_VERSION
from node.store_sql import SqlStore, make_engine
from node.writer import Batch, Tx

UNIT = "330100RD01K"
NAME, PHONE, WORDS = "欧阳某某", "0571-86540099", "correct horse battery"
AT = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> NodeSettings:
    found = NodeSettings(data_dir=tmp_path / "node", units=(UNIT,))
    make_folder(found.data_dir)
    make_folder(found.keys_dir)
    MasterKey.create(found.keys_dir / MASTER_FILE)
    return found


def _files(settings: NodeSettings) -> Iterator[tuple[str, bytes]]:
    for path in settings.data_dir.glob("node.db*"):
        yield path.name, path.read_bytes()


def _in_the_open(settings: NodeSettings) -> list[str]:
    words = [form for word in (NAME, PHONE) for form in (word.encode(), word.encode("utf-16-le"))]
    words.append(NAME.encode("unicode_escape"))
    return [name for name, content in _files(settings) for word in words if word in content]


def _personal(settings: NodeSettings, store: SqlStore, staff_id: str) -> tuple[str, str]:
    record = store.get(StaffRecord, (staff_id,))
    assert record is not None
    vault = Vault(MasterKey.load(settings.keys_dir / MASTER_FILE))
    found = open_personal(vault, Tx(store, Batch(), AT), record)
    return found.name, found.phone


def _add(settings: NodeSettings, staff_id: str = "li", **changes: str) -> None:
    account = {"name": NAME, "phone": PHONE, "password": WORDS, **changes}
    setup.add_account(settings, AT, staff_id=staff_id, units=(UNIT,), roles=("clerk",), **account)


def test_the_database_holds_no_name_and_no_telephone(settings: NodeSettings) -> None:
    _add(settings)
    assert list(_files(settings))
    assert _in_the_open(settings) == []
    store = open_store(settings)
    assert _personal(settings, store, "li") == (NAME, PHONE)
    assert _in_the_open(settings) == [], "while it is open too, with what lies beside the file"
    store.close()


def test_one_accounts_name_is_not_read_as_anothers(settings: NodeSettings) -> None:
    _add(settings)
    _add(settings, "wang", name="王某")
    store = open_store(settings)
    ours, other = store.get(StaffRecord, ("li",)), store.get(StaffRecord, ("wang",))
    assert ours is not None
    assert other is not None
    store.commit({StaffRecord: {("li",): replace(ours, secret=other.secret)}})
    with pytest.raises(Refusal) as caught:
        _personal(settings, store, "li")
    assert caught.value.reason is Reason.INTERNAL
    store.close()


@pytest.mark.parametrize("staff_id", ["110105194912310021", "13800138000", "x13912345678", "a110105491231002"])
def test_a_staff_id_tells_nobody_who_it_is(settings: NodeSettings, staff_id: str) -> None:
    """It stands in records, logs and addresses, and is what one signs in by."""
    with pytest.raises(Refusal) as caught:
        _add(settings, staff_id)
    assert caught.value.details == {"field": "staff_id", "why": "personal"}


def _old_database(settings: NodeSettings, *, staff: int) -> None:
    """As a node of the first schema left it."""
    engine = make_engine(settings.database)
    config = Config()
    config.set_main_option("script_location", str(Path(setup.__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for number in range(staff):
            connection.execute(
                text(
                    "INSERT INTO staff (staff_id, name, phone, units, roles, password, active, failures, locked_until)"
                    " VALUES (:id, :name, :phone, :unit, 'administrator,clerk', :password, :active, 2, 5)"
                ),
                {
                    "id": f"li{number}",
                    "name": NAME,
                    "phone": PHONE,
                    "unit": UNIT,
                    "password": Passwords().hash_now(WORDS) if not number else "x",
                    "active": not number % 2,
                },
            )
        connection.commit()
    engine.dispose()


def test_an_older_database_is_encrypted_when_it_is_opened(settings: NodeSettings) -> None:
    _old_database(settings, staff=300)
    assert _in_the_open(settings), "or the test says nothing"
    store = open_store(settings)
    assert _in_the_open(settings) == []
    assert store.count(StaffRecord) == 300
    assert _personal(settings, store, "li299") == (NAME, PHONE)
    record = store.get(StaffRecord, ("li0",))
    assert record is not None
    assert (record.units, record.roles, record.active, record.failures) == (UNIT, "administrator,clerk", True, 2)
    store.close()
    store = open_store(settings)
    assert _personal(settings, store, "li0") == (NAME, PHONE)
    store.close()
    _add(settings, "wang")
    assert _in_the_open(settings) == []


def test_an_older_database_without_accounts_needs_no_key(settings: NodeSettings) -> None:
    _old_database(settings, staff=0)
    store = SqlStore(make_engine(settings.database))
    assert store.count(StaffRecord) == 0
    store.close()


def test_nothing_is_touched_without_the_master_key(settings: NodeSettings) -> None:
    _old_database(settings, staff=3)
    with pytest.raises(Refusal) as caught:
        SqlStore(make_engine(settings.database))
    assert (caught.value.reason, caught.value.details["field"]) == (Reason.INVALID_INPUT, "master_key")
    key = settings.keys_dir / MASTER_FILE
    away = key.rename(key.with_suffix(".away"))
    with pytest.raises(KeyFileError):
        open_store(settings)
    away.rename(key)
    store = open_store(settings)
    assert _personal(settings, store, "li2") == (NAME, PHONE)
    store.close()


def test_the_doctor_knows_the_newest_schema(settings: NodeSettings) -> None:
    open_store(settings).close()
    engine = make_engine(settings.database)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == SCHEMA_VERSION
    engine.dispose()
