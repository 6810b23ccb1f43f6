"""No part of a draw's file can be changed unseen, and what is no file is refused."""

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.draw_file import DrawFile, draw_file
from certs.draw_file_json import MOST_FILE, draw_file_bytes, read_draw_file
from certs.draw_proof import verify_draw, verify_draw_file
from certs.draw_report import Status
from delegation.errors import Reason, Refusal
from tests.certs.draw_story import Story, key_of
from tests.certs.refusals import refused


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Story, DrawFile]:
    story = Story(tmp_path_factory.mktemp("honest"))
    return story, story.file(story.honest())


def scalars(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of everything in a JSON document."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, each in value.items():
            yield from scalars(each, (*path, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from scalars(each, (*path, index))


def bent(value: Any, seed: int) -> Any:
    """Another value of the same sort."""
    if isinstance(value, bool) or value is None:
        return 1
    if isinstance(value, int):
        return value + 1 if seed % 2 or not value else value - 1
    if isinstance(value, dict):
        return {name: each for i, (name, each) in enumerate(value.items()) if i != seed % max(1, len(value))}
    if isinstance(value, list):
        return value[:-1] if value and seed % 2 else [*value, *value[-1:]] if value else ["AA=="]
    try:
        raw = bytearray(base64.b64decode(value, validate=True))
        if not raw:
            return "AA=="
        raw[seed % len(raw)] ^= 1 << (seed // len(raw) % 8)
        return base64.b64encode(raw).decode()
    except ValueError:
        place = seed % len(value)
        return value[:place] + ("0" if value[place] != "0" else "1") + value[place + 1 :]


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def notices(story: Story, document: Any) -> bool:
    """Whether the document is refused, fails, or says itself that it shows less: fewer checks, fewer entries."""
    data = json.dumps(document).encode()
    try:
        report = verify_draw_file(data, seal_authorities=story.seal.certificates, log_key=key_of(story))
    except Refusal:
        return True
    less = report.entries < len(story.thread)  # a shorter thread is what an earlier file would have held
    return bool(report.failed) or less or any(check.status is not Status.OK for check in report.checks)


DOCUMENT: dict[str, Any] = {}


def document_of(file: DrawFile) -> Any:
    if not DOCUMENT:
        DOCUMENT.update(json.loads(draw_file_bytes(file)))
    return deepcopy(DOCUMENT)


def test_the_yardstick_notices_nothing_where_nothing_is_changed(honest: tuple[Story, DrawFile]) -> None:
    story, file = honest
    assert not notices(story, document_of(file))


def test_every_part_counts(honest: tuple[Story, DrawFile]) -> None:
    """Each value of the file bent once, each list and object shortened or lengthened, each field left out."""
    story, file = honest
    paths = list(scalars(document_of(file)))
    assert len(paths) > 300
    for number, path in enumerate(paths):
        document = document_of(file)
        holder = at(document, path[:-1])
        holder[path[-1]] = bent(holder[path[-1]], number * 7919)
        assert notices(story, document), path


@settings(max_examples=300, deadline=None)
@given(which=st.integers(0, 10**6), seed=st.integers(0, 2**20))
def test_any_bit_counts(honest: tuple[Story, DrawFile], which: int, seed: int) -> None:
    """Any bit of any value."""
    story, file = honest
    document = document_of(file)
    paths = list(scalars(document))
    path = paths[which % len(paths)]
    holder = at(document, path[:-1])
    holder[path[-1]] = bent(holder[path[-1]], seed)
    assert notices(story, document), path


@settings(max_examples=100, deadline=None)
@given(which=st.integers(0, 10**6), one=st.integers(0, 50), step=st.integers(1, 50))
def test_any_two_items_of_a_list_cannot_change_places(
    honest: tuple[Story, DrawFile], which: int, one: int, step: int
) -> None:
    story, file = honest
    document = document_of(file)
    lists = [path for path in scalars(document) if isinstance(found := at(document, path), list) and len(found) > 1]
    path = lists[which % len(lists)]
    items = at(document, path)
    first, second = one % len(items), (one + step) % len(items)
    if items[first] != items[second]:
        items[first], items[second] = items[second], items[first]
        assert notices(story, document), path


# what is no file


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.MALFORMED),
        (b"[]", Reason.MALFORMED),
        (b"null", Reason.MALFORMED),
        (b"\xff", Reason.MALFORMED),
        (b"[" * 100_000, Reason.MALFORMED),
        (b"{}", Reason.UNKNOWN_VERSION),
        (b'{"format": "xieban-draw/2"}', Reason.UNKNOWN_VERSION),
        (b'{"format": "xieban-draw/1"}', Reason.MALFORMED),
        (b'{"format": "xieban-draw/1", "format": "xieban-draw/1"}', Reason.MALFORMED),
        (b'{"format": NaN}', Reason.MALFORMED),
        (b" " * (MOST_FILE + 1), Reason.TOO_LARGE),
    ],
)
def test_what_is_no_draws_file(data: bytes, reason: Reason) -> None:
    assert refused(verify_draw_file, data).reason is reason


@pytest.mark.parametrize("name", ["format", "leg", "thread", "experts", "pool", "log"])
def test_a_field_said_twice_is_refused(honest: tuple[Story, DrawFile], name: str) -> None:
    """One reader would take the first, another the last."""
    _, file = honest
    data = draw_file_bytes(file)
    doubled = data.replace(b"{", b'{"' + name.encode() + b'": 1, ', 1)
    assert refused(read_draw_file, doubled).reason is Reason.MALFORMED


@given(junk=st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda more: st.lists(more, max_size=3)))
def test_junk_raises_nothing_but_refusals(honest: tuple[Story, DrawFile], junk: Any) -> None:
    _, file = honest
    for name in document_of(file):
        with suppress(Refusal):
            verify_draw_file(json.dumps(document_of(file) | {name: junk}).encode())


