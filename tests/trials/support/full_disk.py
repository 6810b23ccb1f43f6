"""Trial 10: the disk under one side is full while both work, and has space again later.

Two kinds of full. `tmpfs`: the data folder is on a small file system of its own that a filler takes up to the last
byte, so that every write, also of SQLite's log and of new files, meets ENOSPC; it needs the right to mount. `limit`:
where that right is missing (an ordinary CI), the process's limit on the size of a file (RLIMIT_FSIZE) is set to what
its database log has already, so that writes that would make a file longer fail with EFBIG; it is lifted from outside
while the process runs. A limit is not a full disk (the kernel's other name for the error is what SQLite reports as an
I/O error), but it is a real failing write in a real process that nobody warned.
"""

import asyncio
import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from tests.trials.support import audit
from tests.trials.support.federation import PARTS, Federation, set_up
from tests.trials.support.services import LETTER_NUMBER

_TMPFS_BYTES: Final = 48 * 1024 * 1024
_TYPED: Final = frozenset({"DISK_FULL", "STORAGE_UNAVAILABLE", "UNAVAILABLE"})
_KEPT_SECONDS: Final = 40.0  # for what must come up or go on before the disk is full
_ANY: Final = 2**40


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was seen of one side with a full disk."""

    side: str
    kind: str
    while_full: int  # acts told to be done while it was full (a node cut off goes on; a node without space does not)
    refused: frozenset[str]
    recovered_in: float  # seconds from space to an act at the side that was full (registry: a letter that came through)
    caught_up_in: float  # and to a letter of after that, accepted behind everything that had piled up
    wrong: tuple[str, ...]


def may_mount(folder: Path) -> bool:
    """Whether this process may mount a tmpfs."""
    probe = folder / "probe"
    probe.mkdir()
    with _mounted(probe) as works:
        return works


@contextmanager
def _mounted(place: Path) -> Iterator[bool]:
    command = ["mount", "-t", "tmpfs", "-o", f"size={_TMPFS_BYTES},mode=0700", "xieban-trial", str(place)]
    try:
        works = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        works = False
    try:
        yield works
    finally:
        if works:
            subprocess.run(["umount", "-l", str(place)], capture_output=True, check=True)


def run(folder: Path, side: str, *, kind: str, full_seconds: float) -> Outcome:
    """Work, full, still full, space, work; then count."""
    place = folder / f"disk-of-{side}"
    place.mkdir()
    disk: AbstractContextManager[bool] = _mounted(place) if kind == "tmpfs" else _same(place)
    with disk as works:
        assert works
        with asyncio.run(_set_up(folder, {side: place} if kind == "tmpfs" else {})) as federation:
            federation.start_all()
            federation.allow(10)
            _until(lambda: _accepted(federation) >= 10, "the work never began")
            full: Callable[[], Callable[[], None]] = (
                (lambda: _fill(place)) if kind == "tmpfs" else (lambda: _limit(federation, side))
            )
            return _play(federation, side, kind, full, full_seconds)


@contextmanager
def _same(place: Path) -> Iterator[bool]:
    assert place.is_dir()
    yield True


async def _set_up(folder: Path, places: dict[str, Path]) -> Federation:
    return await set_up(folder, places=places, pause=0.05, writers=2, reconnect=30.0)


def _play(
    federation: Federation, side: str, kind: str, full: Callable[[], Callable[[], None]], full_seconds: float
) -> Outcome:
    federation.allow(1_000_000)
    _until(lambda: _accepted(federation) >= 15, "the work never began")
    again = full()
    filled = time.time()
    time.sleep(full_seconds)
    freed = time.time()
    again()
    _until(lambda: _new_letter_accepted(federation, freed) > 0, "it did not recover", seconds=_KEPT_SECONDS)
    caught_up = _new_letter_accepted(federation, freed) - freed
    recovered = _first_act(federation, side, freed) - freed
    federation.allow(federation.issued())
    federation.settle(seconds=_KEPT_SECONDS)
    for part in reversed(PARTS):
        federation.stop(part)
    told = [line for part in ("home", "host") for line in federation.acts(part) if filled + 1 < _at(line) < freed]
    refused = {each for part in ("home", "host") for each in federation.refusals(part)}
    return Outcome(
        side=side,
        kind=kind,
        while_full=len(told),
        refused=frozenset(refused),
        recovered_in=recovered,
        caught_up_in=caught_up,
        wrong=(*_wrong(federation), *(f"refused with {each}" for each in sorted(refused - _TYPED))),
    )


def _wrong(federation: Federation) -> list[str]:
    files = audit.Files(
        registry=federation.database("registry"), home=federation.database("home"), host=federation.database("host")
    )
    acts = audit.acts_of([*federation.journal("home"), *federation.journal("host")])
    found = audit.wrong(files, acts)
    for part in ("home", "host"):
        report = federation.report(part)
        # an alarm that the disk was full is what an administrator should see; others are wrong
        report["alarms"] = [each for each in audit.alarms_of(report) if each not in _TYPED]
        found += audit.letters_wrong(federation.journal("home"), report, number=LETTER_NUMBER, drafts=part == "home")
        found += [f"{part}: a traceback in its log"] * ("Traceback" in federation.log_text(part))
    return found


def _at(line: dict[str, object]) -> float:
    at = line["at"]
    assert isinstance(at, float)
    return at


def _accepted(federation: Federation) -> int:
    return sum(line["kind"] == "ACCEPTED" for line in federation.acts("host"))


def _new_letter_accepted(federation: Federation, since: float) -> float:
    """When the host was first told that it accepted a letter that was issued after an instant; 0 before that."""
    fresh = {line["thread"] for line in federation.acts("home") if line["kind"] == "ISSUED" and _at(line) > since}
    times = [_at(line) for line in federation.acts("host") if line["kind"] == "ACCEPTED" and line["thread"] in fresh]
    return min(times, default=0.0)


def _first_act(federation: Federation, side: str, since: float) -> float:
    """When staff of the side were first told again that something is done; the host's, where it is the registry's."""
    acts = federation.acts("host" if side == "registry" else side)
    return min(_at(line) for line in acts if _at(line) > since)


def _until(holds: Callable[[], bool], text: str, *, seconds: float = _KEPT_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, text
        time.sleep(0.1)


def _fill(place: Path) -> Callable[[], None]:
    """Take every byte that is left, and what comes free for a second after; gives what frees it all."""
    filler, random = place / "filler", Random(10)  # noqa: S311 - bytes that nobody reads
    block = random.randbytes(64 * 1024)
    end = time.monotonic() + 1.0
    with filler.open("wb", buffering=0) as file:
        while time.monotonic() < end:
            for size in (64 * 1024, 4096, 1):
                try:
                    while file.write(block[:size]) == size:
                        pass
                except OSError:
                    continue
            time.sleep(0.02)
    return filler.unlink


def _limit(federation: Federation, side: str) -> Callable[[], None]:
    """No file of the process grows beyond the database's log as it is now; gives what lifts the limit."""
    pid = federation.pids[side]
    log = federation.database(side).with_name(federation.database(side).name + "-wal")
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (max(os.path.getsize(log) // 2, 4096), hard))

    def lift() -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if hard > 0 else _ANY, hard))

    return lift
