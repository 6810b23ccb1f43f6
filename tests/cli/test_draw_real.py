"""From a draw between real nodes to its file and its check, by commands alone; the check with nothing running."""

import asyncio
import base64
import json
import subprocess
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.cli.conftest import ROOT, run
from tests.cli.test_draw import ALONE
from tests.node import appraisals as a
from tests.node.world import CHENGDU, HANGZHOU, SICHUAN, UNITS_OF, World, clerk, running, until, view

_NAMES = "专家"


@dataclass(slots=True)
class Drawn:
    """The files of one draw, and what one has to know by another way."""

    folder: Path
    number: str = ""
    known: list[object] = field(default_factory=list)
    said: dict[str, Result] = field(default_factory=dict)


async def played(drawn: Drawn) -> None:
    """A draw; its file by every node's command; then once more with the registry gone."""
    async with running(drawn.folder, HANGZHOU, CHENGDU, SICHUAN, committees=True) as world:
        home, host, office = (world.nodes[bureau] for bureau in (HANGZHOU, CHENGDU, SICHUAN))
        await a.with_pool(host, CHENGDU)
        drawn.number = await a.until_accepted(home, host)
        await a.two(host, CHENGDU, drawn.number, "SPECIALTY_DETERMINED", a.PLAN)
        await a.both_reach(home, host, drawn.number, "panel_drawn")
        # the panel is not addressed to it: its copy of the log tells it to read the thread
        await until(partial(view, office, SICHUAN, drawn.number), lambda seen: seen.row.state == "panel_drawn")
        for name, bureau, more in (
            ("home", HANGZHOU, ()), ("host", CHENGDU, ()), ("bare", CHENGDU, ("--no-names",)),
            ("office", SICHUAN, ("--no-names",)), ("office_named", SICHUAN, ()),
        ):  # fmt: skip
            drawn.said[name] = await exported(world, drawn, name, bureau, *more)
        drawn.said["again"] = await exported(world, drawn, "home", HANGZHOU)
        page = await office.draws.check_draw(clerk(SICHUAN), drawn.number)  # what the province's page shows
        assert page.ok, page.failed
        assert [each.name for each in page.checks if each.detail == "arithmetic alone"] == [
            "pool", "experts", "experts_in_pool",
        ]  # fmt: skip
        served = await office.draws.draw_file(clerk(SICHUAN), drawn.number, names=False)
        assert json.loads(served)["experts"] == []
        key = home.state.rosters.current.view.registry.log_public_key
        (drawn.folder / "seal.der").write_bytes(world.authority.certificate)
        drawn.known = ["--seal-authority", drawn.folder / "seal.der", "--log-key", base64.b64encode(key).decode()]
        await world.stop_registry()
        drawn.said["away"] = await exported(world, drawn, "away", HANGZHOU)


async def exported(world: World, drawn: Drawn, name: str, bureau: str, *more: str) -> Result:
    """`xieban delegation draw`, beside the node that runs."""
    folder, out = world.settings[bureau].data_dir, drawn.folder / f"{name}.json"
    words = ("delegation", "draw", drawn.number, "--data-dir", folder, "--out", out, *more)
    return await asyncio.to_thread(run, *words)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    made = Drawn(tmp_path_factory.mktemp("real-draw"))
    asyncio.run(played(made))
    return made


def alone(drawn: Drawn, *words: object) -> tuple[int, str, str]:
    """The command in a process of its own that may open no socket, no database and no other process."""
    done = subprocess.run(
        [sys.executable, "-c", ALONE, *map(str, words)],
        cwd=drawn.folder,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'proto/gen'}", "PATH": ""},
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def checked(drawn: Drawn, name: str, *more: str) -> tuple[int, dict[str, Any]]:
    """Exit code and what `--json` says of a file."""
    result = run("draw", "verify", drawn.folder / f"{name}.json", *drawn.known, "--json", *more)
    return result.exit_code, json.loads(result.stdout)


