"""The file of a draw as JSON (protocol 13.8), read strictly: every field there, none unknown, one spelling each."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn, TypeVar

from certs.draw_file import DrawFile, LoggedEnvelope, NamedExpert, Opening, PoolOpening
from delegation.draw import MOST_NUMBER
from delegation.draw_lists import EligibleExpert
from delegation.errors import Reason, Refusal

T = TypeVar("T")

FORMAT: Final = "xieban-draw/1"
MOST_FILE: Final = 32 * 1024 * 1024
_MOST_ITEMS: Final = 4096  # of any list; a thread has some tens of envelopes, a path at most 64 hashes
_MOST_TEXT: Final = 64 * 1024
_FILE: Final = (
    "format", "leg", "draw", "seal_authorities", "log", "certificates", "checkpoints", "consistency",
    "draw_checkpoint", "draw_paths", "thread", "pool", "experts",
)  # fmt: skip
_EXPERT: Final = ("salt", "expert_id", "name", "title", "employer", "specialty", "pool")
_POOL: Final = ("salt", "index", "path", "specialties", "appointed_from", "appointed_until")


def draw_file_bytes(file: DrawFile) -> bytes:
    """The file's bytes: UTF-8, the same for the same proof."""
    document = {
        "format": FORMAT,
        "leg": file.leg,
        "draw": file.draw,
        "seal_authorities": _texts(file.seal_authorities),
        "log": {"origin": file.log_origin, "public_key": _text(file.log_public_key)},
        "certificates": _texts(file.certificates),
        "checkpoints": [note.decode("utf-8") for note in file.checkpoints],
        "consistency": [_texts(path) for path in file.consistency],
        "draw_checkpoint": file.draw_checkpoint,
        "draw_paths": [_texts(path) for path in file.draw_paths],
        "thread": [_logged_json(each) for each in file.thread],
        "pool": None if file.pool is None else _logged_json(file.pool),
        "experts": [_opening_json(each) for each in file.experts],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _texts(values: Sequence[bytes]) -> list[str]:
    return [_text(value) for value in values]


def _logged_json(logged: LoggedEnvelope) -> dict[str, object]:
    return {
        "header": _text(logged.header),
        "signatures": _texts(logged.signatures),
        "entry": _text(logged.entry),
        "checkpoint": logged.checkpoint,
        "path": _texts(logged.path),
    }


def _opening_json(opening: Opening) -> dict[str, object]:
    place: dict[str, object] = {
        "stratum": opening.stratum,
        "position": opening.position,
        "path": _texts(opening.path),
    }
    named = opening.named
    if named is None:
        return place | {"leaf": _text(opening.leaf)}
    pool = named.pool
    expert = named.expert
    return place | {
        "expert": {
            "salt": _text(named.salt),
            "expert_id": expert.expert_id,
            "name": expert.name,
            "title": expert.title,
            "employer": expert.employer,
            "specialty": expert.specialty,
            "pool": None
            if pool is None
            else {
                "salt": _text(pool.salt),
                "index": pool.index,
                "path": _texts(pool.path),
                "specialties": list(pool.specialties),
                "appointed_from": pool.appointed_from,
                "appointed_until": pool.appointed_until,
            },
        }
    }


# reading


def read_draw_file(data: bytes) -> DrawFile:
    """A file that somebody gave. Believes nothing of it.

    Raises:
        Refusal: TOO_LARGE, MALFORMED with the `field` that is wrong (names of fields alone), UNKNOWN_VERSION.
    """
    if len(data) > MOST_FILE:
        raise Refusal(Reason.TOO_LARGE, field="file")
    try:
        document: object = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:  # of JSON and of UTF-8
        raise Refusal(Reason.MALFORMED, field="file") from error
    if isinstance(document, dict) and document.get("format") != FORMAT:
        raise Refusal(Reason.UNKNOWN_VERSION, field="format")
    of = _fields(document, _FILE, "file")
    log = _fields(of["log"], ("origin", "public_key"), "log")
    return DrawFile(
        leg=_number(of["leg"], "leg"),
        draw=_number(of["draw"], "draw"),
        seal_authorities=_all_bytes(of["seal_authorities"], "seal_authorities"),
        log_origin=_string(log["origin"], "origin"),
        log_public_key=_bytes(log["public_key"], "public_key"),
        certificates=_all_bytes(of["certificates"], "certificates"),
        checkpoints=_each(of["checkpoints"], "checkpoints", lambda item: _string(item, "checkpoints").encode()),
        consistency=_each(of["consistency"], "consistency", lambda item: _all_bytes(item, "consistency")),
        draw_checkpoint=_number(of["draw_checkpoint"], "draw_checkpoint"),
        draw_paths=_each(of["draw_paths"], "draw_paths", lambda item: _all_bytes(item, "draw_paths")),
        thread=_each(of["thread"], "thread", _logged),
        pool=None if of["pool"] is None else _logged(of["pool"]),
        experts=_each(of["experts"], "experts", _opening),
    )


def _wrong(field: str) -> NoReturn:
    raise Refusal(Reason.MALFORMED, field=field)


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):  # a field said twice would be read one way here and another way elsewhere
        raise ValueError("twice")
    return found


