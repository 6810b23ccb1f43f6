"""How tests ask why something was refused."""

from collections.abc import Callable

import pytest

from delegation.errors import Refusal


def refused(call: Callable[..., object], *arguments: object, **named: object) -> Refusal:
    """The refusal that a call ends in; the test fails when it does not."""
    with pytest.raises(Refusal) as caught:
        call(*arguments, **named)
    return caught.value
