"""Logs without personal data: JSON lines on standard error, listed fields alone, values of a closed form.

What is not listed is dropped, so that no carelessness elsewhere can write a person's name or number into a file.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog

# Longer than any code, id or class name of ours; no 12 digits in a row, as ID numbers have.
_VALUE: Final = re.compile(r"(?!.*[0-9]{12})[A-Za-z0-9_.:+ -]{0,80}", re.ASCII)
_FIELDS: Final = frozenset(
    {
        *("event", "level", "timestamp"),
        *("attempt", "bureau", "certificate_until", "error", "held", "kind", "loop", "material", "reason", "staff"),
        *("thread", "unit", "units", "version", "what", "where"),
    }
)


def allowed(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Keep listed fields whose values are numbers or of the closed form; any other value becomes `?`."""
    return {name: value if _is_plain(value) else "?" for name, value in event.items() if name in _FIELDS}


def _is_plain(value: object) -> bool:
    return isinstance(value, bool | int | float) or (isinstance(value, str) and _VALUE.fullmatch(value) is not None)


def configure(level: str, *, stream: TextIO | None = None) -> None:
    """Set up logging of this process at `level` (debug, info, warning, error), on standard error or `stream`.

    Raises:
        ValueError: an unknown level.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError("the log level is one of debug, info, warning, error")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries say little and only when something is odd; what they say may quote what they were given.
    logging.getLogger().addHandler(logging.NullHandler())
