"""A roster is believed whole, from the seal authority alone, never an older one, and no key slips in unnoticed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.authority import PAYLOAD_TYPE_HANDOVER, SealAuthority
from certs.handover import pin_successor
from certs.keys import certificate_digest, load_p256, new_csr, new_p256, new_x25519
from certs.signing import sign_p256
from certs.trust import CLOCK_MARGIN, Trust, verify_roster
from certs.vouching import Vouching, VouchingKind, read_vouching, sign_succession, vouching_bytes
from delegation.codec_roster import (
    SignedRosterParts,
    parse_roster_statement,
    parse_signed_roster,
    roster_statement_bytes,
    signed_roster_bytes,
)
from delegation.codec_roster_write import roster_bytes
from delegation.errors import Reason, Refusal
from delegation.payloads import PAYLOAD_TYPE_ROSTER_STATEMENT, sealing_key_id
from delegation.roster_view import RosterView, Unit
from tests.certs.refusals import refused
from tests.certs.world import AT, DAY, FEDERATION, HOME, HOST, NO_REGIONS, UnitKeys, World, sealing_record


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world that no test changes."""
    return World(tmp_path_factory.mktemp("still"))


@pytest.fixture(scope="module")
def once(still: World) -> bytes:
    """Its roster, signed once: signatures differ in length."""
    return still.signed()


def take(world: World, signed: bytes, **others: object) -> Trust:
    options = {"seal_authority": world.seal.certificate, "regions": NO_REGIONS, "at": AT} | others
    return verify_roster(signed, **options)  # type: ignore[arg-type] # test helper


