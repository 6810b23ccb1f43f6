"""Files that hold secrets."""

from pathlib import Path

from certs.files import private_database


def test_a_database_is_never_readable_by_others(tmp_path: Path) -> None:
    path = tmp_path / "node.db"
    private_database(f"sqlite:///{path}")
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"kept")
    private_database(f"sqlite:///{path}")
    assert path.read_bytes() == b"kept"
