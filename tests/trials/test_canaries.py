"""Trial: words of a case looked for at the registry, and at an office that copies and reports, in every form and place;
a node shows that they could be found."""

import asyncio
import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from cli.demo.story import play
from cli.local_federation import CHENGDU, HANGZHOU, SICHUAN
from delegation.deadlines import day_of
from delegation.digits import UnitType
from node.settings import NodeSettings
from registry.settings import RegistrySettings
from registry.sql_engine import make_engine
from tests.trials.support.canaries import Canaries, CanaryFederation
from tests.trials.support.careless import ask_node, ask_registry
from tests.trials.support.search import Found
from xieban.delegation.v1 import header_pb2


def _play(federation: CanaryFederation, canaries: Canaries, folder: Path) -> str:
    folder.mkdir()
    staff = federation.staff()
    host_unit = CHENGDU.unit(UnitType.RECOGNITION)
    try:
        return play(canaries.case(), staff, folder=folder, host_unit=host_unit, tell=lambda _: None)
    finally:
        for desk in (staff.home_clerk, staff.home_approver, staff.host_clerk, staff.host_approver):
            desk.close()


class Load(threading.Thread):
    """The story again and again, so that memory is looked at while it works."""

    def __init__(self, federation: CanaryFederation, canaries: Canaries, folder: Path) -> None:
        super().__init__()
        self._world = (federation, canaries)
        self._folder = folder
        self.enough = threading.Event()
        self.played = 0
        self.error: Exception | None = None

    def run(self) -> None:
        """Until it is enough."""
        try:
            while not self.enough.is_set():
                _play(*self._world, self._folder / f"load-{self.played}")
                self.played += 1
        except Exception as error:  # noqa: BLE001 - the test tells it
            self.error = error


def _a_letter(federation: CanaryFederation) -> header_pb2.Envelope:
    engine = make_engine(RegistrySettings.load(federation.registry_dir).database)
    query = "SELECT a.header, a.signatures, b.data FROM envelope_answer a JOIN sealed_body b USING (leaf_index) LIMIT 1"
    with engine.connect() as connection:
        header, _, body = connection.execute(text(query)).one()
    engine.dispose()
    return header_pb2.Envelope(header=header, sealed_body=body, signatures=[b"x"])


def _metrics(federation: CanaryFederation) -> bytes:
    address = RegistrySettings.load(federation.registry_dir).metrics_address
    found = b""
    for url in (f"http://{address}", federation.http_urls[SICHUAN.code]):
        with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:  # noqa: S310 - loopback
            found += answer.read()
    return found


def _copied(federation: CanaryFederation, number: str) -> None:
    """Wait until the office's node holds the whole delegation, ended, in its copy."""
    path, deadline = federation.node_dir(SICHUAN.code) / "node.db", time.monotonic() + 60.0
    while time.monotonic() < deadline:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT is_open FROM courses WHERE thread_id = ?", (number,)).fetchone()
        if found is not None and not found[0]:
            return
        time.sleep(0.1)
    raise AssertionError("the office's copy is behind")


def _reported(federation: CanaryFederation, into: Path) -> None:
    """A report of this month in every form, made beside the office's node."""
    today = day_of(datetime.now(UTC))
    period = ("--from", today.replace(day=1).isoformat(), "--to", today.isoformat())
    command = ("report", "make", "--data-dir", str(federation.node_dir(SICHUAN.code)), *period, "--out", str(into))
    done = subprocess.run([sys.executable, "-m", "cli", *command], capture_output=True, check=False)
    into.joinpath("output.txt").write_bytes(done.stdout + done.stderr)
    assert done.returncode == 0, done.stderr[-2000:]


def _back_up(federation: CanaryFederation, into: Path) -> None:
    """The database by SQLite's own backup, and the whole folder as it lies there."""
    into.mkdir()
    source = sqlite3.connect(federation.registry_dir / "registry.db")
    target = sqlite3.connect(into / "backup.db")
    source.backup(target)
    source.close()
    target.close()
    shutil.copytree(federation.registry_dir, into / "copy")


