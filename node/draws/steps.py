"""What the node does of a draw by itself, one step at a time: commit, show the secret, draw the panel (protocol 13).

Each step is one transaction of the writer that looks at the thread as it stands and queues what is next, or says what
has to be fetched from the registry first. Made again after a crash it finds what is there and goes on: nothing is
drawn, shown or sent twice.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

import structlog

from certs.draw_escrow import DrawSide, seal_secret
from certs.draw_received import check_draw_note
from certs.notes import parse_and_verify
from delegation.appraisal_facts import AppraisalFacts
from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.draw import draw_seed, picks
from delegation.errors import Reason, Refusal
from delegation.panel_chair import chair_of
from delegation.table import State as Legal
from delegation.thread_state import ThreadState
from delegation.turns import drawing_unit
from node import parts
from node.bodies import Hands
from node.compose import compose, may_seal, seal
from node.draws.keeping import DrawKey, keep_note, note_of, secret_of
from node.draws.members import commitments
from node.log_proofs import name_of, read_proof
from node.move_input import MoveInput
from node.pool.eligible import commitment_of, list_of, open_places
from node.queueing import queue
from node.records import EntryRecord, MetaRecord, OutboxRecord, ThreadRecord
from node.state import Held, State
from node.store import Where
from node.threads import load, local_view
from node.writer import Tx

_log = structlog.get_logger("node.draws")
_MOST_REFUSED = 3  # an envelope of a draw that the registry refused so often waits for a person
_MOST_THREADS = 10_000
BY_NODE: Final = frozenset({Kind.DRAW_COMMITTED, Kind.DRAW_REVEALED, Kind.PANEL_DRAWN})


@dataclass(frozen=True, slots=True)
class NeedNote:
    """The draw checkpoint of the later commitment; `leaves` are those of home and host."""

    thread_id: str
    later: int
    leaves: tuple[int, int]


@dataclass(frozen=True, slots=True)
class NeedProof:
    """That an entry stands in the log."""

    leaf_index: int
    digest: bytes


Need: TypeAlias = NeedNote | NeedProof
Said: TypeAlias = tuple[dict[str, object], dict[str, object]]  # declared, body


def open_draws(tx: Tx, state: State, at: datetime) -> list[str]:
    """Threads in which a draw goes on, for a start or a look now and then."""
    del state, at
    where = (Where("state", Legal.SPECIALTY_SET.value),)
    return [record.thread_id for record in tx.select(ThreadRecord, where, limit=_MOST_THREADS)]


def step(tx: Tx, state: State, at: datetime, *, thread_id: str) -> Need | None:
    """Queue what is next in a thread's draw; what has to be fetched before that, or None when others are awaited."""
    held = load(tx, state, thread_id)
    if held is None or held.thread is None or not is_drawing(held.thread) or not state.rosters.ready:
        return None
    for unit in dict.fromkeys((held.thread.home_unit, held.thread.host_unit)):
        if unit not in state.units:
            continue
        need = _Side(tx, state, held, unit, at).go_on()
        if need is not None:
            return need
        held = load(tx, state, thread_id) or held
    return None


def said_again(tx: Tx, state: State, at: datetime, *, held: Held, thread: ThreadState, unit: str, kind: Kind) -> Said:
    """What takes the place of a protested envelope of a draw: the same draw, secret and panel, sealed anew (5.5).

    Raises:
        Refusal: NOT_ALLOWED (state not_drawn) where the node does not hold what it said.
    """
    facts = thread.appraisal
    side = _Side(tx, state, held, unit, at)
    key = DrawKey(thread.thread_id, thread.leg, facts.draw if facts is not None else 0)
    secret = secret_of(tx, state, key, unit)
    if facts is not None and secret is not None:
        if kind is Kind.DRAW_COMMITTED:
            return side.commitment(key, secret)
        if kind is Kind.DRAW_REVEALED and facts.secret_of(unit) == secret:
            return {"draw": key.draw, "unit": unit, "secret": secret.hex()}, {}
    if facts is not None and kind is Kind.PANEL_DRAWN and facts.picks and note_of(tx, key):
        found = side.panel(key, thread, facts)
        if not isinstance(found, NeedProof):
            return found
    raise Refusal(Reason.NOT_ALLOWED, state="not_drawn")


def is_drawing(thread: ThreadState) -> bool:
    """Whether a draw goes on that nodes have to do something in."""
    facts = thread.appraisal
    return thread.state is Legal.SPECIALTY_SET and facts is not None and not facts.draw_over and not thread.on_paper


