"""Chinese labels of what letters, bodies and headers hold: names of fields as the contract has them, and its codes.

A field's label is looked up by the end of its path, the longest first: ``worker.name`` before ``name``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from delegation.evidence_checks import EVIDENCE_CHECKS
from gateway.bureau.cases.labels_appraisal import APPRAISAL_CODE_LABELS, APPRAISAL_FIELD_LABELS
from gateway.bureau.intake.choices import EXCLUSIONS, GROUNDS
from gateway.bureau.intake.outline import GROUPS

FIELD_LABELS: Final[Mapping[str, str]] = MappingProxyType({
    **APPRAISAL_FIELD_LABELS,
    # the letter
    "letter": "委托函", "acceptance_number": "受理决定书文号", "case_summary": "简要案情", "items": "事项",
    "items.code": "编号", "items.text": "内容", "items.mandatory": "必查", "outline": "调查提纲",
    "outline.group": "问题组",
    "outline.text": "问题", "worker": "职工", "worker.name": "姓名", "id_document": "证件类型", "id_number": "证件号码",
    "sex": "性别", "born_on": "出生日期", "occupation": "职业（工种）", "phone": "电话", "address": "住址",
    "social_security_number": "社会保障号", "employer": "用人单位", "employer.name": "名称",
    "credit_code": "统一社会信用代码", "registered_in": "注册地", "operates_in": "生产经营地", "industry": "行业",
    "contact_name": "联系人", "contact_phone": "联系电话", "labour_user": "用工、派遣或发包单位", "accident": "事故",
    "happened_at": "发生时间", "place_text": "地点", "region_code": "行政区划代码", "coordinates": "经纬度",
    "scene": "场景", "course": "经过", "injured_part": "伤害部位", "diagnosis": "诊断",
    "first_hospital": "首诊医疗机构",
    "witnesses": "证人", "witnesses.name": "姓名", "witnesses.role": "证明事项",
    "traffic_document_number": "交通事故认定书号",
    "died_on": "死亡日期", "insurance": "参保", "mode": "参保方式", "insured_in": "参保地", "project_name": "项目名称",
    "project_in": "项目所在地", "applicant": "申请人", "applicant.role": "申请人身份", "applicant.name": "姓名或名称",
    "relation": "与职工关系", "applied_on": "申请日期", "claimed_grounds": "申请条款", "exclusion_flags": "排除情形",
    "occupational_disease": "职业病证明", "fee_payer": "费用承担", "recusal_declared": "已作回避声明",
    "priority_reason": "优先理由",
    # header facts
    "task_place": "委托地点", "task_place.code": "行政区划代码", "task_place.role": "地点性质",
    "task_place.certainty": "确定程度", "other_candidates": "其他可能地点", "matter": "委托事项",
    "appraisal_kind": "鉴定类别",
    "appraisal_mode": "委托方式", "agreement_id": "协议编号", "legal_basis": "委托依据", "priority": "优先级",
    "clock": "时限事实", "accepted_on": "受理日期", "application_received_on": "鉴定申请收到日", "procedure": "程序",
    "suspensions": "中止", "suspensions.ground": "理由", "effective_on": "生效日期", "resumed_on": "恢复日期",
    "requested_due": "要求完成日", "related_thread_id": "相关委托", "header.relation": "与相关委托的关系",
    "case_id": "案件标识",
    # bodies
    "text": "说明", "return_notice": "退回补正", "defects": "应补正内容", "defects.code": "理由",
    "defects.subject": "部分",
    "defects.text": "说明", "refusal": "不予受托", "superior": "可复核的上级", "competent_unit": "有管辖权的单位",
    "assignment": "分派", "investigators": "调查员", "staff_id": "工号", "investigators.name": "姓名",
    "credential_kind": "证件种类", "credential_number": "证件号码", "investigators.unit": "所属单位",
    "conflict": "有利害关系",
    "replacement_reason": "换人原因", "planned_on": "计划到场日", "result": "调查结果", "answers": "逐项答复",
    "item_code": "事项", "finding": "查明程度", "answers.text": "查明内容", "evidence_ids": "证据",
    "unable_code": "未能查明原因",
    "report": "调查报告正文", "evidence": "证据目录", "evidence_id": "编号", "evidence.kind": "证据种类",
    "description": "说明", "material_ids": "所附材料", "provenance": "来源（何时、何地、何人取得）",
    "gathered_on": "取得日期",
    "is_copy": "复制件", "compared_by": "核对人", "original_at": "原件存放处", "factual_opinion": "对事实的意见",
    "reviewer_staff_id": "审核人", "finished_on": "完成日期", "checks": "证据形式核对", "checks.code": "核对项",
    "met": "符合",
    "explanation": "不符合的说明", "further_findings": "主动补充事项", "supplement": "补充调查", "reason": "理由",
    "question": "内容", "question.text": "内容", "document_number": "通知书（文书）编号", "amendment": "更正",
    "subject": "部分",
    "before": "原文", "after": "更正后", "non_cooperation": "拒不协助", "who": "拒绝的单位或个人",
    "notice_served_on": "通知送达日期",
    "refusal.text": "拒绝情形", "originals": "原件移交", "originals.items": "原件", "keeper": "保管人",
    "carrier": "承运方式",
    "tracking_number": "单号", "cost": "费用", "lines": "明细", "amount_fen": "金额", "payer": "承担方",
    "subject.request": "请求", "request": "请求内容", "outcome": "处理结果", "notice": "事故通报", "agreement": "协议",
    "record": "条款", "protest": "异议", "guard": "不符之处", "hand_over": "移交", "done_so_far": "已办情况",
    "acceptance": "受理", "local_case_number": "受托方案号", "contact": "负责人", "contact.name": "姓名",
    "adoption": "采用情况", "adoption.reason": "未采用原因", "attestation": "办理人", "handler": "经办",
    "approver": "审批",
    "approved_at": "审批时间", "handler.name": "姓名", "approver.name": "姓名", "paper": "线下办理",
    "paper_on": "纸质日期",
    "post_number": "邮寄单号", "recorded_by": "登记人", "second_recorder": "第二登记人工号",
    "second_recorder_name": "第二登记人姓名", "scan_material_id": "扫描件", "sealed_reasons": "理由",
    "reused_material_ids": "引用材料", "materials": "随附材料", "reused_materials": "引用材料", "reasons": "理由",
    "asked_materials": "要求提供的材料", "asked_materials.material": "材料", "unfit": "在案但不能用的材料",
    "unfit.material_id": "材料", "unfit.fault": "原因", "unfit.text": "哪里不能用", "taken_over": "免于重复索取",
    "in_reply_to": "答复", "replaces": "替代", "to": "收件单位", "suspension": "中止", "ground": "理由", "name": "名称",
    # declared
    "declared": "申报", "unit": "单位", "working_days": "工作日数", "blocking": "不答复则无法继续",
    "applicant_told_on": "告知申请人日期", "version": "版次", "short_time_confirmed": "已确认时限紧张",
    "changed_subjects": "补正部分", "items.reason": "理由", "found": "查明", "partly_found": "部分查明",
    "not_found": "未能查明",
    "mandatory_answered": "必查已答", "mandatory_items": "必查事项数", "checks_met": "核对符合",
    "checks_explained": "核对已说明",
    "checks_open": "核对未完", "conflicts": "利害关系", "from_elsewhere": "外单位调查员",
    "declared.investigators": "调查员人数",
    "declared.items": "事项数", "declared.evidence": "证据数", "declared.reused_materials": "免于重复索取的材料数",
    "terms_digest": "条款摘要",
    "root": "名录摘要", "size": "人数", "kind": "类别", "thread_id": "编号", "code": "代码", "role": "身份",
    "business": "委托函", "case_key": "本单位案号", "host_unit": "受托单位", "certainty": "确定程度",
    "units": "双方单位", "matters": "覆盖事项", "times": "约定时限", "times.clock": "时限", "valid_from": "生效日",
    "valid_to": "截止日",
    "modes": "委托方式",
    "green_working_days": "绿色通道工作日数", "refusal_text": "拒绝情形", "body": "正文",
})  # fmt: skip

CODE_LABELS: Final[Mapping[str, str]] = MappingProxyType({
    **dict(GROUNDS), **dict(EXCLUSIONS), **APPRAISAL_CODE_LABELS,
    "ID_DOCUMENT_CITIZEN_ID": "居民身份证等十八位证件", "ID_DOCUMENT_PASSPORT": "护照",
    "ID_DOCUMENT_OLD_ID": "十五位身份证",
    "ID_DOCUMENT_OTHER": "其他证件", "INSURANCE_MODE_EMPLOYER": "单位参保", "INSURANCE_MODE_PROJECT": "项目参保",
    "INSURANCE_MODE_NONE": "未参保", "APPLICANT_ROLE_EMPLOYER": "用人单位", "APPLICANT_ROLE_WORKER": "职工",
    "APPLICANT_ROLE_RELATIVE": "近亲属", "APPLICANT_ROLE_UNION": "工会",
    "OCCUPATIONAL_DISEASE_VALID_CERTIFICATE": "有合法证明",
    "OCCUPATIONAL_DISEASE_DEFECTIVE_CERTIFICATE": "证明形式有欠缺",
    "OCCUPATIONAL_DISEASE_NO_CERTIFICATE": "无证明", "FINDING_FOUND": "查明", "FINDING_PARTLY": "部分查明",
    "FINDING_NOT_FOUND": "未能查明", "EVIDENCE_KIND_DOCUMENT": "书证", "EVIDENCE_KIND_OBJECT": "物证",
    "EVIDENCE_KIND_AUDIOVISUAL": "视听资料", "EVIDENCE_KIND_ELECTRONIC": "电子数据",
    "EVIDENCE_KIND_WITNESS": "证人证言",
    "EVIDENCE_KIND_STATEMENT": "当事人陈述", "EVIDENCE_KIND_EXPERT": "鉴定意见",
    "EVIDENCE_KIND_INSPECTION": "勘验笔录、现场笔录",
    "ADOPTION_ADOPTED": "采用", "ADOPTION_PARTLY": "部分采用", "ADOPTION_NOT_ADOPTED": "不采用",
    "ADOPTED": "采用", "PARTLY": "部分采用", "NOT_ADOPTED": "不采用",
    "CASE_OPENED": "立案", "NOT_INSURED_HERE": "非本地参保", "KNOWN": "已知",
    "INVESTIGATION": "工伤认定调查", "DISABILITY_GRADE": "劳动功能障碍等级", "SELF_CARE": "生活自理障碍等级",
    "PAID_LEAVE_EXTENSION": "停工留薪期延长确认", "REHABILITATION": "工伤康复确认",
    "ASSISTIVE_DEVICE": "辅助器具配置确认",
    "RELAPSE": "旧伤复发确认", "DEPENDANT_INCAPACITY": "供养亲属丧失劳动能力鉴定", "CAUSALITY": "伤病因果关系确认",
    "NON_WORK_ILLNESS": "因病或非因工丧失劳动能力", "ACCIDENT": "事故地", "EVIDENCE": "取证地", "TREATMENT": "就医地",
    "RESIDENCE": "居住地", "EMPLOYER": "单位所在地", "DEFINITE": "确定", "UNCERTAIN": "不确定",
    "RECOGNITION_RULES_14": "《工伤认定办法》第十四条", "REGULATION_25": "《工伤保险条例》第二十五条",
    "AGREEMENT": "合作协议",
    "SAME_POOLING_AREA": "同统筹地区协查", "SINGLE_CASE": "一案一议", "FIRST": "初次", "REVIEW": "复查",
    "AGAIN": "再次",
    "ONSITE_ASSIST": "协助现场鉴定", "FULL_ENTRUST": "委托鉴定", "EXPERT_SECONDMENT": "聘请专家", "NORMAL": "普通",
    "PREFERRED": "优先", "GREEN": "绿色通道", "ORDINARY": "普通程序", "SIMPLE": "简易程序", "SAME_CASE": "同一案件",
    "CONTINUES": "续办", "FROM_NOTICE": "由通报而来", "UNSPECIFIED": "未填",
    "MATERIAL_FAULT_ILLEGIBLE": "无法辨认", "MATERIAL_FAULT_WRONG": "与事由不符", "MATERIAL_FAULT_OUTDATED": "已失效",
    "MATERIAL_FAULT_INCOMPLETE": "不完整", "MATERIAL_FAULT_DAMAGED": "文件损坏",
    "in-plant": "厂内", "away": "因工外出", "commuting": "上下班途中", "site": "工地", "road": "道路",
})  # fmt: skip

OUTLINE_LABELS: Final[Mapping[str, str]] = MappingProxyType({group.code: group.label for group in GROUPS})
SEX_LABELS: Final[Mapping[str, str]] = MappingProxyType({"1": "男", "2": "女"})  # GB/T 2261.1

# Checks of form by kind of evidence: code, label.
CHECKS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = MappingProxyType(
    {kind.value: tuple((each.code, each.label) for each in checks) for kind, checks in EVIDENCE_CHECKS.items()}
)
CHECK_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {code: label for checks in CHECKS.values() for code, label in checks}
)

SUBJECTS: Final[tuple[tuple[str, str], ...]] = (
    ("letter", "委托函"), ("seal", "用印或签名"), ("attachments", "附件"), ("outline", "调查提纲"), ("items",
    "委托事项"),
    ("persons", "被调查人"), ("worker", "职工信息"), ("employer", "单位信息"), ("accident", "事故信息"), ("place",
    "地点"),
    ("insurance", "参保信息"), ("applicant", "申请人"), ("acceptance", "受理文书"), ("clock", "时限事实"), ("fees",
    "费用"),
    ("contact", "联系方式"), ("report", "调查报告"), ("evidence", "证据"), ("answers", "逐项答复"), ("other", "其他"),
)  # fmt: skip
SUBJECT_LABELS: Final[Mapping[str, str]] = MappingProxyType(dict(SUBJECTS))

DOCUMENT_KINDS: Final[Mapping[str, str]] = MappingProxyType({
    "document": "书证", "object": "物证", "audiovisual": "视听资料", "electronic": "电子数据", "witness": "证人证言",
    "statement": "当事人陈述", "expert": "鉴定意见", "inspection": "勘验笔录、现场笔录", "other": "其他",
    "acceptance": "受理决定书", "application": "工伤认定申请表", "labour-contract": "劳动合同",
    "recognition-decision": "认定工伤决定书", "diagnosis": "诊断证明", "medical-record": "病历",
    "examination-report": "检查、检验报告", "id-card": "身份证件", "social-security-card": "社会保障卡",
})  # fmt: skip
# Kinds that a business system may say of a file (any lower code is taken): in words all the same.
_OTHER_KINDS: Final[Mapping[str, str]] = MappingProxyType({
    "letter": "函件", "report": "调查报告", "employment-proof": "劳动关系证明",
    "attendance": "考勤记录", "payroll": "工资发放记录", "insurance": "参保记录",
    "business-licence": "营业执照",
    "traffic": "交通事故认定书", "police-record": "公安机关材料", "photo": "照片", "site-photo": "现场照片",
    "audio": "录音", "video": "录像", "interview": "询问笔录", "access-log": "门禁记录", "receipt": "票据",
    "service": "送达回证", "scan": "扫描件",
})  # fmt: skip
UNKNOWN_KIND: Final = "其他材料"


def file_kind(code: str) -> str:
    """The kind of a file in words; `UNKNOWN_KIND` for a code that nobody knows."""
    named = code.replace("_", "-")
    return DOCUMENT_KINDS.get(named) or _OTHER_KINDS.get(named, UNKNOWN_KIND)


MATERIAL_STATES: Final[Mapping[str, str]] = MappingProxyType({
    "held": "已在案", "uploading": "正在上传", "receiving": "正在接收", "expected": "等待接收", "damaged": "损坏",
    "gone": "已删除",
})  # fmt: skip


def label_of_field(path: str) -> str:
    """The label of the longest known end of a dotted path; the last name itself when none is known."""
    names = path.split(".")
    for start in range(len(names)):
        found = FIELD_LABELS.get(".".join(names[start:]))
        if found is not None:
            return found
    return names[-1]
