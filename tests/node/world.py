"""A federation in one process: a real registry on loopback with mutual TLS, and real nodes that dial it.

Everything that waits is bounded, and says where every task and thread stood when it took too long.
"""

import asyncio
import faulthandler
import io
import sys
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from argon2 import PasswordHasher

from certs.authority import SealAuthority
from certs.files import make_folder, write_atomically
from certs.roster_book import RosterBook
from certs.roster_grants import add_certificate
from certs.unit_request import UnitRequest
from delegation.codes import Matter
from delegation.regions import RegionTable, load_regions
from delegation.roster_view import Bureau, Competence, Unit, UnitType
from node import setup as node_setup
from node import store_sql as node_store
from node.desk.passwords import Passwords
from node.desk.ports import Actor
from node.desk.views import DelegationView
from node.service import Node
from node.settings import NodeSettings
from registry import setup as registry_setup
from registry.server import Registry
from registry.settings import RegistrySettings
from tests.builders import (
    APPRAISAL_MATTERS,
    CHENGDU_AC,
    CHENGDU_RD,
    DEYANG_AC,
    DEYANG_RD,
    HANGZHOU_AC,
    HANGZHOU_RD,
    SICHUAN_PO,
    ZHEJIANG_PO,
)

FEDERATION = "xieban-test"
DOMAIN = "xieban.test"
HANGZHOU, CHENGDU, DEYANG, ZHEJIANG, SICHUAN = "330100", "510100", "510600", "330000", "510000"
UNITS_OF = {HANGZHOU: HANGZHOU_RD, CHENGDU: CHENGDU_RD, DEYANG: DEYANG_RD, ZHEJIANG: ZHEJIANG_PO, SICHUAN: SICHUAN_PO}
COMMITTEES = {HANGZHOU: HANGZHOU_AC, CHENGDU: CHENGDU_AC, DEYANG: DEYANG_AC}  # 劳动能力鉴定委员会
NAMES = {
    HANGZHOU: "杭州市人社局",
    CHENGDU: "成都市人社局",
    DEYANG: "德阳市人社局",
    ZHEJIANG: "浙江省人社厅",
    SICHUAN: "四川省人社厅",
}
PARENTS = {HANGZHOU: ZHEJIANG_PO, CHENGDU: SICHUAN_PO, DEYANG: SICHUAN_PO}
T = TypeVar("T")
WAITING = 30.0  # seconds for what takes one on an idle machine; tests share theirs
LOOKING = 15.0
STARTING, STOPPING = 30.0, 15.0
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def stacks() -> str:
    """Where every task of the loop and every thread stands."""
    text = io.StringIO()
    for task in asyncio.all_tasks():
        text.write(f"\n{task.get_name()}\n")
        frames = task.get_stack(limit=12)
        text.writelines(f"  {frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}\n" for frame in frames)
    with tempfile.TemporaryFile("w+") as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        text.write(file.read())
    return text.getvalue()


@asynccontextmanager
async def bounded(seconds: float, what: str) -> AsyncIterator[None]:
    """Fail, with every stack on stderr, when it takes longer."""
    loop = asyncio.get_running_loop()
    told = loop.call_later(seconds, lambda: sys.stderr.write(f"{what} took over {seconds} s\n{stacks()}"))
    try:
        async with asyncio.timeout(seconds + 0.5):
            yield
    finally:
        told.cancel()


def now() -> datetime:
    """The wall clock, which a test process may read."""
    return datetime.now(UTC)


@lru_cache(maxsize=1)
def regions() -> RegionTable:
    """Loaded once."""
    return load_regions()


@lru_cache(maxsize=1)
def _empty_databases() -> dict[str, bytes]:
    """A node's and a registry's database as they make them. A third of a world's beginning is the making."""
    with tempfile.TemporaryDirectory() as name:
        paths = {file: Path(name) / file for file in (NodeSettings.DATABASE, RegistrySettings.DATABASE)}
        node_store.SqlStore(node_store.make_engine(f"sqlite:///{paths[NodeSettings.DATABASE]}")).close()
        registry_setup.open_store(
            RegistrySettings(federation_id=FEDERATION, trust_domain=DOMAIN, data_dir=Path(name))
        ).close()
        assert not [*Path(name).glob("*-wal")]
        return {file: path.read_bytes() for file, path in paths.items()}


