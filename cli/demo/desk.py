"""A member of staff at the HTTP interface of their bureau, as a bureau's own system would be: with the typed client."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, cast

from bureau_client.api import Bureau
from bureau_client.core import Answer, ProblemError, Upload

Json = dict[str, object]

_PATIENCE: Final = 60.0  # seconds; the story itself needs about one for a step
_PAUSE: Final = 0.1
_NOT_THERE_YET: Final = "NOT_FOUND"


class DeskError(Exception):
    """The API said no, or something did not come in time. The text is the problem's reason, never case text."""


class Desk:
    """One signed-in person. Every call raises DeskError where the API refuses."""

    def __init__(self, base_url: str, *, staff_id: str, password: str, unit: str) -> None:
        """Sign in."""
        self.staff_id = staff_id
        self._bureau = Bureau(base_url, timeout=_PATIENCE)
        session = _asked(self._bureau.sign_in, {"staff_id": staff_id, "password": password, "unit": unit})
        self._bureau.use_token(str(session.value["token"]))

    def close(self) -> None:
        """Give the connection up; the session runs out by itself."""
        self._bureau.close()

    def issue(self, business: Mapping[str, object], files: Sequence[tuple[Path, str]], approver: "Desk") -> str:
        """Draft, attach, submit; `approver` approves. Gives the delegation's number."""
        draft_id = str(_asked(self._bureau.create_draft, business).value["draft_id"])
        for file, document_kind in files:
            with file.open("rb") as content:
                facts = {"name": file.name, "document_kind": document_kind}
                _asked(self._bureau.add_draft_material, draft_id, facts, Upload(file.name, content))
        draft = _asked(self._bureau.read_draft, draft_id)
        problems = cast("list[Json]", draft.value["problems"])
        if problems:
            raise DeskError("; ".join(f"{each['field']}: {each['reason']} {each['details']}" for each in problems))
        draft = _asked(self._bureau.submit_draft, draft_id, if_match=draft.etag)
        issued = _asked(approver._bureau.approve_draft, draft_id, if_match=draft.etag)
        return str(cast("Json", issued.value["row"])["delegation_id"])

    def add_file(self, delegation_id: str, file: Path, document_kind: str) -> str:
        """Add a file to a delegation; a later move carries it. Gives the material's id."""
        facts = {"name": file.name, "document_kind": document_kind}
        with file.open("rb") as content:
            added = _asked(self._bureau.add_delegation_material, delegation_id, facts, Upload(file.name, content))
        return str(added.value["material_id"])

    def move(
        self, delegation_id: str, verb: str, data: Mapping[str, object] | None = None, *, approver: "Desk | None" = None
    ) -> None:
        """Make a move; one that needs two persons is prepared here and approved by `approver`."""
        state = _asked(self._bureau.read_delegation, delegation_id)
        made = _asked(self._bureau.make_move, delegation_id, verb, dict(data or {}), if_match=state.etag)
        if "move_id" in made.value:
            if approver is None:
                raise DeskError(f"{verb} needs an approver")
            _asked(approver._bureau.approve_move, str(made.value["move_id"]), if_match=made.etag)

    def import_experts(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Take rows into the unit's pool of experts; every row has to be good."""
        told = _asked(self._bureau.import_experts, {"items": list(rows)}).value
        wrong = [each for each in cast("list[Json]", told["items"]) if each["state"] == "wrong"]
        if wrong:
            raise DeskError("; ".join(f"row {each['number']}: {each['faults']}" for each in wrong))

    def commit_pool(self, approver: "Desk") -> int:
        """Freeze the unit's pool and commit to it; gives the version once the registry has logged it."""
        prepared = _asked(self._bureau.prepare_pool_version).value
        _asked(approver._bureau.approve_move, str(prepared["move_id"]), if_match=f'"v{prepared["move_version"]}"')
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            pool = _asked(self._bureau.read_pool).value
            if pool["version"] == prepared["version"]:
                return int(str(pool["version"]))
            time.sleep(_PAUSE)
        raise DeskError(f"waited {_PATIENCE:.0f} s in vain: the pool's version")

    def read(self, delegation_id: str) -> Json:
        """Everything of one delegation."""
        return _asked(self._bureau.read_delegation, delegation_id).value

    def overseen(self, first: date, last: date) -> tuple[int, bool]:
        """A provincial office's delegations issued in these days, as many as its copy holds; whether that is whole."""
        view = _asked(self._bureau.read_province_overview, first=first.isoformat(), last=last.isoformat()).value
        counts = cast("Json", cast("Json", view["tally"])["counts"])
        return int(str(counts.get("issued", 0))), bool(cast("Json", view["as_of"])["current"])

    def draw_file(self, delegation_id: str) -> bytes:
        """The file that proves a draw (protocol 13.8), as the node wrote it."""
        try:
            with self._bureau.stream(
                "/api/v1/delegations/{delegation_id}/draw-file", values={"delegation_id": delegation_id}
            ) as pieces:
                return b"".join(pieces)
        except ProblemError as problem:
            raise DeskError(f"draw_file: {problem}") from problem

    def until(self, delegation_id: str, what: str, true: Callable[[Json], bool]) -> Json:
        """Wait until the delegation is as `true` wants it."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                view = self._bureau.read_delegation(delegation_id).value
            except ProblemError as problem:
                if problem.reason != _NOT_THERE_YET:
                    raise DeskError(str(problem)) from problem
            else:
                found = cast("Json", view)
                if true(found):
                    return found
            time.sleep(_PAUSE)
        raise DeskError(f"waited {_PATIENCE:.0f} s in vain: {what}")

    def until_state(self, delegation_id: str, state: str) -> Json:
        """Wait for a legal state with nothing queued."""

        def there(view: Json) -> bool:
            row = cast("Json", view["row"])
            return row["state"] == state and not row["queued"]

        return self.until(delegation_id, f"state {state}", there)


def _asked(operation: Callable[..., Answer[Any]], *given: object, **named: object) -> Answer[Json]:  # Any: each its own
    """An operation's answer; the case file's values are plain JSON, which the node checks. Raises DeskError."""
    try:
        return cast("Answer[Json]", operation(*given, **named))
    except ProblemError as problem:
        known = {"details": problem.details, "errors": problem.errors}
        raise DeskError(f"{operation.__name__}: {problem.status} {problem.reason} {known}") from problem
