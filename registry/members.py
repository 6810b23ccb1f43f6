"""When each bureau was last heard, with what software and which certificate; in memory, since this process began."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cryptography import x509

from registry.callers import Caller

_AGENT: Final = re.compile(r"xieban/([0-9A-Za-z][0-9A-Za-z.+-]{0,31})(?: |$)", re.ASCII)
_OFTEN_ENOUGH: Final = timedelta(seconds=5)  # a call within it changes nothing, and costs one look-up
_MOST: Final = 4096  # of some 450; only certificates of the federation get as far as here


class Heard(NamedTuple):
    """What a bureau's last call told. `software` is what it says of itself: a version of ours, or nothing."""

    at: datetime
    software: str
    certificate: bytes
    certificate_expires: datetime


class Members:
    """Noted at the door, for every call that is let in."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._heard: dict[str, Heard] = {}

    def note(self, caller: Caller, metadata: Callable[[], Iterable[tuple[str, str | bytes]] | None]) -> None:
        """A bureau called; `metadata` is asked for only when the last note is old."""
        at, last = self._clock(), self._heard.get(caller.bureau)
        same = last is not None and last.certificate == caller.certificate
        if last is not None and same and at - last.at < _OFTEN_ENOUGH:
            return
        if last is not None and same:
            expires = last.certificate_expires
        else:
            expires = x509.load_der_x509_certificate(caller.certificate).not_valid_after_utc
        if last is None and len(self._heard) >= _MOST:
            return
        self._heard[caller.bureau] = Heard(at, _software(metadata() or ()), caller.certificate, expires)

    def heard(self, bureau: str) -> Heard | None:
        """What a bureau's last call told; None before the first."""
        return self._heard.get(bureau)


def _software(metadata: Iterable[tuple[str, str | bytes]]) -> str:
    for name, value in metadata:
        if name == "user-agent" and isinstance(value, str):
            found = _AGENT.match(value)
            return "" if found is None else found[1]
    return ""