def _with_database(folder: Path, name: str) -> None:
    """A new database in a service's folder, before the service is set up there."""
    make_folder(folder)
    write_atomically(folder / name, _empty_databases()[name])


@dataclass
class World:
    """Folders, authorities and what runs."""

    folder: Path
    clock: Callable[[], datetime] = now
    registry: Registry | None = None
    nodes: dict[str, Node] = field(default_factory=dict)
    settings: dict[str, NodeSettings] = field(default_factory=dict)
    registry_settings: RegistrySettings | None = None
    requests: list[UnitRequest] = field(default_factory=list)
    committees: bool = False  # with the units that appraise

    def units_of(self, bureau: str) -> tuple[str, ...]:
        """The units that a bureau's node serves."""
        committee = (COMMITTEES[bureau],) if self.committees and bureau in COMMITTEES else ()
        return (UNITS_OF[bureau], *committee)

    @property
    def authority(self) -> SealAuthority:
        """The seal authority, with its key."""
        return SealAuthority.load(self.folder / "seal")

    @property
    def book(self) -> RosterBook:
        """The roster's records."""
        return RosterBook.load(self.folder / "book", regions())

    async def begin(self, bureaus: Iterable[str]) -> None:
        """Authorities, registry, bureaus enrolled, roster published; no node runs yet."""
        at = self.clock()
        authority = SealAuthority.create(self.folder / "seal", FEDERATION, at)
        settings = RegistrySettings.load(
            self.folder / "registry",
            federation_id=FEDERATION,
            trust_domain=DOMAIN,
            exchange_address="127.0.0.1:0",
            enrolment_address="127.0.0.1:0",
            metrics_address="127.0.0.1:0",
            log_level="error",
        )
        _with_database(settings.data_dir, RegistrySettings.DATABASE)
        info = registry_setup.init(settings, at, seal_authority=authority.certificate)
        book = RosterBook.create(
            self.folder / "book", federation_id=FEDERATION, registry=info, regions=regions(), at=at
        )
        self.registry_settings = settings
        await self.start_registry()
        chosen = sorted(bureaus, key=lambda bureau: not bureau.endswith("0000"))  # provinces first
        for bureau in chosen:
            self._records(book, bureau)
            await asyncio.to_thread(self._enrol, bureau, at)
        for request in self.requests:
            add_certificate(book, authority, request, at)
        self.publish(book)

    def publish(self, book: RosterBook) -> int:
        """Sign and publish what the book says now."""
        assert self.registry_settings is not None
        at = self.clock()
        return registry_setup.publish_roster(self.registry_settings, book.publish(self.authority, at), at)

    def _records(self, book: RosterBook, bureau: str) -> None:
        unit = UNITS_OF[bureau]
        kind = UnitType.PROVINCIAL if "PO" in unit else UnitType.RECOGNITION
        book.put_bureau(Bureau(bureau, NAMES[bureau], bureau))
        book.add_unit(
            Unit(
                code=unit,
                name=NAMES[bureau],
                type=kind,
                region=bureau,
                bureau=bureau,
                pooling_area=bureau,
                parent=PARENTS.get(bureau, "") if PARENTS.get(bureau, "") in book.records.units else "",
                since=date(2020, 1, 1),
            )
        )
        if kind is UnitType.RECOGNITION:
            competences = [*book.records.competences, Competence(bureau, Matter.INVESTIGATION, unit, date(2020, 1, 1))]
            book.put_competences(competences)
        for committee in self.units_of(bureau)[1:]:
            since = date(2020, 1, 1)
            book.add_unit(
                Unit(
                    code=committee,
                    name=f"{NAMES[bureau]}劳动能力鉴定委员会",
                    type=UnitType.APPRAISAL,
                    region=bureau,
                    bureau=bureau,
                    pooling_area=bureau,
                    parent=book.records.units[unit].parent,
                    since=since,
                )
            )
            more = [Competence(bureau, matter, committee, since) for matter in APPRAISAL_MATTERS]
            book.put_competences([*book.records.competences, *more])

    def _enrol(self, bureau: str, at: datetime) -> None:
        assert self.registry is not None
        assert self.registry_settings is not None
        settings = NodeSettings.load(
            self.folder / f"node-{bureau}",
            bureau=bureau,
            units=self.units_of(bureau),
            registry_address=f"127.0.0.1:{self.registry.ports['exchange']}",
            enrolment_address=f"127.0.0.1:{self.registry.ports['enrolment']}",
            gap_wait_seconds=0.3,
            reconnect_max_seconds=0.5,
            min_free_bytes=0,
        )
        _with_database(settings.data_dir, NodeSettings.DATABASE)
        node_setup.init(settings, at)
        token = registry_setup.new_token(self.registry_settings, bureau, at)
        self.settings[bureau] = node_setup.enrol(settings, token, at)
        for unit in self.units_of(bureau):
            self.requests.append(node_setup.unit_request(self.settings[bureau], unit, at))

    async def start_registry(self) -> None:
        """Start the registry, on its old ports when it ran before."""
        assert self.registry_settings is not None
        self.registry = Registry(self.registry_settings, clock=self.clock)
        async with bounded(STARTING, "registry start"):
            await self.registry.start()
        self.registry_settings = self.registry_settings.model_copy(
            update={
                f"{name}_address": f"127.0.0.1:{self.registry.ports[name]}"
                for name in ("exchange", "enrolment", "metrics")
            }
        )

    async def stop_registry(self) -> None:
        """Take the registry away."""
        registry, self.registry = self.registry, None
        if registry is not None:
            async with bounded(STOPPING, "registry stop"):
                await registry.stop()

    async def start_node(self, bureau: str, *, carry: bool = True) -> Node:
        """Start a bureau's node; one that can reach the registry has its roster then."""
        async with bounded(STARTING, f"node {bureau} start"):
            node = await Node.start(self.settings[bureau], self.clock, regions=regions(), carry=carry)
        node.accounts._passwords = Passwords(_CHEAP)  # the costs of real ones are tried in test_accounts
        self.nodes[bureau] = node
        if carry and self.registry is not None:
            async with bounded(WAITING, f"node {bureau} roster"):
                while not node.readiness:
                    await asyncio.sleep(0.01)
        return node

    async def stop_node(self, bureau: str) -> None:
        """Stop a bureau's node."""
        node = self.nodes.pop(bureau)
        async with bounded(STOPPING, f"node {bureau} stop"):
            await node.stop()

    async def stop(self) -> None:
        """Stop everything, whatever one of them says."""
        try:
            for bureau in list(self.nodes):
                await self.stop_node(bureau)
        finally:
            await self.stop_registry()


