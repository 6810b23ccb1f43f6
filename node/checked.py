"""What is known of deliveries before their threads are looked at: forms, signatures, and bodies that open.

A message's envelopes are looked at together, one sort of work after another: ten signatures in a row are dearer to a
processor when all else comes between them, by a sixth of what taking an envelope costs. Nothing is decided here. What
does not hold is left out; taking the delivery (`node.arrivals`) finds the same again in its own order, and says why.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from certs.envelope import Opened, open_body, verify_signatures
from certs.trust import Trust
from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.errors import Refusal
from delegation.model import Entry, Header
from node.opening import Body, our_key, read_opened
from node.state import State
from node.writer import Tx
from xieban.federation.v1 import exchange_pb2 as exchange


class Checked:
    """One envelope and its entry, both of the right form, as far as they hold without the thread."""

    __slots__ = ("accepted", "body", "entry", "header", "opened", "trust", "unit")

    def __init__(self, unit: str, entry: Entry, header: Header, accepted: exchange.DeliveredEnvelope) -> None:
        self.unit = unit  # whose mailbox it came to, and who opened it
        self.accepted = accepted
        self.entry = entry
        self.header = header
        self.trust: Trust | None = None  # the roster that its entry names, by which all its signatures verified
        self.opened: Opened | None = None
        self.body: Body | None = None


Checks: TypeAlias = dict[int, Checked]  # by the delivery's place in its message


def check_all(tx: Tx, state: State, at: datetime, *, deliveries: Sequence[exchange.Delivery], into: Checks) -> None:
    """Look at the envelopes of a message together, before they are taken one by one."""
    del tx, at
    found: list[Checked] = []
    for place, delivery in enumerate(deliveries):
        read = _read(delivery) if delivery.WhichOneof("item") == "envelope" else None
        if read is not None:
            into[place] = read
            found.append(read)
    for each in found:
        _verify(state, each)
    for each in found:
        _open(state, each)
    for each in found:
        _look_in(each)


def _read(delivery: exchange.Delivery) -> Checked | None:
    accepted = delivery.envelope
    try:
        return Checked(delivery.unit, parse_entry(accepted.entry), parse_header(accepted.envelope.header), accepted)
    except Refusal:
        return None


def _verify(state: State, found: Checked) -> None:
    trust = state.rosters.version(found.entry.versions.roster)
    if trust is None:
        return
    envelope, at = found.accepted.envelope, found.entry.accepted_at
    try:
        verify_signatures(envelope.header, tuple(envelope.signatures), found.header, trust, at=at)
    except Refusal:
        return
    found.trust = trust


def _open(state: State, found: Checked) -> None:
    """Open the body of what was verified; a reseal's is compared with its original, which the thread alone has."""
    header, sealed_body = found.header, found.accepted.envelope.sealed_body
    if found.trust is None or header.kind is Kind.RESEAL or not sealed_body:
        return
    ours = our_key(state, header, found.unit)
    if ours is None or ours[1] is None:
        return
    try:
        opened = open_body(header, sealed_body, unit=ours[0], private_key=ours[1])
    except Refusal:
        return
    found.unit, found.opened = ours[0], opened


def _look_in(found: Checked) -> None:
    if found.opened is None:
        return
    try:
        found.body = read_opened(found.unit, found.opened)
    except Refusal:
        return
