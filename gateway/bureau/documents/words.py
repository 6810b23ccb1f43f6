"""Codes of letters, results and evidence in words, as papers and pages show them; an unknown code is shown as it is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ID_DOCUMENT_CITIZEN_ID": "居民身份证",
        "ID_DOCUMENT_PASSPORT": "护照",
        "ID_DOCUMENT_OLD_ID": "十五位旧身份证",
        "ID_DOCUMENT_OTHER": "其他证件",
        "INSURANCE_MODE_EMPLOYER": "单位参保",
        "INSURANCE_MODE_PROJECT": "项目参保",
        "INSURANCE_MODE_NONE": "未参保",
        "APPLICANT_ROLE_EMPLOYER": "用人单位",
        "APPLICANT_ROLE_WORKER": "职工本人",
        "APPLICANT_ROLE_RELATIVE": "近亲属",
        "APPLICANT_ROLE_UNION": "工会组织",
        "FINDING_FOUND": "查明",
        "FINDING_PARTLY": "部分查明",
        "FINDING_NOT_FOUND": "未能查明",
        "EVIDENCE_KIND_DOCUMENT": "书证",
        "EVIDENCE_KIND_OBJECT": "物证",
        "EVIDENCE_KIND_AUDIOVISUAL": "视听资料",
        "EVIDENCE_KIND_ELECTRONIC": "电子数据",
        "EVIDENCE_KIND_WITNESS": "证人证言",
        "EVIDENCE_KIND_STATEMENT": "当事人陈述",
        "EVIDENCE_KIND_EXPERT": "鉴定意见",
        "EVIDENCE_KIND_INSPECTION": "勘验笔录、现场笔录",
        "ADOPTION_ADOPTED": "采用",
        "ADOPTION_PARTLY": "部分采用",
        "ADOPTION_NOT_ADOPTED": "不采用",
        "ACCIDENT": "事故地",
        "EVIDENCE": "取证地",
        "TREATMENT": "就医地",
        "RESIDENCE": "居住地",
        "EMPLOYER": "单位所在地",
        "DEFINITE": "确定",
        "UNCERTAIN": "不确定",
        "ORDINARY": "普通程序",
        "SIMPLE": "简易程序",
        "NORMAL": "普通",
        "PREFERRED": "优先",
        "GREEN": "绿色通道",
        "RECOGNITION_RULES_14": "《工伤认定办法》第十四条",
        "REGULATION_25": "《工伤保险条例》第二十五条",
        "AGREEMENT": "合作协议",
        "SAME_POOLING_AREA": "同统筹地区协查",
        "SINGLE_CASE": "一案一议",
        "1": "男",
        "2": "女",
        "in-plant": "厂内",
        "away": "外出",
        "commuting": "上下班途中",
        "site": "工地",
        "road": "道路",
        "working-time": "工作时间",
        "place": "工作场所",
        "cause": "工作原因",
        "exclusion": "排除情形",
    }
)


def meaning(code: object) -> str:
    """The code in words."""
    return CODES.get(str(code), str(code)) if code is not None else ""