class TestStatement:
    def test_good(self, still: World) -> None:
        trust = still.trust()
        assert trust.view.version == 1
        assert trust.statement.expires_at - trust.statement.issued_at == 14 * DAY
        assert not trust.unvouched

    def test_stale_is_no_refusal(self, still: World) -> None:
        trust = take(still, still.signed(), at=AT + 100 * DAY)
        assert not trust.is_stale(AT + 14 * DAY - timedelta(seconds=1))
        assert trust.is_stale(AT + 14 * DAY)

    def test_daily_restatement_may_come_without_the_bytes(self, still: World) -> None:
        held = still.trust()
        later = parse_signed_roster(still.signed(at=AT + DAY))
        trust = take(still, signed_roster_bytes(replace(later, roster=b"")), at=AT + DAY, held=held)
        assert trust.view is held.view
        assert trust.statement.issued_at == AT + DAY
        assert refused(take, still, signed_roster_bytes(replace(later, roster=b"")), at=AT + DAY).details == {
            "why": "digest"
        }

    def test_from_the_future(self, still: World) -> None:
        take(still, still.signed(at=AT + CLOCK_MARGIN))
        assert refused(take, still, still.signed(at=AT + CLOCK_MARGIN + timedelta(seconds=1))).details == {
            "why": "future"
        }

    def test_of_an_authority_out_of_date(self, still: World) -> None:
        late = AT + 21 * 365 * DAY
        assert refused(take, still, still.signed(at=late), at=late).details == {"why": "signature"}

    def test_of_another_authority(self, still: World, tmp_path: Path) -> None:
        other = SealAuthority.create(tmp_path / "other", FEDERATION, AT)
        signed = other.sign_roster(roster_bytes(still.view), AT)
        assert refused(take, still, signed).details == {"why": "signature"}

    def test_another_federations_roster_is_not_signed(self, still: World) -> None:
        foreign = roster_bytes(replace(still.view, federation_id="elsewhere"))
        assert refused(still.seal.sign_roster, foreign, AT).reason is Reason.UNKNOWN_FEDERATION

    def test_statement_of_another_roster(self, still: World) -> None:
        good = parse_signed_roster(still.signed())
        other = roster_bytes(replace(still.view, version=2))
        swapped = signed_roster_bytes(SignedRosterParts(other, good.statement, good.signature))
        assert refused(take, still, swapped).details == {"why": "digest"}

    @given(data=st.data())
    def test_any_changed_byte_is_noticed(self, still: World, once: bytes, data: st.DataObject) -> None:
        signed = bytearray(once)
        signed[data.draw(st.integers(0, len(signed) - 1))] ^= data.draw(st.integers(1, 255))
        with pytest.raises(Refusal):
            take(still, bytes(signed))

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"expires_at": AT + 16 * DAY}, Reason.ROSTER_NOT_TRUSTED),
            ({"version": 2}, Reason.ROSTER_NOT_TRUSTED),
            ({"federation_id": "elsewhere"}, Reason.UNKNOWN_FEDERATION),
        ],
        ids=["too long", "another version", "another federation"],
    )
    def test_a_statement_as_the_authority_never_makes_it(
        self, still: World, changes: dict[str, Any], reason: Reason
    ) -> None:
        good = parse_signed_roster(still.signed())
        statement = roster_statement_bytes(replace(parse_roster_statement(good.statement), **changes))
        key = load_p256(still.seal.folder / "authority.key")
        signature = sign_p256(key, PAYLOAD_TYPE_ROSTER_STATEMENT, statement)
        signed = signed_roster_bytes(SignedRosterParts(good.roster, statement, signature))
        assert refused(take, still, signed).reason is reason

    def test_rollback_and_two_of_one_version(self, still: World) -> None:
        held = still.trust(still.next_view())
        assert refused(take, still, still.signed(), held=held).details == {"why": "rollback"}
        other = replace(still.next_view(), composed_at=AT)
        assert refused(take, still, still.signed(other), held=held.view).details == {"why": "two_of_one_version"}
        assert take(still, still.signed()).view.version == 1  # old evidence asks without what it holds

    def test_after_a_handover_both_authorities_are_pinned(self, world: World) -> None:
        before = world.seal.certificate
        successor, signature = world.seal.rotate(AT)
        pinned = pin_successor([before], successor.certificate, signature)
        assert pinned == (successor.certificate, before) == successor.certificates
        signed = successor.sign_roster(roster_bytes(world.view), AT)
        assert take(world, signed, seal_authority=pinned).view.version == 1  # unit certificates of the old key stand
        assert refused(take, world, signed).details == {"why": "signature"}
        assert SealAuthority.load(successor.folder).certificates == pinned

    def test_a_handover_needs_the_old_key(self, world: World, tmp_path: Path) -> None:
        other = SealAuthority.create(tmp_path / "other", FEDERATION, AT)
        _, signature = SealAuthority.create(tmp_path / "third", FEDERATION, AT).rotate(AT)
        refusal = refused(pin_successor, [world.seal.certificate], other.certificate, signature)
        assert refusal.reason is Reason.CERTIFICATE_NOT_TRUSTED
        assert refused(pin_successor, [world.seal.certificate], world.channel.certificate, signature).reason is (
            Reason.CERTIFICATE_PURPOSE
        )

    def test_a_handover_stays_in_its_federation(self, world: World, tmp_path: Path) -> None:
        foreign = SealAuthority.create(tmp_path / "foreign", "elsewhere", AT).certificate
        signature = sign_p256(load_p256(world.seal.folder / "authority.key"), PAYLOAD_TYPE_HANDOVER, foreign)
        refusal = refused(pin_successor, [world.seal.certificate], foreign, signature)
        assert refusal.reason is Reason.CERTIFICATE_NOT_TRUSTED

    def test_a_handover_stopped_half_way_is_finished_or_undone(self, world: World) -> None:
        folder = world.seal.folder
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        successor, _ = world.seal.rotate(AT)
        (folder / "authority.next.der").write_bytes(successor.certificate)
        (folder / "authority.der").write_bytes(before["authority.der"])  # stopped after the key was written
        assert SealAuthority.load(folder).certificate == successor.certificate
        (folder / "authority.next.der").write_bytes(successor.certificate)
        (folder / "authority.der").write_bytes(before["authority.der"])
        (folder / "authority.key").write_bytes(before["authority.key"])  # stopped before
        assert SealAuthority.load(folder).certificate == before["authority.der"]


