"""An expert pool in memory that behaves: it judges, counts and compares as the node does."""

# ruff: noqa: ARG002 - arguments are the port's

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256

from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.specialties import is_senior
from node.desk.ports import Actor
from node.desk.views import Page, PreparedMoveView, Problem
from node.pool.experts import state_of
from node.pool.frozen import differences
from node.pool.ports import ExpertFilters
from node.pool.rows import COMPARED, FIELDS, declarations_of, judge_row
from node.pool.views import ExpertOutcome, ExpertView, PoolVersionPage, PoolVersionView, PoolView
from tests.gateway.fake_accounts import FakeAccounts
from tests.gateway.fake_desk import FakeDesk
from tests.gateway.fake_views import DELEGATION

_Rows = tuple[Mapping[str, str], ...]


class FakePool:
    """Implements PoolPort."""

    def __init__(self, accounts: FakeAccounts, desk: FakeDesk) -> None:
        self.accounts = accounts
        self.desk = desk
        self.experts: dict[str, tuple[int, Mapping[str, str], str]] = {}  # by id: version, content, who
        self.frozen: dict[str, tuple[PoolVersionView, _Rows]] = {}  # by root
        self.appraises = True

    def _rows(self) -> _Rows:
        return tuple(sorted((row for _, row, _ in self.experts.values()), key=lambda row: row["number"]))

    def _view(self, expert_id: str) -> ExpertView:
        if expert_id not in self.experts:
            raise Refusal(Reason.NOT_FOUND)
        version, row, by = self.experts[expert_id]
        return ExpertView(
            expert_id=expert_id,
            version=version,
            number=row["number"],
            name=row["name"],
            title=row["title"],
            senior=is_senior(row["title"]),
            specialties=tuple(row["specialties"].split(",")),
            employer=row["employer"],
            appointed_from=date.fromisoformat(row["appointed_from"]),
            appointed_until=date.fromisoformat(row["appointed_until"]),
            active=row["active"] == "yes",
            conflicts=declarations_of(row),
            note=row.get("note", ""),
            changed_by=by,
            changed_by_name=f"名{by}",
            changed_at=self.accounts.now,
        )

    def _need(self) -> None:
        if not self.appraises:
            raise Refusal(Reason.NOT_ALLOWED, state="no_appraisal_unit")

    def _id_of(self, number: str) -> str:
        return next((name for name, (_, row, _) in self.experts.items() if row["number"] == number), "")

    async def pool(self, actor: Actor) -> PoolView:
        self._need()
        today, rows = day_of(self.accounts.now), self._rows()
        available = [row for row in rows if state_of(row, today) == "available"]
        codes = [code for row in available for code in row["specialties"].split(",")]
        last = self._last()
        waiting = [view.version for view, _ in self._versions() if view.state in ("prepared", "queued")]
        return PoolView(
            unit=actor.unit,
            experts=len(rows),
            available=len(available),
            version=last[0].version if last else 0,
            changed=bool(differences(last[1], rows)) if last else bool(rows),
            waiting_version=max(waiting, default=0),
            thread_id=DELEGATION if self.frozen else "",
            by_specialty=tuple((code, codes.count(code)) for code in sorted(set(codes))),
        )

    async def list_experts(
        self, actor: Actor, filters: ExpertFilters, *, page_size: int = 50, page_token: str = ""
    ) -> Page[ExpertView]:
        self._need()
        if page_token and not page_token.isdigit():
            raise Refusal(Reason.INVALID_INPUT, field="page_token")
        today = day_of(self.accounts.now)
        found = [
            self._view(self._id_of(row["number"]))
            for row in self._rows()
            if filters.specialty in ("", *row["specialties"].split(","))
            and filters.state in ("", state_of(row, today))
            and any(code.startswith(filters.division) for code in row["specialties"].split(","))
            and any(filters.text in row[name] for name in ("name", "number", "employer"))
        ]
        first = int(page_token or 0)
        more = str(first + page_size) if first + page_size < len(found) else ""
        return Page(tuple(found[first : first + page_size]), more)

    async def find_experts(self, actor: Actor, *, name: str = "", number: str = "") -> tuple[ExpertView, ...]:
        self._need()
        found = [self._view(each) for each in self.experts]
        return tuple(each for each in found if name == each.name or number == each.number)

    async def get_expert(self, actor: Actor, expert_id: str) -> ExpertView:
        return self._view(expert_id)

    async def add_expert(self, actor: Actor, row: Mapping[str, object]) -> ExpertView:
        self._need()
        return self._view(self._put(actor, row, ""))

    def _put(self, actor: Actor, row: Mapping[str, object], expert_id: str) -> str:
        judged = judge_row(row)
        for fault in judged.faults:
            raise Refusal(Reason.INVALID_INPUT, field=fault.field or "body", state=fault.reason)
        if self._id_of(judged.content["number"]) not in ("", expert_id):
            raise Refusal(Reason.INVALID_INPUT, field="number", state="number_taken")
        name = expert_id or f"expert-{len(self.experts) + 1}"
        version = self.experts[name][0] + 1 if expert_id else 1
        self.experts[name] = (version, judged.content, actor.staff_id)
        return name

    async def change_expert(self, actor: Actor, expert_id: str, version: int, row: Mapping[str, object]) -> ExpertView:
        self._same(expert_id, version)
        return self._view(self._put(actor, row, expert_id))

    def _same(self, expert_id: str, version: int) -> None:
        if self._view(expert_id).version != version:
            raise Refusal(Reason.EDITED_MEANWHILE)

    async def drop_expert(self, actor: Actor, expert_id: str, version: int) -> None:
        self._same(expert_id, version)
        del self.experts[expert_id]

    async def import_experts(
        self, actor: Actor, rows: Sequence[object], *, only_check: bool = False
    ) -> tuple[ExpertOutcome, ...]:
        self._need()
        found, said = [], dict[str, Mapping[str, str]]()
        for number, row in enumerate(rows, start=1):
            judged = judge_row(row)
            faults, state, expert_id = judged.faults, "wrong", ""
            if not faults:
                content = judged.content
                expert_id = self._id_of(content["number"])
                if said.setdefault(content["number"], content) != content:
                    faults = (Problem("number", "number_twice", {}),)
                elif expert_id and self.experts[expert_id][1] == content:
                    state = "known"
                else:
                    state = "changed" if expert_id else "added"
                    if not only_check:
                        expert_id = self._put(actor, content, expert_id)
            found.append(ExpertOutcome(number=number, state=state, expert_id=expert_id, faults=faults))
        return tuple(found)

    async def export_experts(self, actor: Actor) -> tuple[Mapping[str, str], ...]:
        self._need()
        return tuple({name: row.get(name, "") for name in FIELDS} for row in self._rows())

    def _versions(self) -> list[tuple[PoolVersionView, _Rows]]:
        found = []
        for view, rows in self.frozen.values():
            move = self.desk.prepared.get(view.move_id)
            now = view
            if view.state == "prepared" and move is not None and move.state == "approved":
                now = replace(view, state="committed", logged_at=self.accounts.now, move_version=0)
            found.append((now, rows))
        return sorted(found, key=lambda item: item[0].version, reverse=True)

    def _last(self) -> tuple[PoolVersionView, _Rows] | None:
        return next((each for each in self._versions() if each[0].state == "committed"), None)

    async def prepare_version(self, actor: Actor) -> PoolVersionView:
        self._need()
        rows = tuple({name: row.get(name, "") for name in COMPARED} for row in self._rows())
        last = self._last()
        if not rows or (last is not None and not differences(last[1], rows)):
            raise Refusal(Reason.NOT_ALLOWED, state="unchanged" if rows else "empty")
        root = sha256(str(len(self.frozen)).encode()).hexdigest()
        move_id = f"pool-move-{len(self.frozen) + 1}"
        self.desk.prepared[move_id] = PreparedMoveView(
            move_id=move_id,
            delegation_id=DELEGATION,
            kind=Kind.POOL_COMMITTED.name,
            label="专家库承诺",
            version=1,
            state="prepared",
            data={},
            prepared_by=actor.staff_id,
            prepared_by_name=actor.name,
            prepared_at=self.accounts.now,
        )
        view = PoolVersionView(
            version=last[0].version + 1 if last else 1,
            state="prepared",
            root=root,
            size=len(rows),
            prepared_by=actor.staff_id,
            prepared_by_name=f"名{actor.staff_id}",
            prepared_at=self.accounts.now,
            logged_at=None,
            thread_id=DELEGATION,
            move_id=move_id,
            move_version=1,
        )
        self.frozen[root] = (view, rows)
        return view

    async def list_versions(self, actor: Actor) -> tuple[PoolVersionView, ...]:
        self._need()
        return tuple(view for view, _ in self._versions())

    async def get_version(self, actor: Actor, root: str) -> PoolVersionPage:
        found = next((each for each in self._versions() if each[0].root == root), None)
        if found is None:
            raise Refusal(Reason.NOT_FOUND)
        view, rows = found
        earlier = [each for each in self._versions() if each[0].state == "committed" and each[0].version < view.version]
        return PoolVersionPage(
            version=view,
            against=earlier[0][0].version if earlier else 0,
            brought=differences(earlier[0][1] if earlier else (), rows),
            since=differences(rows, self._rows()),
        )
