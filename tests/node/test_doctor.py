"""The doctor on real nodes, well and ill."""

import asyncio
import re
import shutil
import sqlite3
import string
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from certs.authority import ChannelAuthority
from certs.keys import load_p256, new_csr, new_p256, save_private
from node.doctor import Finding, Status, examine
from node.examination.findings import TEXTS, ill
from node.records import to_us
from node.settings import NodeSettings
from tests.builders import HANGZHOU_RD
from tests.node.world import CHENGDU, HANGZHOU, clerk, issued, make, now, reach, running

HOURS, DAYS = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ward:
    """What the doctor said while everything ran, and the folders that are left."""

    settings: NodeSettings
    registry: Path
    well: tuple[Finding, ...]
    in_ten_minutes: tuple[Finding, ...]
    in_two_hours: tuple[Finding, ...]
    in_two_days: tuple[Finding, ...]
    node_went_on: bool
    cut_off: tuple[Finding, ...]


async def _live(folder: Path) -> Ward:
    async with running(folder, HANGZHOU, CHENGDU) as world:
        ref = (await issued(world.nodes[HANGZHOU], HANGZHOU)).row.delegation_id
        await reach(world.nodes[CHENGDU], CHENGDU, ref, "issued")
        settings, at = world.settings[HANGZHOU], now()
        laters = (0 * DAYS, HOURS / 6, 2 * HOURS, 2 * DAYS)
        findings = [await asyncio.to_thread(examine, settings, at + later) for later in laters]
        await make(world.nodes[CHENGDU], CHENGDU, ref, "SIGNED_FOR", {})
        went_on = (await reach(world.nodes[HANGZHOU], HANGZHOU, ref, "signed_for")).row.state == "signed_for"
        await world.stop_registry()
        await world.nodes[HANGZHOU].desk.act(clerk(HANGZHOU), ref, "REMIND", {"body": {"text": "请尽快办理"}}, None)
        cut_off = await asyncio.to_thread(examine, settings, now())
        assert world.registry_settings is not None
        return Ward(
            settings=settings,
            registry=world.registry_settings.data_dir,
            well=findings[0],
            in_ten_minutes=findings[1],
            in_two_hours=findings[2],
            in_two_days=findings[3],
            node_went_on=went_on,
            cut_off=cut_off,
        )


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Ward:
    return asyncio.run(_live(tmp_path_factory.mktemp("ward")))


@pytest.fixture
def settings(ward: Ward, tmp_path: Path) -> NodeSettings:
    """A copy of the node's folder; node and registry are stopped."""
    shutil.copytree(ward.settings.data_dir, tmp_path / "node")
    (tmp_path / "node").chmod(0o700)
    return ward.settings.model_copy(update={"data_dir": tmp_path / "node"})


def of(findings: tuple[Finding, ...], name: str) -> Finding:
    """The finding of that name, the worst when there are several."""
    found = [each for each in findings if each.name == name]
    assert found, name
    return max(found, key=lambda each: list(Status).index(each.status))


def statuses(findings: tuple[Finding, ...]) -> dict[str, Status]:
    return {name: of(findings, name).status for name in {each.name for each in findings}}


def test_a_well_node_while_it_runs(ward: Ward) -> None:
    assert set(statuses(ward.well).values()) == {Status.OK}
    assert {
        "disk", "keys", "certificate:channel", "certificate:node", "certificate:seal-authority",
        f"certificate:{HANGZHOU_RD}", f"sealing_key:{HANGZHOU_RD}", "database", "outbox", "returned", "parked",
        "alarms", "roster", "registry", "clock", "enrolment",
    } <= set(statuses(ward.well))  # fmt: skip
    assert ward.node_went_on  # looking disturbed no stream


def test_a_clock_that_is_off(ward: Ward) -> None:
    assert of(ward.in_ten_minutes, "clock").status is Status.WARNING
    assert "600" in of(ward.in_ten_minutes, "clock").cause or "599" in of(ward.in_ten_minutes, "clock").cause
    assert of(ward.in_two_hours, "clock").status is Status.FAILED
    assert of(ward.in_two_days, "roster").status is Status.FAILED  # it answers, and shows nothing newer


