"""What the seal authority's people write down about bureaus, units and competences, taken into the book.

One JSON file in the contract's form (`Roster` of xieban.delegation.v1) with any of `bureaus`, `units`, `competences`,
`agreements`, `suites`, `calendars`. Bureaus, units and calendar years are added or replaced one by one, the other lists
as a whole. Keys never come from such a file: a unit keeps the certificates and sealing keys that the book has.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final

from certs.roster_book import RosterBook, records_from_json, records_to_json
from delegation.errors import Reason, Refusal
from delegation.regions import RegionTable

MAX_FILE: Final = 16 * 1024 * 1024
_KEYS: Final = ("signing_certificates", "sealing_keys")
_Row = dict[str, object]

_NAME_OF: Final[Mapping[str, Callable[[_Row], object]]] = {
    "bureaus": lambda row: row.get("code"),
    "units": lambda row: row.get("code"),
    "calendars": lambda row: (row.get("year"), row.get("region", "")),
}
_WHOLE: Final = frozenset({"competences", "agreements", "suites"})


def merge_records(book: RosterBook, text: str, regions: RegionTable) -> None:
    """Take a file of records into `book`.

    Raises Refusal: TOO_LARGE; INVALID_INPUT (field) for another list or a unit that brings keys; MALFORMED,
    UNKNOWN_CODE as the codec. Whether the records fit together is judged when the roster is composed.
    """
    if len(text) > MAX_FILE:
        raise Refusal(Reason.TOO_LARGE, field="records")
    given = _object(text)
    held = _object(records_to_json(book.records))
    for name, value in given.items():
        rows = _rows(value, name)
        if name in _WHOLE:
            held[name] = rows
        elif name in _NAME_OF:
            held[name] = _merged(_rows(held.get(name, []), name), rows, name)
        else:
            raise Refusal(Reason.INVALID_INPUT, field="records")
    book.put_records(records_from_json(json.dumps(held), regions))


def _merged(held: list[_Row], given: list[_Row], name: str) -> list[_Row]:
    name_of = _NAME_OF[name]
    by_name = {name_of(row): row for row in held}
    for row in given:
        if any(key in row for key in _KEYS):
            raise Refusal(Reason.INVALID_INPUT, field=name)
        before = by_name.get(name_of(row), {})
        by_name[name_of(row)] = row | {key: before[key] for key in _KEYS if key in before}
    return list(by_name.values())


def _object(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refusal(Reason.MALFORMED, field="records") from error
    if not isinstance(value, dict):
        raise Refusal(Reason.MALFORMED, field="records")
    return value


def _rows(value: object, name: str) -> list[_Row]:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise Refusal(Reason.MALFORMED, field=name)
    return value
