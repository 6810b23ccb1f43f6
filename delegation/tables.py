"""Which table judges a thread: by its type, and for delegations by the matter (protocol 3.2, 5.2)."""

from typing import Final

from delegation.codes import Matter, ThreadType
from delegation.table import Table
from delegation.table_investigation import INVESTIGATION
from delegation.table_other_threads import OTHER_TABLES

TABLES: Final[tuple[Table, ...]] = (INVESTIGATION, *OTHER_TABLES)


def table_for(thread_type: ThreadType, matter: Matter) -> Table | None:
    """The table of a thread; None when this version has none for it (an appraisal, so far)."""
    for table in TABLES:
        if table.thread_type is thread_type and (not table.matters or matter in table.matters):
            return table
    return None
