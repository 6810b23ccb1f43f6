"""Bodies as JSON, in which desk and gateway speak of them: names of the contract's fields, enums by name, bytes base64.

Strict both ways: an unknown field, a value of another type or a number written as text is refused with the path of the
field. Nothing that was typed is repeated: a body is personal data.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from delegation import codec_values as take
from delegation.codec_body import facts_of_read
from delegation.codec_body_checks import check_body, read_body
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.facts import BodyFacts
from delegation.payloads import MOST_BODY
from xieban.delegation.v1 import body_pb2 as pb
from xieban.delegation.v1 import codes_pb2, roster_pb2

_MOST_LISTED: Final = 512
_MOST_PATH: Final = 120
_WHOLE_SECONDS: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_MOST_UINT: Final = {FieldDescriptor.CPPTYPE_UINT32: 2**32 - 1, FieldDescriptor.CPPTYPE_UINT64: 2**63 - 1}


def body_from_json(kind: Kind, data: Mapping[str, object]) -> bytes:
    """The bytes of a body of that kind. See `body_and_facts_from_json`, which also gives what guards need of it."""
    return _checked_body(kind, data)[0]


def body_and_facts_from_json(kind: Kind, data: Mapping[str, object]) -> tuple[bytes, BodyFacts]:
    """The bytes of a body of that kind, and its facts; `data` has the fields of the contract's Body, `kind` or not.

    The same data give the same bytes. NOT checked: guards.

    Raises:
        Refusal: INVALID_INPUT with the path of the `field` (indexes left out) for an unknown field, a value of another
            type, or whatever an opened body is refused for; TOO_LARGE over the cap of a body; as `body_facts`.
    """
    body, read = _checked_body(kind, data)
    return body, facts_of_read(read)


def _checked_body(kind: Kind, data: Mapping[str, object]) -> tuple[bytes, pb.Body]:
    """The bytes, and the message that a recipient reads out of them."""
    message = pb.Body()
    _fill(message, data, "")
    number = codes_pb2.EventKind.ValueType(kind)
    if "kind" in data and data["kind"] != codes_pb2.EventKind.Name(number):
        raise Refusal(Reason.INVALID_INPUT, field="kind")
    message.kind = number
    body = message.SerializeToString(deterministic=True)
    if len(body) > MOST_BODY:
        raise Refusal(Reason.TOO_LARGE, field="body")
    try:
        check_body(message)
    except Refusal as refusal:
        raise Refusal(Reason.INVALID_INPUT, field=refusal.details["field"]) from None
    return body, message


def body_to_json(body: bytes) -> dict[str, object]:
    """An opened body as JSON; fields that are not set are left out, unknown ones too.

    Raises:
        Refusal: MALFORMED, TOO_LARGE or UNKNOWN_CODE with the path of the `field`.
    """
    found: dict[str, object] = MessageToDict(read_body(body), preserving_proto_field_name=True)
    return found


BODY_FIELDS: Final = frozenset(field.name for field in pb.Body.DESCRIPTOR.fields)


def agreement_to_json(record: bytes) -> dict[str, object]:
    """The terms of an agreement out of the roster's serialised record, to be shown; nothing of them is checked.

    Raises:
        Refusal: MALFORMED for bytes that are no record.
    """
    try:
        found = roster_pb2.AgreementRecord.FromString(record)
    except DecodeError as error:
        raise Refusal(Reason.MALFORMED) from error
    shown: dict[str, object] = MessageToDict(found, preserving_proto_field_name=True)
    return shown


def _invalid(path: str) -> Refusal:
    return Refusal(Reason.INVALID_INPUT, field=path[:_MOST_PATH] or "body")


class _FieldPlan:
    """What a field takes, as its descriptor says; looked up once, since a descriptor is slow to ask."""

    __slots__ = ("choice", "enum", "is_part", "kind", "most", "repeated")

    def __init__(self, field: FieldDescriptor) -> None:
        self.repeated = field.is_repeated
        self.choice = field.containing_oneof.name if field.containing_oneof is not None else None
        self.is_part = field.message_type is not None
        named = field.enum_type.values_by_name if field.enum_type is not None else None
        self.enum = {name: value.number for name, value in named.items()} if named is not None else None
        self.kind = field.type
        self.most = _MOST_UINT.get(field.cpp_type, -1)


@lru_cache(maxsize=256)  # as many as the contract has messages in a body
def _plan_of(of: type[Message]) -> dict[str, _FieldPlan]:
    fields = cast("Mapping[str, FieldDescriptor]", of.DESCRIPTOR.fields_by_name)  # upb's twin has the same face
    return {name: _FieldPlan(field) for name, field in fields.items()}


def _fill(message: Message, data: object, path: str) -> None:
    """Set a message's fields. By hand: protobuf's ParseDict costs three times as much, and its errors repeat values."""
    if not isinstance(data, dict) and not isinstance(data, Mapping):  # the abstract class is slow to ask
        raise _invalid(path)
    plans = _plan_of(type(message))  # type: ignore[arg-type]  # a class is hashable; its stub forgets
    for name, value in data.items():
        plan = plans.get(name) if isinstance(name, str) else None
        if plan is None:
            # The name was typed too, so it is not repeated; the message that has no such field is named.
            raise _invalid(f"{path}.(unknown)" if path else "(unknown)")
        where = f"{path}.{name}" if path else name
        if plan.repeated:
            if not isinstance(value, list | tuple) or len(value) > _MOST_LISTED:
                raise _invalid(where)
            listed = getattr(message, name)
            for one in value:
                if plan.is_part:
                    _fill_part(listed.add(), one, where)
                else:
                    listed.append(_scalar(plan, one, where))
            continue
        if plan.choice is not None and message.WhichOneof(plan.choice) is not None:
            raise _invalid("body")  # two contents at once
        if plan.is_part:
            part = getattr(message, name)
            part.SetInParent()
            _fill_part(part, value, where)
        else:
            setattr(message, name, _scalar(plan, value, where))


def _fill_part(part: Message, value: object, where: str) -> None:
    if not isinstance(part, Timestamp):
        _fill(part, value, where)
        return
    if not isinstance(value, str) or not _is_text(value):
        raise _invalid(where)
    try:
        if _WHOLE_SECONDS.fullmatch(value):  # nearly every one, and four times as fast
            take.put_instant(part, datetime.fromisoformat(value))
        else:
            part.FromJsonString(value)
    except ValueError:  # a time that does not exist; the library's text may repeat what was typed
        raise _invalid("body") from None


def _scalar(plan: _FieldPlan, value: object, where: str) -> object:
    """The value as the field takes it. Raises Refusal INVALID_INPUT for another type or a number out of bounds."""
    kind = plan.kind
    if plan.enum is not None:
        if isinstance(value, str) and (number := plan.enum.get(value)) is not None:
            return number
    elif kind == FieldDescriptor.TYPE_STRING:
        if _is_text(value):
            return value
    elif kind == FieldDescriptor.TYPE_BYTES:
        found = _from_base64(value)
        if found is not None:
            return found
    elif kind == FieldDescriptor.TYPE_BOOL:
        if isinstance(value, bool):
            return value
    else:
        if isinstance(value, str):  # protobuf's JSON writes 64 bits as text, and nothing else
            value = int(value) if kind == FieldDescriptor.TYPE_UINT64 and _is_digits(value) else None
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= plan.most:
            return value
    raise _invalid(where)


def _is_text(value: object) -> bool:
    """Text that UTF-8 can hold: JSON lets a lone surrogate through, protobuf does not."""
    if not isinstance(value, str) or len(value) > MOST_BODY:
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_digits(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 19


def _from_base64(value: object) -> bytes | None:
    if not isinstance(value, str) or len(value) > 2 * MOST_BODY:
        return None
    try:
        return b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
