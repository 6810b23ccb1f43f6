"""Whom a draw's positions stand for: the openings of a draw's file (protocol 13.2, 13.8)."""

from collections.abc import Sequence
from datetime import date

from certs.draw_file import NamedExpert, Opening
from certs.draw_report import Skip, expect
from delegation.declared_appraisal import StrataDeclared
from delegation.draw import Picks, Stratum, opening_index
from delegation.draw_lists import eligible_stands_in, hash_stands_in, pool_stands_in
from delegation.model import DeclaredDetail, PoolDeclared


def check_openings(openings: Sequence[Opening], declared: StrataDeclared, drawn: Sequence[Picks]) -> None:
    """Everybody drawn, seats and reserves, is opened at the place of the list that the lot fell on; nobody else, once.

    Raises Wrong. Without names it shows that the leaf was in the list before, not who it is.
    """
    places = [(opening.stratum, opening.position) for opening in openings]
    wanted = {(stratum, position) for stratum, each in enumerate(drawn) for position in (*each.seats, *each.reserves)}
    expect(set(places) <= wanted, "not drawn")
    expect(places == sorted(wanted), "missing")
    for opening in openings:
        holds = _stands_in(opening, declared.strata, declared.eligible_root)
        expect(holds, f"place {opening.stratum}/{opening.position}")
    numbers = [opening.named.expert.expert_id for opening in openings if opening.named is not None]
    expect(len(set(numbers)) == len(numbers), "twice")


def _stands_in(opening: Opening, strata: Sequence[Stratum], root: bytes) -> bool:
    if opening.named is None:
        return hash_stands_in(
            leaf_digest=opening.leaf,
            index=opening_index(strata, opening.stratum, opening.position),
            size=sum(stratum.eligible for stratum in strata),
            path=opening.path,
            root=root,
        )
    return eligible_stands_in(
        salt=opening.named.salt,
        expert=opening.named.expert,
        strata=strata,
        stratum=opening.stratum,
        position=opening.position,
        path=opening.path,
        root=root,
    )


def check_in_pool(openings: Sequence[Opening], declared: DeclaredDetail | None, *, on: date) -> None:
    """Each named expert stands in the pool's version, active, in term on the day of the list, with the speciality.

    Raises Wrong; Skip when there is nobody's name to check, or not everybody's.
    """
    named = [(opening, opening.named) for opening in openings if opening.named is not None]
    if not named or not isinstance(declared, PoolDeclared):
        raise Skip("without names")
    for opening, person in named:
        problem = pool_problem(person, declared, on)
        expect(not problem, f"{problem} {opening.stratum}/{opening.position}")
    if len(named) < len(openings):
        raise Skip("some without names")


def pool_problem(person: NamedExpert, declared: PoolDeclared, on: date) -> str:
    """What is wrong with a person's place in the pool on the day of the list; empty for nothing."""
    expert, opening = person.in_pool, person.pool
    if expert is None or opening is None:
        return "no proof of the pool"
    if not pool_stands_in(
        salt=opening.salt, expert=expert, index=opening.index, size=declared.size, path=opening.path, root=declared.root
    ):
        return "place"
    if person.expert.specialty not in expert.specialties:
        return "speciality"
    return "" if _holds_on(expert.appointed_from, expert.appointed_until, on) else "term"


def _holds_on(start: str, end: str, on: date) -> bool:
    try:
        return date.fromisoformat(start) <= on <= date.fromisoformat(end)
    except ValueError:
        return False
