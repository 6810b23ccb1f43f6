"""What a provincial office does: what it fills in, and what became of it. No texts of cases come back."""

from datetime import date, datetime
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, computed_field, model_validator
from pydantic_core import PydanticCustomError

from delegation.catalogue import CATALOGUE
from delegation.errors import Reason
from gateway.schemas.answers import ListOut
from gateway.schemas.base import Answer, Day, Details, Form, LongText, LowerCode, ThreadId, UnitCode
from gateway.schemas.drafts import AppraisalModeCode, MatterCode
from gateway.schemas.province_figures import Name

MOST_AT_ONCE: Final = 200
WaitsFor = Literal["designation", "opinion", "coordination", "agreement", "reveal"]


def _told(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("text_missing", "Something has to be said")
    return text


Told = Annotated[LongText, Field(min_length=1), AfterValidator(_told)]
MoveIdText = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class Reminders(Form):
    """催办 of many: an envelope each, once a day, delegation and side."""

    delegation_ids: Annotated[tuple[ThreadId, ...], Field(min_length=1, max_length=MOST_AT_ONCE)]
    """Which; one that is named twice is reminded once."""
    text: Told
    """What is said, sealed to the side that is reminded. No personal data."""
    unit: UnitCode | None = None
    """The side that is reminded; whoever has to act if left out."""


class Supervision(Form):
    """督办 of a unit of the own province."""

    delegation_id: ThreadId
    """Which delegation."""
    unit: UnitCode
    """Who has to answer."""
    working_days: Annotated[int, Field(ge=1, le=60)]
    """Within so many working days."""
    text: Told
    """What is asked. No personal data."""


class Designation(Form):
    """指定管辖: which unit is competent."""

    delegation_id: ThreadId
    """Which delegation."""
    unit: UnitCode
    """The competent unit."""
    seen: Annotated[int, Field(ge=0, le=2**53)]
    """`sequence` of the last step that was seen; refused as STALE when a move came in since."""
    text: Told
    """The reason. No personal data."""


class SpokenWord(Form):
    """What the office says in a thread."""

    delegation_id: ThreadId
    """Which thread."""
    text: Told
    """What is said. No personal data."""


class CoordinationRequest(Form):
    """请求协调: the office of another province's unit is asked to see to it within five working days."""

    delegation_id: ThreadId
    """Which delegation."""
    unit: UnitCode
    """The side of it whose office is asked."""
    text: Told
    """What is asked. No personal data."""


class Announcement(Form):
    """通知下发 to units of the own province."""

    units: Annotated[tuple[UnitCode, ...], Field(max_length=MOST_AT_ONCE)] = ()
    """To whom; every member of the province if left out."""
    text: Told
    """What is announced. No personal data."""


class AgreedTimeOf(Form):
    """Working days that are agreed for a step."""

    clock: LowerCode
    """The step, such as investigate."""
    working_days: Annotated[int, Field(ge=1, le=366)]
    """Working days."""
    green_working_days: Annotated[int, Field(ge=0, le=366)] = 0
    """Of the green channel; 0 leaves it as it is."""


class ProvincialAgreement(Form):
    """Terms between the units of two provinces."""

    office: UnitCode
    """The other province's office."""
    matters: Annotated[tuple[MatterCode, ...], Field(min_length=1, max_length=16)]
    """委托事项 that it is about."""
    modes: Annotated[tuple[AppraisalModeCode, ...], Field(max_length=3)] = ()
    """委托方式 of an appraisal that it allows."""
    times: Annotated[tuple[AgreedTimeOf, ...], Field(max_length=64)] = ()
    """Agreed times; one beyond what the law leaves is refused with the article."""
    valid_from: Day
    """First day."""
    valid_to: Day | None = None
    """Last day; until it is ended if left out."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise PydanticCustomError("ends_before_it_begins", "The last day is before the first")
        return self


class PreparedAct(Form):
    """A prepared act as it was seen."""

    move_id: MoveIdText
    """Its id."""
    version: Annotated[int, Field(ge=1, le=2**53)]
    """The version that was seen."""


class Approvals(Form):
    """Prepared acts that are approved and sealed, each judged on its thread as it now stands."""

    moves: Annotated[tuple[PreparedAct, ...], Field(min_length=1, max_length=MOST_AT_ONCE)]
    """Which, in this order."""


class OfficeActOut(Answer):
    """An act that waits for its approval by another person; `version` is its ETag."""

    delegation_id: str = Field(validation_alias="thread_id")
    unit: str
    """Whom it is for: the unit, or the office that is asked."""
    move_id: str
    version: int


class ActOutcomeOut(Answer):
    """What became of one of several: `reason` is empty for what was done, and says why not.

    `move_id` and `version` name what was prepared and waits for its approval.
    """

    delegation_id: str = Field(validation_alias="thread_id")
    unit: str
    move_id: str
    version: int
    reason: str
    details: Details

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorated property
    @property
    def text_zh(self) -> str:
        """The reason in words."""
        return CATALOGUE[Reason(self.reason)].text_zh if self.reason else ""

    @computed_field  # type: ignore[prop-decorator] # as above
    @property
    def text_en(self) -> str:
        """The same."""
        return CATALOGUE[Reason(self.reason)].text_en if self.reason else ""


class ActOutcomes(ListOut[ActOutcomeOut]):
    """An outcome each, in the order in which they were asked for."""


class WaitsOut(Answer):
    """What waits for the office in one thread."""

    what: WaitsFor
    delegation_id: str = Field(validation_alias="thread_id")
    other_unit: str
    due: date | None


class AnsweredOut(Answer):
    """An answer to a supervision that came in."""

    delegation_id: str = Field(validation_alias="thread_id")
    unit: str
    sequence: int
    at: datetime


class OfficePreparedOut(Answer):
    """An act of the office that waits for an approver's yes, or (`reviewed`) for the seal alone."""

    move_id: str
    version: int
    delegation_id: str = Field(validation_alias="thread_id")
    kind: Name
    prepared_by: str
    """Staff id; this person approves it never."""
    prepared_at: datetime
    reviewed: bool


class OfficeWorkOut(Answer):
    """What the office has to do, the earliest day first, and the answers of the last thirty days, newest first."""

    waits: tuple[WaitsOut, ...]
    answers: tuple[AnsweredOut, ...]
    prepared: tuple[OfficePreparedOut, ...]
    """The oldest first."""


class PossibleOut(Answer):
    """What the office may ask or decide in one delegation as its copy has it; the rules judge the act itself."""

    seen: int
    """Number of the last entry, for a designation."""
    turn: str
    """The side that has to act, where it may be reminded."""
    remind: tuple[str, ...]
    supervise: tuple[str, ...]
    coordinate: tuple[str, ...]
    """Sides of other provinces, whose offices may be asked."""
    designation: Literal["", "dispute", "reassign"]
    """Empty: not now. It was asked for, or the own unit is late and did not answer."""
    named: str
    """The unit that this office named already."""
    claims: tuple[str, ...]
    """Units that others say are competent, the latest first."""
    opinion: bool


class NamedUnitOut(Answer):
    """A unit of the roster."""

    code: str
    name: str


class OfficeUnitsOut(Answer):
    """Members of the office's province without itself, and the other members that are offices; by code."""

    own: tuple[NamedUnitOut, ...]
    offices: tuple[NamedUnitOut, ...]


class AgreedTimeOut(Answer):
    """Working days that are agreed for a step."""

    clock: str
    working_days: int
    green_working_days: int


class TermsOut(Answer):
    """Terms of an agreement."""

    matters: tuple[Name, ...]
    modes: tuple[Name, ...]
    times: tuple[AgreedTimeOut, ...]
    valid_from: date
    valid_to: date | None


class AgreementOut(Answer):
    """An agreement or a proposal that the office is a party of."""

    delegation_id: str = Field(validation_alias="thread_id")
    other: str
    other_name: str
    ours: bool
    """Proposed by this office."""
    state: str
    """proposed, in_force or ended."""
    changed_at: datetime
    terms: TermsOut | None
    """null: purged, or sealed to nobody here."""
    in_roster: bool
    """In the signed roster, from which on it holds."""


class Agreements(ListOut[AgreementOut]):
    """Agreements and proposals, the latest change first; at most 200."""
