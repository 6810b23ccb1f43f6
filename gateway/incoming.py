"""Bodies on their way in: read in bounded size and time, by our own hand, after the caller was identified.

FastAPI would read a body before it asks who sends it, and repeats inputs in its errors; so no endpoint has a parameter
that it fills from a body. `JsonBody` parses the bytes with pydantic's strict JSON mode instead.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import cache
from typing import Final, Generic, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.problems import FieldError, InvalidInputError, WireRefusalError
from gateway.settings import GatewaySettings
from gateway.wire_reasons import WireReason

FormT = TypeVar("FormT", bound=BaseModel)
_JSON_SECONDS: Final = 180.0  # for a whole JSON body: 1 MiB takes 131 s at 64 kbit/s, the slowest link we work over
_MOST_ERRORS: Final = 20
_UNREADABLE: Final = frozenset({"json_invalid", "json_type"})


@cache
def _known_names(form: type[BaseModel]) -> frozenset[str]:
    """Every field name of `form` and of the forms inside it: the only words that a location may repeat.

    Worked out for the first input that is refused: for all forms together it would delay every start.
    """
    schema = form.model_json_schema()
    parts = (schema, *schema.get("$defs", {}).values())
    return frozenset(name for part in parts for name in part.get("properties", {}))


def safe_errors(errors: Sequence[ErrorDetails], known: frozenset[str]) -> tuple[FieldError, ...]:
    """Locations and rules of pydantic's errors. What the caller made up (a key of an extra field) becomes ``?``."""
    found = []
    for error in errors[:_MOST_ERRORS]:
        parts = [
            str(part) if isinstance(part, int) or part in known or position == 0 else "?"
            for position, part in enumerate(error["loc"])
        ]
        found.append(FieldError(".".join(parts), error["type"]))
    return tuple(found)


def request_errors(error: RequestValidationError, known: frozenset[str]) -> tuple[FieldError, ...]:
    """The same for parameters of path, query and headers, which FastAPI checks."""
    return safe_errors(error.errors(), known)


def declared_length(request: Request) -> int | None:
    """Content-Length, None when the body comes in chunks.

    Raises:
        WireRefusalError: BAD_REQUEST for a value that is no number (servers refuse it before us).
    """
    value = request.headers.get("content-length")
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise WireRefusalError(WireReason.BAD_REQUEST)
    return int(value)


def media_type(request: Request) -> str:
    """The body's media type without parameters, lower case; empty without the header."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def bounded_stream(request: Request, *, limit: int, stall: float) -> AsyncGenerator[bytes, None]:
    """The body in pieces as they come; memory holds one piece.

    Raises:
        WireRefusalError: BODY_TOO_LARGE over `limit` bytes (at once when Content-Length says so), BODY_STALLED when
            nothing comes for `stall` seconds.
    """
    declared = declared_length(request)
    if declared is not None and declared > limit:
        raise WireRefusalError(WireReason.BODY_TOO_LARGE, headers={"Connection": "close"})
    taken = 0
    stream = request.stream()
    try:
        while True:
            try:
                async with asyncio.timeout(stall):
                    piece = await anext(stream)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise WireRefusalError(WireReason.BODY_STALLED, headers={"Connection": "close"}) from None
            taken += len(piece)
            if taken > limit:
                raise WireRefusalError(WireReason.BODY_TOO_LARGE, headers={"Connection": "close"})
            if piece:
                yield piece
    finally:
        await stream.aclose()


async def _whole_body(request: Request, settings: GatewaySettings) -> bytes:
    pieces = []
    try:
        stream = bounded_stream(request, limit=settings.json_limit, stall=settings.body_stall_seconds)
        async with asyncio.timeout(_JSON_SECONDS), aclosing(stream):
            async for piece in stream:
                pieces.append(piece)
    except TimeoutError:
        raise WireRefusalError(WireReason.BODY_STALLED, headers={"Connection": "close"}) from None
    return b"".join(pieces)


def filled_in(form: BaseModel) -> dict[str, object]:
    """What the caller filled in, as plain JSON values for the desk; what was left out or null is left out."""
    return form.model_dump(mode="json", exclude_unset=True, exclude_none=True)


class JsonBody(Generic[FormT]):
    """A dependency that reads a JSON body into `form`; the OpenAPI document takes its schema from here.

    Raises:
        WireRefusalError: 415 for another media type, 413, 408, and BAD_REQUEST for what is not JSON.
        InvalidInputError: JSON that does not fit the form.
    """

    def __init__(self, form: type[FormT]) -> None:
        self.form = form

    async def __call__(self, request: Request) -> FormT:
        """Read, bound, parse, check."""
        if media_type(request) != "application/json" or "content-encoding" in request.headers:
            raise WireRefusalError(WireReason.MEDIA_TYPE_NOT_SUPPORTED)
        settings: GatewaySettings = request.app.state.settings
        return parse_form(self.form, await _whole_body(request, settings))


def parse_form(form: type[FormT], data: bytes) -> FormT:
    """`data` as a filled-in `form`.

    Raises:
        WireRefusalError: BAD_REQUEST for what is not JSON in UTF-8.
        InvalidInputError: with safe locations.
    """
    try:
        return form.model_validate_json(data)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
    if any(item["type"] in _UNREADABLE and not item["loc"] for item in errors):
        raise WireRefusalError(WireReason.BAD_REQUEST)
    located: list[ErrorDetails] = [{**item, "loc": ("body", *item["loc"])} for item in errors]
    raise InvalidInputError(safe_errors(located, _known_names(form)))
