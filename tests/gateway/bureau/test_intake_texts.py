"""Every text of the room has its English, every thing that the node can say of a draft its Chinese."""

import ast
import re
from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from delegation.codes import Kind
from delegation.errors import Reason
from delegation.guards_local import LOCAL_GUARDS
from delegation.table_investigation import INVESTIGATION
from gateway.bureau.intake.form import MOST_REQUIRED, letter_form
from gateway.bureau.intake.outline import GROUPS
from gateway.bureau.intake.told import GUARDS, told
from gateway.bureau.render import HERE
from gateway.bureau.texts import english
from node.desk.views import Problem
from xieban.delegation.v1 import letter_pb2

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_NOT_SHOWN = {
    "imports.py": ("示例",),
    "cells.py": ("\\d",),
    "example.py": ("",),
}  # an example's content; a pattern of days


def _of_templates(room: str) -> Iterator[str]:
    for path in (HERE / "templates" / room).glob("*.html"):
        yield from re.findall(r"_\('([^']+)'\)", path.read_text(encoding="utf-8"))


def _of_code(room: str) -> Iterator[str]:
    """Chinese literals that are no docstring and no part of a longer literal."""
    for path in (HERE / room).glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        said = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
        for each in ast.walk(tree):
            if isinstance(each, ast.JoinedStr):
                said.update(id(part) for part in each.values)
        skipped = _NOT_SHOWN.get(path.name, ())
        for each in ast.walk(tree):
            text = each.value if isinstance(each, ast.Constant) and id(each) not in said else ""
            if isinstance(text, str) and _CHINESE.search(text) and not any(mark in text for mark in skipped):
                yield text


# goes into letters as it is; articles are cited as they are called
_CONTENT = {text for group in GROUPS for text in (*group.questions, group.basis)} | {"事发时间、地点和经过"}
_WORDS = {"是", "有", "更多："}  # typed into spreadsheets, or cut off titles
_COMPOSED = {"有不认识的列标题，请用模板的标题：第", "列", "、", "事项"}


@pytest.mark.parametrize("room", ["intake", "old_cases"])
def test_every_text_has_its_english(room: str) -> None:
    wanted = (set(_of_templates(room)) | set(_of_code(room))) - _CONTENT - _WORDS - _COMPOSED
    lacking = sorted(text for text in wanted if text not in english() and not text.startswith("人社部发"))
    assert lacking == []


def test_at_most_twenty_fields_are_required_and_all_of_them_stand_in_the_open() -> None:
    spec = letter_form()
    required = [field.path for field in spec.fields if field.required]
    required += [
        f"{rows.path}.{field.path}" for rows in spec.rows if rows.least for field in rows.fields if field.required
    ]
    assert len(required) <= MOST_REQUIRED
    assert {"task_place.code", "letter.worker.id_number", "clock.accepted_on", "letter.items.text"} <= set(required)
    for section in spec:
        if section.folded:
            assert not any(getattr(part, "required", False) for part in section.parts)


def test_labels_tell_fields_apart() -> None:
    labels = [field.label for field in letter_form().fields]
    assert len(labels) == len(set(labels))


def _paths(message: Descriptor, path: str) -> Iterator[str]:
    for field in message.fields:
        here = f"{path}.{field.name}"
        if here == "letter.appraisal":  # this form asks for an investigation
            continue
        yield here
        if field.type == FieldDescriptor.TYPE_MESSAGE and field.message_type is not None:
            yield from _paths(field.message_type, here)


def test_every_field_of_the_letter_that_the_node_may_name_leads_to_a_field_of_the_form() -> None:
    spec = letter_form(short_time=True)
    there = {field.path for field in spec.fields} | {rows.path for rows in spec.rows}
    there |= {f"{rows.path}.0.{field.path}" for rows in spec.rows for field in rows.fields}
    for path in ("letter", *_paths(letter_pb2.Letter.DESCRIPTOR, "letter")):
        for reason in (Reason.INVALID_INPUT.value, "missing"):
            found, text = told(Problem(path, reason, {}))
            assert found in there, path
            assert text


def test_every_guard_of_a_first_letter_has_its_words() -> None:
    rows = [row for row in INVESTIGATION.rows if row.kind is Kind.ISSUED and row.name == "issued"]
    assert rows
    spec = letter_form(short_time=True)
    paths = {field.path for field in spec.fields} | {rows.path for rows in spec.rows}
    for row in rows:
        for guard in (*row.header_guards, *row.body_guards, *LOCAL_GUARDS):
            # of results and of later legs
            if guard in {"result_reviewed", "checks_complete", "approved_unless_same_text"}:
                continue
            path, text = GUARDS[guard]
            assert text
            assert path == "" or path in paths or path.startswith("letter.items.0."), guard


def test_every_reason_and_every_unknown_one_has_words() -> None:
    for reason in (*(each.value for each in Reason), "no_such_reason"):
        path, text = told(Problem("nothing.of.ours", reason, {}))
        assert path in {"", "task_place.code"}
        assert _CHINESE.search(text)
