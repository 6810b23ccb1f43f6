"""A thread as a store keeps it: whole, versioned, and refused when damaged."""

import json

import pytest

from delegation.errors import Reason, Refusal
from delegation.thread_json import rewritten, thread_bytes, thread_from_bytes
from delegation.thread_state import ThreadState
from delegation.values import replaced
from tests.simulator.paths import PATHS, scene


@pytest.mark.parametrize("name", PATHS)
def test_a_thread_comes_back_as_it_was(name: str) -> None:
    where = scene(name)
    thread = where.federation.threads[where.ref]
    data = thread_bytes(thread)
    assert thread_from_bytes(data) == thread
    assert thread_bytes(thread_from_bytes(data)) == data
    assert rewritten(data) == data
    assert len(data) < 8_000


def in_version_1(thread: ThreadState) -> bytes:
    """As the first version wrote it: the past in one array, in the order of the entries."""
    found = json.loads(thread_bytes(thread))
    found[0] = 1
    found[25] = sorted([*found[25][0], *found[25][1]])
    return json.dumps(found, separators=(",", ":")).encode()


@pytest.mark.parametrize("name", PATHS)
def test_a_thread_of_the_first_version_is_read_and_known_unchanged(name: str) -> None:
    where = scene(name)
    thread = where.federation.threads[where.ref]
    data = in_version_1(thread)
    assert thread_from_bytes(data) == thread
    assert rewritten(data) == data
    changed = data.replace(b"[1,", b"[1, ", 1)
    assert rewritten(changed) != changed


def test_what_is_remembered_of_a_thread_is_not_written_of_its_next() -> None:
    where = scene("question_unanswered")
    thread = where.federation.threads[where.ref]
    thread_bytes(thread)
    for changes in (
        {"turn": ""}, {"round": 7}, {"paused": not thread.paused}, {"statutory": None}, {"open_clocks": ()},
        {"pending": ()}, {"noted": thread.noted[:-1]}, {"recent": ()}, {"last_moves": thread.last_moves[:-1]},
        {"former_homes": ("510100RD0001",)}, {"work": replaced(thread.work, returns=9)}, {"letter": None},
    ):  # fmt: skip
        other = replaced(thread, **changes)
        assert thread_from_bytes(thread_bytes(other)) == other


def test_a_newer_version_is_refused_and_damage_is_told_apart() -> None:
    where = scene("signed_for")
    data = thread_bytes(where.federation.threads[where.ref])
    newer = json.loads(data)
    newer[0] = 3
    for bad, reason in (
        (json.dumps(newer).encode(), Reason.SCHEMA_TOO_NEW),
        (data[:-2], Reason.INTERNAL),
        (b"[1]", Reason.INTERNAL),
        (b"{}", Reason.INTERNAL),
    ):
        with pytest.raises(Refusal) as caught:
            thread_from_bytes(bad)
        assert caught.value.reason is reason
