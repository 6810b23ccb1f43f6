"""Reports of an office: that they say what the pages say, that they can be proved, and where they are told to be false.

Each way of tampering is told with its place: one header, one entry, a missing thread, a changed figure.
"""

import asyncio
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from cli.main import app
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.figures import Count, Period
from gateway.report_paper import paper
from node.desk.ports import Actor, Role
from node.province import report_public, report_tables, reports
from node.province.ports import Overview, Route, Wanted
from node.province.report_checking import Difference, Leaf, Outcome, verify
from node.province.report_counting import days_json
from node.province.report_online import OnlineState, check_online
from node.province.report_ports import CheckState
from node.province.report_words import COUNTS, SPANS
from node.province.reports import Report
from node.province.standing import Standing, write_standing
from node.records_province import WatchedRecord
from node.service import Node
from node.store_memory import MemoryStore
from tests.builders import HANGZHOU_RD, NATIONAL_NO, ZHEJIANG_PO
from tests.node.province.office import NOW, TODAY, YEAR, Office, a_course, an_office, overseer
from tests.node.world import (
    ASSIGNMENT,
    CHENGDU,
    HANGZHOU,
    NOTHING,
    ZHEJIANG,
    an_investigation,
    issued,
    make,
    now,
    reach,
    running,
    until,
)

_PERIOD = Period(YEAR, TODAY)


def _standing(office: Office) -> Any:
    """The copy is complete, as after the registry's last word."""

    def write(tx: Any, state: Any, at: Any) -> None:
        del state, at
        write_standing(tx, Standing(1_000, b"log\n1000\n", 1_000, NOW, complete=True))

    return office.writer.run(write)


async def _report(office: Office, store: MemoryStore, unit: str) -> Report:
    trust = cast("Any", office.state.rosters.current)
    return reports.read(reports.make(store, trust=trust, unit=unit, period=_PERIOD))


def _figures(shown: Any) -> dict[str, object]:
    return {
        "counts": {count.value: number for count, number in shown.counts.items() if number},
        "days": {span.value: days_json(days) for span, days in shown.days.items()},
    }


async def test_a_report_says_what_the_pages_say() -> None:
    store = MemoryStore()
    async with an_office(store) as office:
        await office.keep(a_course(number) for number in range(400))
        await _standing(office)
        for unit in (ZHEJIANG_PO, NATIONAL_NO):
            report = await _report(office, store, unit)
            seen = await office.views.overview(overseer(unit), Wanted(period=_PERIOD))
            figures = cast("dict[str, Any]", report.figures)
            assert figures["whole"] == _figures(seen.tally)
            assert figures["paper"] == _figures(seen.paper)
            for place in seen.cities:
                as_home, as_host = (_of_place(figures["cities"], place.code, side) for side in ("as_home", "as_host"))
                assert as_home == _figures(place.as_home)["counts"], place.code
                assert as_host == _figures(place.as_host)["counts"], place.code
                if place.code in figures["cities"]:
                    assert figures["cities"][place.code]["as_host"] == _figures(place.as_host)
            flows = await office.views.flows(overseer(unit), Wanted(period=_PERIOD))
            assert {f"{cell.home}>{cell.host}": _figures(cell.tally) for cell in flows.cells} == figures["flows"]
            assert figures["late_with"] == dict(seen.late_with)
            weeks = {week.monday.isoformat(): week for week in seen.weeks}
            for monday, week in figures["weeks"].items():
                assert week == {
                    name: getattr(weeks[monday], name)
                    for name in ("issued", "results", "results_late", "ended")
                    if getattr(weeks[monday], name)
                }
            _sheets(report)
        with pytest.raises(Refusal) as refused:
            await _report(office, store, HANGZHOU_RD)
        assert refused.value.reason is Reason.ROLE_MISSING


def _of_place(cities: dict[str, Any], code: str, side: str) -> dict[str, int]:
    """Counts of a city, or of all cities of a province, which is what the whole country is shown by."""
    found: Counter[str] = Counter()
    for city, sides in cities.items():
        if city == code or (code.endswith("0000") and city[:2] == code[:2]):
            found.update(sides[side]["counts"])
    return dict(found)


