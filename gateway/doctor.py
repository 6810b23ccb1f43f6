"""What is wrong with the programs that the gateway's settings name; beside the node's own findings (`node.doctor`)."""

import os
import shutil
import stat
from pathlib import Path

from pydantic import ValidationError

from gateway.settings import GatewaySettings
from node.doctor import Finding, Status

_SEAL = "e-seal program"


def examine_gateway() -> tuple[Finding, ...]:
    """Look at the settings in this environment, as ``xieban node serve`` reads them. No program is run.

    NOT looked at: whether the e-seal program seals. A seal set for a trial would be a real one.
    """
    try:
        settings = GatewaySettings()
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, each["loc"])) or "settings" for each in error.errors()}))
        return (
            Finding(
                name="gateway settings",
                status=Status.FAILED,
                cause=f"settings in the environment (XIEBAN_GATEWAY_…) are refused: {fields}",
                cure="correct them as docs/operations.md says",
                cause_zh=f"环境中的设置（XIEBAN_GATEWAY_…）不合要求：{fields}",
                cure_zh="按 docs/operations.md 更正",
            ),
        )
    return (check_seal(settings),) if settings.seal_command else ()


def check_seal(settings: GatewaySettings) -> Finding:
    """The e-seal program is there, may be run, and can be replaced by nobody but its owner and root."""
    program = settings.seal_command[0]
    found = shutil.which(program)
    if found is None:
        return Finding(
            name=_SEAL,
            status=Status.FAILED,
            cause=f"{program} is not there or may not be run",
            cure="install it, or correct XIEBAN_GATEWAY_SEAL_COMMAND; papers keep a blank place for the wet seal",
            cause_zh=f"{program} 不存在或不可执行",
            cure_zh="安装该程序，或更正 XIEBAN_GATEWAY_SEAL_COMMAND；此前文书只留盖章处",
        )
    real = Path(found).resolve()
    writable = [path for path in (real, real.parent) if _others_may_write(path)]
    if writable:
        return Finding(
            name=_SEAL,
            status=Status.FAILED,
            cause=f"{writable[0]} can be changed by other users",
            cure="chmod go-w it: whoever changes the program sets seals",
            cause_zh=f"{writable[0]} 可被其他用户改动",
            cure_zh="执行 chmod go-w：能改动该程序的人就能盖章",
        )
    return Finding(name=_SEAL, status=Status.OK)


def _others_may_write(path: Path) -> bool:
    mode = path.stat().st_mode
    if path.is_dir() and mode & stat.S_ISVTX:
        mode &= ~stat.S_IWOTH  # such as /tmp: nobody takes away what is another's
    writable = mode & stat.S_IWOTH or (mode & stat.S_IWGRP and path.stat().st_gid not in {0, os.getgid()})
    return bool(writable)
