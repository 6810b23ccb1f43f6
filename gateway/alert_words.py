"""What each rule of an office's alerts is called, and what it says: pages and interface speak alike."""

from collections.abc import Mapping
from typing import Final

from node.province.alert_settings import Rule

# label, what it says with {n} as the alert's number (and {m} as the number before)
RULES: Final[Mapping[Rule, tuple[str, str]]] = {
    Rule.LATE: ("委托超期", "已超期 {n} 天"),
    Rule.SUPERVISION: ("督办逾期未答复", "答复已逾期 {n} 天"),
    Rule.OFFLINE: ("单位离线", "注册中心已 {n} 小时未收到其连接"),
    Rule.REFUSALS: ("不予受托突增", "近七日不予受托 {n} 件，此前八周共 {m} 件"),
    Rule.REGISTRY: ("与注册中心失去联系", "已 {n} 分钟，数字可能不是最新的"),
    Rule.COPY: ("数据副本存疑", "{n} 条日志条目未通过核验，数字暂不作准"),
}
