"""What a registry tells the seal authority of itself, as a file: its log key and channel authorities."""

import base64
import binascii
import json
from typing import Final

from certs.requests import checked_log_key
from delegation.errors import Reason, Refusal
from delegation.roster_view import RegistryInfo

FORMAT: Final = "xieban-registry-info-1"
_FIELDS: Final = frozenset({"format", "log_origin", "log_public_key", "channel_authorities", "spiffe_id"})


def info_to_json(info: RegistryInfo) -> str:
    """The file's text; nothing in it is secret."""
    return (
        json.dumps(
            {
                "format": FORMAT,
                "log_origin": info.log_origin,
                "log_public_key": base64.b64encode(info.log_public_key).decode(),
                "channel_authorities": [base64.b64encode(each).decode() for each in info.channel_authorities],
                "spiffe_id": info.spiffe_id,
            },
            indent=2,
            sort_keys=True,
        )
        + "\n"
    )


def info_from_json(text: str) -> RegistryInfo:
    """Read the file again. Raises Refusal: MALFORMED (field), UNKNOWN_VERSION, WEAK_KEY."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refusal(Reason.MALFORMED, field="registry_info") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise Refusal(Reason.UNKNOWN_VERSION, field="format")
    authorities = data.get("channel_authorities")
    if set(data) != _FIELDS or not isinstance(authorities, list) or len(authorities) > 8:
        raise Refusal(Reason.MALFORMED, field="registry_info")
    log_key = _bytes(data["log_public_key"])
    checked_log_key(log_key)
    return RegistryInfo(
        log_origin=_text(data["log_origin"]),
        log_public_key=log_key,
        channel_authorities=tuple(_bytes(each) for each in authorities),
        spiffe_id=_text(data["spiffe_id"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 256:
        raise Refusal(Reason.MALFORMED, field="registry_info")
    return value


def _bytes(value: object) -> bytes:
    try:
        return base64.b64decode(_encoded(value), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Refusal(Reason.MALFORMED, field="registry_info") from error


def _encoded(value: object) -> bytes:
    if not isinstance(value, str) or len(value) > 16 * 1024:
        raise Refusal(Reason.MALFORMED, field="registry_info")
    return value.encode("ascii")
