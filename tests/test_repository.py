"""Checks of the house itself: what must not be in the repository, and what its files promise each other."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("delegation", "certs", "registry", "node", "gateway", "cli", "bench", "tests", "scripts")
TIMELESS = ("delegation", "certs")
MOST_LINES = 500
# Folders of one machine: its users' homes, its workplaces, its temporary files.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:home|root|work|Users|tmp|var/tmp)/[\w.-]+")
PRIVATE_KEY = re.compile(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{32}")
CLOCK_READS = {"now", "today", "utcnow", "time", "time_ns", "monotonic", "monotonic_ns"}
CLOCK_OWNERS = {"datetime", "date", "time"}


def tracked_files() -> list[Path]:
    """Files that are committed or would be, so that a new file is judged before its first commit."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


FILES = tracked_files()


def names(paths: Iterator[Path]) -> list[str]:
    return sorted(path.relative_to(ROOT).as_posix() for path in paths)


def hand_written_python() -> Iterator[Path]:
    stubs, client = ROOT / "proto" / "gen", {ROOT / "bureau_client" / name for name in ("api.py", "shapes.py")}
    return (path for path in FILES if path.suffix == ".py" and stubs not in path.parents and path not in client)


def clock_reads(source: str) -> list[int]:
    """Lines that read a clock of the machine: `datetime.now`, `date.today`, `time.time` and their kin."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and node.attr in CLOCK_READS
        and (
            (isinstance(node.value, ast.Name) and node.value.id in CLOCK_OWNERS)
            or (isinstance(node.value, ast.Attribute) and node.value.attr in CLOCK_OWNERS)
        )
    ]


def unmarked_trials(source: str) -> list[str]:
    """Names of test functions without a mark `trial` of their own, in a module that has none for all."""
    tree = ast.parse(source)
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and "pytestmark" in ast.unparse(statement.targets[0]):
            return [] if "mark.trial" in ast.unparse(statement.value) else ["pytestmark"]
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not any("mark.trial" in ast.unparse(decorator) for decorator in node.decorator_list)
    ]


def test_no_file_names_a_path_of_one_machine() -> None:
    found = []
    for path in FILES:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not a text
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATH.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert found == []


@pytest.mark.parametrize("line", ["see /home" + "/li/notes", "DATA='/tmp" + "/x.db'", "cd /work" + "/tree"])
def test_a_path_of_one_machine_is_recognised(line: str) -> None:
    assert MACHINE_PATH.search(line)


@pytest.mark.parametrize("line", ["GET /v1/work/items", "proto/home/x", "~/work/x", "the /tmp folder"])
def test_other_paths_are_left_alone(line: str) -> None:
    assert not MACHINE_PATH.search(line)


def test_no_lock_holds_an_address() -> None:
    locks = [path for path in FILES if path.name.endswith((".lock", "lock.json")) or path.name == ".npmrc"]
    assert {"requirements.lock", "requirements-dev.lock"} <= {path.name for path in locks}
    assert names(path for path in locks if "://" in path.read_text(encoding="utf-8")) == []


def test_locks_pin_every_package_with_its_hashes() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text(encoding="utf-8")
        entries = re.findall(
            r"^\S.*(?:\n[ ]+--hash.*)*", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE), re.MULTILINE
        )
        assert entries
        assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_the_run_time_lock_agrees_with_the_developers_lock() -> None:
    pins = re.compile(r"^(\S+==\S+)", re.MULTILINE)
    run_time = set(pins.findall((ROOT / "requirements.lock").read_text(encoding="utf-8")))
    developers = set(pins.findall((ROOT / "requirements-dev.lock").read_text(encoding="utf-8")))
    assert run_time
    assert run_time - developers == set()


def test_no_key_or_certificate_is_committed() -> None:
    secret = (".pem", ".key", ".p12", ".pfx", ".crt", ".der")
    assert names(path for path in FILES if path.suffix in secret) == []
    assert names(path for path in FILES if PRIVATE_KEY.search(path.read_bytes())) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_what_it_is_for(package: str) -> None:
    facades = [path for path in FILES if path.name == "__init__.py" and (ROOT / package) in path.parents]
    assert (ROOT / package / "__init__.py") in facades
    assert names(path for path in facades if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_files_stay_small() -> None:
    long = (path for path in hand_written_python() if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES)
    assert names(long) == []


@pytest.mark.parametrize("package", TIMELESS)
def test_time_is_an_argument(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in hand_written_python()
        if (ROOT / package) in path.parents
        for line in clock_reads(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_a_clock_read_is_recognised() -> None:
    assert clock_reads("a = datetime.now(UTC)\nb = datetime.date.today()\nc = time.time()\nd = clock.now()") == [
        1,
        2,
        3,
    ]


def test_every_trial_is_marked_so_that_it_runs() -> None:
    trials = [path for path in hand_written_python() if (ROOT / "tests" / "trials") in path.parents]
    found = {
        path.name: unmarked
        for path in trials
        if path.name.startswith("test_") and (unmarked := unmarked_trials(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_an_unmarked_trial_is_recognised() -> None:
    assert unmarked_trials("def test_a(): ...\n@pytest.mark.trial\ndef test_b(): ...") == ["test_a"]
    assert unmarked_trials("pytestmark = pytest.mark.trial\ndef test_a(): ...") == []
    assert unmarked_trials("pytestmark = pytest.mark.asyncio\ndef test_a(): ...") == ["pytestmark"]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def make_commands(document: str) -> set[str]:
    """Targets of `make` in code: fenced blocks and inline code, not prose that makes something."""
    fenced = re.findall(r"^```.*?^```", document, re.MULTILINE | re.DOTALL)
    commands = set(re.findall(r"`make ([a-z][a-z-]*)", document))
    for block in fenced:
        commands |= set(re.findall(r"(?:^|[$;&] ?)make ([a-z][a-z-]*)", block, re.MULTILINE))
    return commands


def test_every_make_command_in_a_document_exists() -> None:
    documents = {path: path.read_text(encoding="utf-8") for path in FILES if path.suffix == ".md"}
    asked = {(path.name, target) for path, text in documents.items() for target in make_commands(text)}
    assert {(name, target) for name, target in asked if target not in make_targets()} == set()


def test_make_commands_are_read_from_code_only() -> None:
    assert make_commands("`make a`\nmake b\n```sh\nmake c\ncd x && make d-e\n```\n") == {"a", "c", "d-e"}


def test_make_help_lists_every_command() -> None:
    shown = subprocess.run(["make", "--silent", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert set(re.findall(r"^ +make ([a-z-]+) ", shown, re.MULTILINE)) == make_targets()