class _Side:
    """One of our units in one draw. `thread` has what is queued on top; `logged` is what the log holds."""

    def __init__(self, tx: Tx, state: State, held: Held, unit: str, at: datetime) -> None:
        self.tx, self.state, self.unit, self.at = tx, state, unit, at
        self.held = held

    def _local(self) -> ThreadState | None:
        view = self.state.rosters.current.view
        if not self.held.pending:
            return self.held.thread
        return local_view(self.tx, self.state, self.held, roster=view, at=self.at)[0]

    def go_on(self) -> Need | None:
        """Everything that can be done now."""
        logged = self.held.thread
        thread = self._local()
        if logged is None or thread is None or not is_drawing(thread):
            return None
        facts, now = logged.appraisal, thread.appraisal
        if facts is None or now is None or facts.draw != now.draw:
            return None
        key = DrawKey(logged.thread_id, logged.leg, now.draw)
        if now.commitment_of(self.unit) is None:
            self._commit(key)
            return None
        if len(facts.commitments) < 2:
            return None
        shown, drawn = now.secret_of(self.unit) is not None, len(facts.reveals) == 2
        draws = drawn and self.unit == drawing_unit(logged)
        if shown and not draws:
            return None
        if not note_of(self.tx, key):
            return self._need_note(logged, now.draw)
        if not shown:
            self._reveal(key, now)
            return None
        return self._draw(key, logged, facts)

    def _send(self, kind: Kind, declared: dict[str, object], body: dict[str, object]) -> None:
        if self._refused_often(kind):
            return
        data = MoveInput(declared=declared, body=body)
        try:
            composed = compose(
                self.tx, self.state, self.held, unit=self.unit, kind=kind, data=data, hands=Hands(), at=self.at
            )
            self.held = queue(
                self.tx, self.state, self.held, seal(self.state, composed, at=self.at), at=self.at, data={}
            )
        except Refusal as refusal:
            _log.info("draw waits", kind=kind.name, reason=refusal.reason.value, thread=self.held.thread_id)
            raise

    def _refused_often(self, kind: Kind) -> bool:
        where = (Where("thread_id", self.held.thread_id), Where("kind", int(kind)), Where("state", "refused"))
        return len(self.tx.select(OutboxRecord, where, limit=_MOST_REFUSED)) == _MOST_REFUSED

    def _side_of(self, key: DrawKey) -> DrawSide:
        return DrawSide(
            federation_id=self.state.rosters.current.view.federation_id,
            thread_id=key.thread_id,
            leg=key.leg,
            draw=key.draw,
            unit=self.unit,
        )

    def _commit(self, key: DrawKey) -> None:
        secret = secret_of(self.tx, self.state, key, self.unit, create=True)
        if secret is not None:
            self._send(Kind.DRAW_COMMITTED, *self.commitment(key, secret))

    def commitment(self, key: DrawKey, secret: bytes) -> Said:
        """What a DRAW_COMMITTED says: the secret in escrow for the own provincial office, where one is a member."""
        trust = may_seal(self.state, at=self.at)
        office = trust.view.provincial_office(self.unit)
        side, body = self._side_of(key), dict[str, object]()
        if office is not None and office.is_member:
            to = trust.sealing_key(office.code, self.at)
            sealed = seal_secret(secret, side, office=office.code, key_id=to.key_id, public_key=to.public_key)
            told = {"unit": sealed.unit, "key_id": _text(sealed.key_id), "sealed": _text(sealed.sealed)}
            body["draw_escrow"] = {"secrets": [told]}
        return {"draw": key.draw, "commitment": side.commitment(secret).hex()}, body

    def _need_note(self, thread: ThreadState, draw: int) -> Need | None:
        found = commitments(self.tx, thread.thread_id, draw)
        leaves = [
            parse_entry(found[unit].entry).leaf_index for unit in (thread.home_unit, thread.host_unit) if unit in found
        ]
        if len(leaves) != 2:
            return None
        return NeedNote(thread.thread_id, max(leaves), (leaves[0], leaves[1]))

    def _reveal(self, key: DrawKey, facts: AppraisalFacts) -> None:
        secret = secret_of(self.tx, self.state, key, self.unit)
        if secret is None or self._side_of(key).commitment(secret) != facts.commitment_of(self.unit):
            # A database that was restored from before the draw: the office shows it, or the draw is void.
            _log.error("secret of a draw is not here", thread=key.thread_id, draw=key.draw)
            return
        self._send(Kind.DRAW_REVEALED, {"draw": key.draw, "unit": self.unit, "secret": secret.hex()}, {})

    def _draw(self, key: DrawKey, thread: ThreadState, facts: AppraisalFacts) -> Need | None:
        found = self.panel(key, thread, facts)
        if isinstance(found, NeedProof):
            return found
        self._send(Kind.PANEL_DRAWN, *found)
        return None

    def panel(self, key: DrawKey, thread: ThreadState, facts: AppraisalFacts) -> "Said | NeedProof":
        """What a PANEL_DRAWN says: whom the lot fell on, each opened; or the proof that it still wants."""
        record = list_of(self.tx, unit=self.unit, thread_id=key.thread_id, root=facts.eligible_root)
        pool = commitment_of(self.tx, unit=self.unit, pool_root=record.pool_root)
        entry = parse_entry(pool.entry)
        proof = self.tx.get(MetaRecord, (name_of(entry.leaf_index),))
        if proof is None:
            return NeedProof(entry.leaf_index, entry.digest)
        note, (home, host) = note_of(self.tx, key), (thread.home_unit, thread.host_unit)
        trust = self.state.rosters.current
        checkpoint = parse_and_verify(note, trust.view.registry.log_origin, trust.log_key)
        seed = draw_seed(
            federation_id=trust.view.federation_id,
            thread_id=key.thread_id,
            leg=key.leg,
            draw=key.draw,
            home_unit=home,
            home_secret=facts.secret_of(home) or b"",
            host_unit=host,
            host_secret=facts.secret_of(host) or b"",
            eligible_root=facts.eligible_root,
            log_size=checkpoint.size,
            log_root=checkpoint.root,
        )
        chosen = picks(seed, facts.strata)
        places = [
            (stratum, position, reserve)
            for stratum, each in enumerate(chosen)
            for reserve, positions in ((False, each.seats), (True, each.reserves))
            for position in positions
        ]
        opened = open_places(
            self.tx,
            self.state,
            unit=self.unit,
            thread_id=key.thread_id,
            root=facts.eligible_root,
            places=[(stratum, position) for stratum, position, _ in places],
        )
        drawn = list(zip(opened, places, strict=True))
        seats = [each for each, (_, _, reserve) in drawn if not reserve]
        chair = chair_of([each.expert.title for each in seats])
        experts = [
            each.body(reserve=reserve, chair=chair is not None and each is seats[chair])
            for each, (_, _, reserve) in drawn
        ]
        declared: dict[str, object] = {
            "draw": key.draw,
            "log_size": checkpoint.size,
            "log_root": checkpoint.root.hex(),
            "picks": [{"seats": list(each.seats), "reserves": list(each.reserves)} for each in chosen],
        }
        panel = {"experts": experts, "checkpoint": _text(note), "pool": _pool(pool, proof.value)}
        return declared, {"panel": panel}


