"""An operator's commands: making a registry once, and publishing only what the seal authority signed."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from certs.authority import SealAuthority
from certs.files import KeyFileError
from certs.identity import Purpose, describe
from delegation.codec_roster_write import roster_bytes
from delegation.errors import Reason, Refusal
from registry.setup import Keys, init, open_store, publish_roster, registry_info, renew_server_certificate
from tests.builders import FEDERATION
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
