"""Trial 7: no bureau acts as another, whatever it knows of it: envelopes, threads, materials, mailboxes, receipts."""

from collections import Counter
from pathlib import Path

from tests.trials.support.impostors import play


async def test_every_bureau_fails_to_act_as_every_other(tmp_path: Path) -> None:
    outcome = await play(tmp_path)
    print(len(outcome.told), Counter(each.reason for each in outcome.told))
    assert not outcome.succeeded
    assert not outcome.traces
    assert len(outcome.told) > 1500
    roles = {each.what: each.reason for each in outcome.told if each.what.startswith(("COMPLETED as", "REPORTED as"))}
    assert roles.keys() >= {"REPORTED as home", "REPORTED as none", "COMPLETED as host", "COMPLETED as none"}
