"""Logs without personal data: an event's name, and fields that are on a list with values of a closed form.

What is not on the list is dropped, so that no carelessness elsewhere can write a person's name into a file.
"""

import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import structlog

from registry.metrics import Metrics

# No reason code, class name, method, bureau or number is longer, and none has 15 digits in a row, as ID numbers do.
_VALUE: Final = re.compile(r"(?!.*[0-9]{12})[A-Za-z0-9_./:-]{0,80}", re.ASCII)
_FIELDS: Final = frozenset(
    {
        "address",
        "bureau",
        "bytes",
        "count",
        "epoch",
        "error",
        "event",
        "job",
        "level",
        "method",
        "outcome",
        "part",
        "port",
        "reason",
        "seconds",
        "size",
        "timestamp",
        "version",
    }
)
_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def allowed(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Keep listed fields whose values are numbers or of the closed form."""
    kept: dict[str, Any] = {}
    for name, value in event.items():
        if name not in _FIELDS:
            continue
        if (
            isinstance(value, bool | int | float)
            or name == "timestamp"
            or (isinstance(value, str) and _VALUE.fullmatch(value))
        ):
            kept[name] = value
        else:
            kept[name] = "?"
    return kept


class Log:
    """The registry's log: JSON lines on standard error. Alarms are counted too."""

    def __init__(self, level: str, metrics: Metrics) -> None:
        self._metrics = metrics
        self._logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
            structlog.PrintLogger(sys.stderr),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                allowed,
                structlog.processors.JSONRenderer(),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(_LEVELS.get(level, 20)),
        )

    def debug(self, event: str, **fields: str | float) -> None:
        """A detail."""
        self._logger.debug(event, **fields)

    def info(self, event: str, **fields: str | float) -> None:
        """Something that operators want to have seen."""
        self._logger.info(event, **fields)

    def warning(self, event: str, **fields: str | float) -> None:
        """Something odd."""
        self._logger.warning(event, **fields)

    def alarm(self, event: str, **fields: str | float) -> None:
        """Somebody has to look."""
        self._metrics.alarm(event)
        self._logger.error(event, **fields)
