"""Write tests/vectors/notes.json: signed notes and checkpoints by test keys, and notes that must be refused.

python -m scripts.make_vectors_notes
"""

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs.notes import Checkpoint, NoteSignature, SignatureType, SignedNote, key_id, sign_checkpoint
from delegation.merkle import EMPTY_ROOT, leaf_hash, node_hash

PATH = Path(__file__).resolve().parent.parent / "tests" / "vectors" / "notes.json"
LOG = "log.xieban.example/2026"
WITNESS = "witness.330100.example"
# Keys of these vectors alone; anybody can read them.
LOG_SEED = bytes(range(32))
WITNESS_SEED = bytes(range(32, 64))


def text() -> str:
    """The file's text, the same on every run: Ed25519 signatures are deterministic."""
    log = Ed25519PrivateKey.from_private_bytes(LOG_SEED)
    witness = Ed25519PrivateKey.from_private_bytes(WITNESS_SEED)
    two = node_hash(leaf_hash(b"a"), leaf_hash(b"b"))
    checkpoints = [
        Checkpoint(LOG, 0, EMPTY_ROOT),
        Checkpoint(LOG, 1, leaf_hash(b"a")),
        Checkpoint(LOG, 2, two),
        Checkpoint(LOG, 2**63 - 1, two),
        Checkpoint(LOG, 2, two, ("an extension", "另一行")),
    ]
    good = [(cp, sign_checkpoint(cp, LOG, log)) for cp in checkpoints]
    plain = good[2][1]
    cosigned = SignedNote.parse(plain).with_signatures(
        [
            NoteSignature(
                WITNESS,
                key_id(WITNESS, witness.public_key(), SignatureType.COSIGNATURE_V1),
                (1_700_000_000).to_bytes(8, "big") + bytes(64),  # opaque here: kept and ignored
            )
        ]
    )
    good.append((checkpoints[2], cosigned.to_bytes()))
    by_witness = sign_checkpoint(checkpoints[2], WITNESS, witness)
    refused = [
        ("signed by another key", by_witness, "NOT_SIGNED"),
        ("root changed", plain.replace(b"\n2\n", b"\n3\n"), "BAD_SIGNATURE"),
        ("no signature", plain.split(b"\xe2\x80\x94")[0], "MALFORMED"),
        ("no final newline", plain[:-1], "MALFORMED"),
        ("carriage returns", plain.replace(b"\n", b"\r\n"), "MALFORMED"),
        ("hyphen for dash", plain.replace(b"\xe2\x80\x94", b"-"), "MALFORMED"),
        ("not UTF-8", b"\xff" + plain, "MALFORMED"),
        ("another log", sign_checkpoint(Checkpoint("other.example", 2, two), LOG, log), "WRONG_ORIGIN"),
    ]
    vectors = {
        "comment": "C2SP signed-note and tlog-checkpoint, Ed25519. Test keys; never use them.",
        "name": LOG,
        "private_key": LOG_SEED.hex(),
        "public_key": log.public_key().public_bytes_raw().hex(),
        "key_id": key_id(LOG, log.public_key()).hex(),
        "cosignature_v1_key_id_of_witness": key_id(WITNESS, witness.public_key(), SignatureType.COSIGNATURE_V1).hex(),
        "accepted": [
            {
                "origin": cp.origin,
                "size": str(cp.size),  # a string: JSON numbers lose digits in some readers
                "root": cp.root.hex(),
                "extensions": list(cp.extensions),
                "note": note.decode(),
            }
            for cp, note in good
        ],
        "refused": [{"why": why, "note_hex": note.hex(), "code": code} for why, note, code in refused],
    }
    return json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
