"""Files on their way out: whole or one range, as an attachment under a name that tells nothing.

File names may hold personal data, so they stand in JSON answers and never in a header; media types that a browser would
run are sent as plain bytes.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from http import HTTPStatus
from typing import Final

from starlette.responses import Response, StreamingResponse

from gateway.problems import WireRefusalError
from gateway.ranges import ByteRange, RangeNotSatisfiableError, requested_range
from gateway.wire_reasons import WireReason
from node.desk.ports import OpenedFile

_BYTES: Final = "application/octet-stream"
# What a browser shows of somebody's file: it loads nothing, runs nothing, has no origin, and stands in no stranger's
# page. Chromium draws PDFs so (its viewer is a process apart); a browser that does not still saves them.
SANDBOXED: Final = "default-src 'none'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox"
# Media type and extension of what people send; the rest is bytes. HTML, SVG and XML are left out: they hold scripts.
SAFE: Final = {
    "application/pdf": "pdf",
    "application/ofd": "ofd",
    "application/zip": "zip",
    "application/dicom": "dcm",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "image/webp": "webp",
    "text/plain": "txt",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/x-msvideo": "avi",
}


async def _pieces(source: AsyncIterator[bytes], first: bytes) -> AsyncGenerator[bytes, None]:
    try:
        yield first
        async for piece in source:
            yield piece
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()


def _headers(opened: OpenedFile) -> dict[str, str]:
    view = opened.view
    extension = SAFE.get(view.media_type, "bin")
    return {
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'attachment; filename="material-{view.material_id[:8]}.{extension}"',
        "Content-Security-Policy": SANDBOXED,
        "ETag": f'"{view.material_id}"',  # a file never changes under its id
    }


async def download(
    opened: OpenedFile,
    *,
    range_header: str | None,
    if_range: str | None,
    headers: Mapping[str, str] | None = None,
    media_type: str = "",
) -> Response:
    """The file, or the range of it that is asked for. If-Range with another tag gets the whole file.

    `headers` stand instead of the usual ones of their names; `media_type` instead of the file's own safe one.

    The first piece is read before the answer begins, so that a damaged file is a problem and not half an answer.

    Raises:
        WireRefusalError: RANGE_NOT_SATISFIABLE (416) with the size in Content-Range.
        Refusal: of the node, for a file that cannot be read.
    """
    size, told = opened.view.size, {**_headers(opened), **(headers or {})}
    wanted = range_header if if_range is None or if_range.strip() == told["ETag"] else None
    try:
        part = requested_range(wanted, size)
    except RangeNotSatisfiableError as error:
        content_range = {"Content-Range": f"bytes */{error.size}"}
        raise WireRefusalError(WireReason.RANGE_NOT_SATISFIABLE, headers=content_range) from None
    status = HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT
    if part is None:
        part = ByteRange(0, size)
    else:
        told["Content-Range"] = part.content_range(size)
    told["Content-Length"] = str(part.length)
    if part.length == 0:
        return Response(status_code=status, headers=told, media_type=_BYTES)
    source = opened.read(part.start, part.end)
    first = await anext(source)
    response = StreamingResponse(_pieces(source, first), status_code=status, headers=told)
    own = opened.view.media_type if opened.view.media_type in SAFE else _BYTES
    response.headers["Content-Type"] = media_type or own  # no charset guessed for text
    return response


def agreement_download(text: str, agreement_id: str) -> Response:
    """The proof of an agreement, byte for byte as the node made it, to be saved."""
    headers = {"Content-Disposition": f'attachment; filename="agreement-{agreement_id}.json"'}
    return Response(text.encode("ascii"), media_type="application/json", headers=headers)
