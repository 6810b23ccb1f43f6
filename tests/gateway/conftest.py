"""A gateway before a fake node, and callers of every role."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi import FastAPI

from gateway.app import create_app
from gateway.routes.changes import Streams
from gateway.settings import GatewaySettings
from node.desk.ports import Role
from node.province.acts_ports import ProvincialActs
from node.province.alert_ports import OfficeAlerts
from node.province.ports import Oversight
from node.province.report_ports import ReportsPort
from tests.gateway.fake_accounts import NOW, PASSWORD, FakeAccounts
from tests.gateway.fake_acts import FakeActs
from tests.gateway.fake_alerts import FakeAlerts
from tests.gateway.fake_desk import FakeDesk
from tests.gateway.fake_draws import FakeDraws
from tests.gateway.fake_oversight import FakeOversight
from tests.gateway.fake_papers import FakePapers
from tests.gateway.fake_people import FakePeople
from tests.gateway.fake_pool import FakePool
from tests.gateway.fake_reports import FakeReports
from tests.gateway.fake_taking import FakeTaking


@dataclass
class FakeStation:
    """Implements Station."""

    desk: FakeDesk = field(default_factory=FakeDesk)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    people: FakePeople = field(init=False)
    taking: FakeTaking = field(init=False)
    papers: FakePapers = field(init=False)
    pool: FakePool = field(init=False)
    draws: FakeDraws = field(default_factory=FakeDraws)
    oversight: Oversight = field(default_factory=FakeOversight)
    acts: ProvincialActs = field(default_factory=FakeActs)
    alerts: OfficeAlerts = field(default_factory=FakeAlerts)
    reports: ReportsPort = field(default_factory=FakeReports)

    def __post_init__(self) -> None:
        """People are those of the accounts."""
        self.people = FakePeople(self.accounts)
        self.taking = FakeTaking(self.desk)
        self.papers = FakePapers(self.accounts)
        self.pool = FakePool(self.accounts, self.desk)


@dataclass
class House:
    """The application and the node behind it."""

    app: FastAPI
    station: FakeStation

    @asynccontextmanager
    async def anonymous(self, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """A caller who shows nothing but these headers."""
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk.test", headers=headers) as client:
            yield client

    @asynccontextmanager
    async def caller(self, role: Role | str = Role.CLERK) -> AsyncIterator[httpx.AsyncClient]:
        """A person of that role, signed in, with a bearer token."""
        session = await self.station.accounts.sign_in(str(role), PASSWORD)
        async with self.anonymous(authorization=f"Bearer {session.token}") as client:
            yield client


def a_house(**settings: object) -> House:
    """A gateway with these settings."""
    station = FakeStation()
    given = GatewaySettings(**settings)  # type: ignore[arg-type] # checked by the settings
    return House(create_app(station, given, clock=lambda: NOW), station)


@pytest.fixture(scope="session")
def usual_app() -> FastAPI:
    """Making the application takes longer than a test."""
    return a_house().app


@pytest.fixture
def house(usual_app: FastAPI) -> Iterator[House]:
    """A gateway with the usual settings before a fresh node."""
    state, fresh = usual_app.state, FakeStation()
    state.station = fresh
    state.streams = Streams(state.metrics, most=8, most_per_caller=4)
    yield House(usual_app, fresh)
    state.spool.close()
