"""Paper in memory that behaves: an archive that judges as the node does, and papers that are sealed once."""

# ruff: noqa: ARG002 - arguments are the port's

from collections.abc import Sequence
from datetime import date
from hashlib import sha256

from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from node.desk.old_case_rows import canonical_id, judge_row
from node.desk.paper_views import OldCaseOutcome, OldCaseRow, OldCaseView, SealedPaper
from node.desk.ports import Actor
from node.desk.views import Page, Problem
from tests.gateway.fake_accounts import FakeAccounts


def _day(content: dict[str, str], name: str) -> date | None:
    return date.fromisoformat(content[name]) if name in content else None


class FakePapers:
    """Implements PapersPort."""

    def __init__(self, accounts: FakeAccounts) -> None:
        self.accounts = accounts
        self.old: dict[str, dict[str, str]] = {}  # by id
        self.by: dict[str, str] = {}  # who imported it
        self.sealed: dict[tuple[str, str, int], tuple[SealedPaper, bytes]] = {}
        self.refused: Reason | None = None  # for a seal

    async def take_old_cases(
        self, actor: Actor, rows: Sequence[object], *, only_check: bool = False
    ) -> tuple[OldCaseOutcome, ...]:
        if len(rows) > 1000:
            raise Refusal(Reason.TOO_LARGE)
        there = {content["number"]: (name, content) for name, content in self.old.items()}
        found = []
        for number, row in enumerate(rows, start=1):
            judged = judge_row(row, day_of(self.accounts.now))
            content, faults, state, name = dict(judged.content), judged.faults, "added", ""
            if faults:
                state = "wrong"
            elif content["number"] in there:
                name, before = there[content["number"]]
                state = "known" if before == content else "wrong"
                faults = () if before == content else (Problem("number", "number_taken", {}),)
            else:
                name = f"01986f2a-0000-7000-8000-{len(self.old) + 1:012}"
                there[content["number"]] = (name, content)
                if not only_check:
                    self.old[name] = content
                    self.by[name] = actor.staff_id
            found.append(OldCaseOutcome(number=number, state=state, old_case_id=name, faults=faults))
        return tuple(found)

    def _row(self, name: str) -> OldCaseRow:
        content = self.old[name]
        return OldCaseRow(
            old_case_id=name,
            number=content["number"],
            our_role=content["our_role"],
            home_name=content["home_name"],
            host_name=content["host_name"],
            worker_name=content["worker_name"],
            employer_name=content.get("employer_name", ""),
            result=content["result"],
            closed_on=date.fromisoformat(content["closed_on"]),
            shelf_mark=content["shelf_mark"],
        )

    async def list_old_cases(
        self, actor: Actor, *, our_role: str = "", year: str = "", page_size: int = 50, page_token: str = ""
    ) -> Page[OldCaseRow]:
        if page_token and not page_token.isdigit():
            raise Refusal(Reason.INVALID_INPUT, field="page_token")
        rows = [self._row(name) for name in self.old]
        rows = [row for row in rows if our_role in ("", row.our_role) and (not year or year == str(row.closed_on.year))]
        rows.sort(key=lambda row: (row.closed_on, row.old_case_id), reverse=True)
        first = int(page_token or 0)
        more = str(first + page_size) if first + page_size < len(rows) else ""
        return Page(tuple(rows[first : first + page_size]), more)

    async def get_old_case(self, actor: Actor, old_case_id: str) -> OldCaseView:
        if old_case_id not in self.old:
            raise Refusal(Reason.NOT_FOUND)
        content = self.old[old_case_id]
        return OldCaseView(
            row=self._row(old_case_id),
            id_number=content.get("id_number", ""),
            accident_on=_day(content, "accident_on"),
            accident_place=content.get("accident_place", ""),
            asked=content.get("asked", ""),
            delegated_on=_day(content, "delegated_on"),
            result_text=content.get("result_text", ""),
            note=content.get("note", ""),
            imported_by=self.by[old_case_id],
            imported_by_name=f"名{self.by[old_case_id]}",
            imported_at=self.accounts.now,
        )

    async def find_old_cases(
        self, actor: Actor, *, name: str = "", id_number: str = "", number: str = ""
    ) -> tuple[OldCaseRow, ...]:
        if len([each for each in (name, id_number, number) if each]) != 1:
            raise Refusal(Reason.INVALID_INPUT, field="name")
        return tuple(
            self._row(old_id)
            for old_id, content in self.old.items()
            if (name and content["worker_name"] == name)
            or (number and content["number"] == number)
            or (id_number and canonical_id(content.get("id_number", "")) == canonical_id(id_number))
        )

    async def drop_old_case(self, actor: Actor, old_case_id: str) -> None:
        if old_case_id not in self.old:
            raise Refusal(Reason.NOT_FOUND)
        if self.by[old_case_id] == actor.staff_id:
            raise Refusal(Reason.FOUR_EYES)
        del self.old[old_case_id]

    async def may_seal_paper(self, actor: Actor, delegation_id: str, *, code: str, sequence: int) -> SealedPaper | None:
        if self.refused is not None:
            raise Refusal(self.refused)
        held = self.sealed.get((delegation_id, code, sequence))
        return held[0] if held is not None else None

    async def keep_sealed_paper(
        self, actor: Actor, delegation_id: str, *, code: str, sequence: int, pdf: bytes, unsealed_size: int
    ) -> SealedPaper:
        held = await self.may_seal_paper(actor, delegation_id, code=code, sequence=sequence)
        if held is not None:
            return held
        made = SealedPaper(
            delegation_id=delegation_id,
            code=code,
            sequence=sequence,
            digest=sha256(pdf).digest(),
            unsealed_digest=sha256(pdf[:unsealed_size]).digest(),
            unsealed_size=unsealed_size,
            size=len(pdf),
            sealed_by=actor.staff_id,
            sealed_by_name=actor.name,
            sealed_for="",
            sealed_at=self.accounts.now,
        )
        self.sealed[delegation_id, code, sequence] = (made, pdf)
        return made

    async def sealed_papers(self, actor: Actor, delegation_id: str) -> tuple[SealedPaper, ...]:
        return tuple(paper for paper, _ in self.sealed.values() if paper.delegation_id == delegation_id)

    async def read_sealed_paper(
        self, actor: Actor, delegation_id: str, *, code: str, sequence: int
    ) -> tuple[SealedPaper, bytes]:
        if (delegation_id, code, sequence) not in self.sealed:
            raise Refusal(Reason.NOT_FOUND)
        return self.sealed[delegation_id, code, sequence]
