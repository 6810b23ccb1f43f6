"""The desk's own files: a closed set, read from the package, kept by browsers for ever under their digest."""

from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from gateway.bureau.render import STATIC

_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


def _known() -> dict[str, Path]:
    return {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.suffix in _TYPES}


class DigestedFiles:
    """Answers /{digest}/{name}. The digest only makes the address change with the file; it is not checked."""

    def __init__(self) -> None:
        self._files = _known()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A file, or 404; GET and HEAD alone."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        _, _, name = path.lstrip("/").partition("/")
        found = self._files.get(name)
        answer: Response
        if found is None or scope["method"] not in {"GET", "HEAD"}:
            answer = Response(status_code=404)
        elif Headers(scope=scope).get("if-none-match"):
            answer = Response(status_code=304)  # the address holds the digest
        else:
            answer = FileResponse(
                found, media_type=_TYPES[found.suffix], headers={"Cache-Control": _FOR_EVER}, filename=None
            )
        await answer(scope, receive, send)
