"""Write tests/vectors/chunks.json: sealed materials of many sizes, by a test key.

python -m scripts.make_vectors_chunks
"""

import hashlib
import io
import json
from pathlib import Path

from certs.chunks import CHUNK, ChunkSealer

PATH = Path(__file__).resolve().parent.parent / "tests" / "vectors" / "chunks.json"
# Of these vectors alone; anybody can read it.
KEY = bytes(range(32))
MATERIAL_ID = "018bcfe5-6800-7000-8000-000000000001"
SIZES = (0, 1, 17, 1000, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 7)
SHOWN = 32  # sealed chunks up to this size are given whole


def plaintext(size: int) -> bytes:
    """Bytes 0 to 250 over and over: 251 is prime, so no two chunks are alike."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def text() -> str:
    """The file's text, the same on every run: the nonces are counters."""
    cases = []
    for size in SIZES:
        # One key for many files is for vectors alone: nothing here is secret.
        sealer = ChunkSealer(io.BytesIO(plaintext(size)), key=KEY, material_id=MATERIAL_ID)
        chunks = [
            {
                "sealed_size": len(chunk.data),
                "last": chunk.last,
                "sha256": hashlib.sha256(chunk.data).hexdigest(),
                "leaf_hash": chunk.leaf.hex(),
            }
            | ({"sealed": chunk.data.hex()} if len(chunk.data) <= SHOWN else {})
            for chunk in sealer
        ]
        material = sealer.result
        cases.append(
            {
                "plain_size": size,
                "plain_sha256": hashlib.sha256(plaintext(size)).hexdigest(),
                "sealed_size": material.sealed_size,
                "root": material.root.hex(),
                "chunks": chunks,
            }
        )
    vectors = {
        "comment": "AES-256-GCM in STREAM; plaintext: bytes 0 to 250 over and over, cut to size. A test key.",
        "chunk_size": CHUNK,
        "key": KEY.hex(),
        "material_id": MATERIAL_ID,
        "materials": cases,
    }
    return json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
