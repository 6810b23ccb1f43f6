"""Signed notes and checkpoints in the C2SP forms (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), signed with Ed25519.

A note is text, a blank line, and signature lines `— <name> <base64(key id || signature)>`. A checkpoint is a note whose
text is the origin, the size and the root of a log. The forms are public, so that a witness or a court can check
ours with tools that we did not write.

Verifying needs a name and key configured beforehand; a note's own lines prove nothing. Signatures of other keys are
kept and ignored, as the form demands, which is how witnesses add theirs: cosignatures (type 0x04,
c2sp.org/tlog-cosignature) sign `cosignature/v1`, a time line and the checkpoint text, have their own key id, and fit
`NoteSignature` as they are; nothing here makes or checks them yet.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from delegation.errors import Reason, Refusal
from delegation.merkle import EMPTY_ROOT, HASH_SIZE, MAX_SIZE

# The form asks to accept at least 16 signatures; 450 nodes never all witness one checkpoint, so 64 is generous.
MAX_NOTE_SIZE = 64 * 1024
MAX_SIGNATURES = 64
KEY_ID_SIZE = 4
_SIGNATURE_SIZE = 64
_DASH = "\u2014 "
_CONTROL = re.compile("[\x00-\x1f]")
_CONTROL_BUT_NEWLINE = re.compile("[\x00-\x09\x0b-\x1f]")


class SignatureType(IntEnum):
    """The type byte in a key id: the same key under two types has two ids. c2sp.org/signed-note, "Signature types"."""

    ED25519 = 0x01
    COSIGNATURE_V1 = 0x04


class NoteCode(StrEnum):
    """Why a note or checkpoint was refused."""

    TOO_LARGE = "TOO_LARGE"
    TOO_MANY_SIGNATURES = "TOO_MANY_SIGNATURES"
    MALFORMED = "MALFORMED"
    BAD_NAME = "BAD_NAME"
    NOT_SIGNED = "NOT_SIGNED"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    BAD_CHECKPOINT = "BAD_CHECKPOINT"
    WRONG_ORIGIN = "WRONG_ORIGIN"


class NoteError(Refusal, ValueError):
    """A note is malformed, not signed by the expected key, or not the checkpoint asked for.

    `code` says which, `detail` is a fixed sentence for the developer; nothing of the note is repeated.
    """

    def __init__(self, code: NoteCode, detail: str) -> None:
        super().__init__(Reason.CHECKPOINT_NOT_TRUSTED, code=code)
        self.code = code
        self.detail = detail


@lru_cache(maxsize=256)  # a few logs and witnesses; a refused name is judged again
def _check_name(name: str) -> str:
    # No space of any script and no plus (the form), and no control characters, which no note may hold.
    if not name or "+" in name or _CONTROL.search(name) or any(map(str.isspace, name)):
        raise NoteError(NoteCode.BAD_NAME, "key name is empty or holds a space, a plus or a control character")
    return name


def _check_text(text: str) -> str:
    if not text.endswith("\n"):
        raise NoteError(NoteCode.MALFORMED, "text does not end in a newline")
    if _CONTROL_BUT_NEWLINE.search(text):
        raise NoteError(NoteCode.MALFORMED, "text holds a control character")
    return text


def _unbase64(value: str, code: NoteCode) -> bytes:
    """Strict: standard alphabet, padding, and no second spelling of the same bytes."""
    try:
        raw = base64.b64decode(value.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise NoteError(code, "base64 is malformed") from error
    if base64.b64encode(raw).decode("ascii") != value:
        raise NoteError(code, "base64 is not canonical")
    return raw


def key_id(name: str, public_key: Ed25519PublicKey, kind: SignatureType = SignatureType.ED25519) -> bytes:
    """SHA-256(name || 0x0A || type || public key)[:4]: tells keys of one name apart, is no commitment to the key."""
    return _key_id(name, public_key.public_bytes_raw(), kind)


@lru_cache(maxsize=256)
def _key_id(name: str, public_key: bytes, kind: SignatureType) -> bytes:
    data = _check_name(name).encode() + b"\n" + bytes((kind,)) + public_key
    return hashlib.sha256(data).digest()[:KEY_ID_SIZE]


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line. `signature` is what follows the key id: for Ed25519 64 bytes, for other types opaque."""

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.key_id) != KEY_ID_SIZE or not self.signature:
            raise NoteError(NoteCode.MALFORMED, "signature is too short")

    @property
    def line(self) -> str:
        """The line as it stands in a note, with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode('ascii')}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A note taken apart, not yet believed: `text` ends in a newline, the signatures are in their order."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        _check_text(self.text)
        if not self.signatures:
            raise NoteError(NoteCode.MALFORMED, "note has no signature")
        if len(self.signatures) > MAX_SIGNATURES:
            raise NoteError(NoteCode.TOO_MANY_SIGNATURES, f"more than {MAX_SIGNATURES} signatures")

    @classmethod
    def parse(cls, note: bytes) -> Self:
        """Take a note apart. Raises NoteError for what is not a note; verifies no signature."""
        if len(note) > MAX_NOTE_SIZE:
            raise NoteError(NoteCode.TOO_LARGE, f"note is larger than {MAX_NOTE_SIZE} bytes")
        try:
            whole = note.decode("utf-8")
        except UnicodeDecodeError as error:
            raise NoteError(NoteCode.MALFORMED, "note is not UTF-8") from error
        _check_text(whole)
        text, blank, tail = whole.rpartition("\n\n")
        if not blank or not tail:
            raise NoteError(NoteCode.MALFORMED, "note has no signature block")
        # Only newlines end a line here; splitlines() would also break at other characters and admit other readings.
        lines = tail[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise NoteError(NoteCode.TOO_MANY_SIGNATURES, f"more than {MAX_SIGNATURES} signatures")
        return cls(text + "\n", tuple(_parse_signature(line) for line in lines))

    def with_signatures(self, extra: Iterable[NoteSignature]) -> Self:
        """The same text with further signature lines, say of witnesses, after those that it has."""
        return replace(self, signatures=(*self.signatures, *extra))

    def to_bytes(self) -> bytes:
        """The note's bytes. Raises NoteError above MAX_NOTE_SIZE."""
        note = (self.text + "\n" + "".join(signature.line for signature in self.signatures)).encode()
        if len(note) > MAX_NOTE_SIZE:
            raise NoteError(NoteCode.TOO_LARGE, f"note is larger than {MAX_NOTE_SIZE} bytes")
        return note


