"""Looking for words where they must not be: every written form of a word, in files and in a process's memory."""

import base64
import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes

_AT_ONCE: Final = 32 * 1024 * 1024
_OVERLAP: Final = 4096
_LEAST: Final = 5  # a shorter form is found by chance
_MUCH: Final = 256 * 1024  # from here on one pass of grep is worth its process: thirty times as fast as a search a word


@dataclass(frozen=True, slots=True)
class Found:
    """A form of a word, and where it was. The word itself is not told: a test's output is a log too."""

    word: str
    form: str
    place: str


def forms_of_text(text: str) -> dict[str, bytes]:
    """A text as programs write it: three encodings, escapes, base64 at any offset, hexadecimal, percent."""
    raw = text.encode()
    found = {
        "utf-8": raw,
        "utf-16": text.encode("utf-16-le"),
        "utf-16-be": text.encode("utf-16-be"),
        "gbk": text.encode("gb18030"),
        "json": text.encode("ascii", "backslashreplace"),
        "percent": "".join(f"%{byte:02X}" for byte in raw).encode(),
        "repr": "".join(f"\\x{byte:02x}" for byte in raw).encode(),
        **_encoded(raw),
    }
    return {name: form for name, form in found.items() if len(form) >= _LEAST}


def forms_of_number(number: str) -> dict[str, bytes]:
    """An ID number: as a text, and the digests that anyone could try out."""
    found = forms_of_text(number)
    for name in ("md5", "sha1", "sha256"):
        found |= {f"{name} {form}": value for form, value in forms_of_secret(_digest(name, number)).items()}
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(number.encode())
    return found | {f"sm3 {form}": value for form, value in forms_of_secret(sm3.finalize()).items()}


def forms_of_secret(secret: bytes) -> dict[str, bytes]:
    """Bytes such as a key or digest: raw, base64 at any offset, hexadecimal."""
    return {"raw": secret, **_encoded(secret)}


def _digest(name: str, text: str) -> bytes:
    return hashlib.new(name, text.encode(), usedforsecurity=False).digest()


def _encoded(raw: bytes) -> dict[str, bytes]:
    found = {"hex": raw.hex().encode(), "HEX": raw.hex().upper().encode()}
    for offset in range(3):
        # Characters that depend on the neighbours of `raw` are cut off at both ends.
        text = base64.b64encode(bytes(offset) + raw)
        first, last = -(-offset * 8 // 6), (offset + len(raw)) * 8 // 6
        found[f"base64+{offset}"] = text[first:last]
        if base64.urlsafe_b64encode(bytes(offset) + raw) != text:
            found[f"base64url+{offset}"] = base64.urlsafe_b64encode(bytes(offset) + raw)[first:last]
    return found


class Search:
    """A list of words in all their forms, and what is found of them."""

    def __init__(self, words: Mapping[str, Mapping[str, bytes]], *, last_four: str = "") -> None:
        """`words` by what each is; `last_four` of an ID number is looked for where letters stand around it."""
        needles: dict[bytes, tuple[str, str]] = {}
        for word, forms in words.items():
            for form, value in forms.items():
                needles.setdefault(value, (word, form))
        self._needles = needles
        printable = rb"[\t -/:-@\[-`{-~]"
        self._last_four = last_four.encode()
        tail = re.escape(self._last_four)
        self._tail = re.compile(printable + b"[*xX\xe2\x80\xa6]{0,14}" + tail + printable) if last_four else None
        # grep takes lines: of a form with a line feed in it the longest part, which is then looked at as a whole.
        self._parts: dict[bytes, list[bytes]] = {}
        for needle in needles:
            self._parts.setdefault(max(needle.split(b"\n"), key=len), []).append(needle)
        self._grep = shutil.which("grep")
        self._patterns = b"\n".join([*self._parts, *([last_four.encode()] if last_four else [])])

    def __len__(self) -> int:
        """How many forms are looked for."""
        return len(self._needles)

    def data(self, data: bytes, place: str) -> list[Found]:
        """In bytes."""
        needles, tail = list(self._needles), self._tail
        if len(data) > _MUCH and self._grep is not None:
            hits = self._hits(data)
            needles = [needle for hit in hits for needle in self._parts.get(hit, ())]
            tail = tail if hits else None
        found = [Found(*self._needles[needle], place) for needle in needles if needle in data]
        if tail is not None and any(tail.search(around) for around in self._around_tail(data)):
            found.append(Found("ID number", "last four", place))
        return found

    def _around_tail(self, data: bytes) -> Iterator[bytes]:
        at = data.find(self._last_four)
        while at >= 0:
            yield data[max(0, at - 20) : at + 6]
            at = data.find(self._last_four, at + 1)

    def _hits(self, data: bytes) -> set[bytes]:
        """Which patterns grep finds; one that lies within another's hit may be missing, never all of them."""
        with tempfile.NamedTemporaryFile() as patterns:
            patterns.write(self._patterns)
            patterns.flush()
            command = [str(self._grep), "-a", "-o", "-F", "-f", patterns.name]
            done = subprocess.run(command, input=data, env={"LC_ALL": "C"}, capture_output=True, check=False)
        if done.returncode > 1:
            raise RuntimeError(f"grep ended with {done.returncode}")
        return set(done.stdout.split(b"\n")) - {b""}

    def files(self, *paths: Path, leave_out: Iterable[Path] = ()) -> list[Found]:
        """In files and in whatever lies in folders; in their names too."""
        out = tuple(leave_out)
        found: list[Found] = []
        for path in (each for top in paths for each in (sorted(top.rglob("*")) if top.is_dir() else [top])):
            if path.is_file() and not any(path.is_relative_to(each) for each in out):
                found += self.data(str(path).encode(), f"name of {path.name}")
                found += self.data(path.read_bytes(), str(path))
        return found

    def memory(self, pid: int) -> tuple[list[Found], int]:
        """In a process's writable memory; and how many bytes that was."""
        found: set[Found] = set()
        size = 0
        for data in memory_of(pid):
            size += len(data)
            found.update(self.data(data, "memory"))
        return sorted(found, key=lambda each: (each.word, each.form)), size


def memory_of(pid: int) -> Iterator[bytes]:
    """The writable memory of a process of ours: heap, stacks, anonymous and shared; not the text of libraries."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
            span, rights, *_ = line.split()
            if "w" not in rights or "r" not in rights:
                continue
            start, end = (int(each, 16) for each in span.split("-"))
            for at in range(start, end, _AT_ONCE):
                try:
                    memory.seek(at)
                    data = memory.read(min(_AT_ONCE + _OVERLAP, end - at))
                except (OSError, ValueError):
                    continue  # given back since the list was read
                if data.count(0) != len(data):
                    yield data
