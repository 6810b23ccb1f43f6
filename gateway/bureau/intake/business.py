"""Between the form and a draft's `business`: typed text is tidied, never guessed; what the form does not ask stays."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, cast

from gateway.bureau.forms.filled import Filled, fill, read, to_json
from gateway.bureau.forms.spec import Ask, Field, FormSpec
from gateway.bureau.intake import form_appraisal
from gateway.bureau.intake.form import DEFAULTS, MATTER, SECOND_PLACE, SHORT_TIME, THIRD_PLACE, letter_form
from gateway.bureau.intake.places import PlaceError, places

# of a draft's business, not asked by the form: another page's or system's, kept as they are
_NOT_ASKED: Final = (
    "appraisal_kind",
    "appraisal_mode",
    "related_thread_id",
    "relation",
    "materials",
    "reused_materials",
)
_ASKED: Final = "J1"  # the item that the matter itself is; the form asks for the matter alone
_OF_APPRAISAL: Final = frozenset({"appraisal_kind", "appraisal_mode"})
_NUMBERS: Final = ("letter.worker.id_number", "letter.employer.credit_code", "letter.worker.social_security_number")
_FURTHER: Final = (SECOND_PLACE, THIRD_PLACE)
_ITEMS: Final = "letter.items"
Typed = Mapping[str, Sequence[str]]


@dataclass(slots=True)
class LetterForm(Filled):
    """The form as somebody filled it in; what still is the usual choice keeps no section open."""

    def is_open(self, name: str) -> bool:
        """A folded section has something wrong, or filled in otherwise than usual."""
        defaults = DEFAULTS if not is_appraisal(self.text("matter")) else form_appraisal.DEFAULTS
        usual = {path for path, value in defaults.items() if self.text(path) == value and not self.fault(path)}
        typed = {path: texts for path, texts in self.typed.items() if path not in usual}
        return Filled(spec=self.spec, typed=typed, faults=self.faults, counts=self.counts).is_open(name)


def is_appraisal(matter: object) -> bool:
    """Whether a draft of this matter is filled in in the appraisal's form."""
    return isinstance(matter, str) and matter in dict(form_appraisal.MATTERS)


def form_of(business: Mapping[str, object], *, short_time: bool = False) -> FormSpec:
    """The one-window form of a draft's matter, mode and kind."""
    matter = business.get("matter")
    if not is_appraisal(matter):
        return letter_form(short_time=short_time)
    said = [str(business.get(name) or "") for name in ("matter", "appraisal_mode", "appraisal_kind")]
    known = [
        code if code in dict(listed) else ""
        for code, listed in zip(said, (form_appraisal.MATTERS, form_appraisal.MODES, form_appraisal.KINDS), strict=True)
    ]  # only codes of ours make a form: what is typed does not fill the cache
    return form_appraisal.appraisal_form(*known, short_time=short_time)


def form_typed(typed: Typed, stored: Mapping[str, object], *, short_time: bool = False) -> FormSpec:
    """The form that was sent: an appraisal's says its matter itself."""
    said = {name: typed.get(name, [""])[-1].strip() for name in ("matter", "appraisal_mode", "appraisal_kind")}
    if not said["matter"] and is_appraisal(stored.get("matter")):
        said["matter"] = str(stored["matter"])
    return form_of(said, short_time=short_time)


def _of(form: Filled, more: Mapping[str, Sequence[str]]) -> LetterForm:
    return LetterForm(spec=form.spec, typed={**form.typed, **more}, faults=form.faults, counts=form.counts)


@dataclass(slots=True)
class Taken:
    """A form as it was sent: what is shown again, and what of it may be stored."""

    form: Filled
    business: dict[str, object]


def take(typed: Typed, *, today: date, stored: Mapping[str, object], short_time: bool = False) -> Taken:
    """Read a sent form. Faults of kind (a day that is none, a place that nobody knows) are noted; the rest is kept."""
    wanted = short_time or SHORT_TIME in typed
    form = read(form_typed(typed, stored, short_time=wanted), _plain(typed))
    codes = dict(form.typed)
    for asked in form.spec.fields:
        if asked.ask in {Ask.PLACE, Ask.UNIT} and (text := form.text(asked.path)):
            try:
                codes[asked.path] = [_code(asked, text, today)]
            except PlaceError as error:
                form.faults[asked.path] = str(error)
                del codes[asked.path]
    coded = replace(form, typed=codes, faults={}, counts=form.counts)
    made = to_json(coded)
    _keep_unknown(coded, made, stored)
    _parted(made)
    business = _business(made, stored)
    form.faults.update(coded.faults)
    return Taken(_of(form, _shown(coded)), business)


def _keep_unknown(form: Filled, made: dict[str, object], stored: Mapping[str, object]) -> None:
    """A stored code that our lists do not know cannot be shown as a choice; left alone, it stays."""
    for asked in form.spec.fields:
        value = at(stored, asked.path)
        unknown = isinstance(value, str) and value and value not in dict(asked.choices)
        if asked.ask is Ask.CHOICE and unknown and not form.text(asked.path):
            *way, last = asked.path.split(".")
            here = made
            for name in way:
                here = cast("dict[str, object]", here.setdefault(name, {}))
            here[last] = value


def at(values: object, path: str) -> object:
    """The value of a path with dots; None where there is none."""
    for name in path.split("."):
        if not isinstance(values, Mapping):
            return None
        values = values.get(name)
    return values


