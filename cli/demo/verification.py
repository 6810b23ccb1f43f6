"""Both bureaus verify the thread: signatures, commitments, chain of entries, inclusion in the signed checkpoint."""

import asyncio
import time
from typing import Final

from cli.common import now
from cli.demo.desk import DeskError
from cli.local_federation import CHENGDU, HANGZHOU, LocalFederation
from node.settings import NodeSettings
from node.verification.report import Status
from node.verify import VerificationReport, open_for_verification, verify_thread

_PATIENCE: Final = 10.0  # seconds; a node fetches proofs every two


def verify_both(federation: LocalFederation, number: str) -> list[str]:
    """A line a bureau. Raises DeskError where anything does not hold.

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
