"""What a file is, by its content: puremagic's signatures, and rules of our own for text, CSV, DICOM and office files.

A name proves nothing; only between plain text and CSV, which look alike, does its ending decide.
"""

import puremagic

HEAD = 64 * 1024  # bytes looked at from the beginning
_DICOM_AT = 128
_ZIP = b"PK\x03\x04"
_OFFICE = (
    (b"OFD.xml", "application/ofd"),
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
)
_SIGNATURES = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (_DICOM_AT, b"DICM", "application/dicom"),
)
_SAME = {
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/mp3": "audio/mpeg",
    "audio/x-m4a": "audio/mp4",
    "video/avi": "video/x-msvideo",
    "image/x-ms-bmp": "image/bmp",
    "image/jpg": "image/jpeg",
    "application/x-pdf": "application/pdf",
}
UNKNOWN = "application/octet-stream"


def media_type(head: bytes, *, name: str) -> str:
    """The media type of a file that begins with `head`; application/octet-stream when nothing fits."""
    for offset, mark, found in _SIGNATURES:
        if head[offset : offset + len(mark)] == mark:
            return found
    if head.startswith(_ZIP):
        return next((found for mark, found in _OFFICE if mark in head), "application/zip")
    if _is_text(head):
        return "text/csv" if name.lower().endswith(".csv") else "text/plain"
    try:
        guess = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    return _SAME.get(guess, guess) or UNKNOWN


def _is_text(head: bytes) -> bool:
    """UTF-8 or GB 18030 without control characters; the last character may be cut in the middle."""
    if not head or any(byte < 0x20 and byte not in b"\t\n\r\f" for byte in head):
        return False
    for encoding in ("utf-8", "gb18030"):
        for cut in range(4):
            try:
                head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return True
    return False
