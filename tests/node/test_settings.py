"""Where a node's settings come from."""

from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.settings import NodeSettings


@pytest.mark.parametrize("content", ["[]", "{", "3", '"text"'])
def test_a_file_of_another_form_is_refused_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "node.json").write_text(content, encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        NodeSettings.load(tmp_path)
    assert refused.value.reason is Reason.INVALID_INPUT
    assert refused.value.details == {"field": "node.json"}


def test_what_is_given_goes_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    NodeSettings.load(tmp_path, bureau="330100", http_port=1, log_level="error").save()
    monkeypatch.setenv("XIEBAN_NODE_HTTP_PORT", "2")
    monkeypatch.setenv("XIEBAN_NODE_LOG_LEVEL", "debug")
    settings = NodeSettings.load(tmp_path, http_port=3)
    assert (settings.bureau, settings.log_level, settings.http_port) == ("330100", "debug", 3)
