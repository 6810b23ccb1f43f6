"""Checking a draw from its file alone, without network or database (protocol 13.8). What it proves: 13.9.

The evidence (signatures, log) is judged by `certs.draw_evidence`; here the draw itself is done again. Two things are
not in the file, for whoever made it could have put anything there: which seal authority and which log key are the
federation's. They are given, or told as not checked with their digests.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from certs.draw_evidence import (
    Event,
    check_answer,
    check_checkpoints,
    check_entries,
    check_inclusion,
    check_signatures,
    read_event,
    stands_in_log,
)
from certs.draw_experts import check_in_pool, check_openings
from certs.draw_file import DrawFile, LoggedEnvelope
from certs.draw_file_json import read_draw_file
from certs.draw_report import Book, Default, DrawReport, Skip, Wrong, expect, located
from certs.keys import certificate_digest
from certs.notes import Checkpoint
from delegation.codes import AppraisalMode, Kind
from delegation.deadlines import day_of
from delegation.declared_appraisal import (
    DrawCommittedDeclared,
    DrawRevealedDeclared,
    DrawVoidedDeclared,
    PanelDeclared,
    PanelVoidedDeclared,
    ReplacementDeclared,
    StrataDeclared,
)
from delegation.draw import (
    Picks,
    draw_commitment,
    draw_seed,
    next_reserve,
    picks,
    strata_problem,
)
from delegation.model import PoolDeclared


def verify_draw_file(
    data: bytes, *, seal_authorities: Sequence[bytes] = (), log_key: bytes = b"", arithmetic: bool = False
) -> DrawReport:
    """Read a file's bytes and check it; see `verify_draw`.

    Raises Refusal as `read_draw_file` for what is no draw's file at all.
    """
    file = read_draw_file(data)
    return verify_draw(file, seal_authorities=seal_authorities, log_key=log_key, arithmetic=arithmetic)


def verify_draw(
    file: DrawFile, *, seal_authorities: Sequence[bytes] = (), log_key: bytes = b"", arithmetic: bool = False
) -> DrawReport:
    """Make every check of protocol 13.8 and say how each came out; raises nothing.

    `seal_authorities` (certificates, DER, former ones too) and `log_key` (32 bytes) are what the caller knows by
    another way; without them those two checks are not made. `arithmetic` leaves out whom the positions stand for, all
    that is opened of pool and list: what a provincial office can check out of the headers that it has.
    """
    return _Verification(file, arithmetic=arithmetic).run(seal_authorities, log_key)


@dataclass(slots=True)
class _Verification:
    """A file, and what the checks so far have found in it."""

    file: DrawFile
    arithmetic: bool = False
    book: Book = field(default_factory=Book)
    events: tuple[Event, ...] = ()
    pool: Event | None = None
    checkpoints: tuple[Checkpoint, ...] = ()
    home: str = ""
    host: str = ""
    drawing: str = ""
    strata: StrataDeclared | None = None
    listed: Event | None = None
    committed: dict[str, Event] = field(default_factory=dict)
    secrets: dict[str, bytes] = field(default_factory=dict)
    panel: PanelDeclared | None = None
    panel_event: Event | None = None
    seed: bytes = b""
    drawn: tuple[Picks, ...] = ()
    sitting: tuple[tuple[int, int], ...] = ()
    defaults: list[Default] = field(default_factory=list)

    def run(self, seal_authorities: Sequence[bytes], log_key: bytes) -> DrawReport:
        checking, needs = self.book.checking, self.book.needs
        with checking("log"):
            self.checkpoints = check_checkpoints(self.file)
        with checking("signatures"):
            self.events = tuple(_read(logged, number) for number, logged in enumerate(self.file.thread, 1))
            self.pool = None if self.file.pool is None else _read(self.file.pool, 0)
            check_signatures(self.file, self._all())
        with checking("entries"):
            needs("signatures")
            check_entries(self.events)
            if self.pool is not None:
                with located("pool"):
                    check_answer(self.pool)
        with checking("inclusion"):
            needs("log", "entries")
            check_inclusion(self._all(), self.checkpoints)
            used = {event.logged.checkpoint for event in self._all()} | {self.file.draw_checkpoint}
            expect(len(used) == len(self.checkpoints), "checkpoint of nothing")
        for name, check in (
            ("sides", self._sides),
            ("repeats", self._repeats),
            ("list_first", self._list_first),
            ("commitments", self._commitments),
            ("secrets", self._secrets),
            ("draw_checkpoint", self._draw_checkpoint),
            ("picks", self._picks),
            ("replacements", self._replacements),
            ("pool", self._pool),
            ("experts", self._experts),
            ("experts_in_pool", self._experts_in_pool),
        ):
            with checking(name):
                check()
        with checking("seal_authority"):
            _same(self.file.seal_authorities, seal_authorities)
        with checking("log_key"):
            _same((self.file.log_public_key,), (log_key,) if log_key else ())
        return self._report()

    def _all(self) -> tuple[Event, ...]:
        return self.events if self.pool is None else (*self.events, self.pool)

    def _of_draw(self, kind: type, *kinds: Kind) -> list[Event]:
        """Events of the file's draw that declare such a thing."""
        return [
            event
            for event in self.events
            if isinstance(event.header.declared, kind)
            and event.header.kind in kinds
            and getattr(event.header.declared, "draw", 0) == self.file.draw
        ]

    # the draw's own

    def _sides(self) -> None:
        self.book.needs("entries")
        panels = self._of_draw(PanelDeclared, Kind.PANEL_DRAWN)
        expect(bool(panels), "no panel")
        expect(len({event.header.declared for event in panels}) == 1, "two panels")
        self.panel_event = panels[0]
        declared = self.panel_event.header.declared
        assert isinstance(declared, PanelDeclared)  # noqa: S101 - for the type checker
        self.panel = declared
        expect(self.panel_event.header.leg == self.file.leg, "leg")
        letters = [
            event.header
            for event in self.events
            if event.header.kind is Kind.ISSUED and event.header.leg == self.file.leg
        ]
        expect(bool(letters), "no letter")
        letter = letters[0]
        self.home, self.host = letter.sender_unit, letter.counterpart_unit
        expect(bool(self.host) and self.home != self.host, "sides")
        seconded = letter.appraisal_mode is AppraisalMode.EXPERT_SECONDMENT
        self.drawing = self.home if seconded else self.host
        expect(self.panel_event.header.sender_unit == self.drawing, "who draws")

    def _repeats(self) -> None:
        """Draws are numbered through the thread, and each before this one was ended on record."""
        self.book.needs("sides")
        begun: dict[int, Event] = {}
        ended: dict[int, int] = {}
        for event in self.events:
            declared, kind = event.header.declared, event.header.kind
            if kind is Kind.SPECIALTY_DETERMINED and isinstance(declared, StrataDeclared):
                begun.setdefault(declared.draw, event)
            elif kind is Kind.PANEL_SHORT and isinstance(declared, StrataDeclared):
                ended.setdefault(declared.draw, event.entry.thread_sequence)
            elif isinstance(declared, DrawVoidedDeclared | PanelVoidedDeclared):
                ended.setdefault(declared.draw, event.entry.thread_sequence)
                if isinstance(declared, DrawVoidedDeclared) and declared.unit:
                    self.defaults.append(Default(declared.draw, declared.unit, void=True))
            elif kind is Kind.ISSUED:
                for number, start in begun.items():
                    if start.header.leg < event.header.leg:
                        ended.setdefault(number, event.entry.thread_sequence)
            elif kind is Kind.DRAW_REVEALED_FOR and isinstance(declared, DrawRevealedDeclared):
                self.defaults.append(Default(declared.draw, declared.unit, void=False))
        first = begun.get(self.file.draw)
        expect(first is not None, "no list")
        assert first is not None and self.panel_event is not None  # noqa: S101, PT018 - for the type checker
        for number in range(1, self.file.draw):
            expect(number in ended, f"draw {number}")
            expect(ended[number] < first.entry.thread_sequence, f"draw {number}")
        over = ended.get(self.file.draw)
        expect(over is None or over > self.panel_event.entry.thread_sequence, "drawn after its end")

    def _list_first(self) -> None:
        self.book.needs("sides")
        lists = self._of_draw(StrataDeclared, Kind.SPECIALTY_DETERMINED)
        expect(len(lists) > 0, "no list")
        expect(len({event.header.declared for event in lists}) == 1, "two lists")
        self.listed = lists[0]
        declared = self.listed.header.declared
        assert isinstance(declared, StrataDeclared)  # noqa: S101 - for the type checker
        self.strata = declared
        expect(self.listed.header.sender_unit == self.drawing, "who draws")
        expect(self.listed.header.leg == self.file.leg, "leg")
        problem = strata_problem(declared.strata)
        expect(problem is None, "" if problem is None else problem.value)
        commitments = self._of_draw(DrawCommittedDeclared, Kind.DRAW_COMMITTED)
        expect(all(_before(self.listed, event) for event in commitments), "after a commitment")

    def _commitments(self) -> None:
        self.book.needs("sides", "list_first")
        events = self._of_draw(DrawCommittedDeclared, Kind.DRAW_COMMITTED)
        for unit in (self.home, self.host):
            mine = [event for event in events if event.header.sender_unit == unit]
            expect(bool(mine), "missing")
            expect(len({event.header.declared for event in mine}) == 1, "two commitments")
            expect(mine[0].header.leg == self.file.leg, "leg")
            self.committed[unit] = mine[0]
        expect({event.header.sender_unit for event in events} == {self.home, self.host}, "unit")
        reveals = self._of_draw(DrawRevealedDeclared, Kind.DRAW_REVEALED, Kind.DRAW_REVEALED_FOR)
        expect(all(_before(each, reveal) for each in self.committed.values() for reveal in reveals), "after a secret")

    def _secrets(self) -> None:
        self.book.needs("commitments")
        for event in self._of_draw(DrawRevealedDeclared, Kind.DRAW_REVEALED, Kind.DRAW_REVEALED_FOR):
            declared = event.header.declared
            assert isinstance(declared, DrawRevealedDeclared)  # noqa: S101 - for the type checker
            expect(declared.unit in self.committed, "unit")
            own = event.header.kind is Kind.DRAW_REVEALED
            sender = event.header.sender_unit
            expect(sender == declared.unit if own else sender not in self.committed, "sender")
            expect(self.secrets.setdefault(declared.unit, declared.secret) == declared.secret, "two secrets")
            expect(self.panel_event is not None and _before(event, self.panel_event), "after the panel")
        for unit, event in self.committed.items():
            secret = self.secrets.get(unit)
            if secret is None:
                raise Wrong("missing")
            commitment = draw_commitment(
                federation_id=event.header.federation_id,
                thread_id=event.header.thread_id,
                leg=self.file.leg,
                draw=self.file.draw,
                unit=unit,
                secret=secret,
            )
            declared = event.header.declared
            expect(isinstance(declared, DrawCommittedDeclared) and declared.commitment == commitment, "commitment")

    def _draw_checkpoint(self) -> None:
        """The log as it was before anybody showed a secret: who chose it could not know what follows from it."""
        self.book.needs("log", "inclusion", "commitments")
        expect(len(self.file.draw_paths) == len((self.home, self.host)), "paths")
        first = self.checkpoints[self.file.draw_checkpoint]
        for unit, path in zip((self.home, self.host), self.file.draw_paths, strict=True):
            stands_in_log(self.committed[unit].entry, first, path)
        for event in self._of_draw(DrawRevealedDeclared, Kind.DRAW_REVEALED, Kind.DRAW_REVEALED_FOR):
            expect(event.entry.leaf_index >= first.size, "after a secret")
        panel = self.panel
        expect(panel is not None and (panel.log_size, panel.log_root) == (first.size, first.root), "another checkpoint")

    def _picks(self) -> None:
        self.book.needs("sides", "repeats", "list_first", "commitments", "secrets", "draw_checkpoint")
        assert self.panel is not None and self.strata is not None  # noqa: S101, PT018 - the checks before found them
        header = self.events[0].header
        self.seed = draw_seed(
            federation_id=header.federation_id,
            thread_id=header.thread_id,
            leg=self.file.leg,
            draw=self.file.draw,
            home_unit=self.home,
            home_secret=self.secrets[self.home],
            host_unit=self.host,
            host_secret=self.secrets[self.host],
            eligible_root=self.strata.eligible_root,
            log_size=self.panel.log_size,
            log_root=self.panel.log_root,
        )
        self.drawn = picks(self.seed, self.strata.strata)
        self.sitting = tuple((stratum, position) for stratum, each in enumerate(self.drawn) for position in each.seats)
        expect(self.panel.picks == self.drawn, "others were declared")

    def _replacements(self) -> None:
        self.book.needs("picks")
        sitting = list(self.sitting)
        entered: list[tuple[int, int]] = []
        seen: set[ReplacementDeclared] = set()
        for event in self._of_draw(ReplacementDeclared, Kind.PANEL_REPLACED):
            declared = event.header.declared
            assert isinstance(declared, ReplacementDeclared)  # noqa: S101 - for the type checker
            if declared in seen:  # the same again, in the place of one that was protested
                continue
            seen.add(declared)
            expect(event.header.sender_unit == self.drawing, "who draws")
            expect(self.panel_event is not None and _before(self.panel_event, event), "before the panel")
            expect(bool(event.header.reasons), "no reason")
            leaves = (declared.stratum, declared.leaves)
            expect(leaves in sitting, "not seated")
            before = [position for stratum, position in entered if stratum == declared.stratum]
            expect(next_reserve(self.drawn[declared.stratum], before) == declared.enters, "out of turn")
            entered.append((declared.stratum, declared.enters))
            sitting[sitting.index(leaves)] = entered[-1]
        self.sitting = tuple(sitting)

    # whom the positions stand for

    def _pool(self) -> None:
        self._arithmetic_alone()
        self.book.needs("list_first", "inclusion")
        if self.pool is None:
            raise Skip("not in the file")
        assert self.listed is not None and self.strata is not None  # noqa: S101, PT018 - list_first found them
        declared = self.pool.header.declared
        expect(self.pool.header.kind is Kind.POOL_COMMITTED and isinstance(declared, PoolDeclared), "kind")
        assert isinstance(declared, PoolDeclared)  # noqa: S101 - for the type checker
        expect(self.pool.header.sender_unit == self.drawing, "who draws")
        expect(self.pool.header.federation_id == self.listed.header.federation_id, "federation")
        expect(declared.version == self.strata.pool_version, "version")
        expect(self.pool.entry.leaf_index < self.listed.entry.leaf_index, "after the list")

    def _arithmetic_alone(self) -> None:
        if self.arithmetic:
            raise Skip("arithmetic alone")

    def _experts(self) -> None:
        self._arithmetic_alone()
        self.book.needs("picks", "replacements")
        assert self.strata is not None  # noqa: S101 - picks needs it
        check_openings(self.file.experts, self.strata, self.drawn)

    def _experts_in_pool(self) -> None:
        self._arithmetic_alone()
        self.book.needs("experts", "pool")
        assert self.pool is not None and self.listed is not None  # noqa: S101, PT018 - pool needs them
        check_in_pool(self.file.experts, self.pool.header.declared, on=day_of(self.listed.entry.accepted_at))

    def _report(self) -> DrawReport:
        first = self.events[0].header if self.events else None
        panel = self.panel
        return DrawReport(
            checks=tuple(self.book.checks),
            thread_id="" if first is None else first.thread_id,
            entries=len(self.events),
            until=self.events[-1].entry.accepted_at if self.events else None,
            leg=self.file.leg,
            draw=self.file.draw,
            home_unit=self.home,
            host_unit=self.host,
            drawing_unit=self.drawing,
            seed=self.seed.hex(),
            log_size=0 if panel is None else panel.log_size,
            log_root="" if panel is None else panel.log_root.hex(),
            eligible_root="" if self.strata is None else self.strata.eligible_root.hex(),
            picks=self.drawn,
            panel=self.sitting,
            defaults=tuple(self.defaults),
            seal_authorities=tuple(certificate_digest(der).hex() for der in self.file.seal_authorities),
            log_key=sha256(self.file.log_public_key).hexdigest(),
        )


def _read(logged: LoggedEnvelope, number: int) -> Event:
    with located(f"entry {number}" if number else "pool"):
        return read_event(logged)


def _before(one: Event, other: Event) -> bool:
    return one.entry.leaf_index < other.entry.leaf_index


def _same(found: Sequence[bytes], known: Sequence[bytes]) -> None:
    """Whether all that the file leans on is known: one stranger among them could vouch for anybody."""
    if not known:
        raise Skip("compare its digest")
    expect(set(found) <= set(known), "another")
