"""A federation for each test; SQLite unless a test says otherwise."""

from pathlib import Path

import pytest

from tests.registry.federation import Federation


@pytest.fixture
def federation(tmp_path: Path) -> Federation:
    return Federation(tmp_path)
