"""Why a file was not taken, told for that file in plain words."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from delegation.errors import Reason, ReasonClass, Refusal
from gateway.bureau.evidence.spool import OutOfStepError, UploadGoneError
from gateway.problems import InvalidInputError, Problem, WireRefusalError, refused_problem, wire_problem
from gateway.wire_reasons import WireReason

# What a file or a part may be refused with; anything else is an error of the page.
FILE_ERRORS: Final = (Refusal, WireRefusalError, InvalidInputError, UploadGoneError, OutOfStepError)
TYPES: Final = "不接受这类文件（按内容判断，不看扩展名）。可用：PDF、图片、音视频、Word、Excel、OFD、DICOM、文本"
EMPTY: Final = "文件是空的"
GONE: Final = "这次上传已不在（系统重启、超时或已取消），请重新上传该文件"
WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Reason.MATERIAL_TYPE_REFUSED.value: TYPES,
        Reason.TOO_LARGE.value: "文件超过大小上限",
        WireReason.BODY_TOO_LARGE.value: "文件超过大小上限",
        Reason.INVALID_INPUT.value: EMPTY,
        Reason.NOT_ALLOWED.value: "已提交审批或已发出，现在不能添加或修改材料",
        Reason.QUOTA_EXCEEDED.value: "同时上传的文件太多，请等其他文件传完，或取消未完成的上传",
        Reason.DISK_FULL.value: "本机构节点的磁盘空间不足，请联系管理员",
        Reason.NOT_FOUND.value: "找不到这个委托或草稿，或它不属于本单位",
        WireReason.FILE_INFECTED.value: "查出病毒或恶意代码，文件没有保存",
        WireReason.SCANNER_AWAY.value: "病毒扫描服务没有应答，文件没有保存，请稍后再试或联系管理员",
        WireReason.BODY_STALLED.value: "传输中断，请重试",
        "UPLOAD_GONE": GONE,
        "OUT_OF_STEP": "文件还没有传完",
    }
)


def problem_of(error: Exception) -> Problem:
    """The refusal as a problem whose Chinese text is for this file."""
    if isinstance(error, Refusal):
        found = refused_problem(error.refused)
    elif isinstance(error, WireRefusalError):
        found = wire_problem(error.reason, error.headers)
    elif isinstance(error, UploadGoneError):
        found = _own("UPLOAD_GONE", HTTPStatus.NOT_FOUND)
    elif isinstance(error, OutOfStepError):
        found = _own("OUT_OF_STEP", HTTPStatus.CONFLICT)
    else:
        found = wire_problem(WireReason.BAD_REQUEST)
    return found


def words_of(error: Exception) -> str:
    """What to tell the person of this file."""
    problem = problem_of(error)
    if problem.reason == Reason.INVALID_INPUT.value and problem.details.get("field") != "material":
        return problem.zh
    return WORDS.get(problem.reason, problem.zh)


def _own(reason: str, status: HTTPStatus) -> Problem:
    return Problem(reason=reason, reason_class=ReasonClass.LOCAL, status=status, zh=WORDS[reason], en=reason)