def test_each_side_exports_the_same_proof(drawn: Drawn) -> None:
    for name in ("home", "host"):
        assert drawn.said[name].exit_code == 0, drawn.said[name].output
        code, document = checked(drawn, name)
        assert (code, document["ok"], document["thread_id"]) == (0, True, drawn.number)
        assert {each["status"] for each in document["checks"]} == {"ok"}
        assert _NAMES in (drawn.folder / f"{name}.json").read_text()
    home, host = (checked(drawn, name)[1] for name in ("home", "host"))
    for part in ("seed", "picks", "panel", "log_root", "eligible_root"):
        assert home[part] == host[part] != ""


def test_it_is_checked_where_nothing_runs(drawn: Drawn) -> None:
    code, out, err = alone(drawn, "draw", "verify", drawn.folder / "home.json", *drawn.known, "--json")
    assert code == 0, err
    assert json.loads(out)["ok"] is True


def test_a_province_exports_and_checks_the_arithmetic_without_a_name(drawn: Drawn) -> None:
    assert drawn.said["office"].exit_code == 0, drawn.said["office"].output
    text = (drawn.folder / "office.json").read_text()
    assert _NAMES not in text
    assert json.loads(text)["experts"] == []
    assert UNITS_OF[SICHUAN] not in text  # it sent nothing: the headers are those of the two sides
    code, document = checked(drawn, "office", "--arithmetic")
    assert (code, document["ok"], document["arithmetic"]) == (0, True, True)
    assert document["picks"] == checked(drawn, "home")[1]["picks"]
    assert checked(drawn, "office")[0] == 5  # asked for everything, a file that opens nobody does not hold
    assert drawn.said["office_named"].exit_code == 3
    assert not (drawn.folder / "office_named.json").exists()


def test_without_names_the_openings_are_proved_by_their_hashes(drawn: Drawn) -> None:
    assert _NAMES not in (drawn.folder / "bare.json").read_text()
    code, document = checked(drawn, "bare")
    assert code == 0
    assert [each["name"] for each in document["checks"] if each["status"] != "ok"] == ["experts_in_pool"]


def test_what_cannot_be_exported_says_why_by_its_exit_code(drawn: Drawn) -> None:
    assert drawn.said["again"].exit_code == 1  # what is there stays
    assert drawn.said["away"].exit_code == 4  # proofs are the registry's
    assert not (drawn.folder / "away.json").exists()


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("entry", "entry 5"),
        ("header", "entry 4"),
        ("path", "proof, entry 3 ACCEPTED"),
        ("expert", "place "),
        ("checkpoint", "proof"),
    ],
)
def test_a_tampered_file_says_where(drawn: Drawn, name: str, where: str) -> None:
    document = json.loads((drawn.folder / "home.json").read_text())
    if name == "entry":
        document["thread"][4]["entry"] = flipped(document["thread"][4]["entry"])
    elif name == "header":
        document["thread"][3]["header"] = flipped(document["thread"][3]["header"])
    elif name == "path":
        document["thread"][2]["path"][0] = flipped(document["thread"][2]["path"][0])
    elif name == "expert":
        document["experts"][0]["expert"]["name"] = "别人"
    else:
        document["consistency"][0][0] = flipped(document["consistency"][0][0])
    (drawn.folder / f"{name}.json").write_text(json.dumps(document))
    code, found = checked(drawn, name)
    assert (code, found["ok"]) == (5, False)
    details = [each["detail"] for each in found["checks"] if each["status"] == "failed"]
    assert any(where in detail for detail in details), details
    assert "别人" not in json.dumps(found, ensure_ascii=False)


def flipped(text: str) -> str:
    """The bytes with the last bit but some turned."""
    raw = bytearray(base64.b64decode(text))
    raw[-2] ^= 4
    return base64.b64encode(bytes(raw)).decode()
