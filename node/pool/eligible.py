"""The list of eligible experts of a draw: judged over the committed version of the pool, salted, fixed, opened later.

What the appraisal's use cases call, in their own transaction: `fix_list` before a speciality is declared, `open_places`
when the lot has fallen, `members_at` for those who sat on a void panel. A list and its salts are sealed under the
case's own data key: purging the case takes them with it.
"""

import json
import os
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final

from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.draw import DrawError, Stratum, opening_index
from delegation.draw_lists import EligibleExpert, PoolExpert, eligible_leaf, list_tree
from delegation.eligibility import (
    Asked,
    Declaration,
    Eligibility,
    Parties,
    Shortage,
    Spare,
    WayOut,
    eligibility,
    plan_fault,
)
from delegation.errors import Reason, Refusal
from delegation.model import PoolDeclared
from delegation.payloads import SALT_SIZE
from node.ids import uuid7
from node.pool.cache import Frozen
from node.pool.experts import all_of, pool_of
from node.pool.frozen import committed_version, differs, frozen_of, version_by_root
from node.pool.rows import declarations_of
from node.records import EntryRecord, to_us
from node.records_pool import EligibleListRecord
from node.state import State
from node.store import Where
from node.writer import Tx

_MOST_LISTS: Final = 100  # of one case
_MOST_ENTRIES: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibleList:
    """What a draw rests on. Without `root` too few are eligible (PANEL_SHORT): `shortages` say where, `ways_out` what.

    `figures`, `pool_version` and `root` are what the header declares (StrataDeclared), `specialties` and `ineligible`
    what the sealed SpecialtyPlan says. `pool_changed`: the pool was changed after that version, which counts all the
    same; conflicts declared since count already.
    """

    list_id: str
    thread_id: str
    leg: int
    draw: int
    pool_version: int
    pool_root: bytes
    pool_changed: bool
    root: bytes
    plan: tuple[Asked, ...]
    figures: tuple[Stratum, ...]
    ineligible: tuple[tuple[str, int], ...]
    shortages: tuple[Shortage, ...]
    spare: tuple[Spare, ...]
    ways_out: tuple[WayOut, ...]

    @property
    def is_short(self) -> bool:
        """Whether no draw can be held with this plan."""
        return not self.root

    @property
    def specialties(self) -> tuple[str, ...]:
        """Of each stratum, in order."""
        return tuple(asked.specialty for asked in self.plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedExpert:
    """An expert at a place of a list, with what proves that they stand there and in the pool (protocol 13.2)."""

    expert: PoolExpert
    specialty: str
    stratum: int
    position: int
    salt: bytes
    path: tuple[bytes, ...]
    pool_salt: bytes
    pool_index: int
    pool_path: tuple[bytes, ...]

    def body(self, *, reserve: bool, chair: bool = False) -> dict[str, object]:
        """As PanelExpert of a body's JSON."""
        return {
            "expert_id": self.expert.expert_id,
            "name": self.expert.name,
            "title": self.expert.title,
            "specialty": self.specialty,
            "employer": self.expert.employer,
            "stratum": self.stratum,
            "position": self.position,
            "reserve": reserve,
            "salt": _text(self.salt),
            "path": [_text(each) for each in self.path],
            "pool_salt": _text(self.pool_salt),
            "pool_index": self.pool_index,
            "pool_path": [_text(each) for each in self.pool_path],
            "chair": chair,
            "pool_specialties": list(self.expert.specialties),
            "appointed_from": self.expert.appointed_from,
            "appointed_until": self.expert.appointed_until,
        }


def _text(value: bytes) -> str:
    return b64encode(value).decode()


def _row(list_id: str) -> str:
    return f"eligible_lists/{list_id}/secret"


def fix_list(
    tx: Tx,
    state: State,
    at: datetime,
    *,
    unit: str,
    staff_id: str,
    thread_id: str,
    leg: int,
    draw: int,
    plan: Sequence[Asked],
    parties: Parties,
    void: Collection[str] = (),
    recused: Collection[str] = (),
) -> EligibleList:
    """Judge the committed pool of `unit` for a draw, and keep the list with its salts. Durable with the transaction.

    Made anew, it has other salts and another root; what counts is the root that the thread declares (`list_of`).
    `void` and `recused` are numbers of experts. Roles and four eyes are the caller's, who seals what is declared.

    Raises:
        Refusal: NOT_ALLOWED (state pool_not_committed); INVALID_INPUT (field plan, state a PlanFault).
    """
    version = committed_version(tx, unit)
    if version is None:
        raise Refusal(Reason.NOT_ALLOWED, state="pool_not_committed")
    fault = plan_fault(plan)
    if fault is not None:
        raise Refusal(Reason.INVALID_INPUT, field="plan", state=fault.value)
    frozen = frozen_of(tx, state, version)
    found = eligibility(
        frozen.members,
        parties,
        plan,
        on=day_of(at),
        void=void,
        recused=recused,
        declared_since=_declared_since(tx, state, unit, frozen),
    )
    drawn = os.urandom(SALT_SIZE * sum(len(each) for each in found.strata))
    salts = [drawn[start : start + SALT_SIZE] for start in range(0, len(drawn), SALT_SIZE)]
    root = b"" if found.is_short else list_tree(_leaves(frozen, found.plan, found.strata, salts)).root
    record = EligibleListRecord(
        list_id=uuid7(at),
        unit=unit,
        thread_id=thread_id,
        leg=leg,
        draw=draw,
        pool_version=version.version,
        pool_root=version.root,
        root=root,
        secret=b"",
        made_by=staff_id,
        made_at=to_us(at),
    )
    content = {
        "plan": [asdict(asked) for asked in found.plan],
        "strata": found.strata,
        "salts": drawn.hex(),
        "reasons": ["" if reason is None else reason.value for reason in found.reasons],
        "shortages": [asdict(each) for each in found.shortages],
        "spare": [asdict(each) for each in found.spare],
    }
    secret = state.vault.seal(tx, thread_id, _row(record.list_id), json.dumps(content).encode())
    tx.put(replace(record, secret=secret))
    return _list(record, found, pool_changed=differs(tx, state, version, pool_of(tx, unit).content))


def _declared_since(tx: Tx, state: State, unit: str, frozen: Frozen) -> list[tuple[str, Declaration]]:
    """Conflicts that stand in the pool now and did not when the version was frozen."""
    before = {each.expert.expert_id: set(each.declarations) for each in frozen.members if each.declarations}
    return [
        (kept.content["number"], each)
        for kept in all_of(tx, state, unit)
        if kept.content.get("conflicts")
        for each in declarations_of(kept.content)
        if each not in before.get(kept.content["number"], set())
    ]


def _leaves(
    frozen: Frozen, plan: Sequence[Asked], strata: Sequence[Sequence[int]], salts: Sequence[bytes]
) -> list[bytes]:
    found: list[bytes] = []
    for stratum, (asked, places) in enumerate(zip(plan, strata, strict=True)):
        for position, index in enumerate(places):
            member = frozen.members[index].expert
            expert = EligibleExpert(
                expert_id=member.expert_id,
                name=member.name,
                title=member.title,
                employer=member.employer,
                specialty=asked.specialty,
            )
            found.append(eligible_leaf(salts[len(found)], stratum=stratum, position=position, expert=expert))
    return found


def _list(record: EligibleListRecord, found: Eligibility, *, pool_changed: bool) -> EligibleList:
    return EligibleList(
        list_id=record.list_id,
        thread_id=record.thread_id,
        leg=record.leg,
        draw=record.draw,
        pool_version=record.pool_version,
        pool_root=record.pool_root,
        pool_changed=pool_changed,
        root=record.root,
        plan=found.plan,
        figures=found.figures,
        ineligible=tuple((reason.value, count) for reason, count in found.counts),
        shortages=found.shortages,
        spare=found.spare,
        ways_out=found.ways_out,
    )


def list_of(tx: Tx, *, unit: str, thread_id: str, root: bytes) -> EligibleListRecord:
    """The list that a thread declared. Refusal NOT_FOUND."""
    where = (Where("thread_id", thread_id),)
    found = [each for each in tx.select(EligibleListRecord, where, limit=_MOST_LISTS) if each.unit == unit]
    record = next((each for each in found if each.root == root and root), None)
    if record is None:
        raise Refusal(Reason.NOT_FOUND)
    return record


@dataclass(frozen=True, slots=True)
class _Read:
    frozen: Frozen
    plan: tuple[Asked, ...]
    strata: tuple[tuple[int, ...], ...]
    salts: tuple[bytes, ...]
    reasons: tuple[str, ...]


def _read(tx: Tx, state: State, record: EligibleListRecord) -> _Read:
    content: Mapping[str, object] = json.loads(
        state.vault.open(tx, record.thread_id, _row(record.list_id), record.secret)
    )
    plan, strata, salts, reasons = (content[name] for name in ("plan", "strata", "salts", "reasons"))
    if not (isinstance(plan, list) and isinstance(strata, list) and isinstance(salts, str)):
        raise Refusal(Reason.INTERNAL, field="stored_content")
    drawn = bytes.fromhex(salts)
    return _Read(
        frozen=frozen_of(tx, state, version_by_root(tx, record.unit, record.pool_root)),
        plan=tuple(Asked(**each) for each in plan),
        strata=tuple(tuple(each) for each in strata),
        salts=tuple(drawn[start : start + SALT_SIZE] for start in range(0, len(drawn), SALT_SIZE)),
        reasons=tuple(reasons) if isinstance(reasons, list) else (),
    )


def open_places(
    tx: Tx, state: State, *, unit: str, thread_id: str, root: bytes, places: Sequence[tuple[int, int]]
) -> tuple[OpenedExpert, ...]:
    """The experts at these places (stratum, position) of the list that a thread declared, in the order asked.

    Raises:
        Refusal: NOT_FOUND for a list or place that is none; INTERNAL where what is stored does not lead to the root.
    """
    read = _read(tx, state, list_of(tx, unit=unit, thread_id=thread_id, root=root))
    tree = list_tree(_leaves(read.frozen, read.plan, read.strata, read.salts))
    if tree.root != root:
        raise Refusal(Reason.INTERNAL, field="eligible_list")
    figures = tuple(Stratum(0, 0, len(each)) for each in read.strata)
    pool = read.frozen.tree.paths
    found = []
    for stratum, position in places:
        try:
            index = opening_index(figures, stratum, position)
        except DrawError as error:
            raise Refusal(Reason.NOT_FOUND) from error
        here = read.strata[stratum][position]
        found.append(
            OpenedExpert(
                expert=read.frozen.members[here].expert,
                specialty=read.plan[stratum].specialty,
                stratum=stratum,
                position=position,
                salt=read.salts[index],
                path=tree.paths[index],
                pool_salt=read.frozen.salts[here],
                pool_index=here,
                pool_path=pool[here],
            )
        )
    return tuple(found)


def members_at(
    tx: Tx, state: State, *, unit: str, thread_id: str, root: bytes, places: Sequence[tuple[int, int]]
) -> tuple[str, ...]:
    """The numbers of the experts at these places, as `fix_list` takes them for `void` and `recused`."""
    read = _read(tx, state, list_of(tx, unit=unit, thread_id=thread_id, root=root))
    try:
        return tuple(read.frozen.members[read.strata[stratum][place]].expert.expert_id for stratum, place in places)
    except IndexError as error:
        raise Refusal(Reason.NOT_FOUND) from error


def reasons_of(tx: Tx, state: State, *, unit: str, list_id: str) -> tuple[tuple[str, str, str], ...]:
    """Why each expert who was left out was: number, name and reason (protocol 13.1), in the order of the pool.

    Also of a list that was too short. Refusal NOT_FOUND.
    """
    record = tx.get(EligibleListRecord, (list_id,))
    if record is None or record.unit != unit:
        raise Refusal(Reason.NOT_FOUND)
    read = _read(tx, state, record)
    left = zip(read.frozen.members, read.reasons, strict=True)
    return tuple((member.expert.expert_id, member.expert.name, reason) for member, reason in left if reason)


def commitment_of(tx: Tx, *, unit: str, pool_root: bytes) -> EntryRecord:
    """The logged envelope that committed to a version of the pool, for the panel's record. Refusal NOT_FOUND."""
    version = version_by_root(tx, unit, pool_root)
    where = (Where("thread_id", version.thread_id), Where("kind", int(Kind.POOL_COMMITTED)))
    for entry in tx.select(EntryRecord, where, limit=_MOST_ENTRIES):
        declared = parse_header(entry.header).declared
        if isinstance(declared, PoolDeclared) and declared.root == pool_root:
            return entry
    raise Refusal(Reason.NOT_FOUND)
