"""Key files: written whole, readable by their owner alone, refused otherwise."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certs.authority import ChannelAuthority, SealAuthority
from certs.files import KeyFileCode, KeyFileError, read_secret, write_atomically
from certs.keys import (
    PrivateKey,
    load_ed25519,
    load_p256,
    load_private,
    load_x25519,
    new_ed25519,
    new_p256,
    new_x25519,
    save_private,
)
from tests.certs.world import AT, FEDERATION


def code_of(call: Callable[..., object], *arguments: object) -> KeyFileCode:
    with pytest.raises(KeyFileError) as caught:
        call(*arguments)
    return caught.value.code


def test_each_kind_comes_back(tmp_path: Path) -> None:
    raw = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    kinds: list[tuple[PrivateKey, Callable[[Path], PrivateKey]]] = [
        (new_p256(), load_p256),
        (new_x25519(), load_x25519),
        (new_ed25519(), load_ed25519),
    ]
    for number, (key, load) in enumerate(kinds):
        path = tmp_path / f"{number}.key"
        save_private(path, key)
        assert load(path).private_bytes(*raw) == key.private_bytes(*raw) == load_private(path).private_bytes(*raw)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for _, other in kinds:
            if other is not load:
                assert code_of(other, path) is KeyFileCode.MALFORMED


def test_mode_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        save_private(tmp_path / "open.key", new_p256())
        os.umask(0o377)
        save_private(tmp_path / "narrow.key", new_p256())
    finally:
        os.umask(before)
    for name in ("open.key", "narrow.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o601])
def test_readable_by_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.key"
    save_private(path, new_p256())
    path.chmod(mode)
    assert code_of(load_private, path) is KeyFileCode.READABLE_BY_OTHERS


def test_no_key_is_overwritten_by_accident(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    save_private(path, new_p256())
    before = path.read_bytes()
    assert code_of(save_private, path, new_p256()) is KeyFileCode.EXISTS
    assert path.read_bytes() == before
    save_private(path, new_p256(), replace=True)
    assert path.read_bytes() != before
    assert [each.name for each in tmp_path.iterdir()] == ["a.key"]


def test_what_is_no_key_file(tmp_path: Path) -> None:
    good = tmp_path / "good.key"
    save_private(good, new_p256())
    (tmp_path / "link.key").symlink_to(good)
    (tmp_path / "folder.key").mkdir()
    os.mkfifo(tmp_path / "pipe.key", 0o600)
    write_atomically(tmp_path / "large.key", b"x" * (64 * 1024 + 1))
    write_atomically(tmp_path / "text.key", b"hello")
    for name, code in (
        ("none", KeyFileCode.MISSING),
        ("link", KeyFileCode.NOT_A_FILE),
        ("folder", KeyFileCode.NOT_A_FILE),
        ("pipe", KeyFileCode.NOT_A_FILE),
        ("large", KeyFileCode.TOO_LARGE),
        ("text", KeyFileCode.MALFORMED),
    ):
        path = tmp_path / f"{name}.key"
        if name == "folder":
            path.chmod(0o700)
        assert code_of(load_private, path) is code


def test_a_key_of_another_kind(tmp_path: Path) -> None:
    keys = [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)]
    for number, key in enumerate(keys):
        path = tmp_path / f"{number}.key"
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
        write_atomically(path, key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
        assert code_of(load_private, path) is KeyFileCode.MALFORMED


def test_a_failed_write_leaves_the_old_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.key"
    write_atomically(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert read_secret(path) == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.key"]


def test_authorities_keep_their_folders_to_themselves(tmp_path: Path) -> None:
    (tmp_path / "seal").mkdir(mode=0o755)
    ChannelAuthority.create(tmp_path / "channel", FEDERATION, AT)
    SealAuthority.create(tmp_path / "seal", FEDERATION, AT)
    for folder in (tmp_path / "channel", tmp_path / "seal"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "authority.key").stat().st_mode) == 0o600


def test_authorities_are_not_made_twice_nor_taken_for_each_other(tmp_path: Path) -> None:
    channel = ChannelAuthority.create(tmp_path / "channel", FEDERATION, AT)
    assert code_of(ChannelAuthority.create, tmp_path / "channel", FEDERATION, AT) is KeyFileCode.EXISTS
    assert ChannelAuthority.load(tmp_path / "channel").certificate == channel.certificate
    assert code_of(SealAuthority.load, tmp_path / "channel") is KeyFileCode.MALFORMED
    save_private(tmp_path / "channel" / "authority.key", new_p256(), replace=True)
    assert code_of(ChannelAuthority.load, tmp_path / "channel") is KeyFileCode.MALFORMED
    (tmp_path / "channel" / "authority.der").unlink()
    assert code_of(ChannelAuthority.load, tmp_path / "channel") is KeyFileCode.MISSING
    assert "key" not in repr(channel).replace("public_key", "")
