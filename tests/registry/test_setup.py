"""An operator's commands: making a registry once, and publishing only what the seal authority signed."""

import hashlib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from certs.authority import SealAuthority
from certs.files import KeyFileError
from certs.identity import Purpose, describe
from certs.keys import new_csr, new_p256
from certs.vouching import Vouching, VouchingKind, vouching_bytes
from delegation.codec_roster_write import roster_bytes
from delegation.codes import Matter
from delegation.errors import Reason, Refusal
from delegation.regions import load_regions
from delegation.roster_advice import advice
from delegation.roster_rules import Problem
from delegation.roster_view import Competence, RosterView
from registry.database import Database
from registry.roster import RosterBook
from registry.setup import Keys, init, open_store, publish_roster, registry_info, renew_server_certificate
from tests.builders import CHENGDU_RD, FEDERATION, SICHUAN_PO, with_unit
from tests.registry.federation import DAY, Federation


def test_a_registry_is_made_once_with_keys_that_others_cannot_read(federation: Federation) -> None:
    keys = Keys(federation.settings)
    for path in federation.settings.keys_dir.rglob("*.key"):
        assert path.stat().st_mode & 0o077 == 0
    info = registry_info(federation.settings)
    assert info.log_public_key == keys.log_key.public_key().public_bytes_raw()
    assert info.channel_authorities == (keys.authority.certificate,)
    assert describe(keys.server_certificate).purpose is Purpose.REGISTRY
    with pytest.raises(KeyFileError):
        init(federation.settings, federation.clock.at, seal_authority=federation.seal.certificate)
    assert Keys(federation.settings).log_key.private_bytes_raw() == keys.log_key.private_bytes_raw()


def test_only_a_seal_authority_can_be_pinned(federation: Federation, tmp_path: Path) -> None:
    settings = federation.settings.model_copy(update={"data_dir": tmp_path / "other"})
    with pytest.raises(Refusal) as caught:
        init(settings, federation.clock.at)
    assert caught.value.reason is Reason.INVALID_INPUT
    with pytest.raises(Refusal) as caught:
        init(settings, federation.clock.at, seal_authority=Keys(federation.settings).authority.certificate)
    assert caught.value.reason is Reason.CERTIFICATE_PURPOSE
    assert not settings.data_dir.exists()


def test_only_what_the_pinned_authority_signed_is_published_and_never_older(
    federation: Federation, tmp_path: Path
) -> None:
    settings, at = federation.settings, federation.clock.at
    first = federation.signed_roster()
    assert publish_roster(settings, first, at) == 1
    assert publish_roster(settings, first, at) == 1, "a repeat changes nothing"
    stranger = SealAuthority.create(tmp_path / "stranger", FEDERATION, at - DAY)
    federation.change()
    forged = stranger.sign_roster(roster_bytes(federation.view), at)
    with pytest.raises(Refusal) as caught:
        publish_roster(settings, forged, at)
    assert caught.value.reason is Reason.ROSTER_NOT_TRUSTED
    assert publish_roster(settings, federation.signed_roster(), at) == 2
    for old in (first, federation.signed_roster(at - timedelta(hours=1))):
        with pytest.raises(Refusal) as caught:
            publish_roster(settings, old, at)
        assert caught.value.reason is Reason.ROSTER_NOT_TRUSTED
    assert publish_roster(settings, federation.signed_roster(at + timedelta(minutes=1)), at) == 2
    store = open_store(settings)
    try:
        row = store.roster(0)
        assert row is not None
        assert (row.version, len(store.statements_to_log())) == (2, 3)
        assert hashlib.sha256(row.statement).digest() == row.statement_digest
    finally:
        store.close()


def test_the_server_certificate_is_renewed_for_the_same_key(federation: Federation) -> None:
    before = describe(Keys(federation.settings).server_certificate)
    renew_server_certificate(federation.settings, federation.clock.at)
    after = describe(Keys(federation.settings).server_certificate)
    assert after.not_after > before.not_after
    assert after.public_key == before.public_key