class TestKeys:
    def swap(self, world: World, **changes: object) -> RosterView:
        return world.with_unit(replace(world.view.units[HOST], **changes))  # type: ignore[arg-type] # test helper

    def test_a_certificate_of_another_unit(self, world: World) -> None:
        view = self.swap(world, signing_certificates=(world.keys[HOME].certificate,), sealing_keys=())
        assert refused(take, world, world.signed(view)).details == {"why": "certificate", "unit": HOST}

    def test_a_certificate_of_another_issuer(self, world: World, tmp_path: Path) -> None:
        other = SealAuthority.create(tmp_path / "other", FEDERATION, AT - DAY)
        der = other.issue_unit(new_csr(new_p256()), HOST, AT)
        view = self.swap(world, signing_certificates=(der,), sealing_keys=())
        assert refused(take, world, world.signed(view)).reason is Reason.CERTIFICATE_NOT_TRUSTED

    def test_a_sealing_key_that_the_unit_did_not_sign(self, world: World) -> None:
        """Not even the authority, or whoever has its key, slips in a sealing key without the unit's own signature."""
        stranger = new_p256()
        keys = UnitKeys(HOST, stranger, world.keys[HOST].certificate)
        record = sealing_record(keys, new_x25519(), AT)
        view = self.swap(world, sealing_keys=(record,))
        assert refused(take, world, world.signed(view)).details == {"why": "sealing_key", "unit": HOST}

    def test_a_sealing_key_of_another_unit(self, world: World) -> None:
        record = sealing_record(world.keys[HOME], new_x25519(), AT)
        assert refused(take, world, world.signed(self.swap(world, sealing_keys=(record,)))).reason in {
            Reason.MALFORMED,
            Reason.ROSTER_NOT_TRUSTED,
        }

    @pytest.mark.parametrize(
        "raw",
        [bytes(32), b"\x01" + bytes(31), b"\xff" * 32, bytes(31) + b"\x80", (2**255 - 20).to_bytes(32, "little")],
    )
    def test_a_weak_sealing_key(self, world: World, raw: bytes) -> None:
        class Weak:
            def public_bytes_raw(self) -> bytes:
                return raw

            def public_key(self) -> "Weak":
                return self

        record = sealing_record(world.keys[HOST], Weak(), AT)  # type: ignore[arg-type] # a key that no library makes
        assert record.key_id == sealing_key_id(raw)
        assert refused(take, world, world.signed(self.swap(world, sealing_keys=(record,)))).reason is Reason.WEAK_KEY

    def test_a_sealing_key_that_begins_after_its_signers_certificate(self, world: World) -> None:
        record = sealing_record(world.keys[HOST], new_x25519(), AT + 4 * 365 * DAY)
        refusal = refused(take, world, world.signed(self.swap(world, sealing_keys=(record,))))
        assert refusal.details == {"why": "sealing_key", "unit": HOST}

    def test_a_weak_log_key(self, world: World) -> None:
        view = world.next_view(registry=replace(world.view.registry, log_public_key=bytes(32)))
        assert refused(take, world, world.signed(view)).reason is Reason.WEAK_KEY

    def test_the_newest_key_in_date_is_sealed_to(self, world: World) -> None:
        first = world.view.units[HOST].sealing_keys[0]
        second = world.new_sealing_key(world.keys[HOST], AT)
        trust = world.trust(self.swap(world, sealing_keys=(first, second)))
        assert trust.sealing_key(HOST, AT).key_id == second.key_id
        assert trust.sealing_key(HOST, AT - DAY).key_id == first.key_id
        assert trust.check_recipient(HOST, first.key_id, AT) == first
        assert refused(trust.check_recipient, HOST, second.key_id, AT - DAY).reason is Reason.RECIPIENT_KEY_NOT_VALID
        assert refused(trust.check_recipient, HOST, bytes(16), AT).details == {"unit": HOST}
        assert refused(trust.sealing_key, HOST, AT + 800 * DAY).reason is Reason.RECIPIENT_KEY_NOT_VALID

    def test_a_revoked_sealing_key(self, world: World) -> None:
        key = world.view.units[HOST].sealing_keys[0]
        trust = world.trust(world.revoking(key.key_id, AT))
        assert refused(trust.sealing_key, HOST, AT).reason is Reason.RECIPIENT_KEY_NOT_VALID
        assert refused(trust.check_recipient, HOST, key.key_id, AT).reason is Reason.RECIPIENT_KEY_NOT_VALID
        trust.check_recipient(HOST, key.key_id, AT - DAY)

    def test_a_key_that_was_good_once_is_not_good_for_ever(self, world: World) -> None:
        """What a roster remembers of a good key is asked for its dates again, and no other roster hears of it."""
        key, digest = world.view.units[HOST].sealing_keys[0], certificate_digest(world.keys[HOST].certificate)
        trust = world.trust(world.view)
        for _ in range(2):
            assert trust.check_recipient(HOST, key.key_id, AT) == key
            assert trust.signer(digest, AT).unit == HOST
        for at in (key.not_before - DAY, key.not_after):
            refusal = refused(trust.check_recipient, HOST, key.key_id, at)
            assert refusal.reason is Reason.RECIPIENT_KEY_NOT_VALID
        assert refused(trust.check_recipient, HOME, key.key_id, AT).reason is Reason.RECIPIENT_KEY_NOT_VALID
        assert refused(trust.signer, digest, AT + 4000 * DAY).details == {"why": "dates"}
        later = world.trust(world.revoking(digest, AT))
        for _ in range(2):
            later.signer(digest, AT - DAY)
            assert refused(later.signer, digest, AT).details == {"why": "revoked"}
        for _ in range(2):
            gone = world.trust(world.revoking(key.key_id, AT))
            gone.check_recipient(HOST, key.key_id, AT - DAY)
            assert refused(gone.check_recipient, HOST, key.key_id, AT).reason is Reason.RECIPIENT_KEY_NOT_VALID

    def test_what_was_answered_for_one_instant_is_not_given_for_another(self, world: World) -> None:
        first = world.view.units[HOST].sealing_keys[0]
        second = world.new_sealing_key(world.keys[HOST], AT)
        view = world.revoking(second.key_id, AT + 2 * DAY, AT + DAY)
        host = replace(view.units[HOST], sealing_keys=(first, second))
        trust = world.trust(replace(view, units={**view.units, HOST: host}))
        moment = timedelta(microseconds=1)
        instants = {
            AT - moment: first,
            AT: second,
            AT + DAY - moment: second,
            AT + DAY: first,
            AT + 3 * DAY: first,
        }
        for _ in range(2):  # the second time from what is remembered, whatever was asked before
            assert {at: trust.sealing_key(HOST, at) for at in instants} == instants
            for at in (first.not_after, first.not_before - moment):
                assert refused(trust.sealing_key, HOST, at).reason is Reason.RECIPIENT_KEY_NOT_VALID
                assert refused(trust.check_recipient, HOST, first.key_id, at).reason is Reason.RECIPIENT_KEY_NOT_VALID
            for at in (AT, AT + DAY - moment):
                assert trust.check_recipient(HOST, second.key_id, at) == second
            for at in (AT - moment, AT + DAY, AT + 3 * DAY):
                assert refused(trust.check_recipient, HOST, second.key_id, at).reason is Reason.RECIPIENT_KEY_NOT_VALID
                assert trust.check_recipient(HOST, first.key_id, at) == first
        assert trust.sealing_key(HOME, AT) == world.view.units[HOME].sealing_keys[0]

    def test_a_sealing_key_vouched_for_by_a_key_in_wrong_hands(self, world: World) -> None:
        digest = certificate_digest(world.keys[HOST].certificate)
        key = world.view.units[HOST].sealing_keys[0]
        trust = world.trust(world.revoking(digest, AT, key.not_before - DAY))
        assert refused(trust.sealing_key, HOST, AT).reason is Reason.RECIPIENT_KEY_NOT_VALID
        trust = world.trust(world.revoking(digest, AT))  # a plain revocation leaves what was signed before it
        assert trust.sealing_key(HOST, AT) == key


