"""Sealed chunks: a file comes back whole, and no other sequence of chunks is taken for it."""

import hashlib
import io
import json
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.chunks import (
    CHUNK,
    MAX_CHUNKS,
    MAX_SIZE,
    SEALED_CHUNK,
    TAG_SIZE,
    ChunkCode,
    ChunkError,
    ChunkSealer,
    SealedMaterial,
    check_chunk,
    check_leaf_hashes,
    check_path,
    chunk_count,
    new_key,
    open_chunk,
    open_material,
    plain_size,
    reseal_chunk,
    seal_chunk,
    sealed_chunk_size,
    sealed_size,
)
from delegation.errors import Reason, Refused
from delegation.merkle import Frontier, inclusion_proof, leaf_hash, root_of
from scripts import make_vectors_chunks
from scripts.make_vectors_chunks import plaintext

KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))
ID = "018bcfe5-6800-7000-8000-000000000001"
OTHER_ID = "018bcfe5-6800-7000-8000-000000000002"
EDGES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 5)
SIZES = st.one_of(st.sampled_from(EDGES), st.integers(0, 3 * CHUNK))


class Trickle(io.BytesIO):
    """A source that gives less than it is asked for, as pipes do."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(size if size is None or size < 0 else min(size, 100_000))


def seal(content: bytes, *, key: bytes = KEY, material_id: str = ID) -> tuple[list[bytes], SealedMaterial]:
    sealer = ChunkSealer(io.BytesIO(content), key=key, material_id=material_id)
    return [chunk.data for chunk in sealer], sealer.result


def open_all(chunks: list[bytes], material: SealedMaterial, *, key: bytes = KEY, material_id: str = ID) -> bytes:
    plain = open_material(chunks, key=key, material_id=material_id, root=material.root, sealed=material.sealed_size)
    return b"".join(plain)


def code_of(attempt: Callable[[], object]) -> ChunkCode:
    with pytest.raises(ChunkError) as refused:
        attempt()
    return refused.value.code


@settings(max_examples=25)
@given(SIZES)
def test_a_file_comes_back_and_its_sizes_are_known_beforehand(size: int) -> None:
    content = plaintext(size)
    chunks, material = seal(content)
    assert open_all(chunks, material) == content
    assert material.plain_size == size
    assert len(chunks) == chunk_count(size)
    assert sum(map(len, chunks)) == material.sealed_size == sealed_size(size)
    assert plain_size(material.sealed_size) == size
    assert [len(chunk) for chunk in chunks] == [
        sealed_chunk_size(index=index, plain_size=size) for index in range(len(chunks))
    ]
    assert material.root == root_of(leaf_hash(chunk) for chunk in chunks)


def test_the_form_is_the_one_written_down() -> None:
    """Sealed here once more with nothing but AES-GCM, nonce and additional data put together by hand."""
    content = plaintext(2 * CHUNK + 5)
    chunks, _ = seal(content)
    cipher = AESGCM(KEY)
    for index, last in enumerate((0, 0, 1)):
        nonce = bytes(7) + index.to_bytes(4, "big") + bytes((last,))
        plain = content[index * CHUNK : (index + 1) * CHUNK]
        assert chunks[index] == cipher.encrypt(nonce, plain, b"xieban material chunk v1\x00" + ID.encode())


def test_an_empty_file_is_one_empty_last_chunk() -> None:
    chunks, material = seal(b"")
    assert [len(chunk) for chunk in chunks] == [TAG_SIZE]
    assert open_all(chunks, material) == b""
    assert open_chunk(key=KEY, material_id=ID, index=0, last=True, sealed=chunks[0]) == b""


@pytest.mark.parametrize("size", EDGES)
def test_a_source_that_gives_little_at_a_time_seals_the_same(size: int) -> None:
    sealer = ChunkSealer(Trickle(plaintext(size)), key=KEY, material_id=ID)
    assert [chunk.data for chunk in sealer] == seal(plaintext(size))[0]


CHUNKS, MATERIAL = seal(plaintext(3 * CHUNK + 9))
FULL_CHUNKS, FULL_MATERIAL = seal(plaintext(3 * CHUNK))
FOREIGN, _ = seal(plaintext(3 * CHUNK + 9), material_id=OTHER_ID)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (CHUNKS[:3], ChunkCode.TRUNCATED),
        (CHUNKS[:1], ChunkCode.TRUNCATED),
        ([], ChunkCode.TRUNCATED),
        ([*CHUNKS[:3], CHUNKS[3][:-1]], ChunkCode.CHUNK_SIZE),
        ([*CHUNKS, CHUNKS[3]], ChunkCode.EXTENDED),
        ([*CHUNKS, CHUNKS[0]], ChunkCode.EXTENDED),
        ([CHUNKS[1], CHUNKS[0], *CHUNKS[2:]], ChunkCode.CHUNK_SEAL),
        ([CHUNKS[0], CHUNKS[0], *CHUNKS[2:]], ChunkCode.CHUNK_SEAL),
        ([CHUNKS[0], CHUNKS[2], CHUNKS[1], CHUNKS[3]], ChunkCode.CHUNK_SEAL),
        ([*CHUNKS[:2], CHUNKS[3], CHUNKS[2]], ChunkCode.CHUNK_SIZE),
        ([FOREIGN[0], *CHUNKS[1:]], ChunkCode.CHUNK_SEAL),
        ([*CHUNKS[:3], FOREIGN[3]], ChunkCode.CHUNK_SEAL),
        ([*CHUNKS[:2], FULL_CHUNKS[2], CHUNKS[3]], ChunkCode.CHUNK_SEAL),  # sealed as the last of another file
    ],
)
def test_chunks_cut_reordered_doubled_swapped_or_added_are_refused(changed: list[bytes], code: ChunkCode) -> None:
    assert code_of(lambda: open_all(changed, MATERIAL)) is code


def test_a_file_cut_at_a_full_chunk_is_refused_even_when_the_size_was_changed_to_match() -> None:
    """The last mark in the nonce: a manifest is signed, but the chunks themselves refuse too."""
    shorter = SealedMaterial(root_of(map(leaf_hash, CHUNKS[:2])), 2 * CHUNK, 2 * SEALED_CHUNK, ())
    assert code_of(lambda: open_all(CHUNKS[:2], shorter)) is ChunkCode.CHUNK_SEAL
    longer = SealedMaterial(
        root_of(map(leaf_hash, [*FULL_CHUNKS, CHUNKS[3]])), 3 * CHUNK + 9, sealed_size(3 * CHUNK + 9), ()
    )
    assert code_of(lambda: open_all([*FULL_CHUNKS, CHUNKS[3]], longer)) is ChunkCode.CHUNK_SEAL


def test_sound_chunks_that_are_not_the_manifests_are_refused_before_the_end_is_given() -> None:
    other, _ = seal(b"x" + plaintext(3 * CHUNK + 9)[1:])
    given_out: list[bytes] = []
    opening = open_material(other, key=KEY, material_id=ID, root=MATERIAL.root, sealed=MATERIAL.sealed_size)
    assert code_of(lambda: given_out.extend(opening)) is ChunkCode.MATERIAL_DIGEST
    assert len(given_out) == len(other) - 1


@settings(max_examples=30)
@given(st.binary(max_size=300), st.data())
def test_a_chunk_changed_in_any_bit_does_not_open(content: bytes, draw: st.DataObject) -> None:
    sealed = seal_chunk(key=KEY, material_id=ID, index=0, last=True, plaintext=content)
    at = draw.draw(st.integers(0, len(sealed) * 8 - 1))
    changed = bytearray(sealed)
    changed[at // 8] ^= 1 << at % 8
    attempt = partial(open_chunk, key=KEY, material_id=ID, index=0, last=True, sealed=bytes(changed))
    assert code_of(attempt) is ChunkCode.CHUNK_SEAL


def test_a_chunk_opens_as_itself_alone() -> None:
    sealed = seal_chunk(key=KEY, material_id=ID, index=5, last=False, plaintext=bytes(CHUNK))
    assert open_chunk(key=KEY, material_id=ID, index=5, last=False, sealed=sealed) == bytes(CHUNK)
    for key, material_id, index, last in (
        (OTHER_KEY, ID, 5, False),
        (KEY, OTHER_ID, 5, False),
        (KEY, ID, 4, False),
        (KEY, ID, 5, True),
    ):
        with pytest.raises(ChunkError) as refused:
            open_chunk(key=key, material_id=material_id, index=index, last=last, sealed=sealed)
        assert refused.value.code is ChunkCode.CHUNK_SEAL


@pytest.mark.parametrize(
    ("index", "last", "size", "code"),
    [
        (-1, False, CHUNK, ChunkCode.CHUNK_NUMBER),
        (MAX_CHUNKS, False, CHUNK, ChunkCode.CHUNK_NUMBER),
        (0, False, CHUNK - 1, ChunkCode.CHUNK_SIZE),
        (0, True, CHUNK + 1, ChunkCode.CHUNK_SIZE),
        (0, False, 0, ChunkCode.CHUNK_SIZE),
        (1, True, 0, ChunkCode.CHUNK_SIZE),
    ],
)
def test_one_file_has_one_cutting(index: int, last: bool, size: int, code: ChunkCode) -> None:
    plain, sealed = bytes(size), bytes(size + TAG_SIZE)
    assert code_of(lambda: seal_chunk(key=KEY, material_id=ID, index=index, last=last, plaintext=plain)) is code
    assert code_of(lambda: open_chunk(key=KEY, material_id=ID, index=index, last=last, sealed=sealed)) is code


def test_bad_keys_ids_and_stumps_are_refused() -> None:
    for key in (b"", bytes(16), bytes(33)):
        with pytest.raises(ChunkError) as refused:
            seal_chunk(key=key, material_id=ID, index=0, last=True, plaintext=b"x")
        assert refused.value.code is ChunkCode.BAD_KEY
    for material_id in ("", "x" * 65, "材料", "a\n", "a\x00"):
        with pytest.raises(ChunkError) as refused:
            seal_chunk(key=KEY, material_id=material_id, index=0, last=True, plaintext=b"x")
        assert refused.value.code is ChunkCode.BAD_ID
    stump = bytes(TAG_SIZE - 1)
    assert code_of(lambda: open_chunk(key=KEY, material_id=ID, index=0, last=True, sealed=stump)) is (
        ChunkCode.CHUNK_SIZE
    )


def test_new_keys_are_long_and_never_the_same() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert {len(key) for key in keys} == {32}


@given(st.integers(0, MAX_SIZE))
def test_sizes_lead_to_each_other(size: int) -> None:
    sealed = sealed_size(size)
    assert plain_size(sealed) == size
    count = chunk_count(size)
    last = sealed_chunk_size(index=count - 1, plain_size=size)
    assert sealed == (count - 1) * SEALED_CHUNK + last
    assert TAG_SIZE < last <= SEALED_CHUNK or size == 0


def test_sizes_that_no_file_gives_are_refused() -> None:
    for sealed in (-1, 0, 15, SEALED_CHUNK + 1, SEALED_CHUNK + TAG_SIZE):
        assert code_of(partial(plain_size, sealed)) is ChunkCode.MATERIAL_SIZE
    assert code_of(lambda: plain_size(sealed_size(MAX_SIZE) + TAG_SIZE + 1)) is ChunkCode.TOO_LARGE
    assert code_of(lambda: chunk_count(MAX_SIZE + 1)) is ChunkCode.TOO_LARGE
    assert code_of(lambda: chunk_count(-1)) is ChunkCode.MATERIAL_SIZE
    assert chunk_count(1024**3) == 4096
    for index in (-1, 1):
        with pytest.raises(ChunkError):
            sealed_chunk_size(index=index, plain_size=CHUNK)


def test_a_file_above_the_cap_is_refused_as_soon_as_it_shows() -> None:
    within = ChunkSealer(io.BytesIO(bytes(CHUNK + 3)), key=KEY, material_id=ID, max_size=CHUNK + 3)
    assert len(list(within)) == 2
    source = io.BytesIO(bytes(10 * CHUNK))
    sealer = ChunkSealer(source, key=KEY, material_id=ID, max_size=2 * CHUNK)
    assert code_of(lambda: list(sealer)) is ChunkCode.TOO_LARGE
    assert source.tell() <= 4 * CHUNK
    assert code_of(lambda: sealer.result) is ChunkCode.TRUNCATED
    assert code_of(lambda: ChunkSealer(source, key=KEY, material_id=ID, max_size=MAX_SIZE + 1)) is ChunkCode.TOO_LARGE


def test_a_sealer_seals_once_and_has_no_result_before_its_end() -> None:
    sealer = ChunkSealer(io.BytesIO(bytes(2 * CHUNK)), key=KEY, material_id=ID)
    passing = iter(sealer)
    next(passing)
    assert code_of(lambda: sealer.result) is ChunkCode.TRUNCATED
    assert code_of(lambda: iter(sealer)) is ChunkCode.MATERIAL_CHANGED
    list(passing)
    assert len(sealer.result.leaf_hashes) == 2


@pytest.mark.parametrize("index", range(4))
def test_a_resumed_upload_sends_the_same_bytes(index: int) -> None:
    source = Trickle(plaintext(3 * CHUNK + 9))
    again = reseal_chunk(source, key=KEY, material_id=ID, index=index, material=MATERIAL)
    assert (again.data, again.last) == (CHUNKS[index], index == 3)


@pytest.mark.parametrize("content", [b"x" + plaintext(3 * CHUNK + 9)[1:], plaintext(10), b""])
def test_a_changed_copy_is_never_sealed_again_under_the_same_key(content: bytes) -> None:
    attempt = partial(reseal_chunk, io.BytesIO(content), key=KEY, material_id=ID, index=0, material=MATERIAL)
    assert code_of(attempt) is ChunkCode.MATERIAL_CHANGED


def test_a_chunk_that_the_file_does_not_have_is_refused() -> None:
    source = io.BytesIO(plaintext(3 * CHUNK + 9))
    for index in (-1, 4):
        with pytest.raises(ChunkError) as refused:
            reseal_chunk(source, key=KEY, material_id=ID, index=index, material=MATERIAL)
        assert refused.value.code is ChunkCode.CHUNK_NUMBER


def test_each_chunk_is_checked_alone_by_list_or_path_without_a_key() -> None:
    leaves, sealed, root = MATERIAL.leaf_hashes, MATERIAL.sealed_size, MATERIAL.root
    check_leaf_hashes(leaves, root=root, sealed=sealed)
    stored = {(level, index): value for level, index, value in Frontier().grow(leaves)[1]}
    for index, data in enumerate(CHUNKS):
        path = inclusion_proof(index, len(leaves), lambda level, at: stored[level, at])
        check_chunk(data, index=index, sealed=sealed, leaf_hashes=leaves)
        check_path(data, index=index, sealed=sealed, root=root, path=path)
        for other in range(4):
            if other == index:
                continue
            code = ChunkCode.CHUNK_SIZE if 3 in (index, other) else ChunkCode.MATERIAL_DIGEST
            with pytest.raises(ChunkError) as refused:
                check_chunk(data, index=other, sealed=sealed, leaf_hashes=leaves)
            assert refused.value.code is code
            with pytest.raises(ChunkError) as refused:
                check_path(data, index=other, sealed=sealed, root=root, path=path)
            assert refused.value.code is code
        changed = data[:-1] + bytes((data[-1] ^ 1,))
        with pytest.raises(ChunkError):
            check_chunk(changed, index=index, sealed=sealed, leaf_hashes=leaves)
        with pytest.raises(ChunkError):
            check_path(changed, index=index, sealed=sealed, root=root, path=path)


def test_a_list_of_leaf_hashes_that_is_not_the_manifests_is_refused() -> None:
    leaves, sealed, root = MATERIAL.leaf_hashes, MATERIAL.sealed_size, MATERIAL.root
    for wrong, code in (
        (leaves[:-1], ChunkCode.MATERIAL_SIZE),
        ((*leaves, leaves[0]), ChunkCode.MATERIAL_SIZE),
        ((leaves[1], leaves[0], *leaves[2:]), ChunkCode.MATERIAL_DIGEST),
        ((b"short", *leaves[1:]), ChunkCode.MATERIAL_DIGEST),
    ):
        with pytest.raises(ChunkError) as refused:
            check_leaf_hashes(wrong, root=root, sealed=sealed)
        assert refused.value.code is code
    assert code_of(lambda: check_chunk(CHUNKS[2], index=2, sealed=sealed, leaf_hashes=leaves[:2])) is (
        ChunkCode.MATERIAL_DIGEST
    )


def test_memory_does_not_grow_with_the_file() -> None:
    class Zeros:
        left = 64 * CHUNK

        def read(self, size: int, /) -> bytes:
            given = min(size, self.left)
            self.left -= given
            return bytes(given)

    sealer = ChunkSealer(Zeros(), key=KEY, material_id=ID)
    tracemalloc.start()
    try:
        count = sum(1 for _ in sealer)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 64
    assert peak < 6 * CHUNK


def test_a_refusal_says_nothing_of_the_content() -> None:
    with pytest.raises(ChunkError) as refused:
        open_chunk(key=KEY, material_id=ID, index=0, last=True, sealed=b"secret content that is no chunk")
    assert refused.value.args == ("CANNOT_OPEN", "code=CHUNK_SEAL")
    assert refused.value.refused == Refused(Reason.CANNOT_OPEN, {"code": "CHUNK_SEAL"})


def test_every_code_has_a_reason() -> None:
    for code in ChunkCode:
        assert ChunkError(code).reason in Reason
    assert ChunkError(ChunkCode.MATERIAL_DIGEST).reason is Reason.DIGEST_MISMATCH


def test_the_golden_vectors_hold() -> None:
    text = Path(make_vectors_chunks.PATH).read_text(encoding="utf-8")
    assert text == make_vectors_chunks.text(), "run: python -m scripts.make_vectors_chunks"
    vectors = json.loads(text)
    cipher = AESGCM(bytes.fromhex(vectors["key"]))
    extra = b"xieban material chunk v1\x00" + vectors["material_id"].encode()
    for case in vectors["materials"]:
        content = plaintext(case["plain_size"])
        assert sum(chunk["sealed_size"] for chunk in case["chunks"]) == case["sealed_size"]
        for index, chunk in enumerate(case["chunks"]):
            nonce = bytes(7) + index.to_bytes(4, "big") + bytes((chunk["last"],))
            sealed = cipher.encrypt(nonce, content[index * CHUNK : (index + 1) * CHUNK], extra)
            assert hashlib.sha256(sealed).hexdigest() == chunk["sha256"]
            assert chunk.get("sealed", sealed.hex()) == sealed.hex()
