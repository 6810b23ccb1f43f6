"""The demonstration as a person runs it, once for every test that looks at it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = ("demo",)  # what `make demo` runs
PATIENCE = 150.0  # seconds on a busy machine; some 20 are needed


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended."""

    code: int
    out: str
    said: str


def xieban(*words: object, folder: Path | None = None) -> Ended:
    """The command without a terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *map(str, words)],
        cwd=folder or ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'proto/gen'}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
