"""Every kind that a bureau's staff can make, with its form; and the few that have none, with the reason."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from delegation.codes import Kind
from gateway.bureau.cases.asking import Making
from gateway.bureau.cases.forms_letter import LETTERS
from gateway.bureau.cases.forms_opinion import OPINION
from gateway.bureau.cases.forms_panel import PANEL
from gateway.bureau.cases.forms_result import RESULT
from gateway.bureau.cases.forms_talk import TALK
from gateway.bureau.cases.forms_threads import THREADS

MAKINGS: Final[Mapping[Kind, Making]] = MappingProxyType(
    {**TALK, **LETTERS, **THREADS, **PANEL, **OPINION, Kind.REPORTED: RESULT, Kind.UNABLE: RESULT}
)
NO_FORM: Final[Mapping[Kind, str]] = MappingProxyType({
    Kind.RESEAL: "made by the node alone when a key was rotated; nothing of it is typed",
    Kind.PROTEST: "made by the node alone when a body does not open or contradicts its header",
    Kind.POOL_COMMITTED: "digest and size of an expert pool, which the appraisal desk computes from its list",
    Kind.DRAW_COMMITTED: "made by the node alone: commitment and escrow of a secret that nobody sees",
    Kind.DRAW_REVEALED: "made by the node alone, once both commitments stand in the log",
    Kind.PANEL_DRAWN: "made by the node alone: who sits follows by computation",
})  # fmt: skip
STARTED: Final = (
    Kind.NOTICE_SENT, Kind.AGREEMENT_PROPOSED, Kind.ANNOUNCED, Kind.COORDINATION_REQUESTED,
)  # fmt: skip
