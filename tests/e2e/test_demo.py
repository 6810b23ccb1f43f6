"""`make demo`: investigation and appraisal between two bureaus, seen by who runs it; what it left proves itself."""

import base64
import itertools
import json
import re
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from cli.local_federation import CHENGDU, HANGZHOU
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.declared_appraisal import AppointmentDeclared, AttendanceDeclared, OpinionDeclared
from tests.cli.conftest import run, start, stop
from tests.e2e.demo import COMMAND, ROOT, Ended, xieban

_NUMBER = re.compile(r"WT-330100-[0-9]{8}-[0-9]{6}-[0-9A-Z]")


def reads(*words: object) -> Ended:
    """A command that reads or refuses, in this process: a start of Python costs seconds on a busy machine."""
    result = run(*words)
    return Ended(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "demo-data"


@pytest.fixture(scope="module")
def failed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A run before, in the same folder, which a bureau stops: a host may not send one investigator alone."""
    case = json.loads((ROOT / "examples" / "hangzhou-chengdu.json").read_text(encoding="utf-8"))
    case["attachments"] = [each for each in case["attachments"] if each["make"] == "csv"]
    del case["host"]["investigators"][1:]
    path = tmp_path_factory.mktemp("case") / "case.json"
    path.write_text(json.dumps(case, ensure_ascii=False), encoding="utf-8")
    ended = xieban(*COMMAND, "--folder", folder, "--year", "none", "--case", path)
    (folder / "left-over").write_text("of the first run")
    return ended


@pytest.fixture(scope="module")
def ended(folder: Path, failed: Ended) -> Ended:
    return xieban(*COMMAND, "--folder", folder)


@pytest.fixture(scope="module")
def numbers(ended: Ended) -> list[str]:
    """Of the investigation and of the appraisal after it."""
    assert ended.code == 0, ended.said
    found = sorted(set(_NUMBER.findall(ended.out)))
    assert len(found) == 2
    return [str(each) for each in found]


@pytest.fixture(scope="module")
def number(numbers: list[str]) -> str:
    return numbers[0]


@pytest.mark.timeout(320)
def test_it_plays_the_case_and_says_where_everything_is(ended: Ended, numbers: list[str], folder: Path) -> None:
    for kind in ("ISSUED", "SIGNED_FOR", "ACCEPTED", "ASSIGNED", "QUESTION", "ANSWER", "REPORTED", "COMPLETED"):
        assert kind in ended.out
    assert ended.out.count("ARCHIVED") == 2
    assert ended.out.count("已送达") >= 11, "every entry has its delivery evidence"
    assert "未见" not in ended.out
    for clock in ("法定时限", "受托方最迟日", "受托决定", "调查", "归档"):
        assert clock in ended.out
    assert "工伤保险条例" in ended.out, "due dates name their legal source"
    assert len(set(re.findall(r"http://127\.0\.0\.1:[0-9]+/", ended.out))) == 3
    assert str(folder) in ended.out.replace("\n", "")
    for number in numbers:
        assert f"delegation show {number} --verify" in ended.out
    assert "Traceback" not in ended.said


def test_the_appraisal_draws_by_lot_and_goes_on_to_the_served_conclusion(ended: Ended) -> None:
    for kind in (
        "SPECIALTY_DETERMINED", "PANEL_DRAWN", "SCHEDULED", "WORKER_NOTIFIED", "EXAMINED", "OPINION_FORMED",
        "APPRAISAL_REPORTED", "CONCLUSION_ISSUED", "CONCLUSION_SERVED",
    ):  # fmt: skip
        assert kind in ended.out
    for kind in ("DRAW_COMMITTED", "DRAW_REVEALED"):
        assert ended.out.count(kind) == 2, "one by each side"
    for clock in ("确定科别", "抽取揭示", "现场鉴定", "形成专家组意见", "送达鉴定结论", "再次鉴定申请期"):
        assert clock in ended.out
    assert "鉴定：《工伤保险条例》第二十五条" in re.sub(r"[│\s]", "", ended.out), "a source is told whole"
    told = [
        ended.said.index(words)
        for words in (
            "抽取专家组", "现场鉴定完成", "不同意见 1 名", "作出鉴定结论", "送达结论", "导出抽取文件", "注册中心已停止",
            "draw verify",
        )
    ]  # fmt: skip
    assert told == sorted(told), "the draw is checked after the registry was stopped"
    assert "样例专家" in ended.said


def test_the_panel_is_seen_to_have_signed_with_one_dissent(numbers: list[str], folder: Path) -> None:
    """The file of the draw holds the thread's headers to its end: three signed, one of them against the majority."""
    file = json.loads((folder / "draw.json").read_text(encoding="utf-8"))
    headers = [parse_header(base64.b64decode(each["header"])) for each in file["thread"]]
    assert {header.thread_id for header in headers} == {numbers[1]}
    (formed,) = [header.declared for header in headers if header.kind is Kind.OPINION_FORMED]
    assert isinstance(formed, OpinionDeclared)
    assert (formed.experts, formed.signed, formed.dissenting, formed.warnings_open) == (3, 3, 1, 0)
    (examined,) = [header.declared for header in headers if header.kind is Kind.EXAMINED]
    (scheduled,) = [header.declared for header in headers if header.kind is Kind.SCHEDULED]
    assert isinstance(examined, AttendanceDeclared)
    assert isinstance(scheduled, AppointmentDeclared)
    assert examined.on == scheduled.on, "examined on the day of the appointment, which is the day of the demo"


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_draw_verifies_as_the_readmes_say_and_a_changed_one_does_not(
    readme: str, numbers: list[str], folder: Path, tmp_path: Path
) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    (line,) = re.findall(r"^\.venv/bin/xieban (draw verify .*)$", text, re.MULTILINE)
    words = [word.replace("demo-data", str(folder)) for word in line.split()]
    checked = reads(*words, "--json")
    assert checked.code == 0, checked
    report = json.loads(checked.out)
    assert report["ok"]
    assert (report["thread_id"], report["draw"], len(report["panel"])) == (numbers[1], 1, 3)
    assert {check["name"] for check in report["checks"]} >= {"picks", "experts", "experts_in_pool", "pool"}

    content = json.loads(Path(words[-1]).read_text(encoding="utf-8"))
    (first, *_) = content["experts"]
    first["expert"]["name"] = "样例专家甲"
    other = tmp_path / "draw.json"
    other.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    assert reads(*words[:-1], other).code == 5


def test_both_bureaus_hold_the_same_threads(numbers: list[str], folder: Path) -> None:
    digests = []
    for bureau in (HANGZHOU, CHENGDU):
        data = ["--data-dir", folder / f"node-{bureau.code}", "--json"]
        listed = {each["thread_id"]: each for each in json.loads(reads("delegation", "list", *data).out)}
        for number, state in zip(numbers, ("archived", "completed"), strict=True):
            assert (listed[number]["state"], listed[number]["queued"], listed[number]["parked"]) == (state, "0", "0")
        shown = [json.loads(reads("delegation", "show", number, *data).out) for number in numbers]
        digests.append([[entry["entry_digest"] for entry in each["entries"]] for each in shown])
    assert digests[0] == digests[1]
    assert [len(each) for each in digests[0]] == [11, 17]


def test_verification_holds_at_both_and_a_flipped_byte_does_not(
    number: str, numbers: list[str], folder: Path, tmp_path: Path
) -> None:
    data = [folder / f"node-{bureau.code}" for bureau in (HANGZHOU, CHENGDU)]
    registry = start("registry", "serve", "--data-dir", folder / "registry", log=tmp_path / "registry.log")
    try:
        deadline = time.monotonic() + 60
        while True:
            checked = reads("delegation", "show", number, "--verify", "--data-dir", data[0], "--json")
            report = json.loads(checked.out)["verification"]
            if report["online"] and checked.code == 0:
                break
            assert time.monotonic() < deadline, checked
        assert {check["status"] for check in report["checks"]} <= {"ok", "not_checkable"}
        assert len(report["checks"]) > 50
        assert reads("delegation", "show", number, "--verify", "--data-dir", data[1]).code == 0
    finally:
        assert stop(registry) == 0
    # the registry is away: what cannot be checked is said, and is no failure
    for bureau, each in itertools.product(data, numbers):
        assert reads("delegation", "show", each, "--verify", "--offline", "--data-dir", bureau).code == 0
        assert reads("delegation", "show", each, "--verify", "--data-dir", bureau).code == 0

    for column in ("header", "signatures", "entry", "secret"):
        copy = tmp_path / f"node-{column}"
        shutil.copytree(data[1], copy)
        settings = json.loads((copy / "node.json").read_text(encoding="utf-8"))
        settings["data_dir"] = str(copy)
        (copy / "node.json").write_text(json.dumps(settings), encoding="utf-8")
        with sqlite3.connect(copy / "node.db") as database:
            (value,) = database.execute(f"SELECT {column} FROM entries WHERE sequence = 3").fetchone()  # noqa: S608 - ours
            middle = len(value) // 2
            spoilt = value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :]
            database.execute(f"UPDATE entries SET {column} = ? WHERE sequence = 3", (spoilt,))  # noqa: S608 - ours
        database.close()
        checked = reads("delegation", "show", number, "--verify", "--offline", "--data-dir", copy)
        assert checked.code == 5, (column, checked.out, checked.said)


