"""Papers with an e-seal at the node: whose act, who may ask, kept once, encrypted, gone with the case."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.desk.ports import Actor
from node.desk.sealed_papers import MOST_BYTES
from node.looks import What
from node.purging import purge_content
from node.records_people import LookRecord
from node.state import State
from node.threads import must_load
from node.writer import Tx
from tests.node.world import CHENGDU, HANGZHOU, UNITS_OF, approver, clerk, issued, make, reach, running

PDF = b"%PDF-1.7 the paper" + b" and what was added"
UNSEALED = 18


async def refusal_of(papers: object, actor: Actor, ref: str, sequence: int = 1) -> Reason:
    with pytest.raises(Refusal) as refused:
        await papers.may_seal_paper(actor, ref, code="letter", sequence=sequence)  # type: ignore[attr-defined] # a node's
    return refused.value.reason


async def test_who_may_press_the_seal_has_it_set_on_an_act_of_the_own_unit_once(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await make(host, CHENGDU, ref, "SIGNED_FOR", {})
        await reach(home, HANGZHOU, ref, "signed_for")
        papers, boss = home.papers, approver(HANGZHOU)
        unit = UNITS_OF[HANGZHOU]

        assert await papers.may_seal_paper(boss, ref, code="letter", sequence=1) is None
        assert await refusal_of(papers, clerk(HANGZHOU), ref) is Reason.ROLE_MISSING
        handler = Actor(clerk(HANGZHOU).staff_id, "甲", unit, frozenset({"approver"}))
        assert await refusal_of(papers, handler, ref) is Reason.FOUR_EYES
        assert await refusal_of(papers, boss, ref, sequence=2) is Reason.NOT_ALLOWED  # the other side's act
        assert await refusal_of(papers, boss, ref, sequence=9) is Reason.NOT_ALLOWED
        assert await refusal_of(host.papers, approver(CHENGDU), ref) is Reason.NOT_ALLOWED
        assert await refusal_of(host.papers, approver(CHENGDU), ref, sequence=2) is Reason.NOT_ALLOWED  # of one person
        assert await refusal_of(papers, boss, "WT-330100-20260803-000001-0") is Reason.NOT_FOUND

        await home.desk.keep_seal(Actor("root", "管", unit, frozenset({"administrator"})), approver=False)
        assert await refusal_of(papers, boss, ref) is Reason.ROLE_MISSING
        holder = Actor("seal", "用印人丙", unit, frozenset({"seal_holder"}))
        kept = await papers.keep_sealed_paper(holder, ref, code="letter", sequence=1, pdf=PDF, unsealed_size=UNSEALED)
        assert (kept.digest, kept.unsealed_digest) == (sha256(PDF).digest(), sha256(PDF[:UNSEALED]).digest())
        assert (kept.sealed_by, kept.size) == ("seal", len(PDF))
        again = await papers.keep_sealed_paper(
            holder, ref, code="letter", sequence=1, pdf=PDF + b"!", unsealed_size=UNSEALED
        )
        assert again == kept == await papers.may_seal_paper(holder, ref, code="letter", sequence=1)
        assert await papers.sealed_papers(clerk(HANGZHOU), ref) == (kept,)
        assert await host.papers.sealed_papers(clerk(CHENGDU), ref) == ()
        assert await papers.read_sealed_paper(clerk(HANGZHOU), ref, code="letter", sequence=1) == (kept, PDF)
        seen = [row.part for row in home.store.select(LookRecord) if row.what == What.PAPER.value]
        assert seen == ["letter"]
        raw = b"".join(path.read_bytes() for path in world.settings[HANGZHOU].data_dir.glob("*.db*"))
        assert PDF not in raw

        for pdf, size in ((PDF, len(PDF)), (PDF, 0), (bytes(MOST_BYTES + 1), 5)):
            with pytest.raises(Refusal) as refused:
                await papers.keep_sealed_paper(holder, ref, code="other", sequence=1, pdf=pdf, unsealed_size=size)
            assert refused.value.reason in (Reason.INVALID_INPUT, Reason.TOO_LARGE)

        def purge(tx: Tx, state: State, at: datetime) -> None:
            purge_content(tx, state, must_load(tx, state, ref, unit=unit), at=at)

        await home.writer.run(purge)
        assert await papers.sealed_papers(clerk(HANGZHOU), ref) == ()
        with pytest.raises(Refusal):
            await papers.read_sealed_paper(clerk(HANGZHOU), ref, code="letter", sequence=1)
