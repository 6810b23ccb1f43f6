"""Settings for every test."""

import gc
import os

import pytest
from hypothesis import settings

pytest_plugins = ("tests.postgres", "tests.scheduling")

# In CI the same examples every time, so that a red run can be repeated; elsewhere new ones.
settings.register_profile("fast", deadline=None, max_examples=50, derandomize="CI" in os.environ)
settings.register_profile("trial", deadline=None, max_examples=2000)
# --hypothesis-profile on the command line comes later and wins.
settings.load_profile("fast")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """What was collected stays to the end: the collector passes over it and looks less often, as in a service."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
