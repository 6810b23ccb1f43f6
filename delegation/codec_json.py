"""Bodies as JSON, in which desk and gateway speak of them: names of the contract's fields, enums by name, bytes base64.

Strict both ways: an unknown field, a value of another type or a number written as text is refused with the path of the
field. Nothing that was typed is repeated: a body is personal data.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

from delegation.codec_body_checks import read_body
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.payloads import MOST_BODY
from xieban.delegation.v1 import body_pb2 as pb
from xieban.delegation.v1 import codes_pb2

_MOST_LISTED: Final = 512
_MOST_PATH: Final = 120
_TIMESTAMP: Final = "google.protobuf.Timestamp"
_MOST_UINT: Final = {FieldDescriptor.CPPTYPE_UINT32: 2**32 - 1, FieldDescriptor.CPPTYPE_UINT64: 2**63 - 1}


def body_from_json(kind: Kind, data: Mapping[str, object]) -> bytes:
    """The bytes of a body of that kind; `data` has the fields of the contract's Body, with or without its kind.

    The same data give the same bytes. NOT checked: guards.

    Raises:
        Refusal: INVALID_INPUT with the path of the `field` (indexes left out) for an unknown field, a value of another
            type, or whatever an opened body is refused for; TOO_LARGE over the cap of a body.
    """
    _check_object(pb.Body.DESCRIPTOR, data, "")
    name = codes_pb2.EventKind.Name(codes_pb2.EventKind.ValueType(kind))
    if data.get("kind", name) != name:
        raise Refusal(Reason.INVALID_INPUT, field="kind")
    try:
        body = ParseDict({**data, "kind": name}, pb.Body()).SerializeToString(deterministic=True)
    except (ParseError, ValueError):
        # A time that does not exist, or two contents at once; the library's text may repeat what was typed.
        raise Refusal(Reason.INVALID_INPUT, field="body") from None
    if len(body) > MOST_BODY:
        raise Refusal(Reason.TOO_LARGE, field="body")
    try:
        read_body(body)
    except Refusal as refusal:
        raise Refusal(Reason.INVALID_INPUT, field=refusal.details["field"]) from None
    return body


def body_to_json(body: bytes) -> dict[str, object]:
    """An opened body as JSON; fields that are not set are left out, unknown ones too.

    Raises:
        Refusal: MALFORMED, TOO_LARGE or UNKNOWN_CODE with the path of the `field`.
    """
    found: dict[str, object] = MessageToDict(read_body(body), preserving_proto_field_name=True)
    return found


def _invalid(path: str) -> Refusal:
    return Refusal(Reason.INVALID_INPUT, field=path[:_MOST_PATH] or "body")


def _check_object(descriptor: Descriptor, data: object, path: str) -> None:
    """Refuse what the message has no field for, before the library sees it; its errors would repeat values."""
    if not isinstance(data, Mapping):
        raise _invalid(path)
    known = descriptor.fields_by_name
    for name, value in data.items():
        field = known.get(name) if isinstance(name, str) else None
        if field is None:
            # The name was typed too, so it is not repeated; the message that has no such field is named.
            raise _invalid(f"{path}.(unknown)" if path else "(unknown)")
        where = f"{path}.{name}" if path else name
        if not field.is_repeated:
            _check_value(field, value, where)
            continue
        if not isinstance(value, list | tuple) or len(value) > _MOST_LISTED:
            raise _invalid(where)
        for one in value:
            _check_value(field, one, where)


def _check_value(field: FieldDescriptor, value: object, where: str) -> None:
    if not _has_type(field, value, where):
        raise _invalid(where)


def _has_type(field: FieldDescriptor, value: object, where: str) -> bool:
    if field.message_type is not None:
        if field.message_type.full_name == _TIMESTAMP:
            return _is_text(value)
        _check_object(field.message_type, value, where)
        return True
    if field.enum_type is not None:
        return isinstance(value, str) and value in field.enum_type.values_by_name
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _is_base64(value)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return isinstance(value, bool)
    if field.type == FieldDescriptor.TYPE_STRING:
        return _is_text(value)
    if isinstance(value, str):  # protobuf's JSON writes 64 bits as text, and nothing else
        value = int(value) if field.type == FieldDescriptor.TYPE_UINT64 and _is_digits(value) else None
    most = _MOST_UINT.get(field.cpp_type, -1)
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _is_text(value: object) -> bool:
    """Text that UTF-8 can hold: JSON lets a lone surrogate through, protobuf does not."""
    if not isinstance(value, str) or len(value) > MOST_BODY:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_digits(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 19


def _is_base64(value: object) -> bool:
    if not isinstance(value, str) or len(value) > 2 * MOST_BODY:
        return False
    try:
        b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
