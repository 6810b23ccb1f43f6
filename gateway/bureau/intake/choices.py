"""What may be chosen in the form, code and label. Codes are the contract's."""

from typing import Final

Choices = tuple[tuple[str, str], ...]

PLACE_ROLES: Final[Choices] = (
    ("ACCIDENT", "事故地"),
    ("EVIDENCE", "取证地"),
    ("TREATMENT", "就医地"),
    ("RESIDENCE", "居住地"),
    ("EMPLOYER", "单位所在地"),
)
LEGAL_BASES: Final[Choices] = (
    ("RECOGNITION_RULES_14", "《工伤认定办法》第十四条（跨统筹地区）"),
    ("SAME_POOLING_AREA", "同一统筹地区内协查"),
    ("AGREEMENT", "合作协议"),
)
PRIORITIES: Final[Choices] = (("NORMAL", "普通"), ("PREFERRED", "优先"), ("GREEN", "绿色通道"))
PROCEDURES: Final[Choices] = (("ORDINARY", "普通程序（60日）"), ("SIMPLE", "简易程序（15日）"))
ID_DOCUMENTS: Final[Choices] = (
    ("ID_DOCUMENT_CITIZEN_ID", "居民身份证、港澳台居住证、外国人永久居留证（18位）"),
    ("ID_DOCUMENT_OLD_ID", "旧身份证（15位）"),
    ("ID_DOCUMENT_PASSPORT", "护照"),
    ("ID_DOCUMENT_OTHER", "其他证件"),
)
SEXES: Final[Choices] = (("1", "男"), ("2", "女"), ("0", "未知的性别"), ("9", "未说明的性别"))
INSURANCE_MODES: Final[Choices] = (
    ("INSURANCE_MODE_EMPLOYER", "单位参保"),
    ("INSURANCE_MODE_PROJECT", "按项目参保"),
    ("INSURANCE_MODE_NONE", "未参保"),
)
APPLICANT_ROLES: Final[Choices] = (
    ("APPLICANT_ROLE_EMPLOYER", "用人单位"),
    ("APPLICANT_ROLE_WORKER", "职工"),
    ("APPLICANT_ROLE_RELATIVE", "近亲属"),
    ("APPLICANT_ROLE_UNION", "工会组织"),
)
DISEASES: Final[Choices] = (
    ("OCCUPATIONAL_DISEASE_VALID_CERTIFICATE", "有合法的职业病诊断证明书或鉴定书（不再调查）"),
    ("OCCUPATIONAL_DISEASE_DEFECTIVE_CERTIFICATE", "诊断证明书不符合要求的格式"),
    ("OCCUPATIONAL_DISEASE_NO_CERTIFICATE", "没有诊断证明书"),
)
SCENES: Final[Choices] = (
    ("in-plant", "单位内"),
    ("away", "因工外出"),
    ("commuting", "上下班途中"),
    ("site", "工地"),
    ("road", "道路"),
    ("home-office", "居家办公"),
    ("other", "其他"),
)
# 工伤保险条例 art. 14, 15; in own words, short enough for a list
GROUNDS: Final[Choices] = (
    ("14-1", "14条1项 工作时间、场所内因工作原因受事故伤害"),
    ("14-2", "14条2项 工作前后在场所内做预备或收尾工作受伤"),
    ("14-3", "14条3项 工作时间、场所内因履职受暴力等意外伤害"),
    ("14-4", "14条4项 患职业病"),
    ("14-5", "14条5项 因工外出期间受伤或下落不明"),
    ("14-6", "14条6项 上下班途中非本人主要责任的交通事故等"),
    ("14-7", "14条7项 法律法规规定的其他情形"),
    ("15-1", "15条1项 工作时间和岗位突发疾病死亡或48小时内抢救无效死亡"),
    ("15-2", "15条2项 抢险救灾等维护公共利益活动中受伤"),
    ("15-3", "15条3项 退役军人旧伤复发"),
)
EXCLUSIONS: Final[Choices] = (
    ("16-1", "16条1项 故意犯罪"),
    ("16-2", "16条2项 醉酒或吸毒"),
    ("16-3", "16条3项 自残或自杀"),
)
SUSPENSIONS: Final[Choices] = (
    ("S01", "等待行政机关结论"),
    ("S02", "等待司法机关结论"),
    ("S03", "劳动关系仲裁或诉讼"),
)