def _sheets(report: Report) -> None:
    """Typed cells, every figure explained, and the same numbers."""
    book = load_workbook(io.BytesIO(report_tables.as_workbook(report)))
    head, whole, _ = book["总体"].iter_rows(values_only=True)
    by_name = dict(zip(head, whole, strict=True))
    counts = cast("dict[str, Any]", report.figures["whole"])["counts"]
    assert by_name["发出"] == counts["issued"]
    assert isinstance(by_name["发出"], int)
    explained = {row[0] for row in book["指标解释"].iter_rows(min_row=2, values_only=True)}
    assert explained == {str(each.value) for each in (*COUNTS, *SPANS)} == {str(e.value) for e in (*Count, *SPANS)}
    lines = report_tables.as_csv(report).decode("utf-8-sig").split("\r\n")
    assert f"whole,,issued,,{counts['issued']}" in lines
    page = paper(report, office="浙江<省>")
    assert report.digest in page
    assert "浙江&lt;省&gt;" in page


async def test_no_report_while_the_copy_is_not_complete() -> None:
    store = MemoryStore()
    async with an_office(store) as office:
        with pytest.raises(Refusal) as refused:
            await _report(office, store, ZHEJIANG_PO)
        assert refused.value.reason is Reason.UNAVAILABLE


@pytest.mark.parametrize("text", ["2026-13", "2026", "x", "2026-1", ""])
def test_a_month_is_a_month(text: str) -> None:
    assert reports.month("2026-12").last.isoformat() == "2026-12-31"
    with pytest.raises(Refusal):
        reports.month(text)


# of a real federation


def _boss() -> Actor:
    return Actor("jg", "监管", ZHEJIANG_PO, frozenset({Role.SUPERVISOR}))


def _wanted() -> Wanted:
    today = day_of(now())
    return Wanted(period=Period(today - timedelta(days=30), today), route=Route.ALL)


async def _overview(node: Node) -> Overview:
    return await node.oversight.overview(_boss(), _wanted())


def _copy(node: Node, *kinds: type[Any]) -> MemoryStore:
    store = MemoryStore()
    for kind in kinds:
        store.commit({kind: {tuple(getattr(row, name) for name in kind.KEY): row for row in node.store.select(kind)}})
    return store


def _verify(report: Report, store: MemoryStore, node: Node) -> Outcome:
    def trust_of(version: int) -> Any:
        return node.state.rosters.version(version)

    return verify(report, store, newest=node.state.rosters.current, trust_of=trust_of)


