"""Every reason with its class, gRPC code, HTTP status and texts, in one table (protocol 7.6).

The public text is for people and says what to do next; it holds no value of the request. gRPC codes are names, so that
this room needs no gRPC; nobody maps reasons anywhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from delegation.errors import Reason, ReasonClass

_F, _T, _U, _L = ReasonClass.FINAL, ReasonClass.TRY_AGAIN, ReasonClass.UNTRUSTED, ReasonClass.LOCAL


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a reason means and how each face says it."""

    reason_class: ReasonClass
    grpc_code: str
    http_status: int
    text_zh: str
    text_en: str


def _e(of: ReasonClass, grpc: str, http: int, text_zh: str, text_en: str) -> Explanation:
    return Explanation(of, grpc, http, text_zh, text_en)


CATALOGUE: Final[Mapping[Reason, Explanation]] = MappingProxyType({
    Reason.STALE: _e(_F, "ABORTED", 409, "对方已有新的动作，请查看后重新办理", "the other side moved meanwhile"),
    Reason.NOT_ALLOWED: _e(_F, "FAILED_PRECONDITION", 409, "当前状态下不能办理此事项", "not allowed in this state"),
    Reason.GUARD_FAILED: _e(_F, "FAILED_PRECONDITION", 422, "不符合办理规则", "a rule of this kind is not met"),
    Reason.WRONG_PLACE: _e(_F, "FAILED_PRECONDITION", 422, "受托单位对该地无管辖权", "another unit is competent"),
    Reason.UNIT_NOT_ACTIVE: _e(_F, "FAILED_PRECONDITION", 422, "该单位未入网、已退出或已被承继", "unit is not active"),
    Reason.SIGNER_NOT_VALID: _e(_F, "PERMISSION_DENIED", 403, "签名证书无效或不属于该单位", "signer is not valid"),
    Reason.RECIPIENT_KEY_NOT_VALID: _e(
        _F, "FAILED_PRECONDITION", 409, "收件单位的密封密钥已失效，将重新密封", "a recipient's key is not valid"
    ),
    Reason.SUITE_NOT_ALLOWED: _e(_F, "FAILED_PRECONDITION", 422, "所用密码套件不被允许", "suite is not allowed"),
    Reason.PREDECESSOR_REFUSED: _e(
        _F, "ABORTED", 409, "其前一动作未被接受，已退回为草稿", "the move before it was refused"
    ),
    Reason.CLAIMED_TIME_REFUSED: _e(
        _F, "FAILED_PRECONDITION", 422, "声明的办理时间超前一日以上", "claimed time is over a day ahead"
    ),
    Reason.NO_LONGER_VALID: _e(_F, "FAILED_PRECONDITION", 422, "已过有效期", "no longer valid"),
    Reason.DRAW_ROOT_WRONG: _e(
        _F, "FAILED_PRECONDITION", 422,
        "抽取所用日志根不是首个覆盖双方承诺的检查点，请取得该检查点后重新计算",
        "the draw names another root of the log than the first checkpoint that covers both commitments",
    ),
    Reason.NOT_FOUND: _e(_T, "NOT_FOUND", 404, "未找到", "not found"),
    Reason.PREDECESSOR_MISSING: _e(_T, "UNAVAILABLE", 503, "前一动作尚未到达，稍后自动重试", "predecessor is missing"),
    Reason.MATERIAL_MISSING: _e(_T, "UNAVAILABLE", 409, "材料尚未传完，稍后自动重试", "a material is missing"),
    Reason.QUOTA_EXCEEDED: _e(_T, "RESOURCE_EXHAUSTED", 429, "已达到配额上限，请稍后再试", "quota is exceeded"),
    Reason.CLOCK_OFF: _e(_T, "FAILED_PRECONDITION", 503, "本机时钟偏差过大，请校时", "the caller's clock is off"),
    Reason.CLAIMED_TIME_AHEAD: _e(_T, "FAILED_PRECONDITION", 503, "声明的办理时间超前，请校时", "claimed time ahead"),
    Reason.STORAGE_UNAVAILABLE: _e(_T, "UNAVAILABLE", 503, "存储暂不可用，稍后自动重试", "storage is unavailable"),
    Reason.ROSTER_NOT_READY: _e(_T, "UNAVAILABLE", 503, "名册尚未就绪", "roster is not ready"),
    Reason.ROSTER_TOO_OLD: _e(_T, "FAILED_PRECONDITION", 503, "名册已过期，不能再用印发出", "roster is too old"),
    Reason.STREAM_REPLACED: _e(_T, "ABORTED", 409, "本机构已建立新的接收连接", "a newer stream took its place"),
    Reason.STOPPING: _e(_T, "UNAVAILABLE", 503, "服务正在停止", "the service is stopping"),
    Reason.UNAVAILABLE: _e(_T, "UNAVAILABLE", 503, "服务暂不可用，稍后自动重试", "unavailable"),
    Reason.MALFORMED: _e(_U, "INVALID_ARGUMENT", 400, "格式不正确", "malformed"),
    Reason.TOO_LARGE: _e(_U, "INVALID_ARGUMENT", 413, "超过大小限制", "too large"),
    Reason.UNKNOWN_VERSION: _e(_U, "UNIMPLEMENTED", 422, "版本不被识别，请升级", "unknown version"),
    Reason.UNKNOWN_CODE: _e(_U, "INVALID_ARGUMENT", 422, "代码不被识别", "unknown code"),
    Reason.UNKNOWN_FEDERATION: _e(_U, "INVALID_ARGUMENT", 422, "不属于本联盟", "unknown federation"),
    Reason.BAD_SIGNATURE: _e(_U, "INVALID_ARGUMENT", 400, "签名验证不通过", "bad signature"),
    Reason.DIGEST_MISMATCH: _e(_U, "INVALID_ARGUMENT", 400, "摘要不一致", "digest does not match"),
    Reason.NOT_YOUR_UNIT: _e(_U, "PERMISSION_DENIED", 403, "该单位不属于本机构", "not a unit of the caller"),
    Reason.ID_CONFLICT: _e(_U, "ALREADY_EXISTS", 409, "同一编号已用于另一内容", "the id names another envelope"),
    Reason.UNAUTHENTICATED: _e(_U, "UNAUTHENTICATED", 401, "未通过身份验证", "unauthenticated"),
    Reason.CERTIFICATE_REVOKED: _e(_U, "UNAUTHENTICATED", 401, "证书已吊销", "certificate is revoked"),
    Reason.CERTIFICATE_EXPIRED: _e(_U, "UNAUTHENTICATED", 401, "证书不在有效期内", "certificate is not valid now"),
    Reason.CERTIFICATE_NOT_TRUSTED: _e(_U, "UNAUTHENTICATED", 401, "证书不受信任", "certificate is not trusted"),
    Reason.CERTIFICATE_PURPOSE: _e(_U, "PERMISSION_DENIED", 403, "证书用途不符", "certificate serves another purpose"),
    Reason.WEAK_KEY: _e(_U, "INVALID_ARGUMENT", 400, "密钥强度不足或不合规", "weak key"),
    Reason.TOKEN_NOT_VALID: _e(_U, "UNAUTHENTICATED", 401, "入网凭据无效或已使用", "token is not valid"),
    Reason.ROSTER_NOT_TRUSTED: _e(_U, "FAILED_PRECONDITION", 409, "名册验证不通过", "roster is not trusted"),
    Reason.CHECKPOINT_NOT_TRUSTED: _e(_U, "FAILED_PRECONDITION", 409, "日志检查点验证不通过", "checkpoint not trusted"),
    Reason.CANNOT_OPEN: _e(_L, "FAILED_PRECONDITION", 422, "无法解密，已提出异议", "cannot be opened"),
    Reason.COMMITMENT_MISMATCH: _e(_L, "FAILED_PRECONDITION", 422, "内容与承诺值不一致", "contradicts its commitment"),
    Reason.BODY_CONTRADICTS_HEADER: _e(
        _L, "FAILED_PRECONDITION", 422, "正文与信头不一致", "the body contradicts the header"
    ),
    Reason.BODY_GUARD_FAILED: _e(_L, "FAILED_PRECONDITION", 422, "正文不符合办理规则", "a rule on the body is not met"),
    Reason.LOCAL_GUARD_FAILED: _e(_L, "FAILED_PRECONDITION", 422, "不符合本单位办理规则", "a local rule is not met"),
    Reason.SHOULD_HAVE_BEEN_REFUSED: _e(
        _L, "INTERNAL", 500, "注册中心接受了本应拒绝的来件，已搁置并报警", "the registry took what it had to refuse"
    ),
    Reason.ENTRY_MISMATCH: _e(_L, "INTERNAL", 500, "登记与本地判断不一致，已报警", "an entry contradicts this node"),
    Reason.LOG_FORKED: _e(_L, "DATA_LOSS", 500, "日志出现分叉，已报警", "the log is forked"),
    Reason.KEY_CHANGED_UNSIGNED: _e(
        _L, "FAILED_PRECONDITION", 409, "对方密钥变更未获确认，已暂停发送", "a key changed and nobody vouches for it"
    ),
    Reason.MATERIAL_DAMAGED: _e(_L, "DATA_LOSS", 500, "材料损坏，请重新获取", "a material is damaged"),
    Reason.MATERIAL_TYPE_REFUSED: _e(_L, "INVALID_ARGUMENT", 415, "不接受此类文件", "this type of file is not taken"),
    Reason.MATERIAL_HELD_ALREADY: _e(
        _L, "ALREADY_EXISTS", 409, "材料已在案，请引用或查看，不必重传或再要", "held already: refer to it or look at it"
    ),
    Reason.FOUR_EYES: _e(_L, "PERMISSION_DENIED", 403, "须由另一人审批", "another person has to approve"),
    Reason.ROLE_MISSING: _e(_L, "PERMISSION_DENIED", 403, "没有办理此事项的权限", "the role is missing"),
    Reason.EDITED_MEANWHILE: _e(_L, "ABORTED", 412, "内容已被他人修改，请刷新", "edited meanwhile"),
    Reason.IF_MATCH_MISSING: _e(_L, "FAILED_PRECONDITION", 428, "缺少版本标识", "If-Match is missing"),
    Reason.INVALID_INPUT: _e(_L, "INVALID_ARGUMENT", 422, "填写内容有误", "invalid input"),
    Reason.SIGN_IN_REQUIRED: _e(_L, "UNAUTHENTICATED", 401, "请先登录", "sign in first"),
    Reason.LOCKED_OUT: _e(_L, "RESOURCE_EXHAUSTED", 429, "登录失败次数过多，请稍后再试", "locked out for a while"),
    Reason.SCHEMA_TOO_NEW: _e(_L, "FAILED_PRECONDITION", 500, "数据由更新的版本写入，请升级", "newer schema"),
    Reason.DISK_FULL: _e(_L, "RESOURCE_EXHAUSTED", 507, "磁盘空间不足", "disk is full"),
    Reason.INTERNAL: _e(_L, "INTERNAL", 500, "内部错误，已记录", "internal error"),
})  # fmt: skip

GRPC_CODES: Final = frozenset({
    "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
})  # fmt: skip


def explain(reason: Reason) -> Explanation:
    """What the reason means; there is one for each."""
    return CATALOGUE[reason]


def reason_class(reason: Reason) -> ReasonClass:
    """Whether it is final, to be tried again, untrusted or local."""
    return CATALOGUE[reason].reason_class


def grpc_code(reason: Reason) -> str:
    """The name of its gRPC status code."""
    return CATALOGUE[reason].grpc_code


def http_status(reason: Reason) -> int:
    """Its HTTP status (RFC 9110)."""
    return CATALOGUE[reason].http_status


def text_of(reason: Reason) -> str:
    """Its Chinese text for people."""
    return CATALOGUE[reason].text_zh
