"""A home, a host and a registry as processes of the nursery, each killed and started again at will."""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from node.settings import NodeSettings
from registry.settings import Quotas, RegistrySettings
from tests.node.world import CHENGDU, HANGZHOU, World, an_investigation
from tests.trials.support.nursery import Nursery
from tests.trials.support.services import read_journal

PARTS = ("registry", "home", "host")
_BUREAUS = {"home": HANGZHOU, "host": CHENGDU}
_FREE = Quotas(calls_a_second=100_000.0)  # a trial of hours in minutes is no flood


@dataclass
class Federation:
    """Folders, journals and processes. Use as a context manager after `set_up`."""

    folder: Path
    registry: RegistrySettings
    nodes: Mapping[str, NodeSettings]
    pause: float = 0.0
    writers: int = 8
    largest_file: dict[str, int] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.nursery = Nursery(self.folder / "nursery.log")
        self.target = 0
        self._seen = (0, 0)
        self.allow(0)

    def __enter__(self) -> "Federation":
        return self

    def __exit__(self, *_: object) -> None:
        self.nursery.close()

    # work

    def allow(self, count: int) -> None:
        """Let the home issue letters until there are so many."""
        self.target = count
        path = self.folder / "allowed"
        draft = path.with_suffix(".new")
        draft.write_text(str(count), encoding="utf-8")
        draft.replace(path)

    def issued(self) -> int:
        """How many letters the home's staff were told to be issued; cheap, for it is asked often."""
        offset, count = self._seen
        path = self.folder / "home.journal"
        if path.exists():
            with path.open("rb") as file:
                file.seek(offset)
                data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
            count += whole.count(b'"kind": "ISSUED"')
            self._seen = (offset + len(whole), count)
        return count

    # files

    def data(self, part: str) -> Path:
        """A part's data folder."""
        return self.registry.data_dir if part == "registry" else self.nodes[part].data_dir

    def database(self, part: str) -> Path:
        """A part's SQLite file."""
        return self.data(part) / ("registry.db" if part == "registry" else "node.db")

    def journal(self, part: str) -> list[dict[str, object]]:
        """What the part's staff were told."""
        return read_journal(self.folder / f"{part}.journal")

    def acts(self, part: str) -> list[dict[str, object]]:
        """The acts among it."""
        return [line for line in self.journal(part) if "kind" in line]

    def refusals(self, part: str) -> list[str]:
        """What its staff were refused."""
        return [str(line["refused"]) for line in self.journal(part) if "refused" in line]

    def log_text(self, part: str) -> str:
        """What the part wrote on its standard error."""
        path = self.folder / f"{part}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    # processes

    def start(self, part: str) -> None:
        """Start it; it may still be coming up when this returns."""
        options: dict[str, object] = {}
        if part in self.largest_file:
            options["largest_file"] = self.largest_file[part]
        if part in _BUREAUS:
            options |= {
                "journal": str(self.folder / f"{part}.journal"),
                "status": str(self.folder / f"{part}.status"),
                "allowed": str(self.folder / "allowed"),
                "pause": self.pause,
                "writers": self.writers,
                "business": an_investigation(),
            }
        self.pids[part] = self.nursery.start(part, self.data(part), self.folder / f"{part}.log", **options)
        self.starts[part] = self.starts.get(part, 0) + 1

    def start_all(self) -> None:
        """Start all three."""
        for part in PARTS:
            self.start(part)

    def kill(self, part: str) -> None:
        """SIGKILL."""
        self.nursery.kill(self.pids.pop(part))

    def stop(self, part: str) -> None:
        """SIGTERM; it must end by itself, and well."""
        code = self.nursery.stop(self.pids.pop(part))
        assert code == 0, f"{part} ended with {code}; see {self.folder / f'{part}.log'}"

    def is_ready(self) -> bool:
        """The registry's own word."""
        try:
            with urllib.request.urlopen(f"http://{self.registry.metrics_address}/readyz", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def quiet(self, part: str, *, since: float) -> bool:
        """Whether the part's process of now has nothing left to do, told after `since`."""
        path = self.folder / f"{part}.status"
        if not path.exists():
            return False
        told = json.loads(path.read_text(encoding="utf-8"))
        return bool(told["quiet"] and told["at"] > since and told["pid"] == self.pids.get(part))

    def settle(self, *, seconds: float) -> float:
        """Wait until every letter is issued and both sides have nothing left; gives the seconds it took."""
        began, still = time.monotonic(), 0
        while still < 3:
            time.sleep(0.3)
            assert time.monotonic() - began < seconds, f"not settled: {self.figures()}"
            calm = all(self.quiet(part, since=time.time() - 0.3) for part in _BUREAUS)
            still = still + 1 if self.issued() >= self.target and calm else 0
        return time.monotonic() - began

    def figures(self) -> dict[str, object]:
        """Where things stand."""
        return {
            "issued": self.issued(),
            "target": self.target,
            "accepted": sum(line["kind"] == "ACCEPTED" for line in self.acts("host")),
            "starts": dict(self.starts),
            "alive": {part: _alive(pid) for part, pid in self.pids.items()},
        }

    def report(self, part: str) -> dict[str, object]:
        """What a stopped node's staff would read: number of each letter, drafts, alarms."""
        path = self.folder / f"{part}.report"
        pid = self.nursery.start("report", self.data(part), self.folder / f"{part}.log", report=str(path))
        assert os.waitstatus_to_exitcode(self.nursery.reap(pid)) == 0, f"see {self.folder / f'{part}.log'}"
        return cast("dict[str, object]", json.loads(path.read_text(encoding="utf-8")))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def set_up(
    folder: Path, *, places: Mapping[str, Path] | None = None, reconnect: float = 0.5, **options: object
) -> Federation:
    """Authorities, keys, roster; nothing runs.

    `places`: where a part's data folder is to be instead. `reconnect`: the longest pause of a node between tries.
    """
    world = World(folder)
    for part, place in (places or {}).items():
        name = "registry" if part == "registry" else f"node-{_BUREAUS[part]}"
        (folder / name).symlink_to(place, target_is_directory=True)
    try:
        await world.begin((HANGZHOU, CHENGDU))
    finally:
        await world.stop()
    assert world.registry_settings is not None
    registry = world.registry_settings.model_copy(update={"quotas": _FREE, "log_level": "warning"})
    registry.save()
    nodes: dict[str, NodeSettings] = {}
    for part, bureau in _BUREAUS.items():
        nodes[part] = world.settings[bureau].model_copy(update={"reconnect_max_seconds": reconnect})
        nodes[part].save()
    return Federation(folder, registry, nodes, **options)  # type: ignore[arg-type]  # fields of its own