def show(business: Mapping[str, object], *, short_time: bool = False) -> Filled:
    """The form filled in from a draft."""
    place = business.get("task_place")
    further = place.get("other_candidates", ()) if isinstance(place, Mapping) else ()
    values = joined({**business, **dict(zip(_FURTHER, further, strict=False))})
    form = fill(form_of(business, short_time=short_time or bool(business.get(SHORT_TIME))), values)
    return _of(form, _shown(form))


def blank(home_region: str) -> Filled:
    """An empty form with the usual choices."""
    typed = {path: [value] for path, value in DEFAULTS.items()}
    if home_region:
        typed["letter.insurance.insured_in"] = [home_region]
    form = Filled(spec=letter_form(), typed=typed)
    return _of(form, _shown(form))


def blank_appraisal(home_region: str = "") -> Filled:
    """An empty form of an appraisal with the usual choices."""
    typed = {path: [value] for path, value in form_appraisal.DEFAULTS.items()}
    if home_region:
        typed["letter.insurance.insured_in"] = [home_region]
    form = Filled(spec=form_of(form_appraisal.DEFAULTS), typed=typed)
    return _of(form, _shown(form))


def joined(business: Mapping[str, object]) -> dict[str, object]:
    """Lists of an appraisal's request as lines, as the form shows them."""
    found = dict(business)
    letter = found.get("letter")
    request = letter.get("appraisal") if isinstance(letter, Mapping) else None
    if isinstance(letter, Mapping) and isinstance(request, Mapping):
        shown = dict(request)
        for path in form_appraisal.LISTS:
            name = path.rpartition(".")[2]
            listed = shown.get(name)
            if isinstance(listed, list | tuple):
                shown[name] = "\n".join(str(each) for each in listed)
        items = letter.get("items")
        listed = list(items) if isinstance(items, list | tuple) else []
        others = [each for each in listed if not (isinstance(each, Mapping) and each.get("code") == _ASKED)]
        found["letter"] = {**letter, "appraisal": shown, "items": others}
    return found


def _parted(made: dict[str, object]) -> None:
    """The other way round: lines as lists, numbers as numbers."""
    letter = made.get("letter")
    request = letter.get("appraisal") if isinstance(letter, dict) else None
    if not isinstance(letter, dict) or not isinstance(request, dict):
        return
    asked = {"code": _ASKED, "text": dict(form_appraisal.MATTERS).get(str(made.get("matter")), ""), "mandatory": True}
    others = letter.get("items")
    letter["items"] = [asked, *(others if isinstance(others, list) else [])]
    for path in form_appraisal.LISTS:
        name = path.rpartition(".")[2]
        if isinstance(request.get(name), str):
            request[name] = [line.strip() for line in request[name].splitlines() if line.strip()]
    for path in form_appraisal.NUMBERS:
        name = path.rpartition(".")[2]
        if isinstance(request.get(name), str):
            request[name] = int(request[name])


def _plain(typed: Typed) -> Typed:
    """Numbers as they are printed on the card: no blanks, no full-width signs, capitals."""
    found = dict(typed)
    for path in _NUMBERS:
        if path in found:
            found[path] = ["".join(unicodedata.normalize("NFKC", text).split()).upper() for text in found[path]]
    return found


def _code(asked: Field, text: str, today: date) -> str:
    if asked.ask is Ask.UNIT:
        return text.split(maxsplit=1)[0].upper()
    return places().code_of(text, today)


def _shown(form: Filled) -> dict[str, list[str]]:
    """Codes of places with their names beside them."""
    return {
        asked.path: [places().shown(form.text(asked.path))]
        for asked in form.spec.fields
        if asked.ask is Ask.PLACE and form.text(asked.path) and asked.path not in form.faults
    }


def _business(made: dict[str, object], stored: Mapping[str, object]) -> dict[str, object]:
    further = [made.pop(path) for path in _FURTHER if path in made]
    place = cast("dict[str, object]", made.get("task_place", {}))
    if place or further:
        uncertain: dict[str, object] = {"certainty": "UNCERTAIN", "other_candidates": further}
        made["task_place"] = {**place, **(uncertain if further else {"certainty": "DEFINITE"})}
    letter = cast("dict[str, object]", made.get("letter", {}))
    if "items" in letter:
        letter["items"] = _with_codes(cast("list[dict[str, object]]", letter["items"]))
    asked = is_appraisal(made.get("matter")) and _OF_APPRAISAL
    kept = {name: stored[name] for name in _NOT_ASKED if name in stored and not (asked and name in asked)}
    return {"matter": MATTER, **kept, **made}


def _with_codes(items: list[dict[str, object]]) -> list[dict[str, object]]:
    taken = {item.get("code") for item in items}
    free = (code for number in range(1, 1000) if (code := f"T{number}") not in taken)
    return [item if item.get("code") else {**item, "code": next(free)} for item in items]


def differences(mine: Filled, theirs: Filled) -> list[tuple[str, str, str]]:
    """(path, what I typed, what is stored) of each field in which two forms differ, in the order of the form."""
    paths = list(dict.fromkeys((*theirs.typed, *mine.typed)))
    return [
        (path, "；".join(mine.texts(path)), "；".join(theirs.texts(path)))
        for path in paths
        if [text for text in mine.texts(path) if text] != [text for text in theirs.texts(path) if text]
    ]