def test_a_registry_that_is_away(ward: Ward) -> None:
    assert of(ward.cut_off, "registry").status is Status.FAILED
    assert "UNAVAILABLE" in of(ward.cut_off, "registry").cause
    assert of(ward.cut_off, "enrolment").status is Status.WARNING
    assert of(ward.cut_off, "clock").status is Status.WARNING
    assert of(ward.cut_off, "outbox").status is Status.OK  # it waits since a moment


def test_a_stopped_node_is_looked_at_too(settings: NodeSettings) -> None:
    found = statuses(examine(settings, now()))
    assert found["database"] is found["keys"] is found["disk"] is Status.OK


@pytest.mark.parametrize("name", ["channel.pem", "master.key", "signing", "sealing"])
@pytest.mark.parametrize("fault", ["0644", "gone", "damaged"])
def test_a_key_file_that_is_not_right(settings: NodeSettings, name: str, fault: str) -> None:
    folder = settings.keys_dir
    path = folder / name if "." in name else next((folder / "units" / HANGZHOU_RD).glob(f"{name}-*.pem"))
    match fault:
        case "0644":
            path.chmod(0o644)
        case "gone":
            path.unlink()
        case _:
            path.write_bytes(b"no key")
    found = examine(settings, now())
    if fault == "gone" and name == "signing":
        assert of(found, f"certificate:{HANGZHOU_RD}").status is Status.FAILED
    elif fault == "gone" and name == "sealing":
        assert of(found, f"sealing_key:{HANGZHOU_RD}").status is Status.FAILED
    else:
        keys = of(found, "keys")
        assert keys.status is Status.FAILED
        assert path.name in keys.cause


def test_a_key_folder_open_to_others(settings: NodeSettings) -> None:
    settings.keys_dir.chmod(0o755)
    assert of(examine(settings, now()), "keys").status is Status.FAILED


@pytest.mark.parametrize("begun", [-2 * DAYS, 200 * DAYS])
def test_a_certificate_out_of_date(settings: NodeSettings, begun: timedelta) -> None:
    authority = ChannelAuthority.create(settings.data_dir.parent / "authority", "xieban.test", now() - 300 * DAYS)
    key = load_p256(settings.keys_dir / "channel.pem")
    der = authority.issue_channel(new_csr(key), settings.bureau, now() - begun)
    (settings.keys_dir / "channel.der").write_bytes(der)
    finding = of(examine(settings, now()), "certificate:channel")
    assert finding.status is Status.FAILED
    assert re.search(r"\d{4}-\d\d-\d\d", finding.cause)


def test_a_certificate_that_ends_soon(settings: NodeSettings, ward: Ward) -> None:
    authority = ChannelAuthority.load(ward.registry / "keys" / "channel-authority")
    key = load_p256(settings.keys_dir / "channel.pem")
    der = authority.issue_channel(new_csr(key), settings.bureau, now())
    (settings.keys_dir / "channel.der").write_bytes(der)
    assert of(examine(settings, now()), "certificate:channel").status is Status.OK
    assert of(examine(settings, now() + 70 * DAYS), "certificate:channel").status is Status.WARNING


def test_a_certificate_of_another_key(settings: NodeSettings) -> None:
    save_private(settings.keys_dir / "node.pem", new_p256(), replace=True)
    assert of(examine(settings, now()), "certificate:node").status is Status.FAILED


def test_a_node_that_is_not_enrolled(settings: NodeSettings) -> None:
    for path in settings.keys_dir.glob("*.der"):
        path.unlink()
    found = examine(settings, now())
    assert of(found, "certificate:channel").status is Status.FAILED
    assert of(found, "registry").status is Status.FAILED


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    [finding] = examine(NodeSettings(data_dir=tmp_path / "none"), now())
    assert finding.status is Status.FAILED


def test_a_full_disk(settings: NodeSettings) -> None:
    full = settings.model_copy(update={"min_free_bytes": 1 << 60})
    assert of(examine(full, now()), "disk").status is Status.FAILED


