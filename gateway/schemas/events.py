"""Answers of the feed."""

from datetime import datetime

from gateway.schemas.base import Answer


class EventOut(Answer):
    """One hint. Kinds that a reader does not know are passed over."""

    event: str
    """`delegation.changed`."""

    delegation_id: str
    version: int
    """The delegation's version now; the same after news that make no form stale, such as a delivery."""

    at: datetime
    cursor: int
    """Where to read on when this one is handled."""


class EventPageOut(Answer):
    """Hints in the order of the changes."""

    items: tuple[EventOut, ...]
    next_cursor: int
    """`after` of the next call."""

    more: bool
    """There is more already: ask again at once."""