# what was signed, but not what was accepted


def test_another_header_of_the_same_unit_is_told(tmp_path: Path) -> None:
    """The host signs a second list afterwards and puts it in the place of the one that the registry accepted."""
    story = Story(tmp_path)
    file = story.file(story.honest())
    later = Story(tmp_path / "later")
    later.keys, later.certificates = story.keys, story.certificates
    later.commit_pool()
    later.letter()
    later.fix_list(root=bytes(32))
    forged = later.thread[1]
    thread = list(file.thread)
    thread[1] = replace(thread[1], header=forged.header, signatures=forged.signatures)
    assert told(story, replace(file, thread=tuple(thread))) == {"entries": "envelope, entry 2 SPECIALTY_DETERMINED"}
    assert file.pool is not None
    bent_pool = replace(file.pool, header=forged.header, signatures=forged.signatures)
    assert told(story, replace(file, pool=bent_pool)) == {"entries": "envelope, pool"}


def test_another_form_of_a_signature_is_told(tmp_path: Path) -> None:
    """ECDSA has two for each; the entry names the one that was accepted."""
    story = Story(tmp_path)
    file = story.file(story.honest())
    r, s = decode_dss_signature(file.thread[0].signatures[0])
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    other = replace(file.thread[0], signatures=(encode_dss_signature(r, order - s),))
    assert told(story, replace(file, thread=(other, *file.thread[1:]))) == {"entries": "signatures, entry 1 ISSUED"}
    twice = replace(file.thread[0], signatures=file.thread[0].signatures * 2)
    assert told(story, replace(file, thread=(twice, *file.thread[1:]))) == {"signatures": "signatures, entry 1 ISSUED"}


def test_an_authoritys_own_signature_counts(tmp_path: Path) -> None:
    """No chain is judged by it, so that a changed byte of it would be believed."""
    story = Story(tmp_path)
    file = story.file(story.honest())
    (der,) = file.seal_authorities
    bent_der = der[:-3] + bytes([der[-3] ^ 1]) + der[-2:]
    report = verify_draw(replace(file, seal_authorities=(bent_der,)))
    assert {check.name: check.detail for check in report.failed} == {"signatures": "authority"}


def told(story: Story, file: DrawFile) -> dict[str, str]:
    report = verify_draw(file, seal_authorities=story.seal.certificates, log_key=key_of(story))
    return {check.name: check.detail for check in report.failed}


def test_an_empty_file_raises_nothing() -> None:
    empty = DrawFile(
        leg=0, draw=0, seal_authorities=(), log_origin="", log_public_key=b"", certificates=(), checkpoints=(),
        consistency=(), draw_checkpoint=0, draw_paths=(), thread=(), pool=None, experts=(),
    )  # fmt: skip
    report = verify_draw(empty)
    assert not report.ok
    assert report.failed


def test_a_checkpoint_that_is_not_among_the_others_is_refused() -> None:
    refusal = refused(
        draw_file, leg=1, draw=1, seal_authorities=[], log_origin="o", log_public_key=b"", certificates=[],
        checkpoints=[b"one"], consistency=[], draw_checkpoint=b"two", draw_paths=[], thread=[], pool=None, experts=[],
    )  # fmt: skip
    assert (refusal.reason, refusal.details) == (Reason.INVALID_INPUT, {"field": "draw_checkpoint"})
