"""Every command by the words of an operator: what it does, what it says, with which code it ends."""

import base64
import hashlib
import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from certs.keys import load_p256
from cli.main import commands
from tests.cli.conftest import BUREAU, PASSWORD, ROOT, UNIT, Operator, done, run, start, stop
from tests.trials.support.weak_keys import requests


def every_command() -> list[tuple[str, ...]]:
    """The words of each command and group."""
    found: list[tuple[str, ...]] = [()]
    for name, command in commands().items():
        found.append((name,))
        found += [(name, inner) for inner in getattr(command, "commands", {})]
    return found


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_each_has_help(words: tuple[str, ...]) -> None:
    result = run(*words, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_the_expected_commands_are_there() -> None:
    expected = """demo doctor
    registry-init registry-info registry-token registry-migrate registry-serve node-init node-enrol
    node-request node-account node-migrate node-serve certs-init certs-roster certs-issue certs-rotate certs-revoke
    certs-serve roster-load roster-show delegation-list delegation-show draw-verify report-make report-verify
    report-compare"""
    assert set(expected.split()) <= {"-".join(words) for words in every_command()}


@pytest.mark.parametrize(
    "words",
    [
        ("registry", "token"),
        ("node", "init", "--bureau"),
        ("certs", "roster", "--every"),
        ("delegation", "show"),
        ("node", "account", "--data-dir", "x", "--staff-id", "a", "--name", "b", "--role", "emperor"),
        ("registry", "token", "--data-dir", "x", "--bureau", BUREAU, "--days", "31"),
        ("nothing",),
    ],
)
def test_wrong_words_end_with_2(words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2


def test_it_runs_as_a_module_and_as_a_script() -> None:
    for command in ([sys.executable, "-m", "cli"], [str(Path(sys.executable).parent / "xieban")]):
        result = subprocess.run([*command, "certs", "--help"], cwd=ROOT, capture_output=True, timeout=60, check=True)
        assert b"roster" in result.stdout


def test_setting_up_said_what_to_do_next_and_no_secret(operator: Operator) -> None:
    said = operator.said
    authority = json.loads(said["authority"])
    certificate = (operator.seal / "seal-authority.der").read_bytes()
    assert authority["sha256"] == hashlib.sha256(certificate).hexdigest()
    assert "keep" in said["node"]
    assert "apart" in said["node"]
    assert f"bureau {BUREAU}" in said["enrol"]
    secrets = [PASSWORD, said["token"]]
    for path in (operator.node / "keys").rglob("*.pem"):
        secrets += [line for line in path.read_text(encoding="ascii").splitlines() if "---" not in line]
    everything = "".join(text for name, text in said.items() if name != "token")
    everything += operator.request.read_text(encoding="utf-8")
    everything += (operator.folder / "registry.log").read_text(encoding="utf-8")
    assert [secret for secret in secrets if secret in everything] == []


def test_keys_are_for_their_owner_alone(operator: Operator) -> None:
    paths = [path for path in operator.folder.rglob("*") if path.is_file()]
    keys = [path for path in paths if b"PRIVATE KEY" in path.read_bytes() or path.name == "master.key"]
    assert len(keys) >= 8
    assert {path.stat().st_mode & 0o077 for path in keys} == {0}


def test_a_registry_tells_what_the_authority_needs(operator: Operator) -> None:
    told = json.loads(done("registry", "info", "--data-dir", operator.registry))
    assert told == json.loads((operator.folder / "registry-info.json").read_text(encoding="utf-8"))
    assert "gongshang" in json.dumps(told)
    assert "already" not in done("registry", "migrate", "--data-dir", operator.registry)
    assert done("node", "migrate", "--data-dir", operator.node)


def test_a_second_init_changes_nothing(operator: Operator) -> None:
    certificate = (operator.seal / "seal-authority.der").read_bytes()
    again = run("certs", "init", "--folder", operator.seal, "--federation-id", "other")
    assert again.exit_code != 0
    assert "Traceback" not in again.output
    assert (operator.seal / "seal-authority.der").read_bytes() == certificate


def test_a_token_is_told_as_json_too_and_is_good_once(operator: Operator) -> None:
    made = json.loads(done("registry", "token", "--data-dir", operator.registry, "--bureau", BUREAU, "--json"))
    assert made["bureau"] == BUREAU
    for bad in (made["token"][:-3] + "abc", "nonsense", made["token"].replace(BUREAU, "510100")):
        if bad == made["token"]:
            continue
        result = run("node", "enrol", "--data-dir", operator.node, given=bad + "\n")
        assert result.exit_code == 3, result.output
        assert "TOKEN_NOT_VALID" in result.output
        assert made["token"] not in result.output
    assert run("node", "enrol", "--data-dir", operator.node, given="").exit_code == 1
    before = [(path.name, path.read_bytes()) for path in sorted((operator.node / "keys").glob("*.pem"))]
    used = run("node", "enrol", "--data-dir", operator.node, "--renew-keys", given=operator.said["token"] + "\n")
    assert (used.exit_code, "TOKEN_NOT_VALID" in used.output) == (3, True)
    after = [(path.name, path.read_bytes()) for path in sorted((operator.node / "keys").glob("*.pem"))]
    assert before == after, "a refused token leaves the node's keys as they were"
    done("node", "enrol", "--data-dir", operator.node, "--renew-keys", given=made["token"])
    assert done("doctor", "--data-dir", operator.node, "--json")


def test_a_registry_that_is_away_ends_with_4(operator: Operator, tmp_path: Path) -> None:
    token = done("registry", "token", "--data-dir", operator.registry, "--bureau", "510100")
    words = ["--data-dir", tmp_path / "node", "--bureau", "510100", "--unit", "510100RD015"]
    done("node", "init", *words, "--enrolment", "127.0.0.1:9", "--registry", "127.0.0.1:9")
    result = run("node", "enrol", "--data-dir", tmp_path / "node", given=token)
    assert result.exit_code == 4, result.output
    assert "UNAVAILABLE" in result.output


def test_only_the_pinned_authoritys_roster_is_loaded(operator: Operator, tmp_path: Path) -> None:
    before = json.loads(done("roster", "show", operator.roster, "--json"))
    done("certs", "init", "--folder", tmp_path / "seal", "--federation-id", "gongshang")
    info = operator.folder / "registry-info.json"
    out = tmp_path / "roster.bin"
    words = ["--folder", tmp_path / "seal", "--registry", info, "--records", operator.records(), "--out", out]
    done("certs", "roster", *words)
    flipped = bytearray(operator.roster.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    (tmp_path / "flipped.bin").write_bytes(flipped)
    (tmp_path / "noise.bin").write_bytes(b"noise")
    for file in (out, tmp_path / "flipped.bin", tmp_path / "noise.bin"):
        result = run("roster", "load", "--data-dir", operator.registry, file)
        assert result.exit_code == 3, result.output
        assert "Traceback" not in result.output
    assert run("roster", "load", "--data-dir", operator.registry, tmp_path / "none.bin").exit_code == 1
    again = json.loads(done("roster", "load", "--data-dir", operator.registry, operator.roster, "--json"))
    assert again["version"] == before["version"]


def test_a_roster_is_shown(operator: Operator) -> None:
    shown = json.loads(done("roster", "show", operator.roster, "--json"))
    assert shown["federation"] == "gongshang"
    (unit,) = shown["units"]
    assert (unit["unit"], unit["life"], unit["sealing_keys"]) == (UNIT, "active", 1)
    assert UNIT in done("roster", "show", operator.roster)


def test_a_weak_or_foreign_request_is_not_certified(operator: Operator, tmp_path: Path) -> None:
    asked = json.loads(operator.request.read_text(encoding="utf-8"))
    weak = next(requests(1, count=0))[1]
    cases = [
        ({**asked, "csr": base64.b64encode(weak).decode()}, "WEAK_KEY"),
        ({**asked, "unit": "510100RD015"}, ""),
        ({**asked, "extra": "x"}, "MALFORMED"),
        ({**asked, "format": "xieban-unit-request-9"}, "UNKNOWN_VERSION"),
    ]
    for number, (case, reason) in enumerate(cases):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(case))
        result = run("certs", "issue", "--folder", operator.seal, path)
        assert result.exit_code == 3, result.output
        assert reason in result.output
    (tmp_path / "x.json").write_text("{")
    assert run("certs", "issue", "--folder", operator.seal, tmp_path / "x.json").exit_code == 3


def test_keys_are_rotated_and_an_unvouched_one_is_refused(operator: Operator, tmp_path: Path) -> None:
    new = tmp_path / "new.json"
    new.write_text(done("node", "request", "--data-dir", operator.node, "--unit", UNIT, "--rotate"))
    stripped = {**json.loads(new.read_text()), "earlier_certificate": "", "earlier_signature": ""}
    (tmp_path / "stripped.json").write_text(json.dumps(stripped))
    result = run("certs", "rotate", "--folder", operator.seal, tmp_path / "stripped.json")
    assert result.exit_code == 3
    assert "KEY_CHANGED_UNSIGNED" in result.output
    done("certs", "rotate", "--folder", operator.seal, new)
    sealing = tmp_path / "sealing.json"
    version = operator.compose()
    sealing.write_text(done("node", "request", "--data-dir", operator.node, "--unit", UNIT, "--sealing-only"))
    assert json.loads(sealing.read_text())["csr"] == ""
    assert done("certs", "rotate", "--folder", operator.seal, sealing)
    assert operator.compose() == version + 1
    (unit,) = json.loads(done("roster", "show", operator.roster, "--json"))["units"]
    assert (unit["signing_certificates"], unit["sealing_keys"]) == (2, 3)


def test_new_keys_that_nothing_here_can_vouch_for_are_not_asked_for(operator: Operator, tmp_path: Path) -> None:
    node = tmp_path / "node"
    done("node", "init", "--data-dir", node, "--bureau", BUREAU, "--unit", UNIT)
    done("node", "request", "--data-dir", node, "--unit", UNIT)
    for option in ("--rotate", "--sealing-only"):
        result = run("node", "request", "--data-dir", node, "--unit", UNIT, option)
        assert result.exit_code == 3
        assert "ROSTER_NOT_READY" in result.output
        assert "xieban node serve" in result.output


def test_a_certificate_is_revoked(operator: Operator) -> None:
    certificate = operator.node / "keys" / "node.der"
    before = json.loads(done("roster", "show", operator.roster, "--json"))["revocations"]
    digest = hashlib.sha256(b"a certificate that was lost").hexdigest()
    done("certs", "revoke", "--folder", operator.seal, "--digest", digest)
    since = ["--compromised-since", "2026-03-12T09:00:00+08:00"]
    done("certs", "revoke", "--folder", operator.seal, "--digest", digest[::-1], *since)
    operator.compose()
    assert json.loads(done("roster", "show", operator.roster, "--json"))["revocations"] == before + 2
    for words in (
        [],
        ["--digest", digest, "--certificate", certificate],
        ["--digest", "abc"],
        ["--digest", digest, "--compromised-since", "2026-03-12"],
    ):
        assert run("certs", "revoke", "--folder", operator.seal, *words).exit_code == 1


def test_the_statement_is_signed_again_and_followed(operator: Operator) -> None:
    issued = json.loads(done("roster", "show", operator.roster, "--json"))["issued_at"]
    log = operator.folder / "serve.log"
    follow = start("roster", "load", "--data-dir", operator.registry, operator.roster, "--follow", log=log)
    words = ["--folder", operator.seal, "--out", operator.roster, "--every-hours", "0.001"]
    signer = start("certs", "serve", *words, log=log)
    try:
        deadline = time.monotonic() + 30
        while "in force" not in log.read_text() or "statement signed" not in log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        codes = (stop(signer), stop(follow))
    assert codes == (0, 0)
    done("certs", "roster", "--folder", operator.seal, "--out", operator.roster)
    assert json.loads(done("roster", "show", operator.roster, "--json"))["issued_at"] > issued
    done("roster", "load", "--data-dir", operator.registry, operator.roster)


def test_an_account_is_kept_as_a_hash_and_made_once(operator: Operator) -> None:
    who = ["--staff-id", "admin", "--name", "另一人", "--role", "clerk"]
    assert run("node", "account", "--data-dir", operator.node, *who, given=PASSWORD + "\n").exit_code == 3
    who[1] = "clerk-1"
    assert run("node", "account", "--data-dir", operator.node, *who, given="short\n").exit_code == 3
    assert run("node", "account", "--data-dir", operator.node, *who, given="").exit_code == 1
    rows = sqlite3.connect(operator.node / "node.db").execute("SELECT staff_id, password FROM staff").fetchall()
    assert [row[0] for row in rows] == ["admin"]
    assert PASSWORD not in rows[0][1]


def test_a_node_serves_and_the_doctor_finds_it_well(operator: Operator) -> None:
    found = json.loads(operator.said["doctor"])
    assert len(found) >= 8
    assert [each for each in found if each["status"] == "failed"] == []
    assert all(each["cause"] and each["cause_zh"] for each in found if each["status"] != "ok")


def test_the_doctor_ends_with_5_where_something_is_wrong(tmp_path: Path) -> None:
    words = ["--data-dir", tmp_path / "node", "--bureau", BUREAU, "--unit", UNIT]
    done("node", "init", *words, "--registry", "127.0.0.1:9", "--enrolment", "127.0.0.1:9")
    result = run("doctor", "--data-dir", tmp_path / "node", "--json")
    assert result.exit_code == 5
    ill = [each for each in json.loads(result.stdout) if each["status"] == "failed"]
    assert ill
    assert all(each["cause"] and each["cure"] and each["cause_zh"] and each["cure_zh"] for each in ill)
    assert run("doctor", "--data-dir", tmp_path / "nothing").exit_code == 5


def test_a_node_without_delegations_lists_none(operator: Operator) -> None:
    assert json.loads(done("delegation", "list", "--data-dir", operator.node, "--json")) == []
    assert "0 threads" in done("delegation", "list", "--data-dir", operator.node)
    result = run("delegation", "show", "WT-330100-20261123-000001-Q", "--data-dir", operator.node, "--verify")
    assert result.exit_code == 3
    assert "NOT_FOUND" in result.output


def test_the_nodes_key_is_the_one_that_was_enrolled(operator: Operator) -> None:
    assert load_p256(operator.node / "keys" / "node.pem").curve.name == "secp256r1"
