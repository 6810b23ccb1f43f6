"""Ready outlines of an investigation, a group a theme, in our own words; a clerk chooses groups and changes the text.

Themes follow 人力资源社会保障部关于执行《工伤保险条例》若干问题的意见（三）（人社部发〔2025〕62号）; the articles named
with a group say why it is asked. An outline binds nobody: the host may ask more (民事诉讼法 art. 134 by analogy).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

SOURCE: Final = "人社部发〔2025〕62号"


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that belong together."""

    code: str
    label: str
    basis: str
    questions: tuple[str, ...]


GROUPS: Final[tuple[Group, ...]] = (
    Group(
        "working-time", "工作时间", "条例第14条；意见（三）关于工作时间",
        (
            "劳动合同、规章或排班表规定的上下班时间是什么，当天是否有加班、值班、调班安排，由谁安排？",
            "事发当日职工的考勤、门禁、工作群或系统登录记录显示其何时到岗、何时离岗？",
            "事发时间前后的间歇、用餐、等候任务等，是否属于工作所必需？",
        ),
    ),
    Group(
        "place", "工作场所", "条例第14条；意见（三）关于工作场所",
        (
            "事发的具体位置在哪里，是否在单位管理的区域内，或者为完成工作往来的合理区域内？请附现场图和照片。",
            "该地点由谁管理、使用，职工为何到达该处？",
            "是否有监控覆盖该位置，录像是否已调取并保全？",
        ),
    ),
    Group(
        "cause", "工作原因", "条例第14条；意见（三）关于工作原因",
        (
            "职工当时在做什么，受谁指派，与其岗位职责或单位利益有什么关系？",
            "伤害是怎样发生的，在场人员各看到什么，设备、环境、他人行为起了什么作用？",
            "伤情与所述经过是否吻合，首诊记录对受伤原因如何记载？",
        ),
    ),
    Group(
        "commuting", "上下班途中", "条例第14条第6项；意见（三）第7条",
        (
            "职工的居住地、工作地和当日行程起讫点分别在哪里，平时走哪条路线？",
            "事发时间与上下班时间相隔多久，中途停留多久，去做什么？",
            "事发路线是否合理，绕行的是否为日常生活所需？请附路线图。",
        ),
    ),
    Group(
        "traffic", "交通事故责任", "条例第14条第6项；意见（三）第6条",
        (
            "公安机关是否出具交通事故认定书或其他结论，职工承担何种责任？请取得加盖印章的复印件。",
            "没有认定书的，原因是什么，申请人能否提供其他证明，有无正在进行的复核或诉讼？",
        ),
    ),
    Group(
        "death", "死亡时间", "条例第15条第1项；意见（三）第8条",
        (
            "居民死亡医学证明（推断）书记载的死亡时间和原因是什么，由谁出具？",
            "发病时间、首次接诊时间、抢救经过和持续时间分别是什么？请取得病历和急救记录。",
            "发病时职工是否在工作时间和工作岗位，事前有何症状，谁在场？",
        ),
    ),
    Group(
        "home-office", "居家办公", "意见（三）第9条",
        (
            "单位是否要求或批准居家办公，有什么书面安排或通知？",
            "事发时职工是否确在处理工作，有何工作记录（通信、文件、系统日志）？",
            "伤害与所做工作有无直接联系，住所内的具体位置在哪里？",
        ),
    ),
    Group(
        "labour-relation", "劳动关系（含转包、挂靠）", "意见（三）第10条；法释〔2014〕9号",
        (
            "职工与单位有无书面合同，工资由谁发放，社保由谁缴纳，日常由谁管理？",
            "是否存在派遣、借调、转包、分包或者挂靠，各方是谁，协议如何约定用工责任？",
            "对劳动关系是否有争议，是否已申请仲裁或者起诉，进展如何？",
        ),
    ),
    Group(
        "exclusion", "排除情形", "条例第16条；人社部发〔2013〕34号第4条",
        (
            "有无证据表明职工故意犯罪，司法机关是否有生效文书？",
            "是否做过酒精或毒品检测，结果和检测单位是什么？",
            "有无自残或者自杀的迹象，有关机关如何认定？",
        ),
    ),
)  # fmt: skip
BY_CODE: Final[Mapping[str, Group]] = MappingProxyType({group.code: group for group in GROUPS})
