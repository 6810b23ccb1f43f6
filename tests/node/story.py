"""One delegation lived through on a real registry, its data folders kept when everything has stopped."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from certs.keys import load_ed25519
from certs.notes import Checkpoint, sign_checkpoint
from delegation.errors import Reason, Refusal
from delegation.merkle import Frontier, consistency_proof, inclusion_proof, leaf_hash, new_nodes
from node.desk.ports import FileFacts
from node.settings import NodeSettings
from node.verify import VerificationReport, open_for_verification, verify_thread
from tests.node.world import (
    ASSIGNMENT,
    CHENGDU,
    HANGZHOU,
    World,
    a_result,
    clerk,
    issued,
    make,
    make_two,
    now,
    reach,
    regions,
    running,
    stream,
    until,
    view,
)

QUESTION = {"body": {"question": {"text": "伤者住哪家医院?"}}}
PAGES = b"%PDF-1.7\n" + b"statement of a witness\n" * 40_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is left of it. Reports were made while everything ran."""

    home: NodeSettings
    host: NodeSettings
    folder: Path
    registry: Path
    thread_id: str
    running_home: VerificationReport
    running_host: VerificationReport


def live(folder: Path) -> Story:
    """Live it."""
    return asyncio.run(_live(folder))


async def _live(folder: Path) -> Story:
    async with running(folder, HANGZHOU, CHENGDU) as world:
        ref = await _work(world)
        reports = [await _report(world.settings[bureau], ref) for bureau in (HANGZHOU, CHENGDU)]
        assert world.registry_settings is not None
        await world.stop_registry()
        await make(world.nodes[CHENGDU], CHENGDU, ref, "QUESTION", QUESTION)  # stays in the outbox
        return Story(
            home=world.settings[HANGZHOU],
            host=world.settings[CHENGDU],
            folder=folder,
            registry=world.registry_settings.data_dir,
            thread_id=ref,
            running_home=reports[0],
            running_host=reports[1],
        )


async def _work(world: World) -> str:
    home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
    ref = (await issued(home, HANGZHOU)).row.delegation_id
    await reach(host, CHENGDU, ref, "issued")
    for kind, data in (("SIGNED_FOR", {}), ("ACCEPTED", {}), ("ASSIGNED", ASSIGNMENT)):
        await make(host, CHENGDU, ref, kind, data)
    await make(host, CHENGDU, ref, "QUESTION", QUESTION)
    asked = await until(lambda: view(home, HANGZHOU, ref), lambda v: v.entries[-1].kind == "QUESTION")
    answer = {"in_reply_to": asked.entries[-1].envelope_id, "body": {"question": {"text": "市一医院"}}}
    await make(home, HANGZHOU, ref, "ANSWER", answer)
    await until(lambda: view(host, CHENGDU, ref), lambda v: v.entries[-1].kind == "ANSWER")
    file = await host.desk.add_file(clerk(CHENGDU), ref, stream(PAGES), FileFacts(name="笔录.pdf"))
    result = {**a_result(), "materials": [file.material_id]}
    await make_two(host, CHENGDU, ref, "REPORTED", result)
    await reach(home, HANGZHOU, ref, "reported")
    for node, bureau in ((home, HANGZHOU), (host, CHENGDU)):
        await until(
            lambda node=node, bureau=bureau: view(node, bureau, ref),  # type: ignore[misc]  # bound now
            lambda seen: bool(seen.entries[-1].deliveries),
        )
    await until(lambda: _settled(world, ref), lambda quiet: quiet)
    return ref


async def _settled(world: World, ref: str) -> bool:
    for bureau in (HANGZHOU, CHENGDU):
        held = open_for_verification(world.settings[bureau], clock=now, online=False, regions=regions())
        rows = held.rows(ref)
        await held.close()
        if (
            not rows.proven
            or rows.acknowledgements
            or rows.outbox
            or any(item.state == "expected" for item in rows.materials)
        ):
            return False
    return True


async def _report(settings: NodeSettings, ref: str) -> VerificationReport:
    held = open_for_verification(settings, clock=now, regions=regions())
    try:
        return await verify_thread(held, ref, at=now())
    finally:
        await held.close()


class FakeLog:
    """A log with real hashes and the registry's real key; leaves that are none of ours are made up."""

    def __init__(self, story: Story, digests: dict[int, bytes], *, origin: str) -> None:
        self._key = load_ed25519(story.registry / "keys" / "log.key")
        self._origin = origin
        self.size = max(digests) + 3
        data = [digests.get(index, index.to_bytes(32, "big")) for index in range(self.size)]
        self._nodes = {(level, index): value for level, index, value in new_nodes(Frontier(), map(leaf_hash, data))}
        self.away = False

    def note(self, size: int) -> bytes:
        """The signed head of a size."""
        root = Frontier.load(size=size, get_hash=self._hash).root()
        return sign_checkpoint(Checkpoint(self._origin, size, root), self._origin, self._key)

    def _hash(self, level: int, index: int) -> bytes:
        return self._nodes[level, index]

    def _answer(self) -> None:
        if self.away:
            raise Refusal(Reason.UNAVAILABLE)

    async def checkpoint(self) -> bytes:
        """See LogProofs."""
        self._answer()
        return self.note(self.size)

    async def inclusion(self, leaf_index: int, tree_size: int) -> list[bytes]:
        """See LogProofs."""
        self._answer()
        return inclusion_proof(leaf_index, tree_size, self._hash)

    async def consistency(self, old_size: int, new_size: int) -> list[bytes]:
        """See LogProofs."""
        self._answer()
        return consistency_proof(old_size, new_size, self._hash)

    async def draw_checkpoint(self, leaf_index: int) -> bytes:
        """See LogProofs."""
        self._answer()
        return self.note(leaf_index + 1)