@asynccontextmanager
async def running(folder: Path, *bureaus: str, committees: bool = False) -> AsyncIterator[World]:
    """A federation whose nodes are up."""
    world = World(folder, committees=committees)
    try:
        await world.begin(bureaus)
        for bureau in bureaus:
            await world.start_node(bureau)
        yield world
    finally:
        await world.stop()


def clerk(bureau: str) -> Actor:
    """The one who handles."""
    return Actor(f"{bureau}-jbr", "经办人甲", UNITS_OF[bureau], frozenset({"clerk"}), "0571-1")


def approver(bureau: str) -> Actor:
    """The one who approves."""
    return Actor(f"{bureau}-spr", "审批人乙", UNITS_OF[bureau], frozenset({"approver"}))


def an_investigation(**changes: object) -> dict[str, object]:
    """A complete letter to Chengdu."""
    return {
        "matter": "INVESTIGATION",
        "task_place": {"code": CHENGDU, "role": "ACCIDENT", "certainty": "DEFINITE"},
        "case_key": "杭人社工认2026-17",
        "legal_basis": "RECOGNITION_RULES_14",
        "priority": "NORMAL",
        "clock": {"accepted_on": now().date().isoformat(), "procedure": "ORDINARY"},
        "letter": {
            "acceptance_number": "杭人社工受2026第17号",
            "case_summary": "职工出差途中受伤",
            "items": [
                {"code": "A1", "text": "事发时间与地点", "mandatory": True},
                {"code": "A2", "text": "是否因工外出", "mandatory": True},
            ],
            "worker": {"name": "王小明", "id_document": "ID_DOCUMENT_CITIZEN_ID", "id_number": "11010519491231002X"},
            "employer": {"name": "某某科技有限公司"},
            "insurance": {"mode": "INSURANCE_MODE_EMPLOYER", "insured_in": HANGZHOU},
            "applicant": {"role": "APPLICANT_ROLE_EMPLOYER"},
            "recusal_declared": True,
        },
        **changes,
    }


