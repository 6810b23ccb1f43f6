"""Writes a paper as a page: template, the case's values, the QR code of its number and of the digest that proves it."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from typing import Final, cast

import segno
from jinja2 import ChainableUndefined, Environment, FileSystemLoader

from delegation.appraisal_rules import GRADE_LABELS, SELF_CARE_DEGREES, SELF_CARE_ITEMS, SELF_CARE_LABELS
from delegation.specialties import specialty_label
from gateway.bureau import filters
from gateway.bureau.cases.appraising import Seat, panel_of
from gateway.bureau.cases.labels import CODE_LABELS, OUTLINE_LABELS, SEX_LABELS
from gateway.bureau.documents.papers import Offer
from gateway.bureau.render import HERE
from node.desk.views import DelegationView, EntryView, Json

_QR_SCALE: Final = 3
_BLANK_LINES: Final = 22


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a template is given beside the view: parts of the body as plain mappings, never missing."""

    view: DelegationView
    entry: EntryView | None

    @property
    def letter(self) -> Json:
        """The letter in force, or the one of this act."""
        own = self.part("letter")
        return own or (self.view.letter or {})

    @property
    def body(self) -> Json:
        """The act's body."""
        return (self.entry.body or {}) if self.entry is not None else {}

    @property
    def attestation(self) -> Json:
        """Who handled and who approved."""
        return cast("Json", self.body.get("attestation") or {})

    def part(self, name: str) -> Json:
        """A part of the act's body, empty when it has none."""
        return cast("Json", self.body.get(name) or {})

    def of(self, name: str) -> Json:
        """A part of the letter, such as the worker; empty when it has none."""
        return cast("Json", self.letter.get(name) or {})

    @property
    def panel(self) -> tuple[Seat, ...]:
        """The expert group as it sat when the act was made, and who presided."""
        return panel_of(self.view, until=self.entry.sequence) if self.entry is not None else ()

    @property
    def investigators(self) -> tuple[Json, ...]:
        """Those assigned last."""
        for entry in reversed(self.view.entries):
            found = cast("Json", (entry.body or {}).get("assignment") or {}).get("investigators")
            if found:
                return tuple(cast("list[Json]", found))
        return ()


def _qr(text: str) -> str:
    """A QR code as a data address (level M)."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=_QR_SCALE, border=2, xmldecl=False)
    return "data:image/svg+xml;base64," + base64.b64encode(out.getvalue()).decode("ascii")


def proof_text(offer: Offer, view: DelegationView) -> str:
    """What the QR code says: the delegation's number and, for an act, the digest of its entry."""
    number = view.row.delegation_id
    return f"{number} {offer.entry.entry_digest.hex()}" if offer.entry is not None else number


def _worded(labels: Mapping[str, str], code: object) -> str:
    """The code in words; one that no table knows is shown as it is, for what was signed is never left out."""
    return labels.get(str(code), str(code)) if code else ""


def _graded(labels: Mapping[int, str], figure: object) -> str:
    """A grade or degree in words."""
    shown = str(figure)
    return labels.get(int(shown), shown) if shown.isascii() and shown.isdigit() else shown


def _care(care: object) -> list[str]:
    """The items of self-care that need another's care, in words."""
    told = care if isinstance(care, Mapping) else {}
    return [SELF_CARE_LABELS[item] for item in SELF_CARE_ITEMS if told.get(item)]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates" / "documents"),
        autoescape=True,
        undefined=ChainableUndefined,  # a body leaves out what is empty
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters.install(made, str)
    made.filters["said"] = partial(_worded, CODE_LABELS)
    made.filters["sex"] = partial(_worded, SEX_LABELS)
    made.filters["theme"] = partial(_worded, OUTLINE_LABELS)
    made.filters["grade"] = partial(_graded, GRADE_LABELS)
    made.filters["degree"] = partial(_graded, SELF_CARE_DEGREES)
    made.filters["care"] = _care
    made.filters["specialty"] = specialty_label
    made.globals["blank_lines"] = _BLANK_LINES
    return made


def write(offer: Offer, view: DelegationView, *, at: datetime, practice: bool, values: Mapping[str, object]) -> str:
    """The paper as a whole HTML page with its style inside: for the press, and for printing from a browser.

    Papers are Chinese. `at` is the instant of making, `values` what a person added for this print (addressee, place).
    """
    today: date = at.astimezone(filters.ZONE).date()
    return (
        _environment()
        .get_template(offer.paper.template)
        .render(
            paper=offer.paper,
            view=view,
            row=view.row,
            entry=offer.entry,
            sheet=Sheet(view, offer.entry),
            qr=_qr(proof_text(offer, view)),
            today=today,
            practice=practice,
            given=values,
        )
    )
