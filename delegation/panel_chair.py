"""组长: who presides over an expert group follows from its titles and the draw: nobody picks (protocol 13.10).

The law asks for three or five experts drawn at random (条例 Art 25) and says nothing of a chair: the rule is agreed.
The chair signs as the others do, and has one vote.
"""

from collections.abc import Sequence

from delegation.specialties import title_rank


def chair_of(titles: Sequence[str]) -> int | None:
    """Whose seat is the chair's: the highest title, then the first in the order of the draw; None for no seats.

    Args:
        titles: of those who sit, in the order of strata and of the draw within each; a reserve who took a seat comes
            after the seats of its stratum.
    """
    return chair_by_rank([title_rank(title) for title in titles])


def chair_by_rank(ranks: Sequence[int]) -> int | None:
    """As `chair_of`, of ranks as `delegation.specialties.title_rank` gives them."""
    if not ranks:
        return None
    return ranks.index(max(ranks))