def _parse_signature(line: str) -> NoteSignature:
    if not line.startswith(_DASH):
        raise NoteError(NoteCode.MALFORMED, "signature line does not begin with a dash and a space")
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not space:
        raise NoteError(NoteCode.MALFORMED, "signature line has no signature")
    raw = _unbase64(encoded, NoteCode.MALFORMED)
    return NoteSignature(name, raw[:KEY_ID_SIZE], raw[KEY_ID_SIZE:])


def sign_note(text: str, name: str, key: Ed25519PrivateKey) -> bytes:
    """A note of `text` (ending in a newline) with one Ed25519 signature by the key called `name`."""
    signature = key.sign(_check_text(text).encode())
    return SignedNote(text, (NoteSignature(name, key_id(name, key.public_key()), signature),)).to_bytes()


def verify_note(note: bytes, name: str, public_key: Ed25519PublicKey) -> SignedNote:
    """Take a note apart and verify the signature of the one key that the caller trusts under `name`.

    Raises NoteError: NOT_SIGNED when no line has its name and key id, BAD_SIGNATURE when any line that has them does
    not verify. Other lines are kept unverified. Does not judge the key: load it with `certs.weak.load_ed25519_public`.
    """
    signed = SignedNote.parse(note)
    wanted = key_id(name, public_key)
    mine = [each for each in signed.signatures if each.name == name and each.key_id == wanted]
    if not mine:
        raise NoteError(NoteCode.NOT_SIGNED, "note is not signed by the expected key")
    data = signed.text.encode()
    for signature in mine:
        if len(signature.signature) != _SIGNATURE_SIZE:
            raise NoteError(NoteCode.BAD_SIGNATURE, "signature of the expected key has a wrong length")
        try:
            public_key.verify(signature.signature, data)
        except InvalidSignature as error:
            raise NoteError(NoteCode.BAD_SIGNATURE, "signature of the expected key does not verify") from error
    return signed


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's head: the root of its first `size` leaves. Extension lines are opaque, and ours has none."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or _CONTROL.search(line):
                raise NoteError(NoteCode.BAD_CHECKPOINT, "a line is empty or holds a control character")
        if not 0 <= self.size <= MAX_SIZE:
            raise NoteError(NoteCode.BAD_CHECKPOINT, "size is out of range")
        if len(self.root) != HASH_SIZE:
            raise NoteError(NoteCode.BAD_CHECKPOINT, f"root is not {HASH_SIZE} bytes long")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise NoteError(NoteCode.BAD_CHECKPOINT, "root of an empty log is not the empty root")

    @property
    def text(self) -> str:
        """The note text: origin, decimal size, base64 root, extension lines."""
        root = base64.b64encode(self.root).decode("ascii")
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), root, *self.extensions))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a checkpoint's note text. Raises NoteError (BAD_CHECKPOINT) for any text that `text` does not give."""
        if not text.endswith("\n"):
            raise NoteError(NoteCode.BAD_CHECKPOINT, "text does not end in a newline")
        lines = text[:-1].split("\n")
        if len(lines) < 3:
            raise NoteError(NoteCode.BAD_CHECKPOINT, "fewer than three lines")
        origin, size, root, *extensions = lines
        # int() takes signs, underscores, spaces and foreign digits, and is slow on very long ones
        if not (size.isascii() and size.isdecimal()) or len(size) > len(str(MAX_SIZE)) or str(int(size)) != size:
            raise NoteError(NoteCode.BAD_CHECKPOINT, "size is not a plain decimal number")
        return cls(origin, int(size), _unbase64(root, NoteCode.BAD_CHECKPOINT), tuple(extensions))


def sign_checkpoint(cp: Checkpoint, name: str, key: Ed25519PrivateKey) -> bytes:
    """A checkpoint as a signed note. The caller sees to it that no two roots are ever signed for one size."""
    return sign_note(cp.text, name, key)


def parse_and_verify(
    note_bytes: bytes, name: str, public_key: Ed25519PublicKey, *, origin: str | None = None
) -> Checkpoint:
    """The checkpoint in a note signed by the log's key, which is called `name`.

    Its origin must be `origin`, by default `name`, as c2sp.org/tlog-checkpoint recommends for logs. Raises NoteError.
    Not checked: that the log only grew (`delegation.merkle.verify_consistency`), cosignatures, freshness.
    """
    cp = Checkpoint.parse(verify_note(note_bytes, name, public_key).text)
    if cp.origin != (name if origin is None else origin):
        raise NoteError(NoteCode.WRONG_ORIGIN, "checkpoint is of another log")
    return cp
