"""Trial 1, small: kill -9 of registry and nodes while both sides work; nothing told is lost, nothing happens twice."""

import os
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from tests.trials.support import audit
from tests.trials.support.kills import Plan, run

_SEED = int(os.environ.get("XIEBAN_TRIAL_SEED", "0")) or time.time_ns() % 1_000_000


@pytest.mark.timeout(240)
def test_twenty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    print(f"seed {_SEED}: repeat with XIEBAN_TRIAL_SEED={_SEED}")
    outcome = run(tmp_path, Plan(delegations=300, kills=20, seconds=40.0, verified=10, seed=_SEED))
    print(outcome)
    assert not outcome.wrong
    assert outcome.processes_killed >= outcome.kills == 20
    assert outcome.delegations >= 100, "the machine was too slow for the trial to say anything"
    assert outcome.acts <= outcome.envelopes
    _an_audit_that_sees(tmp_path)


def _an_audit_that_sees(folder: Path) -> None:
    """The same files with one thing amiss: each is noticed, else the empty list above says nothing."""
    sources = {"registry": folder / "registry/registry.db", "home": folder / "node-330100/node.db"}
    sources["host"] = folder / "node-510100/node.db"
    amiss = {
        "lost": ("host", "DELETE FROM entries WHERE rowid = (SELECT max(rowid) FROM entries)"),
        "differs": ("home", "UPDATE entries SET entry_digest = zeroblob(32) WHERE rowid = 5"),
        "doubled": ("home", "INSERT INTO entries SELECT thread_id, 99, sender_unit, envelope_id, header_digest,"
        " entry_digest, kind, moving, header, signatures, entry, secret, state, reason, accepted_at"
        " FROM entries WHERE rowid = 7"),
        "leaves": ("registry", "DELETE FROM log_entry WHERE leaf_index = 11"),
        "never applied": ("registry", "UPDATE mailbox SET status = 1 WHERE kind = 1 AND cursor = 3"),
    }  # fmt: skip
    for word, (part, statement) in amiss.items():
        places = {name: folder / "amiss" / word / name / path.name for name, path in sources.items()}
        for name, path in sources.items():
            places[name].parent.mkdir(parents=True)
            shutil.copy(path, places[name])
        connection = sqlite3.connect(places[part])
        connection.execute(statement)
        connection.commit()
        connection.close()
        found = audit.wrong(audit.Files(**places), [])
        assert any(word in line for line in found), (word, found)
    unknown = audit.Act("330100RD0001/00000000-0000-7000-8000-000000000001", "none", "ISSUED")
    assert any("lost" in line for line in audit.wrong(audit.Files(**sources), [unknown]))
