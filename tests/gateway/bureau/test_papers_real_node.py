"""On a real node: a closed paper case is offered with a new one of its worker, and a paper gets its e-seal."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from delegation.deadlines import day_of
from delegation.digits import check_citizen_id
from gateway.bureau.documents.worker import find_fonts
from tests.gateway.bureau.intake import ID_NUMBER
from tests.gateway.bureau.pages import form_to, words
from tests.gateway.bureau.test_intake_import import upload
from tests.gateway.bureau.test_intake_real_node import people
from tests.gateway.bureau.test_old_cases import AT, GOOD, IMPORT, a_csv
from tests.gateway.test_sealing import a_command, key, verify
from tests.node.world import CHENGDU, HANGZHOU, issued, now, reach, running

__all__ = ["key"]  # a fixture


async def test_a_paper_case_is_found_with_the_new_one_of_its_worker(tmp_path: Path) -> None:
    check_citizen_id(ID_NUMBER, day_of(now()))
    of_before = ID_NUMBER[:6] + ID_NUMBER[8:17]  # as it stood on the card before 1999
    async with running(tmp_path, HANGZHOU, CHENGDU) as world, people(world) as (handler, approver):
        sent = await upload(handler, a_csv({**GOOD, "证件号码": of_before}, {**GOOD, "办理结果": "?"}), IMPORT)
        page = await handler.get(sent.headers["location"])
        assert "可存入档案 1" in words(page)
        assert "3 办理结果 请从列表中选择" in words(page)
        done = await handler.post(sent.headers["location"], data=form_to(page, sent.headers["location"]))
        assert done.headers["location"] == f"{AT}?imported=1"
        again = await upload(handler, a_csv({**GOOD, "证件号码": of_before}), IMPORT)
        assert "已在档案里，不再存 1" in words(await handler.get(again.headers["location"]))

        ref = (await issued(world.nodes[HANGZHOU], HANGZHOU)).row.delegation_id
        await reach(world.nodes[HANGZHOU], HANGZHOU, ref, "issued")
        earlier = await approver.get(f"/desk/cases/{ref}/earlier")
        assert GOOD["旧案卷号"] in words(earlier)
        token = form_to(earlier, "/sign-out")["_csrf"]
        found = await approver.post("/desk/search", data={"_csrf": token, "find": ID_NUMBER})
        assert {GOOD["旧案卷号"], ref} <= set(words(found).split())
        listed = words(await handler.get(f"{AT}?year=2019"))
        assert GOOD["纸质档案位置"] in listed


@pytest.mark.skipif(not find_fonts(), reason="no Chinese font here")
async def test_the_letters_paper_gets_its_e_seal(
    tmp_path: Path, key: ec.EllipticCurvePrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIEBAN_GATEWAY_SEAL_COMMAND", json.dumps(a_command(tmp_path)))
    async with running(tmp_path / "world", HANGZHOU, CHENGDU) as world, people(world) as (handler, approver):
        ref = (await issued(world.nodes[HANGZHOU], HANGZHOU)).row.delegation_id
        await reach(world.nodes[HANGZHOU], HANGZHOU, ref, "issued")
        papers = f"/desk/cases/{ref}/papers"
        assert "加盖电子印章" not in words(await handler.get(papers))
        page = await approver.get(papers)
        where = f"/desk/cases/{ref}/paper/seal?code=letter&sequence=1"
        done = await approver.post(where, data=form_to(page, where))
        assert done.status_code == 303, words(done)
        read = await handler.get(f"/desk/cases/{ref}/paper/sealed?code=letter&sequence=1")
        verify(read.content, key.public_key())
        assert sha256(read.content).hexdigest()[:16] in words(await handler.get(papers))
