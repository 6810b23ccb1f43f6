"""What guards of class B and L are told beside the opened body: earlier bodies of the case, the sender's own staff."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from delegation.model import AnswerFacts, BodyFacts, Header


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What a node's earlier bodies of the case say: letter in force, answers by round, materials held, last supplement.

    `held_material_ids` are the materials that an accepted envelope of the case listed, whoever sent it.
    """

    letter: BodyFacts | None = None
    answers_by_round: Mapping[int, tuple[AnswerFacts, ...]] = field(default_factory=dict)
    held_material_ids: frozenset[str] = frozenset()
    letter_header: Header | None = None
    supplement: BodyFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFacts:
    """Who of the sender's staff handled and approved it, by the node's accounts; a role may be empty."""

    today: date
    handler_id: str = ""
    approver_id: str = ""
    handler_role: str = ""
    approver_role: str = ""