class TestChangedKeys:
    """A known unit's key that changes without the old one's word or the authority's parks what would be sent."""

    def changed(self, world: World, vouching: Vouching | None, *, keep_old: bool = True) -> tuple[RosterView, UnitKeys]:
        return next_key(world, world.view, world.keys[HOST], vouching, keep_old=keep_old)

    def succession(self, world: World, new: UnitKeys) -> Vouching:
        old = world.keys[HOST]
        return sign_succession(HOST, old.signing, old.certificate, new.signing.public_key())

    @pytest.mark.parametrize("keep_old", [True, False])
    def test_without_a_word(self, world: World, keep_old: bool) -> None:
        held = world.trust()
        view, new = self.changed(world, None, keep_old=keep_old)
        trust = world.trust(view, held=held)
        assert trust.unvouched == {HOST: frozenset({certificate_digest(new.certificate)})}
        refusal = refused(trust.sealing_key, HOST, AT)
        assert (refusal.reason, refusal.details) == (Reason.KEY_CHANGED_UNSIGNED, {"unit": HOST})
        trust.sealing_key(HOME, AT)
        newcomer = world.trust(view)  # a node that has no history: it sees a change inside one roster, and no other
        assert (HOST in newcomer.unvouched) is keep_old

    @pytest.mark.parametrize("keep_old", [True, False])
    def test_with_the_old_keys_word(self, world: World, keep_old: bool) -> None:
        held = world.trust()
        key = new_p256()
        old = world.keys[HOST]
        vouching = sign_succession(HOST, old.signing, old.certificate, key.public_key())
        view, new = next_key(world, world.view, old, vouching, keep_old=keep_old, key=key)
        trust = world.trust(view, held=held)
        assert not trust.unvouched
        assert trust.sealing_key(HOST, AT).key_id == new.newest

    def test_with_the_authoritys_word(self, world: World) -> None:
        view, new = self.changed(world, Vouching(VouchingKind.AUTHORITY))
        assert read_vouching(new.certificate) == Vouching(VouchingKind.AUTHORITY)
        assert not world.trust(view, held=world.trust()).unvouched

    def test_the_same_key_certified_again(self, world: World) -> None:
        old = world.keys[HOST]
        again = world.seal.issue_unit(new_csr(old.signing), HOST, AT)
        unit = world.view.units[HOST]
        view = world.with_unit(replace(unit, signing_certificates=(*unit.signing_certificates, again)))
        assert not world.trust(view, held=world.trust()).unvouched

    @pytest.mark.parametrize("fault", ["other_unit", "other_key", "stranger", "unknown_certificate"])
    def test_with_a_word_that_does_not_fit(self, world: World, fault: str) -> None:
        old, key = world.keys[HOST], new_p256()
        by: Mapping[str, Vouching] = {
            "other_unit": sign_succession(HOME, old.signing, old.certificate, key.public_key()),
            "other_key": sign_succession(HOST, old.signing, old.certificate, new_p256().public_key()),
            "stranger": sign_succession(HOST, new_p256(), old.certificate, key.public_key()),
            "unknown_certificate": sign_succession(
                HOST, world.keys[HOME].signing, world.keys[HOME].certificate, key.public_key()
            ),
        }
        view, _ = next_key(world, world.view, old, by[fault], key=key)
        assert HOST in world.trust(view, held=world.trust()).unvouched

    def test_with_the_word_of_a_key_in_wrong_hands(self, world: World) -> None:
        old, key = world.keys[HOST], new_p256()
        vouching = sign_succession(HOST, old.signing, old.certificate, key.public_key())
        view, _ = next_key(world, world.view, old, vouching, key=key)
        revocations = world.revoking(certificate_digest(old.certificate), AT, AT - DAY).revocations
        assert HOST in world.trust(replace(view, revocations=revocations), held=world.trust()).unvouched

    def test_is_not_believed_by_staying(self, world: World) -> None:
        view, new = self.changed(world, None)
        first = world.trust(view, held=world.trust())
        later = replace(view, version=view.version + 1)
        assert HOST in world.trust(later, held=first).unvouched
        restarted = take(world, world.signed(later), held=view, distrusted=first.unvouched[HOST])
        assert restarted.unvouched == first.unvouched
        assert certificate_digest(new.certificate) in restarted.unvouched[HOST]

    def test_a_chain_of_words(self, world: World) -> None:
        old, key = world.keys[HOST], new_p256()
        view, second = next_key(
            world, world.view, old, sign_succession(HOST, old.signing, old.certificate, key.public_key()), key=key
        )
        last = new_p256()
        word = sign_succession(HOST, second.signing, second.certificate, last.public_key())
        view, _ = next_key(world, view, second, word, key=last)
        assert not world.trust(view, held=world.trust()).unvouched  # a node that slept over the version between
        assert not world.trust(view).unvouched

    def test_a_strange_extension_is_no_word(self, world: World) -> None:
        for value in (b"\x04\x01\x03", b"\x04\x00", b"\x05\x00", b"\x04\x02\x02\x00", b"\x04\x05\x01abc"):
            der = world.seal.issue_unit(new_csr(new_p256()), HOST, AT, vouching=value)
            assert read_vouching(der) is None
        with pytest.raises(ValueError, match="127"):
            vouching_bytes(Vouching(VouchingKind.EARLIER_KEY, bytes(32), bytes(100)))


