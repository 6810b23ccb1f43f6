"""Processes of a measurement: each takes JSON lines on its standard input and answers each with one on its output."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from threading import Timer
from typing import TextIO, cast

import psutil

Json = dict[str, object]
ROOT = Path(__file__).resolve().parents[1]
_STOP_SECONDS = 12.0  # a node stops in at most ten


class ProcessError(Exception):
    """A process of the measurement ended, answered an error, or did not answer in time."""


class Child:
    """A module run by this Python. Its log, and whatever else it writes, goes to `log`."""

    def __init__(self, module: str, *arguments: str, log: Path) -> None:
        self._log = log
        path = os.pathsep.join((str(ROOT), str(ROOT / "proto" / "gen"), os.environ.get("PYTHONPATH", "")))
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": path},
            )
        self._seen = psutil.Process(self._process.pid)

    @property
    def cpu_seconds(self) -> float:
        """CPU time that it took so far, user and system, all its threads."""
        return cpu_seconds(self._seen)

    def send(self, command: str, **values: object) -> None:
        """Give a command and do not wait."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"command": command, **values}) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise ProcessError(f"{command}: the process is gone; see {self._log}") from error

    def answer(self, *, patience: float = 60.0) -> Json:
        """The answer to the oldest command that has none. Raises ProcessError; a silent process is killed."""
        assert self._process.stdout is not None
        timer = Timer(patience, self._process.kill)
        timer.start()
        try:
            line = self._process.stdout.readline()
        finally:
            timer.cancel()
        if not line:
            raise ProcessError(f"a process ended or was silent for {patience:.0f} s; see {self._log}")
        found = cast("Json", json.loads(line))
        if "error" in found:
            raise ProcessError(f"{found['error']}; see {self._log}")
        return found

    def ask(self, command: str, *, patience: float = 60.0, **values: object) -> Json:
        """Give a command and wait for its answer."""
        self.send(command, **values)
        return self.answer(patience=patience)

    def stop(self) -> None:
        """Close its input, which ends it; kill it when that was not enough."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def cpu_seconds(process: psutil.Process) -> float:
    """CPU time of a process so far, user and system, all its threads."""
    times = process.cpu_times()
    return float(times.user + times.system)


Handler = Callable[[Json], Awaitable[Mapping[str, object]]]


async def serve(handlers: Mapping[str, Handler], answers: TextIO) -> None:
    """Obey commands until the input ends."""
    reader = asyncio.StreamReader(limit=1 << 24)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = cast("Json", json.loads(line))
        try:
            answer = await handlers[str(command["command"])](command)
        except Exception as error:  # noqa: BLE001 - told to the one who asked, who stops everything
            answer = {"error": f"{command['command']}: {type(error).__name__}: {error}"}
        answers.write(json.dumps(dict(answer)) + "\n")
        answers.flush()


def answer_stream() -> TextIO:
    """The standard output for answers alone; what others print goes to the standard error from now on."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers
