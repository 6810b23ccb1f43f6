"""Chinese words of the room: roles, states, and what a refusal means beside a field."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from delegation.errors import Refusal
from gateway.bureau.forms.filled import Filled
from gateway.problems import refused_problem
from node.desk.ports import Role

ROLES: Final[Mapping[str, str]] = MappingProxyType({
    Role.CLERK.value: "经办人", Role.DISPATCHER.value: "分派人", Role.APPROVER.value: "审批人（审核人）",
    Role.SEAL_HOLDER.value: "用印人", Role.INVESTIGATOR.value: "调查员", Role.ADMINISTRATOR.value: "管理员",
    Role.READER.value: "审计（只读）", Role.SUPERVISOR.value: "省级监管",
})  # fmt: skip
ROLE_CHOICES: Final = tuple(ROLES.items())
LOOKED_AT: Final[Mapping[str, str]] = MappingProxyType({
    "case": "案件页", "thread": "往来经过", "files": "材料目录", "file": "打开材料", "search": "查询命中",
    "move": "待审批事项", "draft": "拟稿", "paper": "出具文书", "request": "个人信息请求",
    "lines": "列表中的一行",
    "old_case": "纸质旧案",
})  # fmt: skip
TASKS: Final[Mapping[str, str]] = MappingProxyType({"draft": "拟稿", "move": "待审批事项", "assignment": "在办案件"})
ASKS: Final[Mapping[str, str]] = MappingProxyType(
    {"copy": "查阅、复制", "correction": "更正、补充", "deletion": "删除"}
)
ASKED_BY: Final[Mapping[str, str]] = MappingProxyType({
    "worker": "职工本人", "agent": "受托代理人", "relative": "近亲属（职工死亡后）",
})  # fmt: skip
CHECKED: Final[Mapping[str, str]] = MappingProxyType({
    "id_card": "当面核对居民身份证", "online": "实名认证平台核验", "id_card_and_authority": "核对身份证和授权委托书",
    "id_card_and_kinship": "核对身份证、死亡证明和亲属关系证明",
})  # fmt: skip
OUTCOMES: Final[Mapping[str, str]] = MappingProxyType({
    "given": "已提供", "partly": "部分提供", "corrected": "已更正并告知对方", "not_corrected": "不予更正",
    "not_deleted": "依法不予删除",
})  # fmt: skip
OUTCOMES_OF: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "copy": ("given", "partly"), "correction": ("corrected", "not_corrected"), "deletion": ("not_deleted",),
})  # fmt: skip
KEPT_50_YEARS: Final = (
    "依照《工伤认定办法》第二十四条，工伤认定的有关资料应当保存五十年。"
    "《个人信息保护法》第四十七条第二款：法律、行政法规规定的保存期限未届满的，不予删除；"
    "本机构停止除存储和采取必要安全保护措施之外的处理，办理工伤认定所必需的除外。"
)
# field and `why` of a refusal: what to say; "" for any other cause
FAULTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({
    "staff_id": {
        "exists": "这个账号已经有了", "personal": "账号不能是身份证号或手机号",
        "role": "此人没有经办、调查或监管的角色",
        "": "账号不对，请核对",
    },
    "name": {"": "请填写姓名（最多一百字）"},
    "phone": {"": "电话只能有数字、空格、括号和加减号"},
    "password": {
        "length": "口令至少十个字符", "easy": "口令太简单", "same": "新口令不能与原口令相同", "": "口令不合要求",
    },
    "units": {"": "请选择本机构的单位"},
    "roles": {"": "请至少选择一个角色"},
    "role": {"": "此人没有这个角色"},
    "unit": {"": "此人不属于这个单位"},
    "deputy": {"holds_it": "此人自己已有这个角色，或就是本人", "": "代理人须是该单位在用的账号"},
    "first": {"": "日期不对"},
    "last": {"past": "截止日已过", "": "截止日不能早于开始日，最长一年"},
    "to": {"role": "此人没有接手所需的角色", "": "请选择该单位在用的另一账号"},
    "label": {"": "请填写用途（最多一百字）"},
    "expires_at": {"": "截止日应在今天之后"},
    "asked_by": {"": "请选择由谁提出"},
    "checked": {"": "核验方式与提出人不符：代理人须有授权委托书，近亲属须有死亡证明和亲属关系证明"},
    "asked_on": {"": "日期不对，不能晚于今天"},
    "text": {"": "请填写（最多两千字）"},
    "outcome": {"": "请选择处理结果"},
    "days": {"": "请填写 1 至 60 的整数"},
    "old": {"": "原口令不对"},
})  # fmt: skip


def note_refusal(form: Filled, refusal: Refusal) -> int:
    """Put a refusal beside the field that it is about, or else at the top; the answer's status."""
    problem = refused_problem(refusal.refused)
    details = refusal.refused.details
    field = details.get("field", "")
    known = {each.path for each in form.spec.fields}
    words = FAULTS.get(field, {})
    if field in known and words:
        form.faults.setdefault(field, words.get(details.get("why", ""), words[""]))
    else:
        form.faults.setdefault("", problem.zh)
    return problem.status
