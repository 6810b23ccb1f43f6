"""The registry as a process of its own: killed, started again, on SQLite and PostgreSQL."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from sqlalchemy import text

from delegation.codec_entry import parse_entry
from delegation.model import EnvelopeAnswer
from registry.setup import Keys, open_store
from registry.sql_engine import make_engine
from tests.registry.federation import CHENGDU, HANGZHOU, Client, Clock, Federation

_PROGRAM = textwrap.dedent(
    """
    import asyncio, signal, sys
    from pathlib import Path
    from registry.server import serve
    from registry.settings import RegistrySettings

    async def main():
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await serve(RegistrySettings.load(Path(sys.argv[1])), stop=stop)

    asyncio.run(main())
    """
)


class RealClock(Clock):
    """The wall clock, for a registry that reads it."""

    @property
    def at(self) -> datetime:
        return datetime.now(UTC)

    @at.setter
    def at(self, _at: datetime) -> None:
        """It moves by itself."""


class Process:
    """What a client needs of a registry that runs elsewhere."""

    def __init__(self, federation: Federation) -> None:
        self.federation = federation
        self.keys = Keys(federation.settings)
        self.ports: dict[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        ports = self.federation.settings.data_dir / "ports.json"
        ports.unlink(missing_ok=True)
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(self.federation.settings.data_dir)],
            env={**os.environ, "PYTHONPATH": f"{root}:{root / 'proto/gen'}"},
        )
        async with asyncio.timeout(30):
            while not ports.exists():
                assert self._process.poll() is None
                await asyncio.sleep(0.02)
        self.ports = json.loads(ports.read_text(encoding="utf-8"))

    def end(self, with_signal: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(with_signal)
        return self._process.wait(15)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield ""
        return
    found = request.getfixturevalue("postgres_url")
    yield found
    engine = make_engine(found)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


async def test_killed_again_and_again_it_loses_and_doubles_nothing(tmp_path: Path, url: str) -> None:
    federation = Federation(tmp_path, RealClock(), database_url=url)
    federation.settings.save()
    store = open_store(federation.settings)
    federation.publish(store)
    store.close()
    process = Process(federation)
    home_keys = federation.bureau(process, HANGZHOU)  # type: ignore[arg-type]  # has the keys that are asked for
    letters = [federation.letter() for _ in range(40)]
    answers: dict[int, bytes] = {}

    async def send(client: Client, number: int) -> None:
        try:
            (result,) = await client.submit(letters[number])
        except grpc.aio.AioRpcError:
            return
        if not result.reason:
            assert answers.setdefault(number, result.entry) == result.entry

    for kill in range(3):
        await process.start()
        async with Client(federation, process, home_keys) as home:  # type: ignore[arg-type]  # as above
            sending: Any = [asyncio.create_task(send(home, number)) for number in range(40)]
            if kill == 2:
                await asyncio.gather(*sending)
            else:
                await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
                process.end(signal.SIGKILL)
                await asyncio.gather(*sending)
    assert len(answers) == 40
    entries = [parse_entry(answers[number]) for number in range(40)]
    assert len({entry.leaf_index for entry in entries}) == 40
    for letter, entry in zip(letters, entries, strict=True):
        assert isinstance(entry.detail, EnvelopeAnswer)
        assert (entry.detail.accepted, entry.detail.envelope) == (True, letter.header.ref)
    host_keys = federation.bureau(process, CHENGDU)  # type: ignore[arg-type]  # as above
    async with Client(federation, process, host_keys) as host:  # type: ignore[arg-type]  # as above
        found = await host.deliveries(40)
        assert [each.cursor for each in found] == list(range(1, 41))
        assert {each.envelope.entry for each in found} == set(answers.values())
    assert process.end(signal.SIGTERM) == 0