async def issued(node: Node, bureau: str, business: Mapping[str, object] | None = None) -> DelegationView:
    """A letter drafted by one and approved by another."""
    draft = await node.desk.create_draft(clerk(bureau), business or an_investigation())
    draft = await node.desk.submit_for_approval(clerk(bureau), draft.draft_id, draft.version)
    return await node.desk.approve_and_issue(approver(bureau), draft.draft_id, draft.version)


async def until(look: Callable[[], Awaitable[T]], holds: Callable[[T], bool], *, seconds: float = WAITING) -> T:
    """Look until it holds."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            async with bounded(LOOKING, "look"):
                found = await look()
            if holds(found):
                return found
        except Exception:
            if asyncio.get_running_loop().time() > end:
                raise
        if asyncio.get_running_loop().time() > end:
            sys.stderr.write(stacks())
            raise AssertionError("it never held")
        await asyncio.sleep(0.02)


async def view(node: Node, bureau: str, delegation_id: str) -> DelegationView:
    """The delegation as the bureau's clerk sees it."""
    return await node.desk.get_delegation(clerk(bureau), delegation_id)


async def reach(node: Node, bureau: str, delegation_id: str, state: str) -> DelegationView:
    """Wait until the bureau sees that state, with nothing queued."""
    return await until(
        lambda: view(node, bureau, delegation_id), lambda seen: seen.row.state == state and not seen.queued
    )


async def stream(*pieces: bytes) -> AsyncIterable[bytes]:
    """Bytes as an upload brings them."""
    for piece in pieces:
        yield piece


async def make(node: Node, bureau: str, delegation_id: str, kind: str, data: Mapping[str, object]) -> DelegationView:
    """A move of one person, on what is seen now."""
    seen = await view(node, bureau, delegation_id)
    return await node.desk.act(clerk(bureau), delegation_id, kind, data, seen.version)


async def make_two(
    node: Node, bureau: str, delegation_id: str, kind: str, data: Mapping[str, object]
) -> DelegationView:
    """A move of two persons."""
    seen = await view(node, bureau, delegation_id)
    prepared = await node.desk.prepare_move(clerk(bureau), delegation_id, kind, data, seen.version)
    return await node.desk.approve_move(approver(bureau), prepared.move_id, prepared.version)


NOTHING: dict[str, Any] = {}
ASSIGNMENT: dict[str, Any] = {
    "body": {
        "assignment": {
            "investigators": [
                {
                    "staff_id": f"i{number}",
                    "name": f"调查员{number}",
                    "credential_kind": "执法证",
                    "credential_number": f"C{number}",
                    "unit": CHENGDU_RD,
                    "recusal_declared": True,
                }
                for number in (1, 2)
            ]
        }
    }
}


def a_result(**changes: object) -> dict[str, object]:
    """A complete result."""
    result: dict[str, object] = {
        "answers": [
            {"item_code": code, "finding": "FINDING_FOUND", "text": "已查明", "evidence_ids": ["E1"]}
            for code in ("A1", "A2")
        ],
        "report": "调查报告正文",
        "evidence": [{"evidence_id": "E1", "kind": "EVIDENCE_KIND_STATEMENT", "description": "询问笔录"}],
        "investigators": ASSIGNMENT["body"]["assignment"]["investigators"],
        "reviewer_staff_id": f"{CHENGDU}-spr",
        "finished_on": now().date().isoformat(),
        "checks": [{"code": "statement-signed", "evidence_id": "E1", "met": True}],
        **changes,
    }
    return {"body": {"result": result}}
