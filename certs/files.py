"""Secret files: written whole or not at all, readable by their owner alone.

A key file that others can read is refused, not repaired: whoever could read it may have read it already.
"""

import os
import secrets
import stat
from enum import StrEnum
from pathlib import Path

FILE_MODE = 0o600
FOLDER_MODE = 0o700
MAX_SECRET_FILE = 64 * 1024  # a PEM key has under 1 KiB
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyFileCode(StrEnum):
    """Why a secret file was refused."""

    MISSING = "MISSING"
    EXISTS = "EXISTS"
    READABLE_BY_OTHERS = "READABLE_BY_OTHERS"
    NOT_A_FILE = "NOT_A_FILE"
    FOREIGN_OWNER = "FOREIGN_OWNER"
    TOO_LARGE = "TOO_LARGE"
    MALFORMED = "MALFORMED"


class KeyFileError(Exception):
    """A secret file is missing or cannot be trusted; `code` says why. The text names the file, never its content."""

    def __init__(self, code: KeyFileCode, path: Path) -> None:
        super().__init__(f"{code}: {path.name}")
        self.code = code


def make_folder(folder: Path) -> None:
    """Make a folder for secrets, mode 0700, with its parents; an existing one is narrowed to that mode."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    folder.chmod(FOLDER_MODE)


def private_database(url: str) -> None:
    """Make the file of a SQLite URL with mode 0600 before the driver lets others read it; its WAL follows it."""
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and path.parent.is_dir() and not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, FILE_MODE))


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on disk, so that a rename in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, data: bytes, *, mode: int = FILE_MODE, replace: bool = True) -> None:
    """Write a file so that a reader sees the old bytes or the new ones, also after a power cut.

    With `replace` false an existing file is left alone and KeyFileError(EXISTS) raised, so that no key is overwritten.
    Raises OSError as the disk gives it.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        try:
            with os.fdopen(descriptor, "wb") as stream:
                os.fchmod(stream.fileno(), mode)  # the umask may have narrowed it
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            if replace:
                temporary.replace(path)
            else:
                os.link(temporary, path)  # fails when the name is taken, without a moment between look and act
                temporary.unlink()
        except FileExistsError as error:
            raise KeyFileError(KeyFileCode.EXISTS, path) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def read_secret(path: Path) -> bytes:
    """The bytes of a secret file of ours. Raises KeyFileError; follows no symbolic link.

    Refused: readable or writable by group or others, of another owner (root's is allowed), over 64 KiB.
    """
    try:
        # not blocking: what lies there may be a pipe
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise KeyFileError(KeyFileCode.MISSING, path) from error
    except OSError as error:
        raise KeyFileError(KeyFileCode.NOT_A_FILE, path) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyFileError(KeyFileCode.NOT_A_FILE, path)
        if status.st_mode & _OTHERS:
            raise KeyFileError(KeyFileCode.READABLE_BY_OTHERS, path)
        if status.st_uid not in (0, os.geteuid()):
            raise KeyFileError(KeyFileCode.FOREIGN_OWNER, path)
        if status.st_size > MAX_SECRET_FILE:
            raise KeyFileError(KeyFileCode.TOO_LARGE, path)
        return os.read(descriptor, MAX_SECRET_FILE)
    finally:
        os.close(descriptor)
