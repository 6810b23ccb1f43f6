"""Encryption at rest: each row opens with its own key under its own id, and in no other way."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.files import KeyFileCode, KeyFileError, write_atomically
from certs.rest import NONCE_SIZE, OVERHEAD, MasterKey, RestError, decrypt, encrypt, new_data_key

ROW, OTHER_ROW = "material/1/name", "material/2/name"
KEY = new_data_key()


@pytest.fixture
def master(tmp_path: Path) -> MasterKey:
    return MasterKey.create(tmp_path / "master.key")


@given(plaintext=st.binary(max_size=2_000))
def test_a_row_comes_back(plaintext: bytes) -> None:
    stored = encrypt(KEY, ROW, plaintext)
    assert decrypt(KEY, ROW, stored) == plaintext
    assert len(stored) == len(plaintext) + OVERHEAD
    assert encrypt(KEY, ROW, plaintext) != stored


def test_no_nonce_is_used_twice() -> None:
    nonces = [encrypt(KEY, ROW, b"")[1 : 1 + NONCE_SIZE] for _ in range(1_000)]
    assert len(set(nonces)) == len(nonces)


def test_a_forked_process_draws_nonces_of_its_own() -> None:
    """What was drawn ahead goes to one process alone."""
    script = (
        "import os; from certs.rest import encrypt\n"
        "encrypt(bytes(32), 'row', b'')\n"
        "child = os.fork()\n"
        "os.write(1, encrypt(bytes(32), 'row', b'').hex().encode() + b'\\n')\n"
        "child and os.waitpid(child, 0)\n"
    )
    shown = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True).stdout.split()
    assert len(shown) == len(set(shown)) == 2


def test_rows_do_not_change_places() -> None:
    stored = encrypt(KEY, ROW, b"\xe5\xbc\xa0")
    with pytest.raises(RestError):
        decrypt(KEY, OTHER_ROW, stored)


def test_wrong_key_and_damage() -> None:
    stored = encrypt(KEY, ROW, b"plain")
    with pytest.raises(RestError):
        decrypt(new_data_key(), ROW, stored)
    for position in range(len(stored)):
        changed = bytearray(stored)
        changed[position] ^= 1
        with pytest.raises(RestError):
            decrypt(KEY, ROW, bytes(changed))
    for piece in (b"", stored[:10], stored[:-1], stored + b"\0"):
        with pytest.raises(RestError) as caught:
            decrypt(KEY, ROW, piece)
        assert "plain" not in str(caught.value)


def test_a_data_key_is_wrapped_for_one_delegation(master: MasterKey, tmp_path: Path) -> None:
    wrapped = master.wrap(KEY, "WT-1")
    assert KEY not in wrapped
    assert master.unwrap(wrapped, "WT-1") == KEY
    with pytest.raises(RestError):
        master.unwrap(wrapped, "WT-2")
    with pytest.raises(RestError):
        MasterKey.create(tmp_path / "other.key").unwrap(wrapped, "WT-1")
    with pytest.raises(RestError):
        decrypt(KEY, "WT-1", wrapped)


def test_the_master_key_survives_a_restart(master: MasterKey, tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    again = MasterKey.load(path)
    assert again == master
    assert again.unwrap(master.wrap(KEY, "WT-1"), "WT-1") == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(KeyFileError) as caught:
        MasterKey.create(path)
    assert caught.value.code is KeyFileCode.EXISTS
    path.chmod(0o640)
    with pytest.raises(KeyFileError) as caught:
        MasterKey.load(path)
    assert caught.value.code is KeyFileCode.READABLE_BY_OTHERS


def test_it_does_not_show_itself(master: MasterKey, tmp_path: Path) -> None:
    secrets = (tmp_path / "master.key").read_text().split()[1:]
    assert len(secrets) == 2
    assert not any(secret in repr(master) or bytes.fromhex(secret) in repr(master).encode() for secret in secrets)


@pytest.mark.parametrize(
    "text", ["", "xieban-master-v1\n", "xieban-master-v1\nzz\nzz\n", "other\n" + "00" * 32, "\xff"]
)
def test_a_damaged_file(tmp_path: Path, text: str) -> None:
    write_atomically(tmp_path / "m.key", text.encode("latin-1"))
    with pytest.raises(KeyFileError) as caught:
        MasterKey.load(tmp_path / "m.key")
    assert caught.value.code is KeyFileCode.MALFORMED


def test_look_ups_find_equal_values_and_tell_nothing_without_the_key(master: MasterKey, tmp_path: Path) -> None:
    number = "11010119900307123x"
    assert master.lookup_hash(number) == master.lookup_hash(f" {number.upper()} ")
    assert master.lookup_hash(number) != master.lookup_hash("110101199003071231")
    assert master.lookup_hash(number) != master.lookup_hash(number, field="name")
    assert master.lookup_hash(number) != MasterKey.create(tmp_path / "other.key").lookup_hash(number)
    assert MasterKey.load(tmp_path / "master.key").lookup_hash(number) == master.lookup_hash(number)