def _flip(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[len(changed) // 2] ^= 1
    return bytes(changed)


def _put(store: MemoryStore, row: WatchedRecord, **changes: object) -> None:
    store.commit({WatchedRecord: {(row.thread_id, row.leaf): replace(row, **changes)}})  # type: ignore[arg-type]  # fields


async def test_what_was_tampered_with_is_told_with_its_place(tmp_path: Path) -> None:
    async with running(tmp_path, ZHEJIANG, HANGZHOU, CHENGDU) as world:
        home, host, office = (world.nodes[each] for each in (HANGZHOU, CHENGDU, ZHEJIANG))
        first, second = [(await issued(home, HANGZHOU)).row.delegation_id for _ in range(2)]
        for ref in (first, second):
            await reach(host, CHENGDU, ref, "issued")
        for kind, data in (("SIGNED_FOR", NOTHING), ("ACCEPTED", NOTHING), ("ASSIGNED", ASSIGNMENT)):
            await make(host, CHENGDU, first, kind, data)
        await until(
            lambda: _overview(office),
            lambda seen: seen.as_of.current and seen.tally.counts.get(Count.ACCEPTED) == 1
            and office.store.count(WatchedRecord) == 5,
        )  # fmt: skip
        await reach(home, HANGZHOU, first, "in_progress")  # it compares, too
        made = reports.make(office.store, trust=office.state.rosters.current, unit=ZHEJIANG_PO, period=_wanted().period)
        report = reports.read(made)
        assert set(report.threads) == {first, second}
        assert report.threads[first][0] == 4
        whole = _copy(office, WatchedRecord)
        assert _verify(report, whole, office).equal
        _tampered(report, office, first, second)
        _changed_report(made, whole, office)
        await _by_room(office, report, whole)
        file = tmp_path / "report.json"
        file.write_bytes(made)
        await asyncio.to_thread(_asked_online, file, world.settings[ZHEJIANG].data_dir, 0, "consistent")
        folders = {name: world.settings[name].data_dir for name in (ZHEJIANG, HANGZHOU, CHENGDU)}
    await asyncio.to_thread(_by_command, tmp_path, file, folders)


def _tampered(report: Report, office: Node, first: str, second: str) -> None:
    rows = [row for row in office.store.select(WatchedRecord, order=("leaf",)) if row.thread_id == first]
    victim = rows[1]
    for column in ("header", "entry"):
        store = _copy(office, WatchedRecord)
        _put(store, victim, **{column: _flip(getattr(victim, column))})
        outcome = _verify(report, store, office)
        [entry] = [each for each in outcome.differences if each.what == "entry"]
        assert entry.thread_id == first, column
        assert entry.leaf == victim.leaf or entry.where == f"leaf {victim.leaf} or {rows[2].leaf}", column
        assert column == "entry" or entry.leaf == victim.leaf
        assert _told(outcome, "figure", "where", "whole.counts.")
        [thread] = [each for each in outcome.differences if each.what == "thread"]
        assert thread.thread_id == first
    store = _copy(office, WatchedRecord)
    for row in store.select(WatchedRecord):
        if row.thread_id == second:
            store.commit({WatchedRecord: {(row.thread_id, row.leaf): None}})
    outcome = _verify(report, store, office)
    [thread] = [each for each in outcome.differences if each.what == "thread"]
    assert (thread.thread_id, thread.why) == (second, "not_in_copy")
    assert _figure(outcome, "whole.counts.issued") == (2, 1)
    store = _copy(office, WatchedRecord)
    store.commit({WatchedRecord: {(first, rows[2].leaf): None}})  # the chain does not close
    [entry] = [each for each in _verify(report, store, office).differences if each.what == "entry"]
    assert entry.leaf == rows[3].leaf


def _told(outcome: Outcome, what: str, name: str, begins: str) -> list[Difference]:
    return [each for each in outcome.differences if each.what == what and getattr(each, name).startswith(begins)]


def _figure(outcome: Outcome, where: str) -> tuple[object, object]:
    [found] = [each for each in outcome.differences if each.where == where]
    return found.reported, found.found


def _changed_report(data: bytes, store: MemoryStore, office: Node) -> None:
    """A changed figure with its digest is told; without it, the file is none."""

    def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(data)
        change(found)
        return found

    more = changed(lambda found: found["figures"]["whole"]["counts"].update(issued=3))
    with pytest.raises(Refusal) as refused:
        reports.read(reports.canonical(more))
    assert refused.value.details["field"] == "digest"
    for change, where in (
        (lambda found: found["figures"]["whole"]["counts"].update(issued=3), "whole.counts.issued"),
        (lambda found: found["figures"]["whole"]["counts"].pop("issued"), "whole.counts.issued"),
        (lambda found: found["figures"]["paper"]["counts"].update(late=1), "paper.counts.late"),
        (lambda found: found["log"].update(size=found["log"]["size"] + 1), "log.size"),
        (lambda found: found["log"].update(checkpoint=found["log"]["checkpoint"][:-3] + "A=\n"), "log.checkpoint"),
    ):
        other = changed(change)
        other["digest"] = reports.digest_of(other)
        outcome = _verify(reports.read(reports.canonical(other)), store, office)
        assert [each.where for each in outcome.differences] == [where]


async def _by_room(office: Node, report: Report, whole: MemoryStore) -> None:
    """The node verifies what it keeps, and asks the log; a log that is another, or lacks an entry, is told."""
    made = await office.reports.make_report(_boss(), _wanted().period)
    await office.reports.verify_report(_boss(), made.report_id)
    view = await until(
        lambda: office.reports.report(_boss(), made.report_id),
        lambda seen: seen.check is not None and seen.check.state is not CheckState.RUNNING,
    )
    check = view.check
    assert check is not None
    assert (check.state, check.equal, check.threads, check.entries) == (CheckState.DONE, True, 2, 5)
    assert check.online is not None
    assert (check.online.state, check.online.leaves) == (OnlineState.CONSISTENT, 2)
    await _nobody_is_named(office, made.report_id)
    leaves: list[Leaf] = []
    newest = office.state.rosters.current
    verify(report, whole, newest=newest, trust_of=_trust_of(office), leaves=leaves)
    lost = replace(leaves[0], digest=b"\x00" * 32)
    online = await check_online(report, [lost, *leaves[1:]], office.link, newest=newest)
    assert (online.state, online.leaves) == (OnlineState.DIFFERS, 1)
    assert [(each.thread_id, each.leaf, each.why) for each in online.differences] == [
        (lost.thread_id, lost.index, "inclusion")
    ]
    beyond = [replace(leaves[0], index=report.log_size)]
    assert (await check_online(report, beyond, office.link, newest=newest)).state is OnlineState.DIFFERS
    first = replace(report, checkpoint=report.checkpoint[:-9] + b"AAAAAAA=\n")
    assert [each.what for each in (await check_online(first, [], office.link, newest=newest)).differences] == [
        "checkpoint"
    ]


def _trust_of(node: Node) -> Callable[[int], Any]:
    return node.state.rosters.version


async def _nobody_is_named(office: Node, report_id: str) -> None:
    """What stands in the bureaus' cases stands in no form of a report."""
    letter = cast("dict[str, Any]", an_investigation()["letter"])
    canaries = [
        letter["worker"]["name"], letter["worker"]["id_number"], letter["employer"]["name"], letter["case_summary"],
        letter["acceptance_number"], letter["items"][0]["text"],
    ]  # fmt: skip
    data = await office.reports.report_content(_boss(), report_id)
    report = reports.read(data)
    book = zipfile.ZipFile(io.BytesIO(report_tables.as_workbook(report)))
    forms = {
        "json": data,
        "csv": report_tables.as_csv(report),
        "public": reports.canonical(report_public.extract(report)),
        "paper": paper(report, office="浙江").encode(),
        **{f"xlsx {name}": book.read(name) for name in book.namelist()},
    }
    for name, form in forms.items():
        for canary in canaries:
            assert canary.encode() not in form, name
            assert json.dumps(canary).strip('"').encode() not in form, name


def _asked_online(file: Path, folder: Path, code: int, state: str) -> None:
    words = ["report", "verify", str(file), "--data", str(folder), "--online", "--json"]
    asked = CliRunner().invoke(app, words)
    assert asked.exit_code == code, asked.output
    told = json.loads(asked.stdout)
    assert (told["equal"], told["online"]["state"]) == (True, state)
    assert ("inclusion" in told["not_checked"]) == (state == "unavailable")


def _by_command(folder: Path, file: Path, folders: dict[str, Path]) -> None:
    """By the words of an operator, nothing running."""

    def run(*words: object) -> Any:
        return CliRunner().invoke(app, [str(word) for word in words])

    today = day_of(now())
    days = ("--from", today - timedelta(days=30), "--to", today)
    made = run("report", "make", "--data", folders[ZHEJIANG], *days, "--out", folder / "out", "--no-pdf", "--json")
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert told["threads"] == 2
    assert {Path(each).stat().st_mode & 0o777 for each in told["files"]} == {0o600}
    [own] = [each for each in told["files"] if each.endswith("-" + today.isoformat() + ".json")]
    assert run("report", "verify", own, "--data", folders[ZHEJIANG]).exit_code == 0
    verified = run("report", "verify", file, "--data", folders[ZHEJIANG], "--json")
    assert verified.exit_code == 0, verified.output
    assert json.loads(verified.stdout)["entries"] == 5
    _asked_online(file, folders[ZHEJIANG], 1, "unavailable")
    for bureau in (HANGZHOU, CHENGDU):
        compared = run("report", "compare", file, "--data", folders[bureau], "--json")
        assert compared.exit_code == 0, compared.output
        assert json.loads(compared.stdout)["threads"] == 2
    false = json.loads(file.read_bytes())
    false["figures"]["units"][HANGZHOU_RD]["as_home"]["counts"]["issued"] = 7
    false["digest"] = reports.digest_of(false)
    file.write_bytes(reports.canonical(false))
    assert run("report", "verify", file, "--data", folders[ZHEJIANG]).exit_code == 5
    objection = folder / "objection.json"
    assert run("report", "compare", file, "--data", folders[HANGZHOU], "--objection", objection).exit_code == 5
    [difference] = json.loads(objection.read_bytes())["differences"]
    assert (difference["where"], difference["reported"], difference["found"]) == (
        f"units.{HANGZHOU_RD}.as_home.counts.issued", 7, 2,
    )  # fmt: skip
    assert run("report", "make", "--data", folders[HANGZHOU], *days, "--out", folder / "none").exit_code == 3
    assert run("report", "make", "--data", folders[ZHEJIANG], "--out", folder / "none").exit_code == 2
    file.write_bytes(b"{}")
    assert run("report", "verify", file, "--data", folders[ZHEJIANG]).exit_code == 3
