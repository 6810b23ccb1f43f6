"""The year: day after day, at the hours of the offices, stories are woken and what they send goes through the registry.

Intake, writer, batches, sweeps and the store are the registry's own, driven by a simulated clock. Left out are gRPC,
TLS and the delivery streams: envelopes enter at `Intake.take`, acknowledgements at the writer, and a delivery is told
by the writer itself. The database does not wait for the disk while the year is played, and is put on it at the end.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from heapq import heappop, heappush
from random import Random
from typing import Final, NamedTuple, cast

from certs.acknowledge import sign_batch
from cli.simulate.appraisal import AppraisalStory
from cli.simulate.investigation import InvestigationStory
from cli.simulate.members import Members, reorganised_place
from cli.simulate.pen import Draft, Pen, Sent
from cli.simulate.places import NODE_TICK, PEOPLE_TICKS, SHANGHAI, Country
from cli.simulate.plan import ENROLLED, INVESTIGATIONS, Plan, Summary
from cli.simulate.registry import Registry
from cli.simulate.story import Script, Stage, Story
from delegation.codec_entry import acknowledgement_bytes, parse_entry
from delegation.merkle import batch_root_and_paths
from delegation.model import Acknowledgement, AcknowledgementStatus, EnvelopeAnswer
from delegation.table import State
from delegation.table_states import ENDED
from delegation.thread_state import ThreadState
from registry.acknowledge import MOST, AcknowledgeJob
from registry.answers import Final as FinalAnswer
from registry.answers import Result
from registry.records import ItemKind, MailboxItem

_RESTATED: Final = timedelta(days=13)  # a statement holds for fourteen
_REORGANISED_AFTER: Final = timedelta(days=210)
_RETENTION_DAYS: Final = 30
_BEFORE_WORK: Final = time(7, 30)
_AFTER_MIDNIGHT: Final = time(0, 1)

Progress = Callable[[date, Summary], None]


@dataclass(slots=True)
class _Telling:
    """A story as far as it is told."""

    story: Story
    script: Script
    begun: bool = False
    state: State = State.NONE  # when it was woken last: the thread itself is the registry's to hold


class _Delivered(NamedTuple):
    """What a unit has to acknowledge."""

    unit: str
    cursor: int
    digest: bytes
    thread_id: str


class World:
    """One year. `play` it once."""

    def __init__(
        self, plan: Plan, country: Country, stage: Stage, *, members: Members, registry: Registry, pen: Pen,
        progress: Progress,
    ) -> None:  # fmt: skip
        self._plan = plan
        self._country = country
        self._stage = stage
        self._members = members
        self._registry = registry
        self._pen = pen
        self._progress = progress
        self._waiting: list[tuple[datetime, int, _Telling]] = []
        self._count = 0
        self._mail: dict[str, list[_Delivered]] = {}
        self._threads: dict[bytes, str] = {}  # of the envelopes on their way
        self._restated = plan.start - ENROLLED
        self.summary = Summary()
        registry.on_delivery = self._delivered

    async def play(self, first_roster: bytes) -> Summary:
        """From the first day to the last."""
        plan, registry = self._plan, self._registry
        await self._publish(first_roster, self._at(plan.start, _BEFORE_WORK))
        self._restated = plan.start - ENROLLED  # it was signed then
        arrivals = self._arrivals()
        day = plan.start
        while day <= plan.end:
            if day > plan.start:
                await self._before_work(day)
            if self._stage.hours.is_worked(day):
                for tick in PEOPLE_TICKS:
                    registry.clock.at = self._at(day, tick)
                    self._arrive(arrivals)
                    await self._tick()
            registry.clock.at = self._at(day, NODE_TICK)  # nodes work on rest days too
            await self._flush()
            self._progress(day, self.summary)
            day += timedelta(days=1)
        self.summary.log_size = registry.log_size
        self.summary.open_at_end = sum(each.state not in ENDED for _, _, each in self._waiting)
        return self.summary

    @staticmethod
    def _at(day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, SHANGHAI).astimezone(UTC)

    # the registry's own days

    async def _before_work(self, day: date) -> None:
        registry = self._registry
        registry.clock.at = self._at(day, _AFTER_MIDNIGHT)
        self.summary.negative += await registry.sweep(day)
        if (day - self._plan.start).days % _RETENTION_DAYS == 0:
            await registry.retain()
        at = self._at(day, _BEFORE_WORK)
        if day == self._plan.start + _REORGANISED_AFTER:
            place = reorganised_place(self._country, self._plan)
            await self._publish(self._members.reorganise(place, day, at), at)
            heir = self._stage.roster.units[place.recognition].successions[0].unit
            self._stage.heirs[place.recognition] = heir
        elif day - self._restated >= _RESTATED:
            await self._publish(self._members.restate(at), at)

    async def _publish(self, signed: bytes, at: datetime) -> None:
        self._registry.clock.at = at
        self._pen.trust = await self._registry.publish(signed)
        self._restated = at.astimezone(SHANGHAI).date()
        self.summary.rosters += 1

    # stories

    def _arrivals(self) -> list[tuple[datetime, int]]:
        """When each delegation is first thought of: on any day, also on those on which nobody works."""
        plan, hours = self._plan, self._stage.hours
        rng = Random(f"{plan.seed}/arrivals")  # noqa: S311 - a simulation, nothing secret
        length, last = (plan.end - plan.start).days + 1, hours.days[-1]
        days = (plan.start + timedelta(days=rng.randrange(length)) for _ in range(plan.delegations))
        found = [(hours.on(min(day, last), rng), number) for number, day in enumerate(days)]
        return sorted(found, reverse=True)  # the first one last, to be taken from the end

    def _arrive(self, arrivals: list[tuple[datetime, int]]) -> None:
        while arrivals and arrivals[-1][0] <= self._registry.clock.at:
            first, number = arrivals.pop()
            rng = Random(f"{self._plan.seed}/{number}")  # noqa: S311 - a simulation, nothing secret
            appraisal = rng.random() >= INVESTIGATIONS
            home, host = self._country.pair(rng, appraisal=appraisal)
            story: Story
            if appraisal:
                story = AppraisalStory(self._stage, rng, home, host, first, checkpoint=self._registry.checkpoint)
            else:
                story = InvestigationStory(self._stage, rng, home, host, first)
            self.summary.delegations += 1
            self._wait(_Telling(story, story.run()), first)
            self.summary.most_at_once = max(self.summary.most_at_once, len(self._waiting))

    def _wait(self, telling: _Telling, when: datetime) -> None:
        self._count += 1
        heappush(self._waiting, (when, self._count, telling))

    async def _tick(self) -> None:
        """Everything that is due now, in waves: what was sent in one is seen in the next."""
        now = self._registry.clock.at
        while self._waiting and self._waiting[0][0] <= now:
            due: list[_Telling] = []
            while self._waiting and self._waiting[0][0] <= now:
                due.append(heappop(self._waiting)[2])
            states = await self._registry.look([each.story.thread_id for each in due if each.story.thread_id])
            drafts: list[tuple[_Telling, Draft]] = []
            for each in due:
                said = self._wake(each, states.get(each.story.thread_id), now)
                if isinstance(said, Draft):
                    drafts.append((each, said))
                elif said is not None:
                    self._wait(each, said)
            await self._send(drafts)

    def _wake(self, telling: _Telling, thread: ThreadState | None, now: datetime) -> datetime | Draft | None:
        story = telling.story
        telling.state = thread.state if thread is not None else State.NONE
        story.now = now.astimezone(SHANGHAI)
        try:
            if telling.begun:
                # None before the first letter, of which no story asks
                return telling.script.send(cast("ThreadState", thread))
            telling.begun = True
            return next(telling.script)
        except StopIteration:
            return None

    # what goes through the registry

    async def _send(self, drafts: Sequence[tuple[_Telling, Draft]]) -> None:
        calls: dict[str, list[tuple[_Telling, Draft, Sent]]] = {}
        for telling, draft in drafts:
            sent = self._pen.sign(draft.header)
            self._threads[sent.ref.header_digest] = draft.header.thread_id
            calls.setdefault(sent.seal.bureau, []).append((telling, draft, sent))
        takes = [self._registry.take(bureau, [sent.parts for _, _, sent in all_]) for bureau, all_ in calls.items()]
        if not takes:
            return
        answers = await asyncio.gather(*takes, *self._acknowledgements())
        for all_, results in zip(calls.values(), answers, strict=False):
            for (telling, draft, sent), result in zip(all_, cast("list[Result]", results), strict=True):
                self._answered(telling, draft, sent, result)

    def _answered(self, telling: _Telling, draft: Draft, sent: Sent, result: Result) -> None:
        kind = draft.header.kind
        accepted = isinstance(result, FinalAnswer) and result.accepted
        if accepted:
            self.summary.count(kind)
            telling.story.sent(sent.ref, neutral=draft.neutral)
        del self._threads[sent.ref.header_digest]  # what came into mailboxes was told before: see _delivered
        if accepted != draft.meant:
            self._wait(telling, self._registry.clock.at)
            self.summary.refused += draft.meant
            return
        why = "accepted" if accepted else _why(result)
        name = f"{kind.name} {why}"
        self.summary.unexpected[name] = self.summary.unexpected.get(name, 0) + 1

    def _delivered(self, mail: Mapping[str, Sequence[MailboxItem]]) -> None:
        """Told by the writer after a commit: what came into mailboxes."""
        for unit, items in mail.items():
            for item in items:
                if item.kind is ItemKind.ENVELOPE:
                    digest = sha256(item.header).digest()
                    self._mail.setdefault(unit, []).append(_Delivered(unit, item.cursor, digest, self._threads[digest]))

    def _acknowledgements(self) -> list["asyncio.Future[None]"]:
        """One signed batch of each bureau that is there, for everything that came since the last."""
        today = self._registry.clock.at.astimezone(SHANGHAI).date()
        view = self._stage.roster
        of_bureau: dict[str, list[_Delivered]] = {}
        for unit in list(self._mail):
            place = self._country.by_unit.get(unit)
            if place is not None and place.away is not None and place.away[0] <= today <= place.away[1]:
                continue
            of_bureau.setdefault(view.bureau_of(unit), []).extend(self._mail.pop(unit))
        return [
            asyncio.ensure_future(self._acknowledge(bureau, mail[first : first + MOST]))
            for bureau, mail in of_bureau.items()
            for first in range(0, len(mail), MOST)
        ]

    async def _acknowledge(self, bureau: str, mail: Sequence[_Delivered]) -> None:
        said = [
            Acknowledgement(each.unit, each.cursor, each.digest, AcknowledgementStatus.APPLIED, each.thread_id)
            for each in mail
        ]
        leaves = [acknowledgement_bytes(each) for each in said]
        node = self._members.node_key(bureau, self._registry.clock.at)
        signed = sign_batch(
            leaves, federation_id=self._registry.settings.federation_id, bureau=bureau, node_key=node.key
        )
        job = AcknowledgeJob(
            bureau=bureau, leaves=leaves, acknowledgements=said, tree=batch_root_and_paths(leaves),
            signature=signed.signature, node_certificate=node.certificate,
        )  # fmt: skip
        await self._registry.writer.do(job, bureau=bureau)
        self.summary.acknowledged += len(mail)

    async def _flush(self) -> None:
        """Acknowledge what is left at the end of the day."""
        await asyncio.gather(*self._acknowledgements())


def _why(result: Result) -> str:
    if not isinstance(result, FinalAnswer):
        return f"{result.reason.value} {dict(result.details)}"
    detail = parse_entry(result.entry).detail
    if not isinstance(detail, EnvelopeAnswer):
        return "no answer"
    return f"{detail.reason} {dict(detail.details)}"


tell_nothing: Progress = lambda _day, _summary: None  # noqa: E731 - a value of the type
