"""Trial 1: registry, home and host are killed again and again, alone and together, while staff work on."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from delegation.regions import load_regions
from node.verify import open_for_verification, verify_thread
from tests.node.world import now
from tests.trials.support import audit
from tests.trials.support.federation import Federation, set_up
from tests.trials.support.services import LETTER_NUMBER

_VICTIMS = (
    ("registry",),
    ("home",),
    ("host",),
    ("home", "registry"),
    ("host", "registry"),
    ("home", "host"),
    ("home", "host", "registry"),
)
_SETTLE_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many kills over how many delegations, in about how many seconds (before everything settles)."""

    delegations: int
    kills: int
    seconds: float
    verified: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened; `wrong` is empty when nothing was lost and nothing doubled."""

    kills: int
    processes_killed: int
    delegations: int
    envelopes: int
    acts: int
    seconds: float
    settled_in: float
    wrong: tuple[str, ...]


def run(folder: Path, plan: Plan) -> Outcome:
    """Play it and count."""
    random = Random(plan.seed)  # noqa: S311 - kill points, printed with the seed
    with asyncio.run(set_up(folder)) as federation:
        began = time.monotonic()
        federation.start_all()
        killed = _kill(federation, plan, random)
        seconds = time.monotonic() - began
        settled = federation.settle(seconds=_SETTLE_SECONDS)
        for part in ("home", "host"):
            federation.stop(part)
        wrong = asyncio.run(_verify(federation, plan, random))
        federation.stop("registry")
        files = audit.Files(
            registry=federation.database("registry"), home=federation.database("home"), host=federation.database("host")
        )
        acts = audit.acts_of([*federation.journal("home"), *federation.journal("host")])
        wrong += audit.wrong(files, acts)
        wrong += [f"refused: {line}" for part in ("home", "host") for line in federation.refusals(part)]
        wrong += [
            line
            for part in ("home", "host")
            for line in audit.letters_wrong(
                federation.journal("home"), federation.report(part), number=LETTER_NUMBER, drafts=part == "home"
            )
        ]
        [(envelopes,)] = audit.query(files.registry, "SELECT count(*) FROM envelope_answer WHERE accepted")
        return Outcome(
            kills=plan.kills,
            processes_killed=killed,
            delegations=federation.issued(),
            envelopes=envelopes,
            acts=len(acts),
            seconds=seconds,
            settled_in=settled,
            wrong=tuple(wrong),
        )


def _kill(federation: Federation, plan: Plan, random: Random) -> int:
    """Kill while there is work: after each kill some letters more may be issued, and the next comes amid them."""
    killed, began = 0, time.monotonic()
    for number in range(plan.kills):
        share = plan.delegations / plan.kills
        late = time.monotonic() - began > plan.seconds * (number + 1) / plan.kills + 5
        if not late:
            federation.allow(max(federation.target, int(share * (number + 1))))
        most = time.monotonic() + 2 * plan.seconds / plan.kills * (0.2 if late else 1.0)
        until = share * (number + random.random())
        while federation.issued() < until and time.monotonic() < most:
            time.sleep(0.01)
        time.sleep(random.uniform(0.0, 0.15))  # not always in the same place behind a letter
        victims = random.choice(_VICTIMS)
        for part in victims:
            federation.kill(part)
            killed += 1
            if random.random() < 0.5:
                time.sleep(random.uniform(0.0, 0.3))
        for part in random.sample(victims, len(victims)):
            time.sleep(random.choice((0.0, 0.0, 0.1, random.uniform(0.0, 1.0))))
            federation.start(part)
    if federation.issued() < federation.target:  # what was begun is finished; nothing more is asked for
        federation.allow(min(federation.target, federation.issued() + federation.writers))
    return killed


async def _verify(federation: Federation, plan: Plan, random: Random) -> list[str]:
    """A sample of threads, looked at byte by byte at both nodes with proofs from the running registry."""
    threads = sorted({str(act["thread"]) for act in federation.acts("home")})
    sample = random.sample(threads, min(plan.verified, len(threads)))
    regions, found = load_regions(), []
    for part in ("home", "host"):
        held = open_for_verification(federation.nodes[part], clock=now, regions=regions)
        try:
            for thread_id in sample:
                report = await verify_thread(held, thread_id, at=now())
                found += [f"{part}: {check} in {thread_id}" for check in report.failed]
                if not report.online or not report.entries:
                    found.append(f"{part}: {thread_id} was not verified against the log")
        finally:
            await held.close()
    return found
