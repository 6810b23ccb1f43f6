"""The search of the canary trial finds what it has to find: else finding nothing would prove nothing."""

import base64
import json
import subprocess
import sys
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.trials.support.search import Search, forms_of_number, forms_of_secret, forms_of_text

_NAME = "欧阳砚青禾"
_NUMBER = "11010119900307729X"
_KEY = bytes(range(7, 39))


def search() -> Search:
    words = {"name": forms_of_text(_NAME), "number": forms_of_number(_NUMBER), "key": forms_of_secret(_KEY)}
    return Search(words, last_four=_NUMBER[-4:])


_WRITTEN: list[Callable[[bytes], bytes]] = [
    lambda raw: raw,
    lambda raw: base64.b64encode(b"ab" + raw + b"cd"),
    lambda raw: base64.b64encode(b"a" + raw + b"c"),
    lambda raw: base64.urlsafe_b64encode(b"abc" + raw + b"x"),
    lambda raw: raw.hex().encode(),
    lambda raw: raw.hex().upper().encode(),
]


@pytest.mark.parametrize("written", _WRITTEN)
@pytest.mark.parametrize("word", [_NAME.encode(), _NUMBER.encode(), _KEY])
def test_each_written_form_is_found_among_other_bytes(written: Callable[[bytes], bytes], word: bytes) -> None:
    assert search().data(b"\x00before" + written(word) + b"after\xff", "here")


@pytest.mark.parametrize(
    "data",
    [
        _NAME.encode("utf-16-le"),
        _NAME.encode("gbk"),
        json.dumps(_NAME).encode(),
        repr(_NAME.encode()).encode(),
        urllib.parse.quote(_NAME).encode(),
        b"id ****729X, ",
        b'"729X"',
    ],
)
def test_other_forms_are_found(data: bytes) -> None:
    assert search().data(data, "here")


@pytest.mark.parametrize("word", [_NAME.encode("utf-16-le"), base64.b64encode(_NUMBER.encode()), _KEY, b"id=*729X,"])
def test_much_is_searched_as_well_as_little(word: bytes) -> None:
    assert b"\n" in _KEY, "a form with a line feed is found too"
    noise = bytes(range(255, -1, -1)) * 8000
    assert search().data(noise, "here") == []
    assert search().data(noise + b"\n" + word + b"\x00" + noise, "here")


def test_what_is_not_there_is_not_found() -> None:
    assert search().data(bytes(range(255, -1, -1)) * 50 + b"0123456789 729 1729XY " + "欧阳".encode(), "here") == []


def test_files_and_their_names_are_searched(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / f"{_NAME}.txt").write_bytes(b"nothing")
    (tmp_path / "b").write_bytes(base64.b64encode(_KEY))
    found = {(each.word, each.place) for each in search().files(tmp_path)}
    assert found == {("name", f"name of {_NAME}.txt"), ("key", str(tmp_path / "b"))}
    assert search().files(tmp_path, leave_out=[tmp_path / "a", tmp_path / "b"]) == []


def test_the_memory_of_a_process_is_searched() -> None:
    program = (
        "import sys; key = bytes(range(7, 39)); name = ''.join(chr(n) for n in "
        f"{[ord(char) for char in _NAME]}); print(1, flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"1\n"
        found, size = search().memory(process.pid)
    finally:
        process.communicate(timeout=10)
    assert size > 1_000_000
    assert {("name", "utf-16"), ("key", "raw")} <= {(each.word, each.form) for each in found}
    assert "number" not in {each.word for each in found}