def _pool(record: EntryRecord, proof: bytes) -> dict[str, object]:
    note, path = read_proof(proof)
    return {
        "header": _text(record.header),
        "signatures": [_text(each) for each in parts.split_all(record.signatures)],
        "entry": _text(record.entry),
        "checkpoint": _text(note),
        "path": [_text(each) for each in path],
    }


def _text(value: bytes) -> str:
    return b64encode(value).decode()


def take_note(
    tx: Tx, state: State, at: datetime, *, need: NeedNote, note: bytes, paths: Sequence[Sequence[bytes]]
) -> None:
    """Check and keep a draw checkpoint. Refusal CHECKPOINT_NOT_TRUSTED: then no secret is shown."""
    del at
    held = load(tx, state, need.thread_id)
    if held is None or held.thread is None or held.thread.appraisal is None:
        return
    thread, facts = held.thread, held.thread.appraisal
    found = commitments(tx, thread.thread_id, facts.draw)
    proofs = [
        (parse_entry(found[unit].entry), tuple(path))
        for unit, path in zip((thread.home_unit, thread.host_unit), paths, strict=True)
    ]
    if tuple(entry.leaf_index for entry, _ in proofs) != need.leaves:
        return  # the draw is another by now
    checkpoint = check_draw_note(note, commitments=proofs, trust=state.rosters.current)
    if any(parse_header(each.header).leg != thread.leg for each in found.values()) or checkpoint.size <= need.later:
        raise Refusal(Reason.CHECKPOINT_NOT_TRUSTED, field="size")
    keep_note(tx, DrawKey(thread.thread_id, thread.leg, facts.draw), note)
