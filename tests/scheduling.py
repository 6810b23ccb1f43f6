"""Which tests one worker has together: those that share what is dear to set up.

xdist's own `loadgroup` writes a group's name behind a test's id, which pytest from 9.2 on no longer shows to it; so the
place of a test decides here.
"""

from typing import Final

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]  # it ships no types
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it ships no types

# path: group; the longest that fits counts
TOGETHER: Final = {
    "tests/browser/": "browser",
    "tests/cli/": "operator",
    "tests/e2e/test_demo.py": "demo",
    "tests/gateway/test_oidc_provider.py": "oidc",
    "tests/node/test_verify.py": "verify",
}


def group_of(nodeid: str) -> str:
    """The group of a test, its own id when it belongs to none."""
    return next((group for place, group in TOGETHER.items() if nodeid.startswith(place)), nodeid)


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]  # of a class without types
    """A group goes to one worker, every other test to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByGroup:
    """Called by xdist's controller, whatever --dist says."""
    return ByGroup(config, log)
