"""Accounts, sessions, keys and searches as callers fill them in."""

import re
from typing import Annotated, Final, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError

from gateway.schemas.base import Form, ShortText, UnitCode
from node.desk.ports import Role

_LIKE_AN_ID_NUMBER: Final = re.compile(r"[0-9]{15}|[0-9]{17}[0-9Xx]")


def _no_id_number(text: str) -> str:
    if _LIKE_AN_ID_NUMBER.search(text):
        raise PydanticCustomError(
            "looks_like_id_number", "A staff id is no ID number: it stands in addresses and records"
        )
    return text


StaffId = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$", examples=["hz-0017"]), AfterValidator(_no_id_number)
]
# The length alone: rules on signs make passwords worse. 1024 keeps argon2's work bounded.
Password = Annotated[str, Field(min_length=1, max_length=1024)]
NewPassword = Annotated[str, Field(min_length=10, max_length=1024)]
Roles = Annotated[tuple[Role, ...], Field(min_length=1, max_length=len(Role))]
Units = Annotated[tuple[UnitCode, ...], Field(min_length=1, max_length=32)]


class SignIn(Form):
    """Who signs in, and for which unit."""

    staff_id: Annotated[str, Field(min_length=1, max_length=64)]
    """工号."""
    password: Password
    """Password."""
    unit: UnitCode | None = None
    """One of the person's units; absent where there is only one."""


class PasswordChange(Form):
    """Own password."""

    old: Password
    """The one that holds."""
    new: NewPassword
    """The next one, at least 10 characters."""


class NewStaff(Form):
    """A new account."""

    staff_id: StaffId
    """工号, stable for ever."""
    name: Annotated[ShortText, Field(min_length=1, max_length=80)]
    """姓名."""
    password: NewPassword
    """First password."""
    units: Units
    """Units that the person works for."""
    roles: Roles
    """Roles."""
    phone: Annotated[ShortText, Field(max_length=40)] = ""
    """Office telephone."""


class StaffChange(Form):
    """What changes of an account; absent stays."""

    roles: Roles | None = None
    """Roles."""
    units: Units | None = None
    """Units."""
    active: bool | None = None
    """May sign in."""
    password: NewPassword | None = None
    """A new password."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("nothing_to_change", "Something has to change")
        return self


class NewApiKey(Form):
    """A key of a business system: one named staff identity with one role."""

    label: Annotated[ShortText, Field(min_length=1, max_length=80)]
    """What it is for."""
    staff_id: StaffId
    """On whose behalf it acts."""
    unit: UnitCode
    """In which unit."""
    role: Role
    """With which one role."""
    expires_at: AwareDatetime | None = None
    """When it ends."""


class Search(Form):
    """A whole name or a whole ID number. Posted, so that neither stands in an address or a log."""

    name: Annotated[ShortText, Field(max_length=80)] = ""
    """姓名, whole."""
    id_number: Annotated[ShortText, Field(max_length=40)] = ""
    """证件号码, whole."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if bool(self.name.strip()) == bool(self.id_number.strip()):
            raise PydanticCustomError("one_to_search", "Either a name or a number is needed")
        return self
