"""How to bring a thread into each state: the rows sent before, and by whom."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.simulator.composing import Investigation
from tests.simulator.federation import Bureau, Federation

HOME, HOST, ZHEJIANG, SICHUAN, NATIONAL = "330100", "510100", "330000", "510000", "110000"
PARTIES = (HOME, HOST, ZHEJIANG, SICHUAN, NATIONAL)

# name -> (who, row) in order; "+3" lets days pass
PATHS: dict[str, tuple[tuple[str, str], ...]] = {
    "issued": (),
    "signed_for": ((HOST, "signed_for"),),
    "returned": ((HOST, "signed_for"), (HOST, "returned")),
    "corrected": ((HOST, "signed_for"), (HOST, "returned"), (HOME, "letter_corrected")),
    "return_unanswered": ((HOST, "signed_for"), (HOST, "returned"), ("+", "9")),
    "transferred": ((HOST, "signed_for"), (HOST, "transferred")),
    "disputed": ((HOST, "signed_for"), (HOST, "competence_disputed_by_host")),
    "half_designated": ((HOST, "signed_for"), (HOST, "competence_disputed_by_host"), (SICHUAN, "designated")),
    "designated": (
        (HOST, "signed_for"), (HOST, "competence_disputed_by_host"), (SICHUAN, "designated"), (ZHEJIANG, "designated"),
    ),
    "designation_silent": ((HOST, "signed_for"), (HOST, "competence_disputed_by_host"), ("+", "21")),
    "refused": ((HOST, "signed_for"), (HOST, "refused")),
    "refusal_unanswered": ((HOST, "signed_for"), (HOST, "refused"), ("+", "16")),
    "accepted": ((HOST, "signed_for"), (HOST, "accepted")),
    "in_progress": ((HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned")),
    "extension_asked": (
        (HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned"), (HOST, "extension_requested"),
    ),
    "extension_unanswered": (
        (HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned"), (HOST, "extension_requested"), ("+", "5"),
    ),
    "question_unanswered": (
        (HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned"), (HOST, "question"), ("+", "5"),
    ),
    "paused": ((HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned"), (HOST, "paused_by_host")),
    "suspended": ((HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned"), (HOME, "clock_suspended")),
    "supervised_in_vain": (
        (HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned"), (SICHUAN, "supervise"), ("+", "40"),
    ),
    "reported": ((HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned"), (HOST, "reported")),
    "unable": ((HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned"), (HOST, "unable")),
    "unchecked": (
        (HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned"), (HOST, "reported"), ("+", "25"),
    ),
    "supplement": (
        (HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned"), (HOST, "reported"),
        (HOME, "supplement_requested"),
    ),
    "withdraw_requested": (
        (HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned"), (HOME, "withdraw_requested"),
    ),
    "withdrawal_unanswered": (
        (HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned"), (HOME, "withdraw_requested"), ("+", "5"),
    ),
    "completed": (
        (HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned"), (HOST, "reported"), (HOME, "completed"),
    ),
    "half_archived": (
        (HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned"), (HOST, "reported"), (HOME, "completed"),
        (HOST, "archived"),
    ),
    "archived": (
        (HOST, "signed_for"), (HOST, "accepted"), (HOST, "assigned"), (HOST, "reported"), (HOME, "completed"),
        (HOST, "archived"), (HOME, "archived"),
    ),
}  # fmt: skip


UNCERTAIN = Investigation(at="510100", candidates=("510600",))


@dataclass(frozen=True, slots=True)
class Scene:
    """A federation with one delegation in a known state."""

    federation: Federation
    ref: str


def scene(name: str, wish: Investigation = UNCERTAIN) -> Scene:
    """A fresh federation in that state; the place is uncertain, so that Deyang may take over by transfer."""
    federation = Federation()
    ref = federation.bureau(HOME).delegate(wish)
    federation.settle()
    for who, row in PATHS[name]:
        if who == "+":
            federation.advance(days=int(row))
            continue
        bureau = actor(federation, who)
        bureau.send(ref, row)
        federation.settle()
        assert not bureau.refused, (name, row, bureau.refused)
    return Scene(federation, ref)


def actor(federation: Federation, who: str) -> Bureau:
    """The unit of a region."""
    return federation.province(who) if who in (ZHEJIANG, SICHUAN, NATIONAL) else federation.bureau(who)


def scenes() -> Iterator[str]:
    """The names of all states."""
    yield from PATHS
