"""Every guard of class H by name: decided by the header, judged by home, host and registry (protocol 5.3)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from delegation.guards import HeaderGuard
from delegation.guards_appraisal import APPRAISAL_GUARDS
from delegation.guards_common import COMMON_GUARDS
from delegation.guards_letter import LETTER_GUARDS
from delegation.guards_neutral import NEUTRAL_GUARDS
from delegation.guards_other_threads import OTHER_GUARDS
from delegation.guards_panel import PANEL_GUARDS
from delegation.guards_work import WORK_GUARDS

HEADER_GUARDS: Final[Mapping[str, HeaderGuard]] = MappingProxyType(
    dict(COMMON_GUARDS)
    | dict(LETTER_GUARDS)
    | dict(WORK_GUARDS)
    | dict(NEUTRAL_GUARDS)
    | dict(OTHER_GUARDS)
    | dict(APPRAISAL_GUARDS)
    | dict(PANEL_GUARDS)
)
