"""A member of staff at the HTTP API of their bureau, as a bureau's own system would be."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, cast

import httpx

Json = dict[str, object]

_PATIENCE: Final = 60.0  # seconds; the story itself needs about one for a step
_PAUSE: Final = 0.1
_ETAG: Final = "(etag)"  # beside the fields of the answer


class DeskError(Exception):
    """The API said no, or something did not come in time. The text is the problem's reason, never case text."""


class Desk:
    """One signed-in person. Every call raises DeskError where the API refuses."""

    def __init__(self, base_url: str, *, staff_id: str, password: str, unit: str) -> None:
        """Sign in."""
        self.staff_id = staff_id
        self._http = httpx.Client(base_url=f"{base_url}/api/v1", timeout=_PATIENCE, trust_env=False)
        session = self._json("POST", "/session", json={"staff_id": staff_id, "password": password, "unit": unit})
        self._http.headers["Authorization"] = f"Bearer {session['token']}"

    def close(self) -> None:
        """Give the connection up; the session runs out by itself."""
        self._http.close()

    def issue(self, business: Mapping[str, object], files: Sequence[tuple[Path, str]], approver: "Desk") -> str:
        """Draft, attach, submit; `approver` approves. Gives the delegation's number."""
        draft = self._json("POST", "/drafts", json=business)
        path = f"/drafts/{draft['draft_id']}"
        for file, document_kind in files:
            self._add(f"{path}/materials", file, document_kind)
        draft = self._json("GET", path)
        if draft["problems"]:
            problems = cast("list[Json]", draft["problems"])
            raise DeskError("; ".join(f"{each['field']}: {each['reason']} {each['details']}" for each in problems))
        draft = self._json("POST", f"{path}/submit", headers=_match(draft))
        issued = approver._json("POST", f"{path}/approve", headers=_match(draft))
        return str(cast("Json", issued["row"])["delegation_id"])

    def add_file(self, delegation_id: str, file: Path, document_kind: str) -> str:
        """Add a file to a delegation; a later move carries it. Gives the material's id."""
        return self._add(f"/delegations/{delegation_id}/materials", file, document_kind)

    def move(
        self, delegation_id: str, verb: str, data: Mapping[str, object] | None = None, *, approver: "Desk | None" = None
    ) -> None:
        """Make a move; one that needs two persons is prepared here and approved by `approver`."""
        state = self.read(delegation_id)
        made = self._json(
            "POST", f"/delegations/{delegation_id}/moves/{verb}", json=dict(data or {}), headers=_match(state)
        )
        if "move_id" in made:
            if approver is None:
                raise DeskError(f"{verb} needs an approver")
            approver._json("POST", f"/moves/{made['move_id']}/approve", headers=_match(made))

    def read(self, delegation_id: str) -> Json:
        """Everything of one delegation."""
        return self._json("GET", f"/delegations/{delegation_id}")

    def until(self, delegation_id: str, what: str, true: Callable[[Json], bool]) -> Json:
        """Wait until the delegation is as `true` wants it."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            answer = self._http.get(f"/delegations/{delegation_id}")
            if answer.status_code == httpx.codes.OK:
                view = cast("Json", answer.json())
                if true(view):
                    return view
            time.sleep(_PAUSE)
        raise DeskError(f"waited {_PATIENCE:.0f} s in vain: {what}")

    def until_state(self, delegation_id: str, state: str) -> Json:
        """Wait for a legal state with nothing queued."""

        def there(view: Json) -> bool:
            row = cast("Json", view["row"])
            return row["state"] == state and not row["queued"]

        return self.until(delegation_id, f"state {state}", there)

    def _add(self, path: str, file: Path, document_kind: str) -> str:
        facts = {"name": file.name, "document_kind": document_kind}
        with file.open("rb") as content:
            added = self._json(
                "POST",
                path,
                files=[
                    ("facts", (None, _dumps(facts), "application/json")),
                    ("file", (file.name, content, "application/octet-stream")),
                ],
            )
        return str(added["material_id"])

    def _json(self, method: str, path: str, **call: object) -> Json:
        answer = self._http.request(method, path, **call)  # type: ignore[arg-type]  # the caller's are httpx's own
        if answer.is_error:
            problem = cast("Json", answer.json()) if "json" in answer.headers.get("Content-Type", "") else {}
            known = {name: problem.get(name) for name in ("reason", "details", "errors") if problem.get(name)}
            raise DeskError(f"{method} {path.split('/')[1]}: {answer.status_code} {known}")
        return {**cast("Json", answer.json()), _ETAG: answer.headers.get("ETag", "")}


def _dumps(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _match(view: Mapping[str, object]) -> dict[str, str]:
    return {"If-Match": str(view[_ETAG])}
