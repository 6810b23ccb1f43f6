"""Signed notes and checkpoints: the public form, what verifies, and what is refused with which code."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from certs.notes import (
    MAX_NOTE_SIZE,
    MAX_SIGNATURES,
    Checkpoint,
    NoteCode,
    NoteError,
    NoteSignature,
    SignatureType,
    SignedNote,
    key_id,
    parse_and_verify,
    sign_checkpoint,
    sign_note,
    verify_note,
)
from certs.weak import load_ed25519_public
from delegation.errors import Reason, Refusal, Refused
from delegation.merkle import EMPTY_ROOT, MAX_SIZE
from scripts import make_vectors_notes

NAME = "log.example/1"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
ROOT = hashlib.sha256(b"root").digest()
HEAD = Checkpoint(NAME, 7, ROOT)
NOTE = sign_checkpoint(HEAD, NAME, KEY)

LINES = st.text(st.characters(exclude_categories=["Cs"], min_codepoint=0x20), min_size=1, max_size=30)
TEXTS = st.lists(LINES | st.just(""), max_size=6).map(lambda lines: "".join(f"{line}\n" for line in lines) or "\n")


def code_of(note: bytes, *, name: str = NAME, key: Ed25519PublicKey = PUBLIC) -> NoteCode:
    with pytest.raises(NoteError) as refused:
        parse_and_verify(note, name, key)
    return refused.value.code


def signed(text: str) -> bytes:
    """A note with a good signature over any text that a note may hold."""
    return sign_note(text, NAME, KEY)


def with_line(line: str) -> bytes:
    return NOTE + line.encode()


def test_a_checkpoint_is_written_in_the_public_form() -> None:
    text = f"{NAME}\n7\n{base64.b64encode(ROOT).decode()}\n".encode()
    identity = hashlib.sha256(NAME.encode() + b"\x0a\x01" + PUBLIC.public_bytes_raw()).digest()[:4]
    line = "\u2014 ".encode() + NAME.encode() + b" " + base64.b64encode(identity + KEY.sign(text)) + b"\n"
    assert text + b"\n" + line == NOTE
    assert parse_and_verify(NOTE, NAME, PUBLIC) == HEAD


def test_a_note_that_another_implementation_signed_verifies() -> None:
    """The example of the Go package golang.org/x/mod/sumdb/note, from which the form comes."""
    name, identity, key = "PeterNeumann", "c74f20a3", "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    public = load_ed25519_public(base64.b64decode(key)[1:])
    note = (
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ"
        "SNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    assert key_id(name, public).hex() == identity
    assert verify_note(note.encode(), name, public).to_bytes() == note.encode()


@given(TEXTS)
def test_any_text_comes_back_from_its_note(text: str) -> None:
    note = sign_note(text, NAME, KEY)
    parsed = verify_note(note, NAME, PUBLIC)
    assert parsed.text == text
    assert parsed.to_bytes() == note


@given(LINES, st.integers(1, MAX_SIZE), st.binary(min_size=32, max_size=32), st.lists(LINES, max_size=4))
def test_any_checkpoint_comes_back_from_its_note(origin: str, size: int, root: bytes, extensions: list[str]) -> None:
    head = Checkpoint(origin, size, root, tuple(extensions))
    assert parse_and_verify(sign_checkpoint(head, NAME, KEY), NAME, PUBLIC, origin=origin) == head


@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_a_note_changed_in_any_byte_is_refused(at: int, by: int) -> None:
    changed = NOTE[:at] + bytes((NOTE[at] ^ by,)) + NOTE[at + 1 :]
    with pytest.raises(NoteError):
        parse_and_verify(changed, NAME, PUBLIC)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_parser(noise: bytes) -> None:
    for note in (noise, NOTE + noise, noise + NOTE, NOTE[:-1] + noise + b"\n"):
        try:
            parsed = SignedNote.parse(note)
        except NoteError:
            continue
        assert parsed.to_bytes() == note


def test_signatures_of_other_keys_are_kept_and_ignored() -> None:
    cosigned = SignedNote.parse(NOTE).with_signatures(
        [
            NoteSignature("witness.example", b"\x01\x02\x03\x04", b"anything"),
            NoteSignature(NAME, b"\x00\x00\x00\x00", b"same name, another key"),
            NoteSignature("other.example", key_id(NAME, PUBLIC), b"same id, another name"),
        ]
    )
    assert parse_and_verify(cosigned.to_bytes(), NAME, PUBLIC) == HEAD
    assert verify_note(cosigned.to_bytes(), NAME, PUBLIC).signatures == cosigned.signatures


def test_one_key_has_another_id_for_cosignatures_and_under_another_name() -> None:
    ids = {
        key_id(NAME, PUBLIC),
        key_id(NAME, PUBLIC, SignatureType.COSIGNATURE_V1),
        key_id("log.example/2", PUBLIC),
        key_id(NAME, OTHER.public_key()),
    }
    assert len(ids) == 4


def test_another_key_or_name_is_not_signed() -> None:
    assert code_of(NOTE, key=OTHER.public_key()) is NoteCode.NOT_SIGNED
    assert code_of(NOTE, name="log.example/2") is NoteCode.NOT_SIGNED
    assert code_of(sign_checkpoint(HEAD, NAME, OTHER)) is NoteCode.NOT_SIGNED


def test_a_refusal_carries_the_reason_of_the_house() -> None:
    with pytest.raises(Refusal) as refused:
        parse_and_verify(NOTE, NAME, OTHER.public_key())
    assert refused.value.refused == Refused(Reason.CHECKPOINT_NOT_TRUSTED, {"code": "NOT_SIGNED"})


def test_a_colliding_key_id_does_not_verify() -> None:
    forged = NoteSignature(NAME, key_id(NAME, PUBLIC), OTHER.sign(HEAD.text.encode()))
    assert code_of(SignedNote(HEAD.text, (forged,)).to_bytes()) is NoteCode.BAD_SIGNATURE


def test_a_bad_signature_of_the_key_beside_a_good_one_refuses_the_note() -> None:
    good = SignedNote.parse(NOTE).signatures[0]
    for bad in (bytes(64), good.signature[:-1], good.signature + b"\x00"):
        note = SignedNote(HEAD.text, (good, NoteSignature(NAME, good.key_id, bad))).to_bytes()
        assert code_of(note) is NoteCode.BAD_SIGNATURE
    assert parse_and_verify(SignedNote(HEAD.text, (good, good)).to_bytes(), NAME, PUBLIC) == HEAD


def test_the_checkpoint_of_another_log_is_refused() -> None:
    elsewhere = sign_checkpoint(Checkpoint("elsewhere.example", 7, ROOT), NAME, KEY)
    assert code_of(elsewhere) is NoteCode.WRONG_ORIGIN
    assert parse_and_verify(elsewhere, NAME, PUBLIC, origin="elsewhere.example").origin == "elsewhere.example"


@pytest.mark.parametrize(
    "line",
    [
        "\u2014 a\n",
        "\u2014 a \n",
        "\u2014 a AAAAAA==\n",  # four bytes: a key id and no signature
        "\u2014 a AAAAAAB=\n",  # a second spelling of five zero bytes
        "\u2014 a AAAAAAA\n",
        "\u2014 a AAAA-_A=\n",
        "\u2014 a b AAAAAAA=\n",
        "\u2014 a AAAAAAA= \n",
        "\u2014 a AAAAAAA=",
        "-- a AAAAAAA=\n",
        "\u2014\u00a0a AAAAAAA=\n",
        "\u2014 a AAA\u2028AAAA=\n",
        "\u2014 a AAAAAAA=\r\n",
        "\n",
    ],
)
def test_a_signature_line_out_of_form_is_malformed(line: str) -> None:
    assert code_of(with_line(line)) is NoteCode.MALFORMED


@pytest.mark.parametrize("name", ["", "a+b", "a b", "a\u3000b", "a\u00a0b", "a\nb", "a\x00b"])
def test_a_name_that_no_note_can_hold_is_refused(name: str) -> None:
    with pytest.raises(NoteError) as refused:
        sign_note("x\n", name, KEY)
    assert refused.value.code is NoteCode.BAD_NAME
    with pytest.raises(NoteError) as refused:
        key_id(name, PUBLIC)
    assert refused.value.code is NoteCode.BAD_NAME


@pytest.mark.parametrize("name", ["", "a+b", "a\u3000b"])
def test_a_note_with_such_a_name_is_refused(name: str) -> None:
    assert code_of(with_line(f"\u2014 {name} AAAAAAA=\n")) is NoteCode.BAD_NAME


def test_sizes_and_counts_are_bounded() -> None:
    good = SignedNote.parse(NOTE)
    extra = [NoteSignature(f"w{number}.example", bytes(4), b"s") for number in range(MAX_SIGNATURES)]
    full = good.with_signatures(extra[:-1]).to_bytes()
    assert parse_and_verify(full, NAME, PUBLIC) == HEAD
    assert code_of(full + extra[-1].line.encode()) is NoteCode.TOO_MANY_SIGNATURES
    assert code_of(b"x" * (MAX_NOTE_SIZE + 1)) is NoteCode.TOO_LARGE
    with pytest.raises(NoteError) as refused:
        sign_note("x" * MAX_NOTE_SIZE + "\n", NAME, KEY)
    assert refused.value.code is NoteCode.TOO_LARGE


B64 = base64.b64encode(ROOT).decode()


@pytest.mark.parametrize(
    "text",
    [
        "\n",
        f"{NAME}\n7\n",
        f"\n7\n{B64}\n",
        f"{NAME}\n\n{B64}\n",
        f"{NAME}\n07\n{B64}\n",
        f"{NAME}\n+7\n{B64}\n",
        f"{NAME}\n-7\n{B64}\n",
        f"{NAME}\n 7\n{B64}\n",
        f"{NAME}\n7_0\n{B64}\n",
        f"{NAME}\n\u0667\n{B64}\n",
        f"{NAME}\n{MAX_SIZE + 1}\n{B64}\n",
        f"{NAME}\n{'9' * 5000}\n{B64}\n",
        f"{NAME}\n7\n{B64[:-1]}\n",
        f"{NAME}\n7\n{base64.b64encode(ROOT[:31]).decode()}\n",
        f"{NAME}\n7\n{base64.b64encode(ROOT + ROOT).decode()}\n",
        f"{NAME}\n7\n{B64} \n",
        f"{NAME}\n7\n{B64}\n\nx\n",
        f"{NAME}\n7\n{B64}\n\n",
        f"{NAME}\n0\n{B64}\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    assert code_of(signed(text)) is NoteCode.BAD_CHECKPOINT


def test_an_empty_log_has_the_empty_root_alone() -> None:
    assert parse_and_verify(sign_checkpoint(Checkpoint(NAME, 0, EMPTY_ROOT), NAME, KEY), NAME, PUBLIC).size == 0
    with pytest.raises(NoteError):
        Checkpoint(NAME, 0, ROOT)


def test_text_out_of_form_is_not_signed() -> None:
    for text in ("no newline", "", "tab\t\n", "return\r\n"):
        with pytest.raises(NoteError):
            sign_note(text, NAME, KEY)
    for origin, extensions in (("", ()), ("a\nb", ()), (NAME, ("",)), (NAME, ("a\nb",))):
        with pytest.raises(NoteError):
            Checkpoint(origin, 7, ROOT, extensions)


def test_the_golden_vectors_hold() -> None:
    text = Path(make_vectors_notes.PATH).read_text(encoding="utf-8")
    assert text == make_vectors_notes.text(), "run: python -m scripts.make_vectors_notes"
    vectors = json.loads(text)
    public = load_ed25519_public(bytes.fromhex(vectors["public_key"]))
    assert key_id(vectors["name"], public).hex() == vectors["key_id"]
    for case in vectors["accepted"]:
        head = Checkpoint(case["origin"], int(case["size"]), bytes.fromhex(case["root"]), tuple(case["extensions"]))
        assert parse_and_verify(case["note"].encode(), vectors["name"], public) == head
    for case in vectors["refused"]:
        refused = code_of(bytes.fromhex(case["note_hex"]), name=vectors["name"], key=public)
        assert refused == case["code"], case["why"]
