"""A whole federation on this machine: registry and bureaus as processes of their own on free loopback ports.

The demo, the benches and the trials run on it. It is made with the same functions as the operator's commands, in the
order of docs/operations.md; what runs are `xieban registry serve` and `xieban node serve`.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from certs.authority import SealAuthority
from certs.roster_book import RosterBook
from certs.roster_grants import add_certificate
from certs.roster_input import merge_records
from certs.unit_request import UnitRequest
from delegation.digits import UnitType, unit_code
from delegation.regions import RegionTable, load_regions
from delegation.roster_view import RosterView
from node import setup as node_setup
from node.settings import NodeSettings
from registry import setup as registry_setup
from registry.settings import RegistrySettings

FEDERATION_ID: Final = "demo"
TRUST_DOMAIN: Final = "demo.xieban.internal"
_PATIENCE: Final = 45.0  # seconds for a process to be ready; about two are needed
_STOP_PATIENCE: Final = 12.0  # a graceful stop takes at most ten
_LONG_AGO: Final = "2020-01-01"

Clock = Callable[[], datetime]


def _silent(text: str) -> None:
    del text


class LocalFederationError(Exception):
    """Something did not start or stop; the text says what and where its log is."""


@dataclass(frozen=True, slots=True)
class BureauPlan:
    """A bureau to set up: code, name and the types of its units."""

    code: str
    name: str
    unit_types: tuple[UnitType, ...]

    def unit(self, unit_type: UnitType) -> str:
        """Code of its unit of a type."""
        return unit_code(region6=self.code[:6], unit_type=unit_type, serial=1)

    @property
    def units(self) -> tuple[str, ...]:
        """Codes of its units."""
        return tuple(self.unit(each) for each in self.unit_types)


HANGZHOU: Final = BureauPlan("330100", "杭州市人力资源和社会保障局", (UnitType.RECOGNITION, UnitType.APPRAISAL))
CHENGDU: Final = BureauPlan("510100", "成都市人力资源和社会保障局", (UnitType.RECOGNITION, UnitType.APPRAISAL))
SICHUAN: Final = BureauPlan("510000", "四川省人力资源和社会保障厅", (UnitType.PROVINCIAL,))

_UNIT_TYPE_NAMES: Final[Mapping[UnitType, tuple[str, str]]] = {
    UnitType.RECOGNITION: ("UNIT_TYPE_RECOGNITION", "工伤认定机构"),
    UnitType.APPRAISAL: ("UNIT_TYPE_APPRAISAL", "劳动能力鉴定委员会"),
    UnitType.PROVINCIAL: ("UNIT_TYPE_PROVINCIAL", "工伤保险监管"),
    UnitType.NATIONAL: ("UNIT_TYPE_NATIONAL", "全国协调"),
}
_MATTER_OF_TYPE: Final[Mapping[UnitType, tuple[str, ...]]] = {
    UnitType.RECOGNITION: ("MATTER_INVESTIGATION",),
    UnitType.APPRAISAL: ("MATTER_DISABILITY_GRADE", "MATTER_SELF_CARE"),
}


@dataclass(slots=True)
class Service:
    """One process with its log."""

    name: str
    arguments: tuple[str, ...]
    ready_url: str
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; `wait_ready` waits for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own command with our own words
                [sys.executable, "-m", "cli", *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,  # a terminal's Ctrl-C reaches us alone, and we stop it in order
            )

    def wait_ready(self) -> None:
        """Wait until /readyz says yes. Raises LocalFederationError."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                raise LocalFederationError(f"{self.name} ended with {self.process.returncode}; see {self.log}")
            try:
                with urllib.request.urlopen(self.ready_url, timeout=2):  # noqa: S310 - loopback
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise LocalFederationError(f"{self.name} was not ready after {_PATIENCE:.0f} s; see {self.log}")

    @property
    def is_running(self) -> bool:
        """Started and not ended."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """SIGTERM, and SIGKILL if that was not enough."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LocalFederation:
    """Use as a context manager: processes are stopped at its end."""

    def __init__(
        self,
        folder: Path,
        bureaus: Iterable[BureauPlan] = (HANGZHOU, CHENGDU, SICHUAN),
        *,
        clock: Clock = lambda: datetime.now(UTC),
        tell: Callable[[str], None] = _silent,
        log_level: str = "info",
        federation_id: str = FEDERATION_ID,
    ) -> None:
        """Nothing is made before `prepare`."""
        self.federation_id = federation_id
        self.folder = folder
        self.bureaus = tuple(bureaus)
        self._clock = clock
        self._tell = tell
        self._log_level = log_level
        self._regions: RegionTable = load_regions()
        self.services: dict[str, Service] = {}
        self.http_urls: dict[str, str] = {}
        self.passwords: dict[str, str] = {}

    def __enter__(self) -> "LocalFederation":
        """As it is."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop every process, bureaus first."""
        self.stop()

    # folders and settings

    @property
    def seal_folder(self) -> Path:
        """The seal authority's own folder."""
        return self.folder / "seal-authority"

    @property
    def registry_dir(self) -> Path:
        """The registry's data folder."""
        return self.folder / "registry"

    def node_dir(self, bureau: str) -> Path:
        """A node's data folder."""
        return self.folder / f"node-{bureau}"

    # in the order of docs/operations.md

    def prepare(self) -> None:
        """Make authority and registry, enrol every bureau, publish the roster, make the accounts, start everything."""
        self.make_registry()
        self.start_registry()
        requests = [request for bureau in self.bureaus for request in self.enrol(bureau)]
        self.publish_roster(requests)
        self.start_nodes()

    def make_registry(self) -> None:
        """Seal authority and registry, each with keys of its own."""
        self.folder.mkdir(parents=True, exist_ok=True)
        at = self._clock()
        authority = SealAuthority.create(self.seal_folder / "authority", self.federation_id, at)
        settings = RegistrySettings.load(
            self.registry_dir,
            federation_id=self.federation_id,
            trust_domain=TRUST_DOMAIN,
            exchange_address=f"127.0.0.1:{free_port()}",
            enrolment_address=f"127.0.0.1:{free_port()}",
            metrics_address=f"127.0.0.1:{free_port()}",
            log_level=self._log_level,
        )
        info = registry_setup.init(settings, at, seal_authority=authority.certificate)
        RosterBook.create(
            self.seal_folder / "book", federation_id=self.federation_id, registry=info, regions=self._regions, at=at
        )
        self._tell("印章机构与注册中心的密钥已生成（各自保管）")

    def start_registry(self) -> None:
        """Start `xieban registry serve`."""
        settings = RegistrySettings.load(self.registry_dir)
        service = Service(
            "registry",
            ("registry", "serve", "--data-dir", str(self.registry_dir)),
            f"http://{settings.metrics_address}/healthz",
            self.folder / "registry.log",
        )
        self.services["registry"] = service
        service.start()
        service.wait_ready()
        self._tell(f"注册中心已启动 {settings.exchange_address}")

    def enrol(self, bureau: BureauPlan) -> list[UnitRequest]:
        """One-time token, keys and requests of the bureau's own, certificates back; gives its units' requests."""
        at = self._clock()
        registry = RegistrySettings.load(self.registry_dir)
        token = registry_setup.new_token(registry, bureau.code, at)
        settings = NodeSettings.load(
            self.node_dir(bureau.code),
            bureau=bureau.code,
            units=bureau.units,
            registry_address=registry.exchange_address,
            enrolment_address=registry.enrolment_address,
            http_port=free_port(),
            log_level=self._log_level,
        )
        node_setup.init(settings, at)
        settings = node_setup.enrol(settings, token, at)
        self._tell(f"{bureau.name} 凭一次性令牌入网，证书已签发")
        return [node_setup.unit_request(settings, unit, at) for unit in bureau.units]

    def publish_roster(
        self, requests: Iterable[UnitRequest], *, revised: Callable[[RosterView], RosterView] = lambda records: records
    ) -> None:
        """Records and certificates into the book, a signed roster out of it, and into the registry.

        `revised` changes the records once those of the bureaus are among them.
        """
        at = self._clock()
        authority = SealAuthority.load(self.seal_folder / "authority")
        book = RosterBook.load(self.seal_folder / "book", self._regions)
        merge_records(book, json.dumps(self.records()), self._regions)
        book.put_records(revised(book.records))
        for request in requests:
            add_certificate(book, authority, request, at)
        signed = book.publish(authority, at)
        version = registry_setup.publish_roster(RegistrySettings.load(self.registry_dir), signed, at)
        self._tell(f"名册第 {version} 版由印章机构签署，注册中心发布")

    def start_node(self, bureau: BureauPlan) -> None:
        """Start `xieban node serve`; its readiness waits for the roster."""
        settings = NodeSettings.load(self.node_dir(bureau.code))
        self.http_urls[bureau.code] = f"http://127.0.0.1:{settings.http_port}"
        service = Service(
            bureau.code,
            ("node", "serve", "--data-dir", str(self.node_dir(bureau.code))),
            f"{self.http_urls[bureau.code]}/readyz",
            self.folder / f"node-{bureau.code}.log",
        )
        self.services[bureau.code] = service
        service.start()

    def start_nodes(self) -> None:
        """Start every bureau and wait until each is ready."""
        for bureau in self.bureaus:
            self.start_node(bureau)
        for bureau in self.bureaus:
            self.services[bureau.code].wait_ready()
        self._tell("各机构已取得名册，可以办理")

    def records(self) -> dict[str, object]:
        """Bureaus, units and competences in the contract's JSON form."""
        units: list[dict[str, object]] = []
        competences: list[dict[str, object]] = []
        codes = {bureau.code for bureau in self.bureaus}
        for bureau in self.bureaus:
            province = f"{bureau.code[:2]}0000"
            parent = unit_code(region6=province, unit_type=UnitType.PROVINCIAL, serial=1) if province in codes else ""
            for unit_type in bureau.unit_types:
                type_name, label = _UNIT_TYPE_NAMES[unit_type]
                code = bureau.unit(unit_type)
                units.append(
                    {
                        "code": code,
                        "name": f"{bureau.name}{label}",
                        "type": type_name,
                        "bureau": bureau.code,
                        "region": bureau.code,
                        "pooling_area": bureau.code,
                        "parent": parent if parent != code else "",
                        "phone": "示例电话",
                        "address": "示例地址",
                        "life": "UNIT_LIFE_JOINING",
                        "since": _LONG_AGO,
                    }
                )
                competences += [
                    {"place": bureau.code, "matter": matter, "unit": code, "valid_from": _LONG_AGO}
                    for matter in _MATTER_OF_TYPE.get(unit_type, ())
                ]
        bureaus = [{"code": each.code, "name": each.name, "region": each.code[:6]} for each in self.bureaus]
        return {"bureaus": bureaus, "units": units, "competences": competences}

    def add_account(self, bureau: BureauPlan, unit: str, *, staff_id: str, name: str, role: str) -> str:
        """An account on the node's machine, before it serves; gives the password."""
        password = self.passwords.setdefault(staff_id, secrets.token_urlsafe(12))
        settings = NodeSettings.load(self.node_dir(bureau.code))
        node_setup.add_account(
            settings, self._clock(), staff_id=staff_id, name=name, password=password, units=(unit,), roles=(role,)
        )
        return password

    def stop(self) -> None:
        """Stop every process: bureaus first, then the registry; each within its ten seconds, side by side."""
        for service in self.services.values():
            if service.name != "registry" and service.process is not None and service.process.poll() is None:
                service.process.terminate()
        for service in sorted(self.services.values(), key=lambda each: each.name == "registry"):
            service.stop()
