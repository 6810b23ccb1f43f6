"""The contract's baseline is renewed for a written decision only, and once for each."""

import hashlib
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "freeze_contract.sh"
# Stands in for buf: lints nothing, and builds the text of the file `contract`.
BUF = """#!/bin/sh
[ "$1" = lint ] && exit 0
for last in "$@"; do :; done
cp contract "${last%#format=binpb}"
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / "docs" / "adr").mkdir(parents=True)
    (tmp_path / "proto").mkdir()
    (tmp_path / "contract").write_text("one", encoding="utf-8")
    (tmp_path / "buf").write_text(BUF, encoding="utf-8")
    (tmp_path / "buf").chmod(0o755)
    return tmp_path


def freeze(house: Path, reason: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(SCRIPT), "./buf", reason]
    return subprocess.run(command, cwd=house, check=False, capture_output=True, text=True)


def decide(house: Path, text: str) -> str:
    (house / "docs" / "adr" / "0002-more.md").write_text(text, encoding="utf-8")
    return "docs/adr/0002-more.md"


def test_the_first_baseline_needs_a_decision_that_names_it(house: Path) -> None:
    assert freeze(house, decide(house, "We freeze proto/baseline.binpb.")).returncode == 0
    assert (house / "proto" / "baseline.binpb").read_text(encoding="utf-8") == "one"


@pytest.mark.parametrize("reason", ["", "because", "docs/adr/0009-missing.md", "README.md"])
def test_without_a_decision_nothing_is_renewed(house: Path, reason: str) -> None:
    (house / "README.md").write_text("proto/baseline.binpb", encoding="utf-8")
    assert freeze(house, reason).returncode == 1
    assert not (house / "proto" / "baseline.binpb").exists()


def test_a_decision_about_something_else_renews_nothing(house: Path) -> None:
    refused = freeze(house, decide(house, "We like tea."))
    assert refused.returncode == 1
    assert "does not mention proto/baseline.binpb" in refused.stderr
    assert not (house / "proto" / "baseline.binpb").exists()


def test_one_decision_renews_it_once(house: Path) -> None:
    baseline = house / "proto" / "baseline.binpb"
    reason = decide(house, "We freeze proto/baseline.binpb.")
    freeze(house, reason)
    (house / "contract").write_text("two", encoding="utf-8")
    refused = freeze(house, reason)
    replaced = hashlib.sha256(b"one").hexdigest()
    assert refused.returncode == 1
    assert replaced in refused.stderr
    assert baseline.read_text(encoding="utf-8") == "one"
    assert freeze(house, decide(house, f"proto/baseline.binpb, {replaced}, changes.")).returncode == 0
    assert baseline.read_text(encoding="utf-8") == "two"
