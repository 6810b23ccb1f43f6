"""One federation made by commands alone, in the order of docs/operations.md, for every test of the room."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.local_federation import free_port
from cli.main import app
from delegation.digits import UnitType, unit_code

ROOT = Path(__file__).parents[2]
BUREAU = "330100"
UNIT = unit_code(region6=BUREAU, unit_type=UnitType.RECOGNITION, serial=1)
PASSWORD = "correct-horse-battery-7"


def run(*words: object, given: str = "") -> Result:
    """A command in this process."""
    return CliRunner().invoke(app, [str(word) for word in words], input=given, catch_exceptions=False)


def done(*words: object, given: str = "") -> str:
    """The output of a command that must succeed."""
    result = run(*words, given=given)
    assert result.exit_code == 0, (words, result.output)
    return str(result.stdout)


def start(*words: object, log: Path) -> subprocess.Popen[bytes]:
    """A command that serves, as a process."""
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "cli", *map(str, words)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'proto/gen'}"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )


def stop(process: subprocess.Popen[bytes]) -> int:
    """SIGTERM, and what it ended with."""
    process.send_signal(signal.SIGTERM)
    return process.wait(20)


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Until a service says that it is ready."""
    deadline = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.05)


@dataclass(slots=True)
class Operator:
    """Folders of the three roles, and what commands said on the way."""

    folder: Path
    said: dict[str, str] = field(default_factory=dict)

    @property
    def seal(self) -> Path:
        return self.folder / "seal"

    @property
    def registry(self) -> Path:
        return self.folder / "registry"

    @property
    def node(self) -> Path:
        return self.folder / "node"

    @property
    def roster(self) -> Path:
        return self.folder / "roster.bin"

    @property
    def request(self) -> Path:
        return self.folder / "request.json"

    def records(self) -> Path:
        """Bureau, unit and competence as the contract's JSON."""
        path = self.folder / "records.json"
        unit = {
            "code": UNIT,
            "name": "杭州市人力资源和社会保障局",
            "type": "UNIT_TYPE_RECOGNITION",
            "bureau": BUREAU,
            "region": BUREAU,
            "pooling_area": BUREAU,
            "life": "UNIT_LIFE_JOINING",
            "since": "2020-01-01",
        }
        competence = {"place": BUREAU, "matter": "MATTER_INVESTIGATION", "unit": UNIT, "valid_from": "2020-01-01"}
        bureau = {"code": BUREAU, "name": "杭州", "region": BUREAU}
        path.write_text(json.dumps({"bureaus": [bureau], "units": [unit], "competences": [competence]}))
        return path

    def compose(self) -> int:
        """The next roster, signed and loaded; gives its version."""
        made = json.loads(done("certs", "roster", "--folder", self.seal, "--out", self.roster, "--json"))
        loaded = json.loads(done("roster", "load", "--data-dir", self.registry, self.roster, "--json"))
        assert made["version"] == loaded["version"]
        return int(loaded["version"])


@pytest.fixture(scope="session")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Authority, registry (serving) and one bureau that is enrolled, with an account."""
    found = Operator(tmp_path_factory.mktemp("operator"))
    said = found.said
    said["authority"] = done("certs", "init", "--folder", found.seal, "--federation-id", "gongshang", "--json")
    ports = [free_port() for _ in range(3)]
    info = found.folder / "registry-info.json"
    words: list[object] = ["--data-dir", found.registry, "--federation-id", "gongshang", "--info", info]
    words += ["--trust-domain", "gongshang.internal", "--seal-authority", found.seal / "seal-authority.der"]
    words += ["--exchange-address", f"127.0.0.1:{ports[0]}", "--enrolment-address", f"127.0.0.1:{ports[1]}"]
    words += ["--metrics-address", f"127.0.0.1:{ports[2]}", "--host-name", "localhost", "--host-name", "127.0.0.1"]
    said["registry"] = done("registry", "init", *words)
    made = ["--folder", found.seal, "--registry", info, "--records", found.records(), "--out", found.roster]
    said["roster"] = done("certs", "roster", *made)
    said["load"] = done("roster", "load", "--data-dir", found.registry, found.roster)
    process = start("registry", "serve", "--data-dir", found.registry, log=found.folder / "registry.log")
    try:
        wait_for(found.registry / "ports.json", process)
        token = done("registry", "token", "--data-dir", found.registry, "--bureau", BUREAU)
        words = ["--data-dir", found.node, "--bureau", BUREAU, "--unit", UNIT, "--http-port", 0]
        words += ["--registry", f"127.0.0.1:{ports[0]}", "--enrolment", f"127.0.0.1:{ports[1]}"]
        said["node"] = done("node", "init", *words)
        said["enrol"] = done("node", "enrol", "--data-dir", found.node, given=token)
        said["token"] = token.strip()
        found.request.write_text(done("node", "request", "--data-dir", found.node, "--unit", UNIT))
        said["issue"] = done("certs", "issue", "--folder", found.seal, found.request)
        found.compose()
        who = ["--staff-id", "admin", "--name", "管理员", "--role", "administrator"]
        said["account"] = done("node", "account", "--data-dir", found.node, *who, given=PASSWORD + "\n")
        said["doctor"] = serve_once(found)
        yield found
    finally:
        code = stop(process)
    assert code == 0


def serve_once(operator: Operator) -> str:
    """Serve the node until its doctor finds nothing failed, then stop it; gives what the doctor said last."""
    process = start("node", "serve", "--data-dir", operator.node, log=operator.folder / "node.log")
    try:
        wait_for(operator.node / "ports.json", process)
        deadline = time.monotonic() + 45
        while True:
            result = run("doctor", "--data-dir", operator.node, "--json")
            if result.exit_code == 0 or time.monotonic() > deadline:
                return str(result.stdout)
            time.sleep(0.5)
    finally:
        assert stop(process) == 0