def _words(found: list[Found]) -> set[str]:
    return {each.word for each in found}


@pytest.mark.trial
@pytest.mark.timeout(600)
def test_registry_and_office_know_no_word_of_the_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = int(os.environ.get("XIEBAN_TRIAL_SEED") or random.SystemRandom().randrange(10**9))
    print(f"seed {seed}; XIEBAN_TRIAL_SEED={seed} repeats it")
    canaries = Canaries.drawn(seed)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))  # of every process that is started
    with CanaryFederation(tmp_path / "federation", canaries) as federation:
        federation.prepare()
        number = _play(federation, canaries, tmp_path / "first")
        bodies = federation.learn_secrets()
        search = canaries.search()
        print(f"{bodies} content keys, {len(canaries.secrets)} keys, {len(search)} forms are looked for")

        office, reports = federation.node_dir(SICHUAN.code), tmp_path / "reports"
        reports.mkdir()
        _copied(federation, number)
        _reported(federation, reports)
        load = Load(federation, canaries, tmp_path)
        load.start()
        try:
            at_node, node_size = search.memory(federation.pid(CHENGDU.code))
            at_registry = [search.memory(federation.pid("registry")) for _ in range(2)]
            at_office = [search.memory(federation.pid(SICHUAN.code)) for _ in range(2)]
        finally:
            load.enough.set()
            load.join()
        assert load.error is None, load.error
        sizes = [size >> 20 for _, size in at_registry]
        print(f"played {1 + load.played} times; searched {sizes} MiB of the registry's memory, ", end="")
        print(f"{at_office[0][1] >> 20} of the office's, {node_size >> 20} of a node's, ", end="")
        print(f"where {len(_words(at_node))} words were found")
        # the search finds them where they have to be, so that finding none elsewhere says something
        assert {"worker name", "ID number", "diagnosis", "report", "employer name", "file name"} <= _words(at_node)
        assert [hits for hits, _ in at_registry] == [[], []]
        assert [hits for hits, _ in at_office] == [[], []]
        assert search.files(office, reports) == [], "the office's node and its report"
        assert search.data(_metrics(federation), "metrics") == []

        # then careless callers, who put them where they do not belong
        careless = [canaries.id_number, canaries.texts["worker name"], canaries.texts["diagnosis"]]
        told = asyncio.run(ask_registry(federation, careless, _a_letter(federation)))
        told_by_node = asyncio.run(ask_node(federation, careless, number))
        print(f"careless calls: {len(told.texts)} to the registry, {len(told_by_node.texts)} to a node")
        for answers in (told, told_by_node):
            assert len(answers.texts) > 100
            assert search.data(answers.data(), "answers") == []
            assert answers.server_errors == []
            assert answers.broken <= 5
        assert search.data(_metrics(federation), "metrics") == []
        _back_up(federation, tmp_path / "backup")
        assert search.files(federation.registry_dir, tmp_path / "backup", temporary) == []
        again = _play(federation, canaries, tmp_path / "last")
        assert again != number
        node_folders = [federation.node_dir(bureau.code) for bureau in (HANGZHOU, CHENGDU)]
        keys = [NodeSettings.load(folder).keys_dir for folder in node_folders]
        assert search.files(*node_folders, leave_out=keys) == [], "a node at rest, at work"
        _copied(federation, again)
        _reported(federation, reports)
        assert search.files(office, reports) == []
    assert search.files(office, reports) == [], "the office's node, stopped"
    assert search.files(federation.registry_dir, temporary) == []
    assert search.files(*node_folders, leave_out=keys) == [], "a node at rest, stopped"
    logs = sorted(federation.folder.glob("*.log"))
    assert len(logs) == 4
    assert search.files(*logs) == []
    assert b"call_refused" in (federation.folder / "registry.log").read_bytes(), "the log was on"
