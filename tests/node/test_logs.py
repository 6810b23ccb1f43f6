"""What a log line may hold."""

import io
import json
from contextlib import redirect_stderr

import pytest
import structlog

from node.logs import allowed, configure


@pytest.mark.parametrize("value", ["330106198907153213", "沈砚青", "x" * 81, b"bytes", {"a": 1}, "a\nb"])
def test_a_value_that_might_be_personal_is_not_written(value: object) -> None:
    assert allowed(None, "", {"reason": value}) == {"reason": "?"}


def test_a_field_that_is_not_listed_is_dropped() -> None:
    assert allowed(None, "", {"name": "x", "reason": "STALE"}) == {"reason": "STALE"}


def test_a_line_is_json_with_its_time() -> None:
    written = io.StringIO()
    before = structlog.get_config()
    try:
        with redirect_stderr(written):
            configure("info")
            structlog.get_logger("t").info("call failed", reason="UNAVAILABLE", body="secret")
    finally:
        structlog.configure(**before)
    line = json.loads(written.getvalue())
    assert line["event"] == "call failed"
    assert line["reason"] == "UNAVAILABLE"
    assert "body" not in line
    assert "timestamp" in line


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        configure("loud")
