"""The answer to a move is made when it is looked at, and tells of the moment at which the move was made."""

from dataclasses import fields
from pathlib import Path

import pytest

from node.desk.views import DelegationView, to_json
from tests.node.world import CHENGDU, HANGZHOU, clerk, issued, running, until, view

LATER = {"body": {"question": {"text": "何时可以到场?"}}}


async def test_the_answer_is_what_was_then_whenever_it_is_read(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]
        answer = await issued(home, HANGZHOU)
        assert answer.version == 1
        ref = answer.row.delegation_id
        seen = await until(lambda: view(home, HANGZHOU, ref), lambda now: now.row.state == "issued" and not now.queued)
        asked = await home.desk.act(clerk(HANGZHOU), ref, "QUESTION", LATER, seen.version)
        again = await home.desk.act(clerk(HANGZHOU), ref, "QUESTION", LATER, None)
        await until(lambda: view(home, HANGZHOU, ref), lambda now: len(now.entries) == 3)

        assert (asked.row.version, asked.row.queued, asked.row.state) == (asked.version, 1, "issued")
        assert again.version > asked.version
        assert [move.kind for move in asked.queued] == ["QUESTION"]
        assert asked.row.worker_name == "王小明"
        assert asked.row.home_name == seen.row.home_name != ""
        assert "statutory" in {due.clock for due in asked.due_dates}
        assert set(fields(asked)) == set(fields(DelegationView))
        shown = to_json(asked)
        assert isinstance(shown, dict)
        assert shown["row"] == to_json(asked.row)
        assert asked == asked
        with pytest.raises(AttributeError):
            _ = asked.unheard_of  # type: ignore[attr-defined]  # that is the point
