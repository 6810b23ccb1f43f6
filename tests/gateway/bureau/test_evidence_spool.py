"""Uploads in parts: kept sealed and nameless, gone on with, bounded, nobody else's."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from gateway.bureau.evidence.spool import LEAST_PART, MOST_PART, Coming, OutOfStepError, Spool, UploadGoneError
from gateway.settings import MIB
from tests.gateway.fake_accounts import NOW

ME, OTHER = ("clerk", "330100RD01T"), ("other", "330100RD01T")
SUBJECT = "draft-1"


def a_spool(folder: Path, *, most: int = 8, most_a_person: int = 4, most_bytes: int = 64 * MIB) -> Spool:
    """A spool that gives up after an hour."""
    return Spool(folder=folder, most=most, most_a_person=most_a_person, most_bytes=most_bytes, idle=timedelta(hours=1))


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """A spool that is closed at the end."""
    made = a_spool(tmp_path)
    yield made
    made.close()


def begun(spool: Spool, size: int, *, owner: tuple[str, str] = ME) -> Coming:
    """An upload of that size."""
    return spool.begin(owner, SUBJECT, name="a.pdf", size=size, mark="1", at=NOW)


async def whole(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def test_a_file_comes_in_parts_and_is_handed_over_whole(spool: Spool) -> None:
    content = os.urandom(2 * LEAST_PART + 5)
    coming = begun(spool, len(content))
    assert await spool.add(coming, 0, content[:LEAST_PART]) == LEAST_PART
    with pytest.raises(OutOfStepError) as twice:  # the answer was lost and the part came again
        await spool.add(coming, 0, content[:LEAST_PART])
    assert twice.value.received == LEAST_PART
    with pytest.raises(OutOfStepError):
        async with spool.handing_over(coming):
            raise AssertionError
    await spool.add(coming, LEAST_PART, content[LEAST_PART : 2 * LEAST_PART])
    await spool.add(coming, 2 * LEAST_PART, content[2 * LEAST_PART :])
    async with spool.handing_over(coming) as pieces:
        assert await whole(pieces) == content
        spool.done(coming, "material")
    assert spool.finished(ME, coming.upload_id) == "material"
    assert spool.finished(OTHER, coming.upload_id) == ""
    with pytest.raises(UploadGoneError):
        spool.find(ME, coming.upload_id, NOW)


async def test_nothing_readable_lies_on_the_disk_and_nothing_has_a_name(spool: Spool, tmp_path: Path) -> None:
    content = b"\xe5\xbc\xa0\xe4\xb8\x89" * (LEAST_PART // 6)
    coming = begun(spool, len(content))
    await spool.add(coming, 0, content)
    assert list(tmp_path.iterdir()) == []
    facts = os.fstat(coming.file.fileno())
    assert (facts.st_nlink, facts.st_mode & 0o077) == (0, 0)
    coming.file.seek(0)
    kept = coming.file.read()
    assert len(kept) > len(content)
    assert content[:60] not in kept


async def test_a_part_of_another_size_or_past_the_end_is_refused(spool: Spool) -> None:
    coming = begun(spool, 10 * MIB)
    for data in (b"", b"x", bytes(MOST_PART + 1), bytes(11 * MIB)):
        with pytest.raises(Refusal) as refused:
            await spool.add(coming, 0, data)
        assert refused.value.reason is Reason.INVALID_INPUT
    assert coming.received == 0


async def test_a_disk_that_fails_in_the_middle_costs_the_part_alone(spool: Spool) -> None:
    content = os.urandom(2 * LEAST_PART)
    coming = begun(spool, len(content))
    await spool.add(coming, 0, content[:LEAST_PART])
    real, writes = coming.file, []

    class Failing:
        """Writes half of it and says that the disk is full."""

        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

        def write(self, data: bytes) -> int:
            writes.append(real.write(data[: len(data) // 2]))
            raise OSError

    coming.file = Failing()  # type: ignore[assignment] # a file that fails
    with pytest.raises(Refusal) as refused:
        await spool.add(coming, LEAST_PART, content[LEAST_PART:])
    assert refused.value.reason is Reason.STORAGE_UNAVAILABLE
    assert writes
    coming.file = real
    await spool.add(coming, LEAST_PART, content[LEAST_PART:])
    async with spool.handing_over(coming) as pieces:
        assert await whole(pieces) == content


def test_uploads_are_bounded_in_number_bytes_and_age(tmp_path: Path) -> None:
    spool = a_spool(tmp_path, most=3, most_a_person=2, most_bytes=10 * MIB)
    for size, reason in ((0, Reason.INVALID_INPUT), (11 * MIB, Reason.TOO_LARGE)):
        with pytest.raises(Refusal) as refused:
            begun(spool, size)
        assert refused.value.reason is reason
    first = begun(spool, 4 * MIB)
    with pytest.raises(Refusal) as bytes_over:
        begun(spool, 7 * MIB)
    assert bytes_over.value.reason is Reason.QUOTA_EXCEEDED
    begun(spool, MIB)
    with pytest.raises(Refusal):
        begun(spool, MIB)
    begun(spool, MIB, owner=OTHER)
    with pytest.raises(Refusal):
        begun(spool, MIB, owner=OTHER)
    spool.sweep(NOW + timedelta(minutes=61))
    assert first.file.closed
    assert spool.of_subject(ME, SUBJECT, NOW) == ()
    begun(spool, 9 * MIB)
    spool.close()


async def test_an_upload_is_its_owners_alone_and_ends_when_given_up(spool: Spool) -> None:
    coming = begun(spool, MIB)
    with pytest.raises(UploadGoneError):
        spool.find(OTHER, coming.upload_id, NOW)
    assert spool.of_subject(OTHER, SUBJECT, NOW) == ()
    await spool.give_up(coming)
    with pytest.raises(UploadGoneError):
        await spool.add(coming, 0, bytes(MIB))
    with pytest.raises(UploadGoneError):
        async with spool.handing_over(coming):
            raise AssertionError