def test_a_run_that_fails_says_so_and_the_next_starts_clean(failed: Ended, numbers: list[str], folder: Path) -> None:
    assert failed.code == 1
    assert "演示未完成" in failed.said
    assert str(folder) in failed.said.replace("\n", "")
    assert "Traceback" not in failed.said
    assert set(_NUMBER.findall(failed.said)) == {numbers[0]}, "the same numbers again, of a new federation"
    assert not (folder / "left-over").exists()
    data = ["--data-dir", folder / f"node-{HANGZHOU.code}", "--json"]
    listed = {each["thread_id"] for each in json.loads(reads("delegation", "list", *data).out)}
    assert listed == set(numbers)


def test_a_folder_that_is_not_its_own_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    refused = reads(*COMMAND, "--folder", tmp_path)
    assert refused.code == 1
    assert "--folder" in refused.said
    assert (tmp_path / "letter.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["letter.txt"]


def test_a_prerequisite_that_fails_is_named(tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    for content in (None, "{", "{}"):
        if content is not None:
            case.write_text(content)
        result = reads(*COMMAND, "--folder", tmp_path / "demo", "--case", case)
        assert result.code != 0
        assert "Traceback" not in result.said, result.said
        assert "case" in result.said
    (tmp_path / "file").write_text("")
    result = xieban(*COMMAND, "--folder", tmp_path / "file")
    assert result.code == 2
