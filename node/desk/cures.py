"""What a person can do about something that did not get through: one sentence a reason, in Chinese."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from delegation.errors import Reason

_BY_REASON: Final[Mapping[str, str]] = MappingProxyType({
    Reason.STALE: "查看对方的新动作后，以原内容重新办理",
    Reason.NOT_ALLOWED: "查看当前状态和可办事项，改办其他事项，或不再发送",
    Reason.GUARD_FAILED: "按提示的规则修改后重新办理",
    Reason.WRONG_PLACE: "核对任务地点；按名册改投有管辖权的单位，或走线下办理",
    Reason.UNIT_NOT_ACTIVE: "改投承继单位；对方未入网的，走线下办理",
    Reason.SIGNER_NOT_VALID: "请管理员为本单位更换签名密钥，再重新用印发出",
    Reason.RECIPIENT_KEY_NOT_VALID: "名册更新后由节点自动重新密封；长期不动时联系对方单位",
    Reason.SUITE_NOT_ALLOWED: "请管理员升级节点程序",
    Reason.PREDECESSOR_REFUSED: "先处理前一份被退回的文书，再以原内容重新办理",
    Reason.CLAIMED_TIME_REFUSED: "请管理员校准本机时钟，再重新办理",
    Reason.NO_LONGER_VALID: "已过有效期，确有需要的重新办理",
    Reason.DRAW_ROOT_WRONG: "取得首个覆盖双方承诺的检查点，按其日志根重新计算后发出",
    Reason.NOT_FOUND: "核对委托编号与前一份文书；仍未找到的联系注册中心",
    Reason.MALFORMED: "请管理员查看节点版本，内容仍保留，可重新办理",
    Reason.BAD_SIGNATURE: "请管理员检查签名密钥，内容仍保留，可重新办理",
    Reason.CANNOT_OPEN: "已自动提出异议，等待对方重新密封；本机密钥丢失的请管理员恢复",
    Reason.COMMITMENT_MISMATCH: "已自动提出异议，联系对方重新发送",
    Reason.BODY_CONTRADICTS_HEADER: "已自动提出异议，联系对方重新发送",
    Reason.BODY_GUARD_FAILED: "已自动提出异议，联系对方更正后重新发送",
    Reason.SHOULD_HAVE_BEEN_REFUSED: "来件已搁置，请管理员联系注册中心核查",
    Reason.ENTRY_MISMATCH: "请管理员联系注册中心核查登记",
    Reason.LOG_FORKED: "停止依赖注册中心的回执，请管理员立即联系各方核对日志",
    Reason.KEY_CHANGED_UNSIGNED: "已暂停发送，用电话向对方核实密钥变更，等待名册更正",
    Reason.MATERIAL_DAMAGED: "重新获取材料；仍损坏的请对方重新上传",
    Reason.ROSTER_TOO_OLD: "请管理员恢复与注册中心的连接，取得新名册后再用印",
    Reason.ROSTER_NOT_TRUSTED: "请管理员联系印章机构核对名册",
    Reason.CHECKPOINT_NOT_TRUSTED: "请管理员联系注册中心核对日志检查点",
    Reason.CERTIFICATE_EXPIRED: "请管理员换发证书",
    Reason.DISK_FULL: "请管理员清理磁盘空间",
})  # fmt: skip
_BY_KIND: Final[Mapping[str, str]] = MappingProxyType({
    "paper": "打印委托函寄送对方；收到对方书面答复后登记",
    "counterpart": "核对新的受托单位后再发",
    "sent_back": "按审批意见修改后重新提交",
})  # fmt: skip
_PLAIN: Final = "查看详情；不能自行处理的联系管理员"
_DID_NOT_GET_THROUGH: Final = frozenset({"refused", "not_routed", "not_found", "parked", "alarm"})


def cure_of(kind: str, reason: str) -> str:
    """What to do; empty for what simply waits to be done."""
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    return _BY_REASON.get(reason, _PLAIN) if kind in _DID_NOT_GET_THROUGH else ""
