"""What to change in a roster that was refused: one sentence a problem, for the operator and the seal authority."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from delegation.errors import Reason, Refusal
from delegation.roster_rules import Problem

ADVICE: Final[Mapping[Problem, str]] = MappingProxyType({
    Problem.CODE: "correct the code of the bureau, unit or place: it is not well formed",
    Problem.UNIT_TYPE: "give the unit the type that its code says, or another code",
    Problem.UNKNOWN_REGION: "use a region of the committed table, or load a newer table first",
    Problem.UNKNOWN_BUREAU: "add the bureau, or name one that is in the roster",
    Problem.UNKNOWN_UNIT: "add the unit that is named as superior, successor, competent or party, or name another",
    Problem.PARENT: "name a provincial or national unit as superior, and no circle of them",
    Problem.SUCCESSION: "let a unit of the same type succeed it, and no circle of them",
    Problem.MEMBER_WITHOUT_BUREAU: "name the unit's bureau, or let the unit be one that has not joined or has left",
    Problem.MEMBER_WITHOUT_KEYS: "certify the unit's request first, or leave the unit joining until then",
    Problem.SHARED_KEY: "give each unit a certificate and a sealing key of its own",
    Problem.COMPETENCE_DATES: "let the competence end on or after the day on which it begins",
    Problem.COMPETENCE_OVERLAP: "end the earlier competence before the later one begins: one unit a place and matter",
    Problem.COMPETENCE_MATTER: "investigations to a recognition unit, appraisals to an appraisal unit",
    Problem.PROVINCIAL_DETERMINATION: (
        "name the prefecture's unit for this place: first determinations have not been a province's since 2019-01-01; "
        "an older competence of the province ends on 2018-12-31 at the latest"
    ),
    Problem.AGREEMENT: "two units in the order of their codes, days that run on, known clocks, times within bounds",
    Problem.AGREEMENT_SCOPE: "units of one type, with matters and modes that such units have",
    Problem.AGREEMENT_OVERLAP: "end the earlier version of the agreement before the later one begins",
    Problem.SUITES: "allow at least one signing and one sealing suite, with dates that run on",
    Problem.RULES: "list the versions of the rules with versions and days that rise together",
    Problem.REVOCATION: "let the time since when a key counts as compromised not lie after its revocation",
})  # fmt: skip
_UNVOUCHED: Final = (
    "let the unit ask anew with its earlier key (xieban node request --rotate, then xieban certs rotate), "
    "or let the seal authority vouch for the key (xieban certs rotate --authority-statement)"
)


def advice(refusal: Refusal) -> str:
    """What to change so that the roster is taken; empty for a refusal that is not of a roster's content."""
    if refusal.details.get("field") != "roster":
        return ""
    if refusal.reason is Reason.KEY_CHANGED_UNSIGNED:
        return _UNVOUCHED
    try:
        return ADVICE[Problem(refusal.details.get("problem", ""))]
    except ValueError:
        return ""
