"""How the client calls: identity, answers with their entity tag, problem documents as exceptions, files as streams."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Final, Generic, Self, TypeVar, cast
from urllib.parse import quote

import httpx

T = TypeVar("T")
_PIECE: Final = 256 * 1024


class ProblemError(Exception):
    """The bureau said no. `reason` is a typed reason; `details` its facts; the text is for people."""

    def __init__(self, status: int, document: Mapping[str, object]) -> None:
        self.status = status
        self.reason = str(document.get("reason", ""))
        self.reason_class = str(document.get("reason_class", ""))
        self.details = cast("Mapping[str, str]", document.get("details") or {})
        self.errors = cast("list[Mapping[str, str]]", document.get("errors") or [])
        self.text_zh = str(document.get("text_zh", ""))
        self.text_en = str(document.get("text_en", ""))
        super().__init__(f"{status} {self.reason}: {self.text_en}")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A value with what HTTP says about it. `etag` goes into the next change (`if_match`)."""

    value: T
    status: int
    etag: str
    location: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be sent: its name for people, and its bytes from an open file."""

    name: str
    content: BinaryIO


class Caller:
    """One identity at one bureau: a session's token, or an API key of a business system.

    Nothing is tried again by itself: a call that changes something and was not answered is asked again with the same
    Idempotency-Key (creating) or after reading (moves).
    """

    def __init__(
        self,
        address: str,
        *,
        token: str = "",
        api_key: str = "",
        timeout: float = 60.0,
        http: httpx.Client | None = None,
    ) -> None:
        self._http = http or httpx.Client(base_url=address, timeout=timeout, trust_env=False)
        if token:
            self.use_token(token)
        if api_key:
            self._http.headers["X-Api-Key"] = api_key

    def use_token(self, token: str) -> None:
        """Call with this session's token from now on."""
        self._http.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection up."""
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        values: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: object = None,
        upload: tuple[object, Upload] | None = None,
    ) -> Answer[object]:
        """One call.

        Raises:
            ProblemError: the bureau refused.
            httpx.HTTPError: there was no answer; whether the call had its effect is not known.
        """
        files: list[tuple[str, tuple[str | None, bytes | BinaryIO, str]]] | None = None
        if upload is not None:
            facts, file = upload
            files = [
                ("facts", (None, json.dumps(facts, ensure_ascii=False).encode(), "application/json")),
                ("file", (file.name, file.content, "application/octet-stream")),
            ]
        answer = self._http.request(
            method,
            address_of(path, values or {}),
            params=_query(query or {}),
            headers={name: value for name, value in (headers or {}).items() if value},
            json=body,
            files=files,
        )
        _check(answer)
        value = answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else answer.text
        return Answer(value, answer.status_code, answer.headers.get("etag", ""), answer.headers.get("location", ""))

    @contextmanager
    def stream(
        self, path: str, *, values: Mapping[str, object] | None = None, headers: Mapping[str, str | None] | None = None
    ) -> Iterator[Iterator[bytes]]:
        """The bytes of an answer as they come; memory holds one piece."""
        given = {name: value for name, value in (headers or {}).items() if value}
        with self._http.stream("GET", address_of(path, values or {}), headers=given) as answer:
            if answer.is_error:
                answer.read()
            _check(answer)
            yield answer.iter_bytes(_PIECE)


def address_of(path: str, values: Mapping[str, object]) -> str:
    """The path with its values filled in, each escaped whole."""
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    return path


def _query(values: Mapping[str, object]) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in values.items()
        if value is not None and value != ""
    }


def _check(answer: httpx.Response) -> None:
    if not answer.is_error:
        return
    try:
        document = answer.json()
    except ValueError:
        document = {}
    raise ProblemError(answer.status_code, document if isinstance(document, dict) else {})
