"""An upload form read as it comes: facts first, then the file, never the whole and never a temporary file.

Starlette's form parser would spool the file to the disk in the clear; here each piece goes straight to the node's
store, which encrypts it. Two parts are taken: ``facts`` (JSON, may be absent) and then ``file``.
"""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from gateway.incoming import bounded_stream, media_type
from gateway.problems import FieldError, InvalidInputError, WireRefusalError
from gateway.settings import KIB, GatewaySettings
from gateway.wire_reasons import WireReason

_MOST_FACTS: Final = 16 * KIB
_MOST_HEADERS: Final = 8
_LONGEST_HEADER: Final = 2 * KIB


@dataclass(slots=True)
class _Part:
    """Headers of a part as they gather."""

    name: str = ""
    file_name: str = ""
    header_name: bytearray = field(default_factory=bytearray)
    header_value: bytearray = field(default_factory=bytearray)

    def header_done(self) -> None:
        if bytes(self.header_name).strip().lower() == b"content-disposition":
            kind, options = parse_options_header(bytes(self.header_value))
            if kind != b"form-data":
                raise WireRefusalError(WireReason.BAD_REQUEST)
            self.name = options.get(b"name", b"").decode("utf-8", "replace")
            self.file_name = options.get(b"filename", b"").decode("utf-8", "replace")
        self.header_name.clear()
        self.header_value.clear()


@dataclass(frozen=True, slots=True)
class _Begun:
    part: _Part


@dataclass(frozen=True, slots=True)
class _Data:
    content: bytes


class _Events:
    """Turns the parser's callbacks into a queue of what happened, in order."""

    def __init__(self, boundary: bytes) -> None:
        self.queue: deque[_Begun | _Data] = deque()
        self.ended = False
        self._part = _Part()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._field,
                "on_header_value": self._value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_end": self._end,
            },
            max_header_count=_MOST_HEADERS,
            max_header_size=_LONGEST_HEADER,
        )

    def write(self, piece: bytes) -> None:
        """Take the next piece of the body."""
        self._parser.write(piece)

    def finish(self) -> None:
        """The body is over; a form cut short is refused."""
        self._parser.finalize()
        if not self.ended:
            raise WireRefusalError(WireReason.BAD_REQUEST)

    def _begin(self) -> None:
        self._part = _Part()

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._part.header_name += data[start:end]

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._part.header_value += data[start:end]

    def _header_end(self) -> None:
        self._part.header_done()

    def _headers_finished(self) -> None:
        self.queue.append(_Begun(self._part))

    def _data(self, data: bytes, start: int, end: int) -> None:
        self.queue.append(_Data(data[start:end]))

    def _end(self) -> None:
        self.ended = True


async def _events(request: Request, settings: GatewaySettings) -> AsyncGenerator[_Begun | _Data, None]:
    if media_type(request) != "multipart/form-data":
        raise WireRefusalError(WireReason.MEDIA_TYPE_NOT_SUPPORTED)
    _, options = parse_options_header(request.headers["content-type"])
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise WireRefusalError(WireReason.BAD_REQUEST)
    stream = bounded_stream(request, limit=settings.upload_limit, stall=settings.body_stall_seconds)
    try:
        events = _Events(boundary)
        async for piece in stream:
            events.write(piece)
            while events.queue:
                yield events.queue.popleft()
        events.finish()
        while events.queue:
            yield events.queue.popleft()
    except FormParserError:
        raise WireRefusalError(WireReason.BAD_REQUEST) from None
    finally:
        await stream.aclose()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is coming: facts as JSON bytes (empty when not sent), its name, its bytes to be taken once."""

    facts: bytes
    file_name: str
    content: AsyncIterator[bytes]


async def _content(events: AsyncGenerator[_Begun | _Data, None]) -> AsyncGenerator[bytes, None]:
    async for event in events:
        if isinstance(event, _Begun):
            raise InvalidInputError((FieldError("body.?", "extra_forbidden"),))
        yield event.content


async def begin_upload(request: Request, settings: GatewaySettings) -> Upload:
    """Read the form up to the file.

    Raises:
        WireRefusalError: no form (415), not well formed (400), too large (413), stalled (408).
        InvalidInputError: parts other than facts and file, or in another order, or facts over 16 KiB.
    """
    events = _events(request, settings)
    facts = bytearray()
    seen: list[str] = []
    async for event in events:
        if isinstance(event, _Data):
            facts += event.content
            if len(facts) > _MOST_FACTS:
                raise InvalidInputError((FieldError("body.facts", "too_long"),))
        elif event.part.name == "file":
            return Upload(bytes(facts), event.part.file_name, _content(events))
        elif event.part.name == "facts" and not seen:
            seen.append("facts")
        else:
            raise InvalidInputError((FieldError("body.?", "extra_forbidden"),))
    raise InvalidInputError((FieldError("body.file", "missing"),))


@dataclass(frozen=True, slots=True)
class FormPart:
    """A part of a form with files: its name, a file's own name, and its bytes to be taken once."""

    name: str
    file_name: str
    content: AsyncIterator[bytes]


async def form_parts(request: Request, settings: GatewaySettings, *, most: int) -> AsyncGenerator[FormPart, None]:
    """Each part of a form with several files, in order. What a caller leaves of a part is passed over.

    Raises:
        WireRefusalError: no form (415), not well formed (400), too large or over `most` parts (413), stalled (408).
    """
    events = _events(request, settings)
    begun: list[_Begun] = []  # the next part, once its headers were read

    async def content() -> AsyncGenerator[bytes, None]:
        if begun:
            return
        async for event in events:
            if isinstance(event, _Begun):
                begun.append(event)
                return
            yield event.content

    try:
        taken = 0
        while True:
            async for _ in content():  # what was left of the part before
                pass
            if not begun:
                return
            taken += 1
            if taken > most:
                raise WireRefusalError(WireReason.BODY_TOO_LARGE)
            part = begun.pop().part
            pieces = content()
            yield FormPart(part.name, part.file_name, pieces)
            await pieces.aclose()
    finally:
        await events.aclose()
