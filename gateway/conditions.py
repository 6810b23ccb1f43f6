"""Versions as entity tags: what was read is what is changed (RFC 9110 clause 13)."""

import re
from typing import Annotated, Final

from fastapi import Header

from delegation.errors import Reason, Refusal

_TAG: Final = re.compile(r'"v([0-9]{1,15})"')
_LONGEST: Final = 1024

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=_LONGEST,
        description='The ETag of what was read, such as `"v3"`. `*` only for moves that change no state.',
    ),
]


IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=128,
        pattern=r"^[A-Za-z0-9._:-]{0,128}$",
        description=(
            "A key of the caller's. The same request under it within 7 days gives the first result again; "
            "another one is refused with ID_CONFLICT (409)."
        ),
    ),
]


def etag(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"v{version}"'


def version_of(if_match: str | None) -> int:
    """The one version that the caller saw.

    Raises:
        Refusal: IF_MATCH_MISSING without the header or with ``*``; EDITED_MEANWHILE for a tag that never was ours
            (it cannot be that of the present version).
    """
    if if_match is None or if_match.strip() in {"", "*"}:
        raise Refusal(Reason.IF_MATCH_MISSING)
    match = _TAG.fullmatch(if_match.strip())
    if match is None:
        raise Refusal(Reason.EDITED_MEANWHILE)
    return int(match[1])


def version_or_any(if_match: str | None) -> int | None:
    """As `version_of`, but ``*`` stands for whatever the present version is: None.

    Raises:
        Refusal: as `version_of`.
    """
    if if_match is not None and if_match.strip() == "*":
        return None
    return version_of(if_match)
