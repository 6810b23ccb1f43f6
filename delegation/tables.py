"""Which table judges a thread: by its type, and for delegations by the matter (protocol 3.2, 5.2)."""

from typing import Final

from delegation.codes import Matter, ThreadType
from delegation.table import Table
from delegation.table_appraisal import APPRAISAL
from delegation.table_investigation import INVESTIGATION
from delegation.table_other_threads import OTHER_TABLES

TABLES: Final[tuple[Table, ...]] = (INVESTIGATION, APPRAISAL, *OTHER_TABLES)
_BY_TYPE: Final = {
    (table.thread_type, matter): table
    for table in reversed(TABLES)
    for matter in Matter
    if matter in (table.matters or Matter)
}


def table_for(thread_type: ThreadType, matter: Matter) -> Table | None:
    """The table of a thread; None when this version has none for it."""
    return _BY_TYPE.get((thread_type, matter))
