"""A process that has everything imported and gives birth to the services of a trial: `python -m …nursery`.

A killed service is up again in a tenth of a second instead of three, so that a trial can kill some hundreds. Each
service is a process of its own, forked before any thread, loop or channel exists, and dies by a real SIGKILL. One JSON
line in, one out: {"start": role, "folder": …, "log": …, …} gives {"pid": …}, {"reap": pid} gives {"status": …} once it
has died. When the input ends, what still lives is killed.
"""

import asyncio
import gc
import json
import os
import resource
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from threading import Timer
from typing import cast

ROOT = Path(__file__).resolve().parents[3]
_PATIENCE = 180.0


class NurseryError(Exception):
    """It ended, or did not answer in time; the text names its log."""


class Nursery:
    """The trial's end of the pipe. `close` kills what was not stopped."""

    def __init__(self, log: Path) -> None:
        self._log = log
        path = os.pathsep.join((str(ROOT), str(ROOT / "proto" / "gen")))
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.trials.support.nursery"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": path},
            )

    def _ask(self, **command: object) -> Mapping[str, object]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        timer = Timer(_PATIENCE, self._process.kill)
        timer.start()
        try:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError as error:
            raise NurseryError(f"the nursery is gone; see {self._log}") from error
        finally:
            timer.cancel()
        if not line:
            raise NurseryError(f"the nursery ended or was silent; see {self._log}")
        return cast("Mapping[str, object]", json.loads(line))

    def start(self, role: str, folder: Path, log: Path, **options: object) -> int:
        """Start a service; gives its process id at once."""
        return cast("int", self._ask(start=role, folder=str(folder), log=str(log), options=options)["pid"])

    def reap(self, pid: int) -> int:
        """Wait until a service has died; gives its wait status."""
        return cast("int", self._ask(reap=pid)["status"])

    def kill(self, pid: int) -> None:
        """SIGKILL, and wait until it is gone."""
        os.kill(pid, signal.SIGKILL)
        self.reap(pid)

    def stop(self, pid: int) -> int:
        """SIGTERM, and wait; gives the exit code (a service has ten seconds, the nursery's patience is longer)."""
        os.kill(pid, signal.SIGTERM)
        return os.waitstatus_to_exitcode(self.reap(pid))

    def close(self) -> None:
        """End the nursery and with it every service."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def _be(role: str, folder: Path, log: Path, options: Mapping[str, object]) -> None:
    """In the child: turn into a service."""
    from tests.trials.support.services import ROLES

    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    descriptor = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    if "largest_file" in options:  # the soft limit alone: the trial lifts it again from outside
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (cast("int", options["largest_file"]), hard))
    asyncio.run(ROLES[role](folder, options))


def _main() -> None:
    import tests.trials.support.services  # noqa: F401 - imported once, for every child

    gc.freeze()
    alive: set[int] = set()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        command = json.loads(line)
        if "start" in command:
            pid = os.fork()
            if not pid:
                code = 1
                try:
                    answers.close()
                    _be(command["start"], Path(command["folder"]), Path(command["log"]), command["options"])
                    code = 0
                except BaseException:  # noqa: BLE001 - told in the service's log; a child must never go on as the nursery
                    traceback.print_exc()
                finally:
                    sys.stderr.flush()
                    os._exit(code)
            alive.add(pid)
            answer = {"pid": pid}
        else:
            _, status = os.waitpid(command["reap"], 0)
            alive.discard(command["reap"])
            answer = {"status": status}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    _main()
