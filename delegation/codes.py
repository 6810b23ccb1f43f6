"""Codes of the signed header as Python enums; the numbers are those of xieban/delegation/v1/codes.proto.

A test compares both lists, so that neither can grow alone.
"""

from enum import IntEnum
from typing import Final

# 演练: a federation of this name has keys and a roster of its own; every page and paper of its nodes says what it is.
PRACTICE_FEDERATION: Final = "practice"


class ThreadType(IntEnum):
    """What a thread is about and which table judges it (protocol 3.2)."""

    UNSPECIFIED = 0
    DELEGATION = 1
    NOTICE = 2
    AGREEMENT = 3
    UNIT = 4
    COORDINATION = 5


class Kind(IntEnum):
    """The kind of an envelope (protocol 5). The table of kinds says who may send each, from where to where."""

    UNSPECIFIED = 0
    ISSUED = 1
    SIGNED_FOR = 2
    RETURNED = 3
    LETTER_CORRECTED = 4
    TRANSFERRED = 5
    COMPETENCE_DISPUTED = 6
    DESIGNATED = 7
    REFUSED = 8
    ACCEPTED = 9
    ASSIGNED = 10
    REASSIGNED = 11
    EXTENSION_REQUESTED = 12
    EXTENDED = 13
    EXTENSION_DECLINED = 14
    EXTENSION_DEEMED = 15
    PAUSED = 16
    UNPAUSED = 17
    WITHDRAW_REQUESTED = 18
    WITHDRAW_CONFIRMED = 19
    WITHDRAWN = 20
    REPORTED = 21
    UNABLE = 22
    SUPPLEMENT_REQUESTED = 23
    COMPLETED = 24
    CLOSED = 25
    CANCELLED = 26
    ARCHIVED = 27
    REMIND = 40
    SUPERVISE = 41
    SUPERVISE_ANSWER = 42
    QUESTION = 43
    ANSWER = 44
    PROGRESS = 45
    MATERIAL_ADDED = 46
    AMENDED = 47
    CLOCK_SUSPENDED = 48
    CLOCK_RESUMED = 49
    PRIORITY_CHANGED = 50
    NON_COOPERATION = 51
    EXPLAINED = 52
    ORIGINALS_SENT = 53
    ORIGINALS_RECEIVED = 54
    ORIGINALS_RETURNED = 55
    DISPUTED = 56
    OPINION = 57
    ADOPTION = 58
    CORRECTED = 59
    CORRECTION_ACKNOWLEDGED = 60
    COST_ESTIMATED = 61
    COST_AGREED = 62
    COST_STATED = 63
    COST_OBJECTED = 64
    COST_SETTLED = 65
    SUBJECT_REQUEST = 66
    SUBJECT_ANSWER = 67
    RESEAL = 80
    PROTEST = 81
    NOTICE_SENT = 100
    NOTICE_ANSWERED = 101
    AGREEMENT_PROPOSED = 110
    AGREEMENT_COUNTERSIGNED = 111
    AGREEMENT_ENDED = 112
    POOL_COMMITTED = 120
    ANNOUNCED = 130
    COORDINATION_REQUESTED = 131
    COORDINATION_ANSWERED = 132
    SPECIALTY_DETERMINED = 140
    DRAW_COMMITTED = 141
    DRAW_REVEALED = 142
    DRAW_REVEALED_FOR = 143
    DRAW_VOIDED = 144
    PANEL_DRAWN = 145
    PANEL_REPLACED = 146
    PANEL_SHORT = 147
    PANEL_VOIDED = 148
    RECUSAL_RAISED = 149
    RECUSAL_ANSWERED = 150
    SCHEDULED = 151
    WORKER_NOTIFIED = 152
    RESCHEDULED = 153
    NO_SHOW = 154
    EXAMINED = 155
    EXTRA_TESTS = 156
    OPINION_FORMED = 157
    APPRAISAL_REPORTED = 158
    REJUDGE_REQUESTED = 159
    EXPERTS_PROPOSED = 160
    EXPERTS_ADMITTED = 161
    EXPERTS_CONFIRMED = 162
    TERMINATED = 163
    APPRAISAL_EXTENDED = 164
    CONCLUSION_ISSUED = 165
    CONCLUSION_SERVED = 166
    REAPPRAISAL_REQUESTED = 167
    REAPPRAISAL_RESULT = 168
    PANEL_VOID_DEMANDED = 169


class Matter(IntEnum):
    """What is delegated."""

    UNSPECIFIED = 0
    INVESTIGATION = 1
    DISABILITY_GRADE = 10
    SELF_CARE = 11
    PAID_LEAVE_EXTENSION = 12
    REHABILITATION = 13
    ASSISTIVE_DEVICE = 14
    RELAPSE = 15
    DEPENDANT_INCAPACITY = 16
    CAUSALITY = 17
    NON_WORK_ILLNESS = 18


class AppraisalKind(IntEnum):
    """Which appraisal in the order of remedies."""

    UNSPECIFIED = 0
    FIRST = 1
    REVIEW = 2
    AGAIN = 3


class AppraisalMode(IntEnum):
    """How an appraisal is shared between the committees."""

    UNSPECIFIED = 0
    ONSITE_ASSIST = 1
    FULL_ENTRUST = 2
    EXPERT_SECONDMENT = 3


class LegalBasis(IntEnum):
    """What the delegation rests on."""

    UNSPECIFIED = 0
    RECOGNITION_RULES_14 = 1
    REGULATION_25 = 2
    AGREEMENT = 3
    SAME_POOLING_AREA = 4
    SINGLE_CASE = 5


class Priority(IntEnum):
    """优先级."""

    UNSPECIFIED = 0
    NORMAL = 1
    PREFERRED = 2
    GREEN = 3


class Procedure(IntEnum):
    """程序: how long the home has (条例 Art 20)."""

    UNSPECIFIED = 0
    ORDINARY = 1
    SIMPLE = 2


class PlaceRole(IntEnum):
    """What the place of the task is to the case."""

    UNSPECIFIED = 0
    ACCIDENT = 1
    EVIDENCE = 2
    TREATMENT = 3
    RESIDENCE = 4
    EMPLOYER = 5


class PlaceCertainty(IntEnum):
    """How sure the home is of the place."""

    UNSPECIFIED = 0
    DEFINITE = 1
    UNCERTAIN = 2


class Relation(IntEnum):
    """How this delegation stands to another one."""

    UNSPECIFIED = 0
    SAME_CASE = 1
    CONTINUES = 2
    FROM_NOTICE = 3


class Adoption(IntEnum):
    """How the home used the result."""

    UNSPECIFIED = 0
    ADOPTED = 1
    PARTLY = 2
    NOT_ADOPTED = 3


class NoticeOutcome(IntEnum):
    """How a notice was answered."""

    UNSPECIFIED = 0
    CASE_OPENED = 1
    NOT_INSURED_HERE = 2
    KNOWN = 3


class SigningSuite(IntEnum):
    """How an envelope is signed (protocol 4.2). The suite fixes number and order of signatures."""

    UNSPECIFIED = 0
    ECDSA_P256_SHA256 = 1
    ECDSA_P256_ML_DSA_65 = 2
    SM2_SM3 = 3


class SealingSuite(IntEnum):
    """How a body is sealed (protocol 4.4)."""

    UNSPECIFIED = 0
    X25519_AES256GCM = 1
    MLKEM768_X25519_AES256GCM = 2
    SM2_SM4 = 3
