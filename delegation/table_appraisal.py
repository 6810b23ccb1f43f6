"""The table of the appraisal thread 异地劳动能力鉴定委托, whole, for its three modes (protocol 5.9, 13).

Letters, legs, returns, disputes, extensions, pauses, withdrawals, silence and remarks are those of the investigation
(`table_appraisal_shared`). Who draws is said by the mode: guards `host_draws` and `home_draws` choose between rows.
"""

from typing import Final

from delegation.codes import Matter, ThreadType
from delegation.table import Table
from delegation.table_appraisal_course import EXAMINATION, REMARKS, RESULT
from delegation.table_appraisal_panel import BEGINNING, DRAW, PANEL
from delegation.table_appraisal_shared import SHARED_ROWS
from delegation.table_investigation import INVESTIGATION
from delegation.table_states import ENDED

_MOVES: Final = tuple(row for row in SHARED_ROWS if not row.neutral and not row.local)
_OTHERS: Final = tuple(row for row in SHARED_ROWS if row.neutral or row.local)

APPRAISAL: Final = Table(
    name="appraisal",
    thread_type=ThreadType.DELEGATION,
    matters=frozenset(matter for matter in Matter if matter >= Matter.DISABILITY_GRADE),
    rows=(*_MOVES, *BEGINNING, *DRAW, *PANEL, *EXAMINATION, *RESULT, *REMARKS, *_OTHERS),
    common_header_guards=(*INVESTIGATION.common_header_guards, "mode_repeated", "said_again_the_same"),
    common_body_guards=INVESTIGATION.common_body_guards,
    common_local_guards=INVESTIGATION.common_local_guards,
    ends=ENDED,
)
