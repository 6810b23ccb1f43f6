"""A thread as a store keeps it: whole, versioned, and refused when damaged."""

import json

import pytest

from delegation.errors import Reason, Refusal
from delegation.thread_json import thread_bytes, thread_from_bytes
from tests.simulator.paths import PATHS, scene


@pytest.mark.parametrize("name", PATHS)
def test_a_thread_comes_back_as_it_was(name: str) -> None:
    where = scene(name)
    thread = where.federation.threads[where.ref]
    data = thread_bytes(thread)
    assert thread_from_bytes(data) == thread
    assert thread_bytes(thread_from_bytes(data)) == data
    assert len(data) < 8_000


def test_a_newer_version_is_refused_and_damage_is_told_apart() -> None:
    where = scene("signed_for")
    data = thread_bytes(where.federation.threads[where.ref])
    newer = json.loads(data)
    newer[0] = 2
    for bad, reason in (
        (json.dumps(newer).encode(), Reason.SCHEMA_TOO_NEW),
        (data[:-2], Reason.INTERNAL),
        (b"[1]", Reason.INTERNAL),
        (b"{}", Reason.INTERNAL),
    ):
        with pytest.raises(Refusal) as caught:
            thread_from_bytes(bad)
        assert caught.value.reason is reason
