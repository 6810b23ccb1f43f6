"""Settings for every test."""

import os
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

pytest_plugins = ("tests.postgres",)

# In CI the same examples every time, so that a red run can be repeated; elsewhere new ones.
settings.register_profile("fast", deadline=None, max_examples=50, derandomize="CI" in os.environ)
settings.register_profile("trial", deadline=None, max_examples=2000)
# --hypothesis-profile on the command line comes later and wins.
settings.load_profile("fast")

HERE: Final = Path(__file__).parent
# What several tests of a place look at costs many seconds to set up: one worker has them all (see the Makefile).
TOGETHER: Final = {"e2e/test_demo.py": "demo", "cli": "operator", "node/test_verify.py": "verify"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share a dear fixture with one worker."""
    for item in items:
        for place, group in TOGETHER.items():
            if item.path.is_relative_to(HERE / place):
                item.add_marker(pytest.mark.xdist_group(group))
