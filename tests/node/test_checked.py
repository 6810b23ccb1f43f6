"""What is known of a delivery before its thread is looked at: only what holds, and nobody relies on another roster."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from certs.envelope import Opened
from delegation.errors import Reason, Refusal
from node import parts
from node.checked import Checked, Checks, check_all
from node.inbox import take
from node.records import EntryRecord
from node.service import Node
from node.state import Held, State
from node.threads import APPLIED, load, secret_row
from node.writer import Tx
from tests.node.world import CHENGDU, HANGZHOU, clerk, issued, reach, running
from xieban.federation.v1 import exchange_pb2 as exchange


def _delivery(tx: Tx, state: State, ref: str) -> exchange.Delivery:
    """The letter as it was delivered."""
    record = tx.get(EntryRecord, (ref, 1))
    assert record is not None
    sealed_body, _ = parts.split(state.vault.open(tx, ref, secret_row(ref, 1), record.secret), 2)
    delivery = exchange.Delivery(unit=clerk(CHENGDU).unit, cursor=1_000_000)
    delivery.envelope.entry = record.entry
    delivery.envelope.envelope.header = record.header
    delivery.envelope.envelope.sealed_body = sealed_body
    delivery.envelope.envelope.signatures.extend(parts.split_all(record.signatures))
    return delivery


def _checked(tx: Tx, state: State, at: datetime, delivery: exchange.Delivery) -> Checked | None:
    found: Checks = {}
    check_all(tx, state, at, deliveries=[exchange.Delivery(), delivery], into=found)
    assert set(found) <= {1}
    return found.get(1)


async def _with_letter(host: Node, home: Node) -> str:
    ref = (await issued(home, HANGZHOU)).row.delegation_id
    await reach(host, CHENGDU, ref, "issued")
    return ref


async def test_only_what_holds_is_noted(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        host = world.nodes[CHENGDU]
        ref = await _with_letter(host, world.nodes[HANGZHOU])

        def look(tx: Tx, state: State, at: datetime) -> None:
            good = _delivery(tx, state, ref)
            found = _checked(tx, state, at, good)
            assert found is not None
            assert found.trust is state.rosters.current
            assert found.body is not None
            assert found.body.facts.thread_id == ref
            unsigned = _delivery(tx, state, ref)
            signature = bytearray(unsigned.envelope.envelope.signatures[0])
            signature[-1] ^= 1
            unsigned.envelope.envelope.signatures[0] = bytes(signature)
            found = _checked(tx, state, at, unsigned)
            assert found is not None
            assert found.trust is None
            assert found.opened is None
            assert found.body is None
            other = _delivery(tx, state, ref)
            other.envelope.envelope.sealed_body += b"\0"
            found = _checked(tx, state, at, other)
            assert found is not None
            assert found.trust is not None
            assert found.body is None
            broken = _delivery(tx, state, ref)
            broken.envelope.envelope.header = b"\xff"
            assert _checked(tx, state, at, broken) is None

        await host.writer.run(look)


async def test_what_was_verified_by_another_roster_is_judged_again(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        host = world.nodes[CHENGDU]
        ref = await _with_letter(host, world.nodes[HANGZHOU])

        def again(tx: Tx, state: State, at: datetime) -> None:
            delivery = _delivery(tx, state, ref)
            checked = _checked(tx, state, at, delivery)
            assert checked is not None
            assert checked.body is not None
            checked.trust = None
            checked.body = checked.body._replace(opened=Opened(bytes(32), b"a lie"))
            now = load(tx, state, ref)
            assert now is not None
            tx.remember(state.threads, ref, Held(record=replace(now.record, state_bytes=b""), thread=None))
            take(tx, state, at, delivery=delivery, checked=checked)
            record = tx.get(EntryRecord, (ref, 1))
            assert record is not None
            assert record.state == APPLIED
            opened = state.vault.open(tx, ref, secret_row(ref, 1), record.secret)
            assert b"a lie" not in opened
            raise Refusal(Reason.NOT_FOUND)  # nothing of this stays

        with pytest.raises(Refusal, match="NOT_FOUND"):
            await host.writer.run(again)