def _provincial(view: RosterView) -> RosterView:
    """The roster with a province that determines an injury itself, on a day on which that is no longer its office."""
    record = Competence("513200", Matter.INVESTIGATION, SICHUAN_PO, date(2011, 1, 1), date(2019, 1, 1))
    return replace(view, competences=(*view.competences, record))


def _with_key(federation: Federation, *, vouching: bytes = b"") -> RosterView:
    """The roster with a second key of Chengdu's, drawn later than its first."""
    at = federation.clock.at
    certificate = federation.seal.issue_unit(new_csr(new_p256()), CHENGDU_RD, at, vouching=vouching)
    held = federation.view.units[CHENGDU_RD].signing_certificates
    return with_unit(federation.view, CHENGDU_RD, signing_certificates=(*held, certificate))


def test_a_roster_against_the_law_is_refused_with_what_to_change(federation: Federation) -> None:
    settings, at = federation.settings, federation.clock.at
    assert publish_roster(settings, federation.signed_roster(), at) == 1
    good = federation.view
    federation.view = _provincial(good)
    federation.change()
    with pytest.raises(Refusal) as caught:
        publish_roster(settings, federation.signed_roster(), at)
    assert caught.value.reason is Reason.INVALID_INPUT
    assert caught.value.details["problem"] == Problem.PROVINCIAL_DETERMINATION.value
    assert (caught.value.details["place"], caught.value.details["unit"]) == ("513200", SICHUAN_PO)
    assert "2018-12-31" in advice(caught.value)
    federation.view = replace(good, version=2)
    assert publish_roster(settings, federation.signed_roster(), at) == 2, "nothing of the bad one was kept"


@pytest.mark.parametrize("restarted", [False, True])
def test_a_unit_key_that_nothing_vouches_for_is_refused_at_load(federation: Federation, *, restarted: bool) -> None:
    """Also by a registry that holds no earlier roster: the oldest certificate is believed, and it says nothing."""
    settings, at = federation.settings, federation.clock.at
    good = federation.view
    if not restarted:
        publish_roster(settings, federation.signed_roster(), at)
    federation.view = _with_key(federation)
    federation.change()
    with pytest.raises(Refusal) as caught:
        publish_roster(settings, federation.signed_roster(), at)
    assert (caught.value.reason, caught.value.details["unit"]) == (Reason.KEY_CHANGED_UNSIGNED, CHENGDU_RD)
    assert "--rotate" in advice(caught.value)
    federation.view = good
    federation.view = _with_key(federation, vouching=vouching_bytes(Vouching(VouchingKind.AUTHORITY)))
    federation.change()
    assert publish_roster(settings, federation.signed_roster(), at) == 2


async def test_the_running_registry_keeps_the_roster_in_force_when_a_bad_one_got_into_the_store(
    federation: Federation,
) -> None:
    settings, at = federation.settings, federation.clock.at
    publish_roster(settings, federation.signed_roster(), at)
    good = federation.view
    database = Database(open_store(settings))
    try:
        book = RosterBook(
            database,
            seal_authority=federation.seal.certificate,
            regions=load_regions(),
            clock=federation.clock.now,
        )
        assert await book.refresh()
        signers = set(book.current().signers)
        for spoilt in (_provincial(good), _with_key(federation)):
            federation.view = replace(spoilt, version=federation.view.version)
            federation.change()
            federation.put_unchecked(database.store)
            with pytest.raises(Refusal) as caught:
                await book.refresh()
            assert caught.value.details["field"] == "roster"
            assert not await book.refresh(), "told once"
            assert book.version == 1
            assert set(book.current().signers) == signers
        federation.view = replace(good, version=federation.view.version)
        federation.change()
        publish_roster(settings, federation.signed_roster(), at)
        assert await book.refresh()
        assert book.version == federation.view.version
    finally:
        database.close()
