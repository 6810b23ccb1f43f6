"""Answers on their way out: JSON of a view, with its entity tag."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from gateway.conditions import etag
from gateway.schemas.base import Answer

_JSON: Final = "application/json"


def answer(
    form: type[Answer], view: object, *, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """`view` (a view of the desk, or a mapping of its parts) in the shape of `form`."""
    content = form.model_validate(view).model_dump_json().encode("utf-8")
    return Response(content, status_code=status, media_type=_JSON, headers=dict(headers or {}))


def versioned(
    form: type[Answer],
    view: object,
    version: int,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    location: str = "",
) -> Response:
    """The same with the version as ETag. Never 304: days left and warnings change while the version stays."""
    headers = {"ETag": etag(version), **({"Location": location} if location else {})}
    return answer(form, view, status=status, headers=headers)


def no_content() -> Response:
    """Done, nothing to show."""
    return Response(status_code=HTTPStatus.NO_CONTENT)
