"""Envelopes that their true sender signed and that the contract, the caps, the roster or the table forbid."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from certs.envelope import SealedEnvelope
from delegation.codes import Kind
from delegation.model import Entry
from delegation.payloads import sealing_key_id
from tests.builders import CHENGDU_AC, CHENGDU_RD, DEYANG_RD, HANGZHOU_AC, HANGZHOU_RD, SICHUAN_PO, a_uuid4
from tests.registry.federation import uuid7_at
from tests.trials.support.forging import UNREADABLE, Forger, Forgery, context_of, envelope_of
from xieban.delegation.v1 import codes_pb2, header_pb2

_ORDER_8: Final = 325606250916557431795983626356110631294008115727848805560023387167927233504
LOW_ORDER: Final = tuple(number.to_bytes(32, "little") for number in (0, 1, _ORDER_8, 2**255 - 20, 2**255 - 19))
_UNKNOWN: Final = 9999
_ENUMS: Final = (
    "thread_type",
    "kind",
    "signing_suite",
    "sealing_suite",
    "matter",
    "appraisal_kind",
    "appraisal_mode",
    "legal_basis",
    "priority",
    "relation",
)
_STRINGS: Final = (
    "federation_id",
    "envelope_id",
    "thread_id",
    "counterpart_unit",
    "case_id",
    "sender_unit",
    "payload_type",
    "agreement_id",
    "requested_due",
    "related_thread_id",
)


class RuleBreaker:
    """Draws envelopes that are truly signed and must not be taken; `entry` is that of `thread`, an issued letter."""

    def __init__(self, forger: Forger, *, thread: SealedEnvelope, entry: Entry) -> None:
        self.forger = forger
        self.random = forger.random
        self.federation = forger.federation
        self.thread = thread
        self.entry = entry
        self.generators: list[Callable[[], Forgery]] = [
            self.unknown_code,
            self.other_version,
            self.bad_text,
            self.over_a_cap,
            self.other_federation,
            self.bad_time,
            self.bad_recipients,
            self.lying_about_the_body,
            self.speaking_for_another,
            self.material_that_is_not_there,
            self.wrong_place,
            self.hijacked,
            self.out_of_turn,
            self.on_a_false_base,
        ]

    def draw(self) -> Forgery:
        """The next one."""
        return self.random.choice(self.generators)()

    def _changed(self, name: str, change: Callable[[header_pb2.Context], object], expected: frozenset[str]) -> Forgery:
        letter = self.random.choice(self.forger.fresh)
        context = context_of(letter)
        change(context)
        return Forgery(name, self.forger.signed(context, letter), expected)

    def _new_letter(self, **changes: object) -> SealedEnvelope:
        return self.federation.letter(**changes)  # type: ignore[arg-type]  # whatever a header has

    # the contract

    def unknown_code(self) -> Forgery:
        def change(context: header_pb2.Context) -> None:
            field = self.random.choice((*_ENUMS, "procedure", "role", "certainty"))
            value = self.random.choice((_UNKNOWN, 2**31 - 1, -1, 97))
            if field == "procedure":
                context.clock.procedure = value  # type: ignore[assignment]  # no such code
            elif field in ("role", "certainty"):
                setattr(context.task_place, field, value)
            else:
                setattr(context, field, value)

        return self._changed("unknown_code", change, frozenset({"UNKNOWN_CODE", "SUITE_NOT_ALLOWED"}))

    def other_version(self) -> Forgery:
        def change(context: header_pb2.Context) -> None:
            field = self.random.choice(("format_version", "payload_version", "roster_version"))
            values = (99, 2**32 - 1) if field == "roster_version" else (0, 2, 99, 2**32 - 1)
            setattr(context, field, self.random.choice(values))

        return self._changed("other_version", change, frozenset({"UNKNOWN_VERSION", "ROSTER_NOT_READY"}))

    def bad_text(self) -> Forgery:
        """A code in the wrong case, with blanks around it, of look-alike or free characters."""

        def spoil(text: str) -> str:
            cases = (
                text.swapcase(),
                text + "\n",
                " " + text,
                text + "\x00",
                text + "\u200b",
                "".join(chr(ord(char) + 0xFEE0) if "0" <= char <= "9" else char for char in text),  # full width
                "../" + text,
                "\u5f20\u4e09",
                "x" * 5000,
            )
            return next(each for each in self.random.sample(cases, len(cases)) if each != text)

        def change(context: header_pb2.Context) -> None:
            field = self.random.choice((*_STRINGS, "place", "recipient", "reasons"))
            if field == "place":
                context.task_place.code = spoil(context.task_place.code)
            elif field == "recipient":
                context.recipients[-1].unit = spoil(context.recipients[-1].unit)
            elif field == "reasons":
                context.reasons.append(spoil("R01"))
            else:
                setattr(context, field, spoil(getattr(context, field) or HANGZHOU_RD))

        return self._changed("bad_text", change, UNREADABLE)

    def over_a_cap(self) -> Forgery:
        def materials(context: header_pb2.Context) -> None:
            for number in range(129):
                context.manifest.add(material_id=a_uuid4(number), root=bytes(32), sealed_size=100, chunk_count=1)

        def suspensions(context: header_pb2.Context) -> None:
            for _ in range(33):
                context.clock.suspensions.add(ground="S01", effective_on="2026-01-05", resumed_on="2026-01-06")

        def recipients(context: header_pb2.Context) -> None:
            units = (CHENGDU_AC, DEYANG_RD, SICHUAN_PO, HANGZHOU_AC, "110000NO01X")
            context.recipients.extend(header_pb2.Recipient(unit=unit, key_id=bytes(16)) for unit in units)

        def defects(context: header_pb2.Context) -> None:
            context.kind = codes_pb2.EVENT_KIND_RETURNED
            context.declared.defect_list.SetInParent()
            for _ in range(65):
                context.declared.defect_list.defects.add()

        def places(context: header_pb2.Context) -> None:
            context.task_place.other_candidates.extend(["510100", "510600", "330100"])

        def header(context: header_pb2.Context) -> None:
            context.MergeFromString(b"\xfa\x7f\x80\xc0\x01" + bytes(24576))  # an unknown field of 24 KiB

        def reasons(context: header_pb2.Context) -> None:
            context.reasons.extend(["R01"] * 17)

        def numbers(context: header_pb2.Context) -> None:
            setattr(context, self.random.choice(("leg", "round", "hop")), self.random.choice((1001, 2**32 - 1)))

        changes = (materials, suspensions, recipients, defects, places, header, reasons, numbers)
        change = self.random.choice(changes)
        return self._changed(f"over_a_cap_{change.__name__}", change, UNREADABLE)

    def other_federation(self) -> Forgery:
        def change(context: header_pb2.Context) -> None:
            context.federation_id = self.random.choice(("xieban", "xieban-tes", "xieban-test2", "demo"))

        return self._changed("other_federation", change, frozenset({"UNKNOWN_FEDERATION"}))

    def bad_time(self) -> Forgery:
        at = self.federation.clock.at
        pick = self.random.randrange(5)
        if pick == 0:
            return Forgery(
                "claimed_tomorrow",
                envelope_of(self._new_letter(claimed_at=at + timedelta(days=2))),
                frozenset({"CLAIMED_TIME_REFUSED"}),
            )
        if pick == 1:
            return Forgery(
                "claimed_ahead",
                envelope_of(self._new_letter(claimed_at=at + timedelta(minutes=30))),
                frozenset({"CLAIMED_TIME_AHEAD"}),
            )
        if pick == 2:
            return Forgery(
                "no_longer_valid",
                envelope_of(self._new_letter(valid_until=at - timedelta(seconds=1))),
                frozenset({"NO_LONGER_VALID"}),
            )

        def change(context: header_pb2.Context) -> None:
            if pick == 3:
                context.claimed_at.nanos = self.random.choice((1, -1, 999_999_999, 1_000_000_000, 2**31 - 1))
            else:
                context.claimed_at.seconds = self.random.choice((-(2**62), 2**62, 253402300800, -62135596801))

        return self._changed("bad_instant", change, frozenset({"MALFORMED"}))

    def bad_recipients(self) -> Forgery:
        pick = self.random.randrange(5)
        if pick == 0:  # keys that nobody may seal to: low order, revoked, of nobody, another unit's
            weak = sealing_key_id(self.random.choice(LOW_ORDER))
            others = self.federation.keys[DEYANG_RD].newest
            key_id = self.random.choice((weak, self.forger.loot.revoked_sealing.key_id, bytes(16), others))
            return self._changed(
                "key_not_valid",
                lambda context: setattr(context.recipients[-1], "key_id", key_id),
                frozenset({"RECIPIENT_KEY_NOT_VALID"}),
            )

        def change(context: header_pb2.Context) -> None:
            if pick == 1:
                context.recipients.add(unit=CHENGDU_RD, key_id=context.recipients[-1].key_id)  # twice
            elif pick == 2:
                del context.recipients[0]  # the sender does not hold a key of its own letter
            elif pick == 3:
                del context.recipients[:]
            else:
                context.recipients[-1].key_id = bytes(self.random.choice((0, 15, 17, 32)))

        return self._changed("bad_recipients", change, frozenset({"MALFORMED", "RECIPIENT_KEY_NOT_VALID"}))

    def lying_about_the_body(self) -> Forgery:
        """A true signature over a digest or size that is not the body's."""
        letter = self.random.choice(self.forger.fresh)
        envelope = self.forger.signed(context_of(letter), letter)
        envelope.sealed_body = self.random.choice(
            (self.forger.flipped(letter.sealed_body), letter.sealed_body + b"\x00", letter.sealed_body[:-1])
        )
        return Forgery("lying_about_the_body", envelope, frozenset({"DIGEST_MISMATCH"}))

    # who, where

    def speaking_for_another(self) -> Forgery:
        """One's own key, another's name; one's own other unit with this unit's key."""

        def change(context: header_pb2.Context) -> None:
            context.sender_unit = self.random.choice((CHENGDU_RD, DEYANG_RD, SICHUAN_PO, HANGZHOU_AC))
            context.recipients[0].unit = context.sender_unit

        return self._changed("speaking_for_another", change, frozenset({"NOT_YOUR_UNIT", "BAD_SIGNATURE", "MALFORMED"}))

    def material_that_is_not_there(self) -> Forgery:
        def change(context: header_pb2.Context) -> None:
            number = self.random.randrange(2**40)
            context.manifest.add(material_id=a_uuid4(number), root=bytes(32), sealed_size=100, chunk_count=1)

        return self._changed("material_that_is_not_there", change, frozenset({"MATERIAL_MISSING", "DIGEST_MISMATCH"}))

    def wrong_place(self) -> Forgery:
        """To a unit that is not the place's, or that does not do this."""
        place = self.thread.header.task_place
        assert place is not None
        host = self.random.choice((DEYANG_RD, CHENGDU_AC))
        letter = self._new_letter(host=host, task_place=replace(place, code="510100"))
        expected = frozenset({"WRONG_PLACE", "NOT_ALLOWED", "GUARD_FAILED"})
        return Forgery("wrong_place", envelope_of(letter), expected)

    def hijacked(self) -> Forgery:
        """A stranger to the thread moves it, ends it, opens it again, or asks in it."""
        thread = self.thread.header
        pick = self.random.randrange(3)
        unheard = frozenset({"NOT_FOUND"})
        if pick == 0:
            kind = self.random.choice((Kind.SIGNED_FOR, Kind.CANCELLED, Kind.WITHDRAW_REQUESTED))
            letter = self.federation.move(thread, kind, DEYANG_RD, base=self.entry, counterpart_unit=HANGZHOU_RD)
            return Forgery("hijacked_move", envelope_of(letter), unheard | UNREADABLE, "other")
        if pick == 1:
            letter = self._new_letter(home=DEYANG_RD, thread_id=thread.thread_id)
            return Forgery("hijacked_number", envelope_of(letter), unheard | {"NOT_ALLOWED"}, "other")
        letter = self._new_letter(thread_id=thread.thread_id)
        return Forgery("opened_again", envelope_of(letter), frozenset({"NOT_ALLOWED", "STALE", "PREDECESSOR_MISSING"}))

    def out_of_turn(self) -> Forgery:
        """The host's moves before their time, and the host's moves by the home."""
        kind = self.random.choice((Kind.SIGNED_FOR, Kind.ARCHIVED, Kind.COMPLETED))
        by_home = self.random.random() < 0.5 or kind is Kind.SIGNED_FOR
        sender = HANGZHOU_RD if by_home else CHENGDU_RD
        predecessor = self.thread.header.ref if by_home else None
        letter = self.federation.move(self.thread.header, kind, sender, base=self.entry, predecessor=predecessor)
        return Forgery(
            "out_of_turn",
            envelope_of(letter),
            frozenset({"NOT_ALLOWED", "GUARD_FAILED", "MALFORMED"}),
            "home" if by_home else "host",
        )

    def on_a_false_base(self) -> Forgery:
        """A good move that names an entry, or an earlier envelope, that there is not."""
        pick = self.random.randrange(3)
        letter = self.federation.move(self.thread.header, Kind.SIGNED_FOR, CHENGDU_RD, base=self.entry)
        context = context_of(letter)
        if pick == 0:
            context.base.entry_digest = self.random.randbytes(32)
        elif pick == 1:
            context.base.sequence = self.random.choice((2, 99))
        else:
            nowhere = uuid7_at(self.federation.clock.at, self.federation.number())
            context.predecessor.sender_unit, context.predecessor.envelope_id = CHENGDU_RD, nowhere
            context.predecessor.header_digest = self.random.randbytes(32)
        envelope = self.forger.signed(context, letter, key=self.federation.keys[CHENGDU_RD].signing)
        expected = frozenset({"GUARD_FAILED", "STALE", "PREDECESSOR_MISSING"})
        return Forgery("on_a_false_base", envelope, expected, "host")
