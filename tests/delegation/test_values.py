"""Another value of a frozen class is the one that `dataclasses.replace` gives; what is remembered is of that value."""

from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from delegation.model import Header, Recipient
from delegation.thread_state import OpenClock, ThreadState
from delegation.values import Remembered, changer, completed, maker, replaced
from tests.builders import a_header


def test_it_gives_what_dataclasses_replace_gives() -> None:
    header = a_header()
    assert replaced(header, leg=2, reasons=("R01",)) == replace(header, leg=2, reasons=("R01",))
    assert header.leg == 1
    assert replaced(header) == header


def test_the_new_value_is_as_frozen_as_the_old_one() -> None:
    with pytest.raises(FrozenInstanceError):
        replaced(a_header(), leg=2).leg = 3  # type: ignore[misc]  # what is tried


def test_a_field_that_the_class_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError):
        replaced(a_header(), no_such_field=1)


def test_what_is_completed_is_the_new_value_itself_and_not_the_one_it_was_made_of() -> None:
    header = a_header()
    new = replaced(header, leg=2)
    assert completed(new, hop=1, round=3) is new
    assert new == replace(header, leg=2, hop=1, round=3)
    assert (header.leg, header.hop, header.round) == (1, 0, 1)
    with pytest.raises(FrozenInstanceError):
        new.leg = 3  # type: ignore[misc]  # what is tried


def test_a_changer_changes_its_fields_by_place() -> None:
    header = a_header()
    moved = changer(Header, "leg", "reasons", "hop")
    assert moved(header, 2, ("R01",), 1) == replace(header, leg=2, reasons=("R01",), hop=1)
    for wrong in ((header, 2), (header, 2, (), 1, 1)):
        with pytest.raises(TypeError):
            moved(*wrong)
    with pytest.raises(TypeError):
        changer(Header, "no_such_field")


def test_a_class_that_checks_itself_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Checked:
        low: int
        high: int

        def __post_init__(self) -> None:
            assert self.low <= self.high

    with pytest.raises(TypeError):
        replaced(Checked(1, 2), low=3)


@pytest.mark.parametrize("of", [ThreadState, OpenClock])
def test_the_values_that_change_most_are_of_the_sort_it_takes(of: type[object]) -> None:
    assert not hasattr(of, "__post_init__")


def test_a_made_value_is_the_one_that_its_class_makes() -> None:
    header = a_header()
    said = {each.name: getattr(header, each.name) for each in fields(Header)}
    made = maker(Header)(**said)
    assert type(made) is Header
    assert made == header
    assert hash(maker(Recipient)("a", b"b")) == hash(Recipient("a", b"b"))
    with pytest.raises(FrozenInstanceError):
        made.leg = 3  # type: ignore[misc]  # what is tried


def test_a_made_value_has_the_defaults_of_its_class() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Listed:
        first: int = 7
        others: list[int] = field(default_factory=list)
        last: int

    make = maker(Listed)
    one, other = make(last=1), make(last=2)
    assert (one, other) == (Listed(last=1), Listed(last=2))
    assert one.others is not other.others
    with pytest.raises(TypeError):
        make()  # type: ignore[call-arg]  # what is tried


def test_no_maker_is_given_for_a_class_that_checks_itself_or_has_no_slots() -> None:
    @dataclass(frozen=True, slots=True)
    class Checked:
        low: int

        def __post_init__(self) -> None:
            assert self.low

    @dataclass(frozen=True)
    class Open:
        low: int

    for of in (Checked, Open):
        with pytest.raises(TypeError):
            maker(of)


def test_what_is_remembered_is_of_the_same_value_and_no_equal_one() -> None:
    made: list[tuple[int, ...]] = []

    def make(value: tuple[int, ...]) -> str:
        made.append(value)
        return str(value)

    text = Remembered(make)
    one, other = (1, 2), tuple(range(1, 3))
    assert text(one) == text(one) == text(other) == "(1, 2)"
    assert len(made) == 2
