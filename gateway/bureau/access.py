"""Which page opens for whom, as data: a line a page. What is not here is refused (as gateway/access.py for the API)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.access import (
    ADMINISTRATORS,
    CASE_READERS,
    EVERYONE,
    Access,
)

PUBLIC: Final = Access(public=True)

PAGES: Final[Mapping[str, Access]] = MappingProxyType(
    {
        "pageSignIn": PUBLIC,
        "takeSignIn": PUBLIC,
        "takeSignOut": Access(EVERYONE, person=True),
        "takeLanguage": PUBLIC,
        "pageHome": PUBLIC,
        # documents
        "pagePapers": Access(CASE_READERS),
        "readPaper": Access(CASE_READERS),
        "makePaper": Access(CASE_READERS),
    }
)
__all__ = ["ADMINISTRATORS", "CASE_READERS", "EVERYONE", "PAGES", "PUBLIC", "Access"]
