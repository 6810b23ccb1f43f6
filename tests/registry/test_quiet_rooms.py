"""Rooms that need no registry to be tried: policy, logs, routes, quotas, settings, parts."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from registry.logs import Log, allowed
from registry.metrics import Metrics
from registry.parts import join_parts, split_parts
from registry.policy import ENROLMENT_PORT, EXCHANGE_PORT
from registry.quotas import Counts, Rates
from registry.routing import Routes
from registry.settings import Quotas, RegistrySettings
from registry.store_memory import MemoryStore
from tests.builders import CHENGDU_AC, CHENGDU_RD
from xieban.federation.v1 import enrolment_pb2, exchange_pb2, log_pb2, monitor_pb2, roster_pb2


def test_every_method_of_the_contract_has_its_line_on_one_port() -> None:
    files = (exchange_pb2, log_pb2, monitor_pb2, roster_pb2, enrolment_pb2)
    methods = {
        f"/{service.full_name}/{method.name}"
        for file in files
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    ours = {name for name in (*EXCHANGE_PORT, *ENROLMENT_PORT) if name.startswith("/xieban.")}
    assert ours == methods
    assert not set(EXCHANGE_PORT) & set(ENROLMENT_PORT)


@pytest.mark.parametrize(
    "value",
    ["王小明", "110101199003074514", "worker 110101199003074514 fell", "a b", "x" * 90, b"bytes", {"name": "x"}, None],
)
def test_logs_hold_nothing_personal_whatever_they_are_given(value: object) -> None:
    kept = allowed(None, "info", {"event": "call_refused", "error": value, "worker": "x", "count": 3})
    assert kept == {"event": "call_refused", "error": "?", "count": 3}


def test_logs_are_lines_of_json_and_alarms_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = Metrics()
    log = Log("info", metrics)
    log.debug("hidden")
    log.info("roster_in_force", version=3)
    log.alarm("writer_fenced", epoch=2)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [
        ("roster_in_force", "info"),
        ("writer_fenced", "error"),
    ]
    assert b'xieban_registry_alarms_total{alarm="writer_fenced"} 1.0' in metrics.text()


def test_parts_come_back() -> None:
    assert split_parts(join_parts([b"", b"one", b"two" * 99])) == (b"", b"one", b"two" * 99)
    assert split_parts(b"") == ()
    with pytest.raises(ValueError, match="cut off"):
        split_parts(join_parts([b"one"])[:-1])


async def test_a_new_line_replaces_the_older_one_and_rings_are_not_lost() -> None:
    routes = Routes()
    older = routes.open("510100")
    newer = routes.open("510100")
    with pytest.raises(Refusal) as caught:
        older.check()
    assert caught.value.reason is Reason.STREAM_REPLACED
    newer.check()
    routes.close(older)
    assert routes.count == 1, "the older stream's end does not close the newer one"
    routes.serve(newer, [CHENGDU_RD, CHENGDU_AC])
    routes.grown({CHENGDU_RD: [], "330100RD01T": []})
    routes.grown({CHENGDU_AC: []})
    assert await newer.wait(0.01)
    units = {CHENGDU_RD, CHENGDU_AC}
    first = newer.take_fresh(units)
    assert set(first) == units
    assert newer.take_fresh(units) == []
    routes.grown({CHENGDU_RD: []})
    routes.grown({CHENGDU_AC: []})
    assert newer.take_fresh(units) == first[::-1], "the other unit goes first the next time"
    assert await newer.wait(0.01)
    assert not await newer.wait(0.01)
    waiting = asyncio.ensure_future(newer.wait(5))
    await asyncio.sleep(0)
    routes.end_all(Reason.STOPPING)
    assert await waiting


async def test_an_acknowledgement_wakes_a_stream_that_waits_for_it_alone() -> None:
    routes = Routes()
    line = routes.open("510100")
    routes.serve(line, [CHENGDU_RD])
    line.unacknowledged.add((CHENGDU_RD, 1))
    routes.acknowledged("510100", [(CHENGDU_RD, 1)])
    assert not line.unacknowledged
    assert not await line.wait(0.01), "nothing waits"
    line.unacknowledged.add((CHENGDU_RD, 2))
    line.fresh.add(CHENGDU_RD)  # held back: too much is unacknowledged
    routes.acknowledged("510100", [(CHENGDU_RD, 2)])
    assert await line.wait(0.01)


async def test_a_unit_that_moved_is_told_at_its_new_bureau() -> None:
    routes = Routes()
    before, after = routes.open("510100"), routes.open("510600")
    routes.serve(before, [CHENGDU_RD, CHENGDU_AC])
    routes.serve(after, [])
    routes.serve(after, [CHENGDU_RD])
    routes.serve(before, [CHENGDU_AC])
    routes.grown({CHENGDU_RD: [], CHENGDU_AC: []})
    assert (after.fresh, before.fresh) == ({CHENGDU_RD}, {CHENGDU_AC})


def test_calls_are_bounded_a_second_and_at_once() -> None:
    now = [0.0]
    rates = Rates(Quotas(calls_a_second=2.0, calls_at_once=3), lambda: now[0])
    for _ in range(3):
        rates.enter("330100")
    with pytest.raises(Refusal) as caught:
        rates.enter("330100")
    assert caught.value.details == {"quota": "calls_at_once"}
    rates.enter("510100")
    rates.leave("330100")
    rates.enter("330100")
    rates.leave("330100")
    with pytest.raises(Refusal) as caught:
        rates.enter("330100")
    assert caught.value.details == {"quota": "calls"}
    now[0] += 0.5
    rates.enter("330100")


def test_counts_of_a_day_begin_again_the_next_day() -> None:
    counts = Counts(Quotas(neutral_a_day=2, mailbox=1), MemoryStore())
    at = datetime(2026, 3, 12, 2, 0, tzinfo=UTC)
    counts.begin(at)
    for _ in range(2):
        counts.check_neutral("T1")
        counts.neutral("T1")
    with pytest.raises(Refusal):
        counts.check_neutral("T1")
    counts.check_neutral("T2")
    counts.begin(at + timedelta(hours=14))  # midnight in Shanghai is 16:00 UTC
    counts.check_neutral("T1")
    counts.check_mailbox(CHENGDU_RD)
    counts.waiting(CHENGDU_RD, 1)
    with pytest.raises(Refusal) as caught:
        counts.check_mailbox(CHENGDU_RD)
    assert caught.value.details == {"quota": "mailbox"}
    counts.waiting(CHENGDU_RD, -1)
    counts.check_mailbox(CHENGDU_RD)


def test_settings_come_from_arguments_then_environment_then_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    RegistrySettings(data_dir=tmp_path, federation_id="from-file", log_level="debug", epoch=4).save()
    assert (tmp_path / "registry.json").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("XIEBAN_REGISTRY_LOG_LEVEL", "warning")
    monkeypatch.setenv("XIEBAN_REGISTRY_QUOTAS__OPEN_THREADS", "7")
    settings = RegistrySettings.load(tmp_path, epoch=9)
    assert (settings.federation_id, settings.log_level, settings.epoch) == ("from-file", "warning", 9)
    assert settings.quotas.open_threads == 7
    (tmp_path / "registry.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(Refusal) as caught:
        RegistrySettings.load(tmp_path)
    assert caught.value.reason is Reason.INVALID_INPUT