@pytest.fixture
def database(settings: NodeSettings) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(settings.data_dir / "node.db", isolation_level=None)) as connection:
        yield connection


@pytest.mark.parametrize(("age", "status"), [(2 * HOURS, Status.WARNING), (25 * HOURS, Status.FAILED)])
def test_a_queue_that_stands(
    settings: NodeSettings, database: sqlite3.Connection, age: timedelta, status: Status
) -> None:
    assert database.execute("UPDATE outbox SET queued_at = ?", (to_us(now() - age),)).rowcount == 1
    finding = of(examine(settings, now()), "outbox")
    assert finding.status is status
    assert "1 envelopes" in finding.cause


def test_what_came_back_is_told(settings: NodeSettings, database: sqlite3.Connection) -> None:
    database.execute("UPDATE outbox SET state = 'refused', reason = 'STALE'")
    finding = of(examine(settings, now()), "returned")
    assert finding.status is Status.WARNING
    assert "STALE" in finding.cause
    assert "STALE" in finding.cause_zh


def test_parked_deliveries_and_alarms_are_told(settings: NodeSettings, database: sqlite3.Connection) -> None:
    database.execute("UPDATE entries SET state = 'parked', reason = 'CANNOT_OPEN' WHERE sequence = 2")
    database.execute("INSERT INTO waiting VALUES (?, 9, '', 0, ?, 'parked:MALFORMED', 0)", (HANGZHOU_RD, b""))
    database.execute("INSERT INTO alarms VALUES (1, 'ROSTER_TOO_OLD', '', '', '{}', ?, 0, '')", (b"",))
    found = examine(settings, now())
    assert "CANNOT_OPEN, MALFORMED" in of(found, "parked").cause
    assert of(found, "parked").cause.startswith("2 ")
    assert of(found, "alarms").status is Status.WARNING
    database.execute("UPDATE alarms SET reason = 'LOG_FORKED'")
    assert of(examine(settings, now()), "alarms").status is Status.FAILED
    database.execute("UPDATE alarms SET acknowledged_by = 'boss'")
    assert of(examine(settings, now()), "alarms").status is Status.OK


@pytest.mark.parametrize(("version", "status"), [("9999", Status.FAILED), ("0000", Status.WARNING)])
def test_a_database_of_another_version(
    settings: NodeSettings, database: sqlite3.Connection, version: str, status: Status
) -> None:
    database.execute("UPDATE alembic_version SET version_num = ?", (version,))
    assert of(examine(settings, now()), "database").status is status


def test_a_database_that_does_not_open(settings: NodeSettings) -> None:
    (settings.data_dir / "node.db").write_bytes(b"no database" * 500)
    assert of(examine(settings, now()), "database").status is Status.FAILED
    (settings.data_dir / "node.db").unlink()
    assert of(examine(settings, now()), "database").status is Status.FAILED


@pytest.mark.parametrize(
    ("age", "status"), [(23 * HOURS, Status.OK), (25 * HOURS, Status.WARNING), (15 * DAYS, Status.FAILED)]
)
def test_an_old_roster(settings: NodeSettings, age: timedelta, status: Status) -> None:
    assert of(examine(settings, now() + age), "roster").status is status


def test_a_roster_of_another_authority(settings: NodeSettings, database: sqlite3.Connection) -> None:
    database.execute("UPDATE rosters SET signed = substr(signed, 1, length(signed) - 1) || x'00'")
    assert of(examine(settings, now()), "roster").status is Status.FAILED


def test_every_fault_has_both_languages_and_the_same_names() -> None:
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for fault, text in TEXTS.items():
        assert all(text), fault
        assert names(text.cause) >= names(text.cause_zh) == names(text.cause), fault
        values = dict.fromkeys(names("".join(text)), "x")
        assert "{" not in ill("any", Status.WARNING, fault, **values).cure


def test_findings_hold_no_case_text(ward: Ward) -> None:
    for text in ("王小明", "11010519491231002X", "请尽快办理"):
        assert text not in repr((ward.well, ward.cut_off))
