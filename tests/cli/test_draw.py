"""`xieban draw verify`: what it says of a good file and of a bad one, without network or database."""

import base64
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from certs.draw_file import DrawFile
from certs.draw_file_json import draw_file_bytes
from certs.draw_report import TEXTS
from certs.keys import to_pem
from tests.certs.draw_story import HOME, HOST, PROVINCE, Story, committed, key_of, revealed
from tests.cli.conftest import ROOT, run

# A process in which nobody opens a socket or a database, and no room of a server is loaded.
ALONE = """
import sys
def forbid(event, arguments):
    if event.startswith(("socket.", "sqlite3.", "subprocess.")):
        raise RuntimeError(event)
sys.addaudithook(forbid)
from cli.main import main
try:
    main()
finally:
    heavy = {"grpc", "sqlalchemy", "fastapi", "node", "registry", "gateway"} & set(sys.modules)
    assert not heavy, heavy
"""


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Story, DrawFile, Path]:
    story = Story(tmp_path_factory.mktemp("draw"))
    file = story.file(story.honest())
    path = story.folder / "draw.json"
    path.write_bytes(draw_file_bytes(file))
    (story.folder / "seal.pem").write_bytes(to_pem(*story.seal.certificates))
    (story.folder / "seal.der").write_bytes(story.seal.certificate)
    return story, file, path


def known(story: Story, form: str = "pem") -> list[object]:
    return [
        "--seal-authority", story.folder / f"seal.{form}", "--log-key", base64.b64encode(key_of(story)).decode()
    ]  # fmt: skip


def test_a_good_file(honest: tuple[Story, DrawFile, Path]) -> None:
    story, _, path = honest
    result = run("draw", "verify", path, *known(story))
    assert result.exit_code == 0, result.output
    for zh, en in TEXTS.values():
        assert f"[通过] {zh}" in result.output
        assert f"[ok] {en}" in result.output
    assert "第1次抽取" in result.output
    assert "医师" not in result.output  # names are in the file for those who hold it; the outcome needs none


def test_what_is_not_known_is_told(honest: tuple[Story, DrawFile, Path]) -> None:
    _, _, path = honest
    result = run("draw", "verify", path)
    assert result.exit_code == 0
    assert result.output.count("[not checked]") == 2
    assert "SHA-256" in result.output


def test_as_json(honest: tuple[Story, DrawFile, Path]) -> None:
    story, file, path = honest
    document = json.loads(run("draw", "verify", path, *known(story, "der"), "--json").stdout)
    assert document["ok"] is True
    assert {check["status"] for check in document["checks"]} == {"ok"}
    assert [check["name"] for check in document["checks"]] == list(TEXTS)
    assert len(document["panel"]) == 3
    assert document["entries"] == len(story.thread)
    assert document["until"] == story.thread[-1].parsed.accepted_at.isoformat()
    assert document["thread_id"] == story.thread[0].parsed.thread_id
    assert document["log_size"] == story.first_size
    bare = path.with_name("bare.json")
    bare.write_bytes(draw_file_bytes(file.without_names()))
    other = json.loads(run("draw", "verify", bare, *known(story), "--json").stdout)
    assert (other["ok"], other["picks"], other["seed"]) == (True, document["picks"], document["seed"])


def test_a_bad_file_ends_with_5(tmp_path: Path) -> None:
    story = Story(tmp_path)
    revealed(story)
    lot = story.lot()
    path = tmp_path / "draw.json"
    turned = type(lot[0])(lot[0].reserves, lot[0].seats)
    path.write_bytes(draw_file_bytes(story.file(story.panel(drawn=(turned, lot[1])))))
    result = run("draw", "verify", path)
    assert result.exit_code == 5
    assert "[FAILED] " + TEXTS["picks"][1] in result.output
    assert "[不符] " + TEXTS["picks"][0] in result.output
    document = json.loads(run("draw", "verify", path, "--json").stdout)
    assert document["ok"] is False


def test_another_authority_than_the_one_known_ends_with_5(honest: tuple[Story, DrawFile, Path], tmp_path: Path) -> None:
    story, _, path = honest
    other = Story(tmp_path)
    (tmp_path / "other.der").write_bytes(other.seal.certificate)
    assert run("draw", "verify", path, "--seal-authority", tmp_path / "other.der").exit_code == 5
    assert run("draw", "verify", path, "--log-key", base64.b64encode(key_of(other)).decode()).exit_code == 5
    assert run("draw", "verify", path, *known(story)).exit_code == 0


def test_defaults_are_shown(tmp_path: Path) -> None:
    story = Story(tmp_path)
    committed(story)
    story.reveal(HOME)
    story.reveal(HOST, by=PROVINCE)
    path = tmp_path / "draw.json"
    path.write_bytes(draw_file_bytes(story.file(story.panel())))
    result = run("draw", "verify", path)
    assert result.exit_code == 0, result.output
    assert "由省级代为揭示" in result.output


@pytest.mark.parametrize(
    ("content", "code"), [(b"", 3), (b"{}", 3), (b'{"format": "xieban-draw/1"}', 3), (b"\xff\xfe", 3)]
)
def test_what_is_no_file_ends_with_3(tmp_path: Path, content: bytes, code: int) -> None:
    path = tmp_path / "draw.json"
    path.write_bytes(content)
    assert run("draw", "verify", path).exit_code == code


def test_wrong_words(honest: tuple[Story, DrawFile, Path], tmp_path: Path) -> None:
    _, _, path = honest
    assert run("draw", "verify").exit_code == 2
    assert run("draw", "verify", tmp_path / "none.json").exit_code == 1
    assert run("draw", "verify", path, "--log-key", "AAAA").exit_code == 3
    assert run("draw", "verify", path, "--log-key", "!").exit_code == 3
    (tmp_path / "bad.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert run("draw", "verify", path, "--seal-authority", tmp_path / "bad.pem").exit_code == 3


def test_it_needs_no_network_and_no_database(honest: tuple[Story, DrawFile, Path]) -> None:
    story, _, path = honest
    words = ["draw", "verify", path, *known(story), "--json"]
    done = subprocess.run(
        [sys.executable, "-c", ALONE, *map(str, words)],
        cwd=path.parent,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'proto/gen'}", "PATH": ""},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["ok"] is True


def test_the_arithmetic_alone(honest: tuple[Story, DrawFile, Path], tmp_path: Path) -> None:
    """What opens nobody is a failure unless it was asked for; then it is told as not checked."""
    story, file, _ = honest
    bare = tmp_path / "bare.json"
    bare.write_bytes(draw_file_bytes(replace(file, experts=())))
    assert run("draw", "verify", bare, *known(story)).exit_code == 5
    document = json.loads(run("draw", "verify", bare, *known(story), "--arithmetic", "--json").stdout)
    assert (document["ok"], document["arithmetic"]) == (True, True)
    left_out = {check["name"]: check["detail"] for check in document["checks"] if check["status"] != "ok"}
    assert left_out == dict.fromkeys(("pool", "experts", "experts_in_pool"), "arithmetic alone")
    panel = next(event for event in story.thread if event.parsed.thread_sequence == len(story.thread))
    bent = replace(file.thread[-1], entry=panel.entry[:-1] + bytes([panel.entry[-1] ^ 1]))
    bare.write_bytes(draw_file_bytes(replace(file, experts=(), thread=(*file.thread[:-1], bent))))
    assert run("draw", "verify", bare, *known(story), "--arithmetic").exit_code == 5
