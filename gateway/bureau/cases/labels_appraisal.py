"""Chinese labels of what an appraisal's letters, bodies and headers hold, by the contract's names (appraisal.proto)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

APPRAISAL_FIELD_LABELS: Final[Mapping[str, str]] = MappingProxyType({
    # the letter
    "appraisal": "鉴定申请", "decision_number": "认定工伤决定书文号", "decided_on": "认定工伤决定书日期",
    "injured_parts": "伤害部位", "records": "病历目录", "specialties": "科别", "panel_size": "专家组人数",
    "pool_basis": "从谁的专家库抽取及其依据", "immobile": "职工不便出行", "consent_worker": "职工同意",
    "consent_employer": "用人单位同意", "treating_hospitals": "救治医疗机构", "earlier_conclusion": "原鉴定结论书文号",
    "earlier_concluded_on": "原结论日期",
    # the draw and the panel
    "specialties.reason": "确定科别的理由", "remedy": "处理办法", "ineligible": "未列入合格名单的人数",
    "ineligible.reason": "原因", "count": "人数", "strata": "各科别人数", "seats": "在座", "reserves": "候补",
    "eligible": "合格人数", "draw": "第几次抽取", "pool_version": "专家库版次", "eligible_root": "合格名单摘要",
    "strata.draw": "第几次抽取", "panel": "专家组", "panel.experts": "专家", "checkpoint": "日志检查点",
    "panel.pool": "专家库承诺", "path": "验证路径", "salt": "盐值", "pool_salt": "专家库盐值",
    "pool_index": "专家库序号", "pool_path": "专家库验证路径", "pool_specialties": "专家库所列科别",
    "appointed_from": "聘期自", "stratum": "第几科别（自0起）", "position": "名单序号（自0起）", "reserve": "候补",
    "chair": "组长", "expert_id": "专家编号", "title": "专业技术职称", "specialty": "科别", "specialty_2": "另一科别",
    "specialty_3": "另一科别", "panel_change": "更换专家", "leaves": "退出的专家", "enters": "递补", "recusal": "回避",
    "raised_by": "谁提出", "upheld": "同意回避", "experts": "专家", "home_expert_id": "入库编号",
    "experts.employer": "供职单位", "enters.employer": "供职单位",
    "appointment_number": "聘书文号", "appointed_until": "聘期至", "available_on": "可到日期",
    "experts.recusal_declared": "已声明无利害关系", "secret": "抽取密值", "commitment": "抽取承诺",
    "log_size": "日志长度", "log_root": "日志根", "picks": "抽取结果", "draw_escrow": "密值托管", "secrets": "托管",
    "key_id": "密封公钥", "sealed": "密封内容",
    # the examination
    "appointment": "排期", "at": "时间", "form": "方式", "bring": "职工须携带", "appointment.reason": "改期理由",
    "place": "地点", "worker_notice": "通知职工", "method": "送达方式", "proof_material_id": "送达凭证",
    "served_on": "送达日期", "examination_on": "鉴定日期", "instead_of": "原定日期", "on": "日期",
    "absence": "未到场", "detail": "经过", "absences": "计入的未到场次数", "examination": "现场鉴定",
    "identity_check": "身份如何核验", "identity_checked_by": "核验人", "identity_matches": "到场的是职工本人",
    "examination.experts": "到场专家", "present": "其他在场人员", "findings": "检查所见", "extra_tests": "补充检查",
    "hospital": "检查医院", "tests": "检查什么、为什么", "expected_on": "预计出结果日期",
    # the opinion, the result, the conclusion
    "opinion": "专家组意见", "opinions": "各专家意见", "majority": "多数意见", "opinions.finding": "本人意见",
    "opinions.text": "不同意的理由", "opinions.name": "姓名", "agrees": "同意多数意见", "signed_on": "签名日期",
    "signed_material_id": "签名页", "dissent": "不同意见概述", "answers.warning": "核算提示", "injuries": "各项伤情",
    "opinion.answers": "核算提示的说明", "opinion.answers.text": "说明",
    "injury": "伤情", "clause": "条款（GB/T 16180）", "grade": "等级", "self_care": "生活自理", "eating": "进食需护理",
    "turning": "翻身需护理", "toilet": "大小便需护理", "dressing": "穿衣、洗漱需护理", "moving": "自主行动需护理",
    "degree": "生活自理障碍等级", "other": "其他意见", "appraisal_result": "鉴定结果",
    "appraisal_result.report": "鉴定经过和依据", "rejudge": "退回复核", "clauses": "所涉标准条款",
    "conclusion": "鉴定结论", "number": "文号", "conclusion.finding": "结论内容", "service_method": "送达方式",
    "remedy_told": "已告知可申请再次鉴定", "conclusion.outcome": "结果", "signed": "已签名人数",
    "dissenting": "不同意人数", "warnings_answered": "已说明的提示", "warnings_open": "未说明的提示",
    "declared.experts": "专家人数",
})  # fmt: skip

APPRAISAL_CODE_LABELS: Final[Mapping[str, str]] = MappingProxyType({
    "OBJECTION_BY_WORKER": "职工", "OBJECTION_BY_EMPLOYER": "用人单位", "EXAMINATION_FORM_ON_SITE": "现场",
    "EXAMINATION_FORM_HOME_VISIT": "上门", "EXAMINATION_FORM_VIDEO": "远程",
})  # fmt: skip
