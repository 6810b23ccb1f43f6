"""What is wrong with a node, why, and what to do: looked at from outside, whether it runs or not.

Nothing is written and no stream of the running node is disturbed. NOT looked at: content, and whether a delegation's
rows are what was signed (`node.verify`).
"""

from datetime import datetime

from delegation.errors import Refusal
from node.examination.database import check_database
from node.examination.findings import Finding, Status, ill
from node.examination.folder import check_certificates, check_disk, check_keys
from node.examination.registry import (
    check_clock,
    check_enrolment,
    check_exchange,
    check_roster,
    check_units,
    newest_trust,
)
from node.settings import NodeSettings

__all__ = ["Finding", "Status", "examine"]


def examine(settings: NodeSettings, at: datetime) -> tuple[Finding, ...]:
    """Look at everything, the machine's own things first. Takes about ten seconds at most, when nobody answers."""
    if not settings.data_dir.is_dir():
        return (ill("folder", Status.FAILED, "folder_missing"),)
    found = [check_disk(settings), *check_keys(settings), *check_certificates(settings, at)]
    contents = check_database(settings, at)
    found += contents.findings
    trust, fault = newest_trust(settings, contents.roster, at)
    seen = check_exchange(settings, trust, at)
    if trust is None:
        found += [fault] if fault is not None else []
    else:
        found += [check_roster(trust, at, connected=seen.connected), *check_units(settings, trust, at)]
    found += [seen.finding, check_clock(seen, at)]
    try:
        found.append(check_enrolment(settings))
    except (Refusal, OSError, ValueError):
        found.append(ill("enrolment", Status.WARNING, "enrolment_away", reason="NOT_ENROLLED"))
    return tuple(found)
