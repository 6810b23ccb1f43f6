"""What every form and answer has in common: strict, bounded, and silent about what was submitted."""

import unicodedata
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from delegation.codes import Kind
from node.desk.views import to_json

_ALLOWED_CONTROLS: Final = frozenset("\n\r\t")


class Form(BaseModel):
    """Something that a caller fills in. Unknown fields are refused, numbers are not text, errors show no input."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


class Answer(BaseModel):
    """Something that the gateway shows; made from a view of the node's desk."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )


def _printable(text: str) -> str:
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in _ALLOWED_CONTROLS for sign in text):
        raise PydanticCustomError("control_character", "Text has no control characters")
    return text


def _reasonable(day: date) -> date:
    if not 2000 <= day.year <= 2100:  # protocol 3.4
        raise PydanticCustomError("day_out_of_bounds", "Days lie between 2000 and 2100")
    return day


_Printable = AfterValidator(_printable)

ShortText = Annotated[str, Field(max_length=200), _Printable]
MediumText = Annotated[str, Field(max_length=2_000), _Printable]
LongText = Annotated[str, Field(max_length=20_000), _Printable]
Day = Annotated[date, AfterValidator(_reasonable)]
DayOfBirth = date

RegionCode = Annotated[str, Field(pattern=r"^[1-9][0-9]{5}([0-9A-Z]{2,5})?$", examples=["510104"])]
UnitCode = Annotated[str, Field(pattern=r"^[0-9]{6}[A-Z]{2}[0-9]{2}[0-9A-Z]$", examples=["330100RD01T"])]
ThreadId = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{8,64}$", examples=["WT-330100-20260803-000017-Y"])]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
ReasonCode = Annotated[str, Field(pattern=r"^[A-Z][0-9]{2}$", examples=["R01"])]
ItemCode = Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,16}$", examples=["A-1"])]
LowerCode = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,40}$")]

Hex = Annotated[
    bytes, PlainSerializer(bytes.hex, return_type=str), WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]*$"})
]
# Facts whose names are the contract's (proto names); which ones there are depends on the kind.
Facts = Annotated[dict[str, object], BeforeValidator(to_json)]
Details = dict[str, str]


def verb_of(kind: Kind) -> str:
    """A kind as it stands in an address: ``SIGNED_FOR`` is ``signed-for``."""
    return kind.name.lower().replace("_", "-")


VERBS: Final = {verb_of(kind): kind for kind in Kind if kind is not Kind.UNSPECIFIED}
