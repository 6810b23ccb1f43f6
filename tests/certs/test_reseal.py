"""Reseals move nothing, and a sender who seals something else than he signed is protested."""

import os
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from certs.envelope import (
    SealedEnvelope,
    reseal,
)
from certs.protest import protest_ground
from certs.sealing import CONTENT_KEY_SIZE, checked_recipients, seal_content
from delegation.codec_header import context_bytes, header_bytes, parse_header
from delegation.codes import Kind
from delegation.errors import Reason
from delegation.model import Header
from delegation.payloads import SALT_SIZE, content_commitment
from tests.certs.letters import opened, sealed
from tests.certs.refusals import refused
from tests.certs.world import AT, HOME, HOST, World, a_body, a_draft

OTHER_THREAD = "0195e9a0-2222-7aaa-8bbb-0123456789ab"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def letter(world: World) -> SealedEnvelope:
    return sealed(world)


def a_reseal(world: World, letter: SealedEnvelope, draft: Header | None = None, content: bytes = b"") -> SealedEnvelope:
    keys = world.keys[HOME]
    return reseal(
        letter.header,
        content or letter.content,
        draft or replace(a_draft(Kind.RESEAL), envelope_id="0195e9a0-3333-7aaa-8bbb-0123456789ab"),
        recipients=world.recipients(HOME, HOST),
        signing_key=keys.signing,
        certificate=keys.certificate,
    )


class TestReseal:
    def test_same_commitment_new_key_judged_by_the_original(self, tmp_path: Path) -> None:
        world = World(tmp_path)
        letter = sealed(world)
        old = world.keys[HOST].newest
        world.new_sealing_key(world.keys[HOST], AT)
        again = a_reseal(world, letter)
        assert again.header.content_commitment == letter.header.content_commitment
        assert again.header.replaces == letter.header.ref
        assert again.header.recipients[1].key_id != old
        assert opened(world, again, judged_by=letter.header).body == a_body()

    def test_needs_its_original(self, world: World, letter: SealedEnvelope) -> None:
        again = a_reseal(world, letter)
        assert refused(lambda: opened(world, again)).details == {"field": "replaces"}
        other = sealed(world)
        assert refused(lambda: opened(world, again, judged_by=other.header)).details == {"field": "replaces"}
        assert refused(lambda: opened(world, letter, judged_by=letter.header)).details == {"field": "kind"}

    def test_seals_no_other_content(self, world: World, letter: SealedEnvelope) -> None:
        for content in (sealed(world).content, letter.content + b"\0", letter.content[:20]):
            assert refused(partial(a_reseal, world, letter, content=content)).reason is (Reason.COMMITMENT_MISMATCH)

    @pytest.mark.parametrize(
        "draft",
        [
            a_draft(Kind.QUESTION),
            replace(a_draft(Kind.RESEAL), thread_id=OTHER_THREAD),
            replace(a_draft(Kind.RESEAL), sender_unit=HOST),
        ],
        ids=["kind", "thread", "sender"],
    )
    def test_moves_nothing(self, world: World, letter: SealedEnvelope, draft: Header) -> None:
        assert refused(lambda: a_reseal(world, letter, draft)).reason is Reason.BODY_CONTRADICTS_HEADER

    def test_another_commitment_is_noticed_before_anything_is_opened(
        self, world: World, letter: SealedEnvelope
    ) -> None:
        again = a_reseal(world, letter)
        changed = replace(again, header=replace(again.header, content_commitment=bytes(32)))
        refusal = refused(opened, world, changed, judged_by=letter.header)
        assert refusal.reason is Reason.COMMITMENT_MISMATCH

    def test_is_not_made_by_the_ordinary_way(self, world: World) -> None:
        assert refused(lambda: sealed(world, a_draft(Kind.RESEAL), a_body())).details == {"field": "kind"}


class TestContradiction:
    """A sender who seals honestly something else than he signed: his letter opens and is protested."""

    def contradicting(self, world: World, body: bytes, commitment_of: bytes | None = None) -> SealedEnvelope:
        good = sealed(world)
        salt = good.content[:SALT_SIZE]
        draft = replace(
            good.header, content_commitment=content_commitment(salt, body if commitment_of is None else commitment_of)
        )
        context = context_bytes(draft)
        sealed_body = seal_content(
            salt + body,
            content_key=os.urandom(CONTENT_KEY_SIZE),
            context_digest=sha256(context).digest(),
            recipients=checked_recipients(world.recipients(HOME, HOST)),
        )
        data = header_bytes(context, sha256(sealed_body).digest(), len(sealed_body))
        return SealedEnvelope(data, sealed_body, (), parse_header(data), salt + body)

    def test_another_body_than_committed(self, world: World) -> None:
        refusal = refused(lambda: opened(world, self.contradicting(world, a_body(text="b"), a_body(text="a"))))
        assert refusal.reason is Reason.COMMITMENT_MISMATCH
        assert protest_ground(refusal) == 2

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            (a_body(Kind.REPORTED), "kind"),
            (a_body(thread_id=OTHER_THREAD), "thread_id"),
            (b"\xff\xff", "body"),
        ],
    )
    def test_another_body_than_the_header_says(self, world: World, body: bytes, field: str) -> None:
        refusal = refused(lambda: opened(world, self.contradicting(world, body)))
        assert (refusal.reason, refusal.details["field"]) == (Reason.BODY_CONTRADICTS_HEADER, field)
        assert protest_ground(refusal) == 3

    def test_no_other_reason_is_a_ground(self) -> None:
        assert protest_ground(Reason.BODY_GUARD_FAILED) == 4
        assert protest_ground(Reason.MATERIAL_DAMAGED) == 5
        assert protest_ground(Reason.DIGEST_MISMATCH) is None
