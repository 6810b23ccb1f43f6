"""What the demonstration proves: each thread at both bureaus, and the draw from its file alone."""

import asyncio
import base64
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from certs.authority import SealAuthority
from cli.common import now
from cli.demo.desk import DeskError
from cli.local_federation import CHENGDU, HANGZHOU, LocalFederation
from node.settings import NodeSettings
from node.verification.report import Status
from node.verify import VerificationReport, open_for_verification, verify_thread
from registry import setup as registry_setup
from registry.settings import RegistrySettings

_PATIENCE: Final = 10.0  # seconds; a node fetches proofs every two


def verify_both(federation: LocalFederation, number: str) -> list[str]:
    """A line a bureau: signatures, commitments, chain of entries, inclusion. Raises DeskError where any does not hold.

    First with the registry; then until the node itself keeps the proofs of every entry, so that the data folder shows
    them when nothing runs any more.
    """
    lines = []
    for bureau in (HANGZHOU, CHENGDU):
        settings = NodeSettings.load(federation.node_dir(bureau.code))
        report = asyncio.run(_verify(settings, number, online=True))
        _must_hold(bureau.name, report)
        deadline = time.monotonic() + _PATIENCE
        while not _shown(asyncio.run(_verify(settings, number, online=False))) and time.monotonic() < deadline:
            time.sleep(0.2)
        held = sum(check.status is Status.OK for check in report.checks)
        lines.append(f"{bureau.name}：{held} 项核验全部成立，日志共 {report.log_size} 条")
    return lines


async def _verify(settings: NodeSettings, number: str, *, online: bool) -> VerificationReport:
    held = open_for_verification(settings, clock=now, online=online)
    try:
        return await verify_thread(held, number, at=now())
    finally:
        await held.close()


def _shown(report: VerificationReport) -> bool:
    return all(check.status is Status.OK for check in report.checks if check.name == "inclusion")


def _must_hold(name: str, report: VerificationReport) -> None:
    if not report.ok or not report.online or not _shown(report):
        failed = ", ".join(sorted({f"{check.name} {check.reason}" for check in report.failed})) or "inclusion"
        raise DeskError(f"{name}: the thread does not verify: {failed}")


def verify_draw(federation: LocalFederation, file: Path) -> str:
    """A line on `xieban draw verify` of the file, with nothing but the file and the two keys that everybody knows.

    Raises DeskError where anything does not hold.
    """
    authority = SealAuthority.load(federation.seal_folder / "authority")
    log_key = registry_setup.registry_info(RegistrySettings.load(federation.registry_dir)).log_public_key
    with tempfile.TemporaryDirectory() as folder:
        certificate = Path(folder) / "seal-authority.der"
        certificate.write_bytes(authority.certificate)
        known = ["--seal-authority", str(certificate), "--log-key", base64.b64encode(log_key).decode()]
        done = subprocess.run(  # noqa: S603 - our own command with our own words
            [sys.executable, "-m", "cli", "draw", "verify", str(file), *known, "--json"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
    if done.returncode:
        raise DeskError(f"the draw does not verify ({done.returncode}): {done.stderr.decode(errors='replace')[:400]}")
    report = json.loads(done.stdout)
    held = sum(check["status"] == Status.OK for check in report["checks"])
    return f"xieban draw verify：{held} 项核验全部成立（离线，只凭抽取文件，至第 {report['entries']} 条）"
