"""What the doctor found: a name, how it stands, and in both languages why and what to do. Never case text."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple


class Status(StrEnum):
    """How a thing stands."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. Cause and cure are empty when it is well."""

    name: str
    status: Status
    cause: str = ""
    cure: str = ""
    cause_zh: str = ""
    cure_zh: str = ""


class Text(NamedTuple):
    """Cause and cure of one fault; `{...}` are filled in with names and numbers."""

    cause: str
    cure: str
    cause_zh: str
    cure_zh: str


TEXTS: Final[Mapping[str, Text]] = MappingProxyType({
    "key_missing": Text(
        "key file {file} is missing", "restore it from the key backup; without it run `xieban node init` and enrol",
        "密钥文件 {file} 缺失", "从密钥备份中恢复；没有备份则重新初始化并入网"),
    "key_readable": Text(
        "key file {file} can be read by others", "chmod 600 it, and have the key replaced: it may have been copied",
        "密钥文件 {file} 可被其他用户读取", "执行 chmod 600，并更换该密钥：它可能已被复制"),
    "key_broken": Text(
        "key file {file} is refused: {code}", "restore it from the key backup, owned by the node's own account",
        "密钥文件 {file} 不可用：{code}", "从密钥备份中恢复，属主应为节点运行账户"),
    "folder_open": Text(
        "folder {file} is open to others", "chmod 700 it", "目录 {file} 对其他用户开放", "执行 chmod 700"),
    "not_enrolled": Text(
        "{file} is not there: the node is not enrolled", "run `xieban node enrol` with a one-time token",
        "缺少 {file}：节点尚未入网", "使用一次性令牌执行 `xieban node enrol`"),
    "certificate_malformed": Text(
        "certificate {file} cannot be read", "enrol again with a new one-time token",
        "证书 {file} 无法读取", "使用新的一次性令牌重新入网"),
    "certificate_expired": Text(
        "certificate {file} ended on {day}", "enrol again (channel, node), or send a new unit request (unit)",
        "证书 {file} 已于 {day} 到期", "通道、节点证书重新入网；单位证书重新提交申请"),
    "certificate_early": Text(
        "certificate {file} begins on {day}", "set this machine's clock",
        "证书 {file} 自 {day} 起有效", "校准本机时钟"),
    "certificate_ends": Text(
        "certificate {file} ends on {day}", "have it renewed now",
        "证书 {file} 将于 {day} 到期", "现在办理更新"),
    "certificate_key": Text(
        "certificate {file} is not of the key beside it", "restore key and certificate from one backup, or enrol again",
        "证书 {file} 与同名密钥不符", "从同一备份恢复密钥和证书，或重新入网"),
    "no_unit_certificate": Text(
        "the roster holds no valid signing certificate of ours for unit {unit}",
        "ask the seal authority (`xieban node unit-request {unit}`)",
        "名册中没有本节点单位 {unit} 的有效签名证书", "执行 `xieban node unit-request {unit}` 并提交印章机构"),
    "no_sealing_key": Text(
        "the roster holds no valid sealing key of unit {unit}", "send a new unit request; nobody can write to it now",
        "名册中没有单位 {unit} 的有效密封密钥", "重新提交单位申请；目前无人能向该单位发函"),
    "sealing_key_lost": Text(
        "the private sealing key of unit {unit} that the roster names is not here",
        "restore it from the key backup, or rotate it: senders then seal anew",
        "名册所列单位 {unit} 的密封私钥不在本机", "从密钥备份恢复，或更换密钥由发件单位重新密封"),
    "sealing_key_ends": Text(
        "the sealing key of unit {unit} ends on {day}", "rotate it now",
        "单位 {unit} 的密封密钥将于 {day} 到期", "现在更换"),
    "no_units": Text(
        "no unit is served", "run `xieban node unit-request` for each unit",
        "本节点未配置任何单位", "为每个单位执行 `xieban node unit-request`"),
    "disk_full": Text(
        "{free} MiB free, {least} MiB are kept back: nothing more is taken", "make room on the data disk",
        "剩余 {free} MiB，低于保留的 {least} MiB：已停止接收", "清理数据盘"),
    "disk_low": Text(
        "{free} MiB free", "make room on the data disk soon", "剩余 {free} MiB", "尽快清理数据盘"),
    "folder_missing": Text(
        "the data folder is not there", "check --data-dir, or run `xieban node init`",
        "数据目录不存在", "检查 --data-dir，或执行 `xieban node init`"),
    "database_closed": Text(
        "the database does not open", "check file, disk and rights; restore the last backup if it is damaged",
        "数据库无法打开", "检查文件、磁盘和权限；如已损坏则恢复最近的备份"),
    "database_newer": Text(
        "the database is of a newer version ({version})", "install the program of that version",
        "数据库版本较新（{version}）", "安装对应版本的程序"),
    "database_older": Text(
        "the database is of an older version ({version})", "back it up; the next start brings it up to date",
        "数据库版本较旧（{version}）", "先备份；下次启动时自动升级"),
    "database_readable": Text(
        "the database file can be read by others", "chmod 600 it", "数据库文件可被其他用户读取", "执行 chmod 600"),
    "registry_away": Text(
        "no connection to the registry's exchange port ({reason})", "check network, address and firewall",
        "无法连接注册中心交换端口（{reason}）", "检查网络、地址和防火墙"),
    "registry_refuses": Text(
        "the registry refuses this node: {reason}", "ask the registry's operator; enrol again if it was revoked",
        "注册中心拒绝本节点：{reason}", "联系注册中心运维；如证书已吊销则重新入网"),
    "registry_log": Text(
        "the registry's checkpoint is not signed by the log key of the roster",
        "report it: this may be another registry",
        "注册中心检查点不是名册所列日志密钥所签", "立即上报：对方可能不是真正的注册中心"),
    "enrolment_away": Text(
        "the enrolment port does not answer ({reason})", "check network, address and firewall",
        "入网端口没有应答（{reason}）", "检查网络、地址和防火墙"),
    "enrolment_ill": Text(
        "the registry says that it is not serving", "ask the registry's operator",
        "注册中心报告未在服务", "联系注册中心运维"),
    "clock_off": Text(
        "this clock is {seconds} s away from the registry's", "set up time synchronisation (NTP)",
        "本机时钟与注册中心相差 {seconds} 秒", "配置时间同步（NTP）"),
    "clock_refused": Text(
        "this clock is {seconds} s away from the registry's: it refuses every envelope",
        "set the clock and time synchronisation (NTP)",
        "本机时钟与注册中心相差 {seconds} 秒：所有函件均被拒收", "立即校时并配置时间同步（NTP）"),
    "clock_unknown": Text(
        "the registry's time is not known", "look again when it can be reached",
        "未能取得注册中心时间", "恢复连接后再检查"),
    "no_roster": Text(
        "no trusted roster is held", "connect to the registry; have one published if there is none",
        "本机没有可信名册", "连接注册中心；如尚无名册则请其发布"),
    "roster_untrusted": Text(
        "the newest roster is not signed by the pinned seal authority", "report it, and seal nothing by it",
        "最新名册不是所固定的印章机构签署", "立即上报，不得据此密封"),
    "roster_cut_off": Text(
        "the roster was signed {hours} h ago", "connect to the registry: after 14 days nothing new is sealed",
        "名册签署于 {hours} 小时前", "恢复与注册中心的连接：超过十四天将停止密封"),
    "roster_frozen": Text(
        "the registry answers, and shows no roster newer than {hours} h",
        "ask the seal authority whether it signs daily; report it if it does",
        "注册中心有应答，但 {hours} 小时内没有新名册", "向印章机构核实是否每日签署；如已签署则立即上报"),
    "roster_too_old": Text(
        "the roster is {days} days old: nothing new is sealed", "connect to the registry",
        "名册已有 {days} 天：已停止密封", "恢复与注册中心的连接"),
    "parked": Text(
        "{count} deliveries are parked ({reasons})", "look at them in the to-do list; their senders were told",
        "有 {count} 件来函被搁置（{reasons}）", "在待办中逐件查看；发件单位已收到通知"),
    "queue_old": Text(
        "{count} envelopes wait, the oldest since {hours} h", "check the connection to the registry",
        "有 {count} 件待发，最早的已等 {hours} 小时", "检查与注册中心的连接"),
    "looks_broken": Text(
        "the log of who looked at which case is broken at row {number}: it was altered, or rows were taken out",
        "keep the database as it is, tell whoever audits the bureau, and compare with backups and the machine's log",
        "查阅记录自第 {number} 行起不完整：记录被改动或删去",
        "保留数据库原状，报告审计人员，并与备份和本机日志核对"),
    "queue_refused": Text(
        "{count} own envelopes came back ({reasons})", "look at them in the to-do list and decide",
        "有 {count} 件发函被退回（{reasons}）", "在待办中逐件处理"),
    "alerts_refused": Text(
        "the settings of alerts cannot be used: {field}", "correct `alerts` in node.json as docs/operations.md says",
        "预警设置不能使用：{field}", "按 docs/operations.md 更正 node.json 中的 `alerts`"),
    "alerts_not_taken": Text(
        "{count} alerts wait: {kind} to {host} failed {times} times ({why})",
        "look at the receiver, its certificate and the network; what waits is told when it takes calls again",
        "有 {count} 条预警未能送出：{kind} 至 {host} 已失败 {times} 次（{why}）",
        "检查接收方、其证书和网络；恢复后自动补送"),
    "reports_late": Text(
        "{count} reports of {unit} are due and not made: the copy of the registry's log is not complete or not current",
        "look at the connection to the registry and at the alarms; they are made up for by themselves",
        "{unit} 有 {count} 份到期报表尚未生成：注册中心日志的本地副本不完整或不是最新",
        "检查与注册中心的连接和警报；恢复后自动补做"),
    "alarms": Text(
        "{count} alarms nobody acknowledged ({reasons})", "look at them; details are in the alarm list",
        "有 {count} 条警报未确认（{reasons}）", "在警报列表中查看并确认"),
})  # fmt: skip


def well(name: str) -> Finding:
    """Nothing to say of it."""
    return Finding(name=name, status=Status.OK)


def ill(name: str, status: Status, fault: str, **values: object) -> Finding:
    """A fault of the table, with names and numbers filled in."""
    text = TEXTS[fault]
    cause, cure, cause_zh, cure_zh = (part.format(**values) for part in text)
    return Finding(name=name, status=status, cause=cause, cure=cure, cause_zh=cause_zh, cure_zh=cure_zh)
