"""Settings for every test."""

import os

from hypothesis import settings

pytest_plugins = ("tests.postgres", "tests.scheduling")

# In CI the same examples every time, so that a red run can be repeated; elsewhere new ones.
settings.register_profile("fast", deadline=None, max_examples=50, derandomize="CI" in os.environ)
settings.register_profile("trial", deadline=None, max_examples=2000)
# --hypothesis-profile on the command line comes later and wins.
settings.load_profile("fast")
