"""Make a federation of long ago, and play a year into it."""

import asyncio
import gc
import time
from datetime import UTC, datetime, timedelta
from datetime import time as day_time
from pathlib import Path

from certs.authority import SealAuthority
from certs.roster_book import RosterBook
from cli.local_federation import FEDERATION_ID, LocalFederation
from cli.simulate.members import Members
from cli.simulate.pen import Pen
from cli.simulate.places import SHANGHAI, Country, Hours, offices
from cli.simulate.plan import ENROLLED, Plan, Summary
from cli.simulate.registry import Registry
from cli.simulate.story import Stage
from cli.simulate.world import Progress, World, tell_nothing
from delegation.regions import load_regions
from registry import setup as registry_setup
from registry.settings import RegistrySettings

_MADE = timedelta(days=3)  # before the first day: authorities and registry


def found(folder: Path, plan: Plan, *, at: datetime, federation_id: str = FEDERATION_ID) -> None:
    """Authorities, book and registry as `LocalFederation` makes them, but three days before the plan's first day.

    What the registry shows today (its TLS certificate) is made anew at `at`, the real time. Raises KeyFileError(EXISTS)
    where there is one already.
    """
    long_ago = _morning(plan) - _MADE
    federation = LocalFederation(folder, (), clock=lambda: long_ago, federation_id=federation_id)
    federation.make_registry()
    registry_setup.renew_server_certificate(RegistrySettings.load(federation.registry_dir), at)


def into(folder: Path, plan: Plan, *, progress: Progress = tell_nothing) -> Summary:
    """Play the plan into a federation's folder, made by `found`, whose registry does not run.

    The members' units go into the authority's book; their private keys are forgotten. Raises Refusal where the log
    cannot be claimed or a unit of the plan stands in the book already (INVALID_INPUT).
    """
    before = gc.get_threshold()
    gc.collect()
    gc.set_threshold(50_000, 20, 50)  # what a year makes is seldom a circle; looking for them took a tenth of the time
    try:
        return asyncio.run(_play(folder, plan, progress))
    finally:
        gc.set_threshold(*before)


async def _play(folder: Path, plan: Plan, progress: Progress) -> Summary:
    began = time.monotonic()
    federation = LocalFederation(folder, ())
    regions = load_regions()
    settings = RegistrySettings.load(federation.registry_dir)
    at = _morning(plan) - ENROLLED
    registry = Registry(settings, regions, at)
    await registry.start()
    try:
        country = Country(plan, regions)
        above = offices(plan, country)
        book = RosterBook.load(federation.seal_folder / "book", regions)
        members = Members(
            plan, country, above, book=book, authority=SealAuthority.load(federation.seal_folder / "authority"),
            channels=registry.keys.authority,
        )  # fmt: skip
        first = members.enrol(at)
        calendar = book.records.calendar.at(country.places[0].region)
        pen = Pen(settings.federation_id, lambda unit: members.seals[unit])
        stage = Stage(country, above, Hours(calendar, plan.start, plan.end), pen)
        world = World(
            plan, country, stage, members=members, registry=registry, pen=pen, progress=progress
        )  # fmt: skip
        enrolled = time.monotonic()
        summary = await world.play(first)
        summary.enrolling_seconds = enrolled - began
        summary.playing_seconds = time.monotonic() - enrolled
        return summary
    finally:
        await registry.stop()


def _morning(plan: Plan) -> datetime:
    return datetime.combine(plan.start, day_time(6), SHANGHAI).astimezone(UTC)
