"""Blackens regions of a picture: `python -m gateway.bureau.evidence.redact_worker`, a process for one picture.

Standard input: four bytes of length, a JSON object {"boxes": [[left, top, width, height], …], "most_pixels": n}, the
picture. Standard output: the new picture. The code at the end says what went wrong; standard error tells the size.

The picture is turned as it is shown (EXIF), flattened on white, painted solid black, and copied pixel by pixel into a
new picture: nothing of the old file remains, no thumbnail, position, profile, comment, or second frame. Formats are the
few that browsers draw; the number of pixels is asked before any is decoded.
"""

import json
import logging
import resource
import sys
from enum import IntEnum
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

FORMATS: Final = ("JPEG", "PNG", "WEBP")
_MOST_MEMORY: Final = 2 * 1024**3
_MOST_SECONDS: Final = 60
_QUALITY: Final = 92
_LENGTH: Final = 4
_PLAIN: Final = frozenset({"1", "L", "P", "RGB", "CMYK", "YCbCr"})
_WITH_ALPHA: Final = frozenset({"LA", "PA", "RGBA", "La", "RGBa"})


class Ended(IntEnum):
    """How the worker ended."""

    DONE = 0
    NOT_A_PICTURE = 3
    TOO_LARGE = 4  # in pixels
    SEVERAL = 5  # frames
    OUTSIDE = 6  # a box that lies beside the picture
    STRANGE = 7  # colours that we would not keep right


class RedactError(Exception):
    """The picture was not made."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended.name)
        self.ended = ended


def _flat(picture: Image.Image) -> Image.Image:
    if picture.mode in _WITH_ALPHA or (picture.mode == "P" and "transparency" in picture.info):
        clear = picture.convert("RGBA")
        ground = Image.new("RGB", clear.size, "white")
        ground.paste(clear, mask=clear.getchannel("A"))
        return ground
    if picture.mode in _PLAIN:
        return picture.convert("L" if picture.mode in {"1", "L"} else "RGB")
    raise RedactError(Ended.STRANGE)


def redacted(content: bytes, boxes: list[tuple[int, int, int, int]], *, most_pixels: int) -> tuple[bytes, str]:
    """The picture with `boxes` (left, top, width, height, in pixels of the picture as shown) black, and its size.

    Raises:
        RedactError: with what is wrong.
    """
    Image.MAX_IMAGE_PIXELS = None  # asked below, before anything is decoded
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > most_pixels:
                raise RedactError(Ended.TOO_LARGE)
            if getattr(picture, "n_frames", 1) > 1:
                raise RedactError(Ended.SEVERAL)
            kind = picture.format
            shown = _flat(ImageOps.exif_transpose(picture))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise RedactError(Ended.NOT_A_PICTURE) from error
    size = f"{shown.width}x{shown.height}"
    made = Image.new(shown.mode, shown.size)
    made.paste(shown)
    draw = ImageDraw.Draw(made)
    for left, top, width, height in boxes:
        right, bottom = min(left + width, made.width), min(top + height, made.height)
        left, top = max(left, 0), max(top, 0)
        if right <= left or bottom <= top:
            sys.stderr.write(size)
            raise RedactError(Ended.OUTSIDE)
        draw.rectangle((left, top, right - 1, bottom - 1), fill=0)
    out = BytesIO()
    if kind == "JPEG":
        made.save(out, "JPEG", quality=_QUALITY, optimize=False)
    else:
        made.save(out, "PNG")
    return out.getvalue(), size


def main() -> int:
    """Read, paint, write."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.CRITICAL)
    data = sys.stdin.buffer.read()
    length = int.from_bytes(data[:_LENGTH], "big")
    asked = json.loads(data[_LENGTH : _LENGTH + length])
    boxes = [(int(left), int(top), int(width), int(height)) for left, top, width, height in asked["boxes"]]
    try:
        made, _ = redacted(data[_LENGTH + length :], boxes, most_pixels=int(asked["most_pixels"]))
    except RedactError as error:
        return error.ended
    sys.stdout.buffer.write(made)
    return Ended.DONE


if __name__ == "__main__":
    sys.exit(main())