def next_key(
    world: World,
    view: RosterView,
    old: UnitKeys,
    vouching: Vouching | None,
    *,
    keep_old: bool = True,
    key: object = None,
) -> tuple[RosterView, UnitKeys]:
    """A roster in which the host has a new signing key, and a sealing key by it."""
    signing = new_p256() if key is None else key
    certificate = world.seal.issue_unit(
        new_csr(signing),  # type: ignore[arg-type] # P-256 as the caller drew it
        HOST,
        AT,
        vouching=vouching_bytes(vouching) if vouching else b"",
    )
    new = UnitKeys(HOST, signing, certificate)  # type: ignore[arg-type] # as above
    record = world.new_sealing_key(new, AT)
    unit: Unit = view.units[HOST]
    changed = replace(
        unit,
        signing_certificates=(*(unit.signing_certificates if keep_old else ()), certificate),
        sealing_keys=(*(unit.sealing_keys if keep_old else ()), record),
    )
    del old
    return replace(view, version=view.version + 1, units={**view.units, HOST: changed}), new


class TestChannels:
    def test_node_and_channel_certificates(self, still: World) -> None:
        trust = still.trust()
        node = still.channel.issue_node(new_csr(new_p256()), "330100", AT)
        channel = still.channel.issue_channel(new_csr(new_p256()), "330100", AT)
        for _ in range(2):  # the second time from memory
            assert trust.check_node_certificate(node, "330100", AT).name == "330100"
            assert trust.check_channel_certificate(channel, "330100", AT).name == "330100"
            for check, der in ((trust.check_node_certificate, channel), (trust.check_channel_certificate, node)):
                assert refused(check, der, "330100", AT).reason is Reason.CERTIFICATE_PURPOSE
            assert refused(trust.check_node_certificate, node, "510100", AT).reason is Reason.CERTIFICATE_PURPOSE
            assert refused(trust.check_channel_certificate, channel, "330100", AT + 91 * DAY).reason is (
                Reason.CERTIFICATE_EXPIRED
            )

    def test_every_kind_of_certificate_is_revoked_through_the_roster(self, still: World) -> None:
        node = still.channel.issue_node(new_csr(new_p256()), "330100", AT)
        channel = still.channel.issue_channel(new_csr(new_p256()), "330100", AT)
        server = still.channel.issue_registry_server(new_csr(new_p256()), host_names=["localhost"], at=AT)
        for revoked in (node, channel, server):
            trust = still.trust(still.revoking(certificate_digest(revoked), AT + DAY))
            checks: list[tuple[bytes, Callable[[datetime], object]]] = [
                (node, partial(trust.check_node_certificate, node, "330100")),
                (channel, partial(trust.check_channel_certificate, channel, "330100")),
                (server, partial(trust.check_registry_certificate, server)),
            ]
            for der, check in checks:
                check(AT)
                if der is revoked:
                    assert refused(check, AT + DAY).reason is Reason.CERTIFICATE_REVOKED
                else:
                    check(AT + DAY)

    def test_without_an_authority_nobody_is_known(self, still: World) -> None:
        view = still.next_view(registry=replace(still.view.registry, channel_authorities=()))
        node = still.channel.issue_node(new_csr(new_p256()), "330100", AT)
        assert refused(still.trust(view).check_node_certificate, node, "330100", AT).details == {"why": "authority"}
