"""Refusals as problem documents (RFC 9457), in Chinese and English; they never repeat what was submitted.

`detail` is in the language of Accept-Language, `text_zh` and `text_en` are always there. `details` are the reason's
typed facts, such as the competent unit; `errors` names fields of our own forms and the rule that each broke, no value
and no field name that the caller made up.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from delegation.catalogue import CATALOGUE
from delegation.errors import Reason, ReasonClass, Refused
from gateway.access import UPLOADS, operation_of
from gateway.language import Language, language_of
from gateway.wire_reasons import WIRE_TEXTS, WireReason

MEDIA_TYPE: Final = "application/problem+json"
_TYPE: Final = "urn:xieban:reason:"
_RETRY_AFTER: Final = {429: "10", 503: "5", 507: "60"}  # seconds; a rough word, so that callers do not hammer
_LOCKED_SECONDS: Final = "900"  # the node's lock-out


class WireRefusalError(Exception):
    """A request refused for a reason that HTTP alone knows."""

    def __init__(self, reason: WireReason, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class FieldError:
    """A field of one of our forms (``body.letter.items.0.code``) and the rule that its value broke (``too_long``)."""

    location: str
    rule: str


class InvalidInputError(Exception):
    """A form was filled in wrongly. Holds locations and rules, no value."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(f"errors={len(errors)}")
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a problem document says."""

    reason: str
    reason_class: ReasonClass
    status: int
    zh: str
    en: str
    details: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def refused_problem(refused: Refused, errors: Sequence[FieldError] = ()) -> Problem:
    """The problem of a reason of the house."""
    row = CATALOGUE[refused.reason]
    headers: dict[str, str] = {}
    if row.http_status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if refused.reason is Reason.LOCKED_OUT:
        headers["Retry-After"] = _LOCKED_SECONDS
    return Problem(
        reason=refused.reason.value,
        reason_class=row.reason_class,
        status=row.http_status,
        zh=row.text_zh,
        en=row.text_en,
        details=refused.details,
        errors=tuple(errors),
        headers=headers,
    )


def invalid_input_problem(errors: Sequence[FieldError]) -> Problem:
    """The problem of a form filled in wrongly; the first location stands in `details` too."""
    details = {"field": errors[0].location} if errors else {}
    return refused_problem(Refused(Reason.INVALID_INPUT, details), errors)


def wire_problem(reason: WireReason, headers: Mapping[str, str] | None = None) -> Problem:
    """The problem of a reason that HTTP alone knows."""
    text = WIRE_TEXTS[reason]
    again = text.status in _RETRY_AFTER or reason is WireReason.BODY_STALLED
    return Problem(
        reason=reason.value,
        reason_class=ReasonClass.TRY_AGAIN if again else ReasonClass.LOCAL,
        status=text.status,
        zh=text.zh,
        en=text.en,
        headers=dict(headers or {}),
    )


def document(problem: Problem, language: Language) -> dict[str, object]:
    """The document's fields."""
    return {
        "type": _TYPE + problem.reason,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "reason": problem.reason,
        "reason_class": problem.reason_class.value,
        "detail": problem.zh if language is Language.CHINESE else problem.en,
        "text_zh": problem.zh,
        "text_en": problem.en,
        "details": dict(problem.details),
        "errors": [{"location": error.location, "rule": error.rule} for error in problem.errors],
    }


def problem_response(problem: Problem, scope: Scope) -> Response:
    """The answer to the request of `scope`."""
    language = language_of(Headers(scope=scope).get("accept-language", ""))
    headers = {"Content-Language": language.value, "Vary": "Accept-Language", **problem.headers}
    if problem.status in _RETRY_AFTER:
        headers.setdefault("Retry-After", _RETRY_AFTER[problem.status])
    if operation_of(scope) in UPLOADS:
        headers["Connection"] = "close"  # the rest of the file would still come and be read for nothing
    content = json.dumps(document(problem, language), ensure_ascii=False).encode("utf-8")
    return Response(content, status_code=problem.status, headers=headers, media_type=MEDIA_TYPE)