def _no_constant(_text: str) -> NoReturn:
    raise ValueError("no number")


def _fields(value: object, names: Sequence[str], field: str) -> Mapping[str, object]:
    if not isinstance(value, dict) or value.keys() != set(names):
        _wrong(field)
    return value


def _each(value: object, field: str, read: Callable[[object], T]) -> tuple[T, ...]:
    if not isinstance(value, list) or len(value) > _MOST_ITEMS:
        _wrong(field)
    return tuple([read(item) for item in value])


def _number(value: object, field: str) -> int:
    if type(value) is not int or not 0 <= value <= MOST_NUMBER:
        _wrong(field)
    return value


def _string(value: object, field: str) -> str:
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        _wrong(field)
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        _wrong(field)
    return value


def _bytes(value: object, field: str) -> bytes:
    try:
        raw = base64.b64decode(_string(value, field).encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        _wrong(field)
    if _text(raw) != value:
        _wrong(field)
    return raw


def _all_bytes(value: object, field: str) -> tuple[bytes, ...]:
    return _each(value, field, lambda item: _bytes(item, field))


def _logged(value: object) -> LoggedEnvelope:
    of = _fields(value, ("header", "signatures", "entry", "checkpoint", "path"), "envelope")
    return LoggedEnvelope(
        header=_bytes(of["header"], "header"),
        signatures=_all_bytes(of["signatures"], "signatures"),
        entry=_bytes(of["entry"], "entry"),
        checkpoint=_number(of["checkpoint"], "checkpoint"),
        path=_all_bytes(of["path"], "path"),
    )


def _opening(value: object) -> Opening:
    has_name = isinstance(value, dict) and "expert" in value
    of = _fields(value, ("stratum", "position", "path", "expert" if has_name else "leaf"), "experts")
    return Opening(
        stratum=_number(of["stratum"], "stratum"),
        position=_number(of["position"], "position"),
        path=_all_bytes(of["path"], "path"),
        leaf=b"" if has_name else _bytes(of["leaf"], "leaf"),
        named=_named(of["expert"]) if has_name else None,
    )


def _named(value: object) -> NamedExpert:
    of = _fields(value, _EXPERT, "expert")
    expert = EligibleExpert(
        expert_id=_string(of["expert_id"], "expert_id"),
        name=_string(of["name"], "name"),
        title=_string(of["title"], "title"),
        employer=_string(of["employer"], "employer"),
        specialty=_string(of["specialty"], "specialty"),
    )
    return NamedExpert(
        salt=_bytes(of["salt"], "salt"), expert=expert, pool=None if of["pool"] is None else _pool(of["pool"])
    )


def _pool(value: object) -> PoolOpening:
    of = _fields(value, _POOL, "pool")
    return PoolOpening(
        salt=_bytes(of["salt"], "salt"),
        index=_number(of["index"], "index"),
        path=_all_bytes(of["path"], "path"),
        specialties=_each(of["specialties"], "specialties", lambda item: _string(item, "specialties")),
        appointed_from=_string(of["appointed_from"], "appointed_from"),
        appointed_until=_string(of["appointed_until"], "appointed_until"),
    )
