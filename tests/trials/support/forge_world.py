"""A federation whose registry runs as a process, and everything that a forger could have got hold of."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from certs import issuing
from certs.authority import SealAuthority
from certs.identity import Purpose
from certs.keys import certificate_digest, new_csr, new_p256
from certs.vouching import Vouching, VouchingKind, vouching_bytes
from delegation.roster_view import Revocation, SealingKey
from registry.setup import Keys, open_store
from tests.builders import CHENGDU_RD, FEDERATION, HANGZHOU_AC, HANGZHOU_RD
from tests.registry.federation import CHENGDU, DAY, DEYANG, HANGZHOU, Client, Clock, Federation

_ROOT = Path(__file__).parents[3]
_PATIENCE = 45.0


class RealClock(Clock):
    """The wall clock, for a registry that reads it."""

    @property
    def at(self) -> datetime:
        """Now."""
        return datetime.now(UTC)

    @at.setter
    def at(self, _at: datetime) -> None:
        """It moves by itself."""


class RegistryProcess:
    """`xieban registry serve`, and what a client needs to know of it."""

    def __init__(self, federation: Federation) -> None:
        self.federation = federation
        self.keys = Keys(federation.settings)
        self.ports: dict[str, int] = {}
        self.log = federation.folder / "registry.log"
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        ports = self.federation.settings.data_dir / "ports.json"
        ports.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "cli",
                    "registry",
                    "serve",
                    "--data-dir",
                    str(self.federation.settings.data_dir),
                ],
                cwd=_ROOT,
                env={**os.environ, "PYTHONPATH": f"{_ROOT}:{_ROOT / 'proto/gen'}"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(_PATIENCE):
            while not ports.exists():
                assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
                await asyncio.sleep(0.05)
        self.ports = json.loads(ports.read_text(encoding="utf-8"))

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)


class Loot:
    """Keys and certificates that must not help: another unit's, expired, revoked, of another purpose, a stranger's."""

    def __init__(self, federation: Federation) -> None:
        self.federation = federation
        at = federation.clock.at
        self.expired = self._unit_key(federation.seal, at - 100 * DAY, days=60)
        self.revoked = self._unit_key(federation.seal, at - 20 * DAY)
        self.stranger = self._unit_key(SealAuthority.create(federation.folder / "other", FEDERATION, at - DAY), at)
        self.revoked_sealing = self._revoked_sealing_key()
        units = dict(federation.view.units)
        home = units[HANGZHOU_RD]
        units[HANGZHOU_RD] = replace(
            home, signing_certificates=(self.expired[1], self.revoked[1], *home.signing_certificates)
        )
        host = units[CHENGDU_RD]
        units[CHENGDU_RD] = replace(host, sealing_keys=(self.revoked_sealing, *host.sealing_keys))
        digests = [certificate_digest(self.revoked[1]), self.revoked_sealing.key_id]
        revocations = {digest: Revocation(digest, at - DAY, None) for digest in digests}
        federation.view = replace(federation.view, units=units, revocations=revocations)

    def _unit_key(
        self, authority: SealAuthority, at: datetime, *, days: int = 0
    ) -> tuple[EllipticCurvePrivateKey, bytes]:
        key = new_p256()
        with pytest.MonkeyPatch.context() as patch:
            if days:  # one that was made to end early: nobody waits three years
                patch.setattr(issuing, "VALIDITY", {**issuing.VALIDITY, Purpose.UNIT_SIGNING: days * DAY})
            word = vouching_bytes(
                Vouching(VouchingKind.AUTHORITY)
            )  # the registry loads no roster with a key that nobody
            return key, authority.issue_unit(new_csr(key), HANGZHOU_RD, at, vouching=word)

    def _revoked_sealing_key(self) -> SealingKey:
        keys = self.federation.keys[CHENGDU_RD]
        newest = keys.newest
        found = self.federation.new_sealing_key(keys, self.federation.clock.at - 10 * DAY)
        keys.newest = newest
        return found

    def wrong_keys(self, home: Client, registry: RegistryProcess) -> dict[str, tuple[EllipticCurvePrivateKey, bytes]]:
        """Private keys with their own certificates, by what they are."""
        keys = self.federation.keys
        return {
            "another_unit": (keys[CHENGDU_RD].signing, keys[CHENGDU_RD].certificate),
            "own_other_unit": (keys[HANGZHOU_AC].signing, keys[HANGZHOU_AC].certificate),
            "stranger": self.stranger,
            "channel_key": (home.keys.channel_key, home.keys.channel_certificate),
            "node_key": (home.keys.node_key, home.keys.node_certificate),
            "registry_key": (registry.keys.server_key, registry.keys.server_certificate),
        }


@asynccontextmanager
async def forge_world(folder: Path) -> AsyncIterator[tuple[RegistryProcess, Loot, Client, Client, Client]]:
    """The registry's process, the loot, and honest channels of Hangzhou, Chengdu and Deyang."""
    quotas = {"calls_a_second": 10_000.0, "refusals_a_day": 1_000_000, "neutral_a_day": 1_000_000}
    federation = Federation(folder, RealClock(), log_level="debug", quotas=quotas)
    federation.settings.save()
    loot = Loot(federation)
    store = open_store(federation.settings)
    federation.publish(store)
    store.close()
    registry = RegistryProcess(federation)
    await registry.start()
    try:
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(Client(federation, registry, federation.bureau(registry, code)))  # type: ignore[arg-type]  # has the ports and keys that are asked for
                for code in (HANGZHOU, CHENGDU, DEYANG)
            ]
            yield registry, loot, clients[0], clients[1], clients[2]
    finally:
        registry.stop()
