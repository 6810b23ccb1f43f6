"""What the documents tell people to type exists and parses, and `make demo` is what the test of the demo runs."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from typer.core import TyperGroup

from cli.demo.people import ACCOUNTS, APPRAISAL, INVESTIGATION
from cli.main import commands
from delegation.codes import Kind
from gateway.bureau.cases.rules import ACT_LABELS
from node.desk.labels import kind_label
from tests.e2e.demo import COMMAND

_ROOT = Path(__file__).parents[2]
_READMES = ("README.md", "README.zh-CN.md")
_WALKED = (
    Kind.SIGNED_FOR, Kind.ACCEPTED, Kind.SPECIALTY_DETERMINED, Kind.SCHEDULED, Kind.WORKER_NOTIFIED, Kind.EXAMINED,
    Kind.OPINION_FORMED, Kind.APPRAISAL_REPORTED, Kind.COMPLETED, Kind.CONCLUSION_ISSUED, Kind.CONCLUSION_SERVED,
)  # fmt: skip
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`((?:xieban|certs|node|roster|registry|delegation) [^`]+)`")


def text_of(name: str) -> str:
    return (_ROOT / name).read_text(encoding="utf-8")


def commands_in(name: str) -> list[list[str]]:
    """The words of each line of each block of a document, comments and redirections left out."""
    found = []
    for block in _BLOCK.findall(text_of(name)):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            cut = next((at for at, word in enumerate(words) if word in ("<", ">", "&&", "|")), len(words))
            if words[:cut]:
                found.append(words[:cut])
    return found


def make_targets() -> dict[str, str]:
    """Each target of the Makefile with its first line of recipe."""
    return dict(re.findall(r"^([a-z-]+):[^\n]*##[^\n]*\n((?:\t[^\n]*)?)", text_of("Makefile"), re.MULTILINE))


def check(words: list[str]) -> None:
    """The command of these words, without `xieban`, exists, and has every option that is named."""
    rest = list(words)
    assert rest[0] in commands(), words
    command = commands()[rest.pop(0)]
    parameters = command.params
    if isinstance(command, TyperGroup) and rest:
        assert rest[0] in command.commands, words
        parameters = command.commands[rest.pop(0)].params
    known = {option for parameter in parameters for option in parameter.opts}
    assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= known | {"--help"}, words


@pytest.mark.parametrize("name", _READMES)
def test_every_make_command_of_a_readme_is_there(name: str) -> None:
    text = text_of(name)
    named = {words[1] for words in commands_in(name) if words[0] == "make"} | set(re.findall(r"`make ([a-z-]+)`", text))
    (others,) = re.findall(r"`make help`[^\n]*?((?:`[a-z-]+`[,、，. 。]*\s?)+)", text)
    named |= set(re.findall(r"`([a-z-]+)`", others))
    assert {"demo", "test", "help", "lint", "trials", "bench"} <= named
    assert named <= set(make_targets())


def test_make_help_lists_every_command() -> None:
    done = subprocess.run(["make", "help"], cwd=_ROOT, capture_output=True, check=True, timeout=30)
    assert set(re.findall(r"make ([a-z-]+)", done.stdout.decode())) == set(make_targets())


def test_make_demo_runs_what_the_test_of_the_demo_runs() -> None:
    recipe = make_targets()["demo"].strip().lstrip("@")
    assert shlex.split(recipe) == ["$(BIN)/xieban", *COMMAND]
    assert 'xieban = "cli.main:main"' in text_of("pyproject.toml")


@pytest.mark.parametrize("name", [*_READMES, "docs/operations.md", "examples/README.md"])
def test_every_command_in_a_document_parses(name: str) -> None:
    ours = [words for words in commands_in(name) if Path(words[0]).name == "xieban"]
    inline = [shlex.split(each) for each in _INLINE.findall(text_of(name))]
    ours += [words if words[0] == "xieban" else ["xieban", *words] for words in inline]
    for words in ours:
        if "…" not in " ".join(words[1:3]):
            check([word for word in words[1:] if word != "…"])
    assert ours or name.startswith("examples")


@pytest.mark.parametrize("name", [*_READMES, "docs/operations.md"])
def test_links_lead_somewhere(name: str) -> None:
    folder = (_ROOT / name).parent
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text_of(name)) if "://" not in link]
    assert [link for link in links if not (folder / link).exists()] == []


@pytest.mark.parametrize("name", _READMES)
def test_the_walk_of_a_readme_can_be_walked(name: str) -> None:
    """Its people have accounts in the demo, its pictures are made by the script, its words are the desk's."""
    text = text_of(name)
    people = set(re.findall(r"`([a-z]{2}-[a-z]{2}-[0-9]{2})`", text))
    assert {*INVESTIGATION, *APPRAISAL} <= people <= {account.staff_id for account in ACCOUNTS}
    pictures = set(re.findall(r"docs/screenshots/([a-z]+)\.png", text))
    assert {"draw", "opinion"} <= pictures
    assert pictures <= set(re.findall(r'keep\([a-z]+, "([a-z]+)"\)', text_of("scripts/make_screenshots.py")))
    acts = {ACT_LABELS.get(kind) or kind_label(kind) for kind in _WALKED}
    assert {act for act in acts if act not in text} == set()


def test_both_readmes_say_the_same_commands() -> None:
    first, second = (
        [" ".join(words) for words in commands_in(name) if Path(words[0]).name in ("make", "xieban")]
        for name in _READMES
    )
    assert first == second
