"""Signing in and out, cookies and their page token, lock-out, keys, accounts."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from delegation.errors import Reason, Refusal
from gateway.routes.session import SignInGate
from node.desk.account_views import SessionView
from node.desk.ports import Role
from tests.gateway.conftest import House, a_house
from tests.gateway.fake_accounts import HOME, PASSWORD
from tests.gateway.fake_views import DELEGATION

SIGN_IN = {"staff_id": "clerk", "password": PASSWORD}


async def test_a_person_signs_in_works_and_signs_out(house: House) -> None:
    async with house.anonymous() as client:
        made = await client.post("/api/v1/session", json=SIGN_IN)
        assert made.status_code == 201
        token = made.json()["token"]
        client.cookies.clear()
        bearer = {"authorization": f"Bearer {token}"}
        me = await client.get("/api/v1/me", headers=bearer)
        assert (me.json()["staff_id"], me.json()["unit"], me.json()["roles"]) == ("clerk", HOME, ["clerk"])
        assert (await client.delete("/api/v1/session", headers=bearer)).status_code == 204
        assert (await client.get("/api/v1/me", headers=bearer)).status_code == 401


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(house: House, tmp_path: object) -> None:
    async with house.anonymous() as client:
        cookie = (await client.post("/api/v1/session", json=SIGN_IN)).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    behind_tls = a_house(tls_certificate="c.pem", tls_key="k.pem")
    async with behind_tls.anonymous() as client:
        made = await client.post("/api/v1/session", json=SIGN_IN)
    assert "Secure" in made.headers["set-cookie"].split("; ")
    assert "strict-transport-security" in made.headers


async def test_desks_of_one_host_leave_each_other_s_session_alone() -> None:
    jar, houses = httpx.Cookies(), []  # a browser has one for all ports of a host
    tokens = {}
    for settings in ({"bureau": "330100"}, {"bureau": "510100"}, {"bureau": "330100", "practice": True}):
        house = a_house(**settings)
        houses.append(house)
        name = house.app.state.settings.session_cookie
        async with house.anonymous() as client:
            client.cookies = jar
            document = (await client.get("/api/v1/openapi.json")).json()
            assert document["components"]["securitySchemes"]["cookie"]["name"] == name
            made = await client.post("/api/v1/session", json=SIGN_IN)
            tokens[name] = made.json()["token"]
            assert (await client.get("/api/v1/me")).status_code == 200
            jar = client.cookies
    assert {cookie.name: cookie.value for cookie in jar.jar} == tokens
    assert set(tokens) == {"xieban_session_330100", "xieban_session_510100", "xieban_practice_330100"}
    async with houses[0].anonymous() as client:
        client.cookies = jar
        assert (await client.get("/api/v1/me")).status_code == 200, "the others signed in meanwhile"
        csrf = (await client.get("/api/v1/me")).json()["csrf"]
        gone = await client.delete("/api/v1/session", headers={"x-csrf-token": csrf})
        assert gone.status_code == 204
        assert set(client.cookies) == set(tokens) - {"xieban_session_330100"}
    odd = a_house(bureau="33\r\n=; 01é").app.state.settings.session_cookie
    assert odd == "xieban_session_3301"


async def test_a_change_asked_with_a_cookie_needs_the_token_of_the_page(house: House) -> None:
    async with house.anonymous() as client:
        session = (await client.post("/api/v1/session", json=SIGN_IN)).json()
        assert client.cookies["xieban_session"] == session["token"]
        assert (await client.get("/api/v1/me")).json()["csrf"] == session["csrf"]
        for wrong in ({}, {"x-csrf-token": ""}, {"x-csrf-token": "guess"}):
            refused = await client.post("/api/v1/drafts", json={}, headers=wrong)
            assert (refused.status_code, refused.json()["reason"]) == (403, "CSRF_TOKEN_MISSING")
        made = await client.post("/api/v1/drafts", json={}, headers={"x-csrf-token": session["csrf"]})
    assert made.status_code == 201


async def test_whatever_was_wrong_gets_the_same_answer(house: House) -> None:
    answers = []
    async with house.anonymous() as client:
        for form in (
            {"staff_id": "clerk", "password": "wrong"},
            {"staff_id": "nobody", "password": PASSWORD},
            {"staff_id": "clerk", "password": PASSWORD, "unit": "510100RD015"},
        ):
            answer = await client.post("/api/v1/session", json=form)
            assert "set-cookie" not in answer.headers
            answers.append((answer.status_code, answer.content))
    assert len(set(answers)) == 1
    assert answers[0][0] == 401


async def test_five_failures_lock_the_account_for_a_while(house: House) -> None:
    async with house.anonymous() as client:
        for _ in range(5):
            await client.post("/api/v1/session", json={"staff_id": "clerk", "password": "wrong"})
        locked = await client.post("/api/v1/session", json=SIGN_IN)
        assert locked.json()["reason"] == "LOCKED_OUT"
        assert locked.headers["retry-after"] == "900"
        house.station.accounts.now += timedelta(minutes=16)
        assert (await client.post("/api/v1/session", json=SIGN_IN)).status_code == 201


async def test_a_session_ends_with_its_time_and_with_a_change_of_its_account(house: House) -> None:
    async with house.caller() as clerk, house.caller(Role.ADMINISTRATOR) as administrator:
        await administrator.patch("/api/v1/staff/clerk", json={"active": False})
        assert (await clerk.get("/api/v1/me")).status_code == 401
        house.station.accounts.now += timedelta(hours=11)
        assert (await administrator.get("/api/v1/me")).status_code == 401


async def test_an_administrator_makes_accounts_and_keys(house: House) -> None:
    form = {"staff_id": "hz-9", "name": "新人", "password": "ten letters!", "units": [HOME], "roles": ["clerk"]}
    async with house.caller(Role.ADMINISTRATOR) as client:
        made = await client.post("/api/v1/staff", json=form)
        assert (made.status_code, made.json()["roles"]) == (201, ["clerk"])
        assert "password" not in made.text
        assert "hz-9" in (await client.get("/api/v1/staff")).text
        key = await client.post(
            "/api/v1/api-keys", json={"label": "业务系统", "staff_id": "clerk", "unit": HOME, "role": "clerk"}
        )
        assert key.status_code == 201
        secret = key.json()["secret"]
        assert secret
        assert secret not in (await client.get("/api/v1/api-keys")).text
        async with house.anonymous(**{"x-api-key": secret}) as system:
            assert (await system.get(f"/api/v1/delegations/{DELEGATION}")).status_code == 200
            assert (await client.delete(f"/api/v1/api-keys/{key.json()['key_id']}")).status_code == 204
            assert (await system.get(f"/api/v1/delegations/{DELEGATION}")).status_code == 401


@pytest.mark.parametrize("staff_id", ["110101199003070009", "110101900307001", "hz-11010119900307000X", "", "a b"])
async def test_a_staff_id_is_never_an_id_number(house: House, staff_id: str) -> None:
    form = {"staff_id": staff_id, "name": "新人", "password": "ten letters!", "units": [HOME], "roles": ["clerk"]}
    async with house.caller(Role.ADMINISTRATOR) as client:
        refused = await client.post("/api/v1/staff", json=form)
    assert (refused.status_code, refused.json()["errors"][0]["location"]) == (422, "body.staff_id")


async def test_a_password_is_changed_by_who_knows_the_old_one(house: House) -> None:
    async with house.caller() as client:
        wrong = await client.put("/api/v1/me/password", json={"old": "no", "new": "ten letters!"})
        short = await client.put("/api/v1/me/password", json={"old": PASSWORD, "new": "short"})
        right = await client.put("/api/v1/me/password", json={"old": PASSWORD, "new": "ten letters!"})
    assert (wrong.status_code, short.status_code, right.status_code) == (401, 422, 204)
    assert (await house.station.accounts.sign_in("clerk", "ten letters!")).staff_id == "clerk"


async def test_a_crowd_at_the_door_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    house = a_house(sign_ins_at_once=1, sign_ins_waiting=1)
    checked, sign_in = asyncio.Event(), house.station.accounts.sign_in

    async def slow(staff_id: str, password: str, unit: str = "") -> SessionView:
        await checked.wait()
        return await sign_in(staff_id, password, unit)

    monkeypatch.setattr(house.station.accounts, "sign_in", slow)
    async with house.anonymous() as client:
        waiting = [asyncio.create_task(client.post("/api/v1/session", json=SIGN_IN)) for _ in range(2)]
        await asyncio.sleep(0.05)
        third = await client.post("/api/v1/session", json=SIGN_IN)
        checked.set()
        assert (third.status_code, third.json()["reason"]) == (429, "QUOTA_EXCEEDED")
        assert int(third.headers["retry-after"]) > 0
        assert [(await answer).status_code for answer in waiting] == [201, 201]


async def test_a_place_at_the_door_is_given_up_when_the_caller_leaves() -> None:
    gate = SignInGate(at_once=1, waiting=0)
    async with gate:
        with pytest.raises(Refusal) as refused:
            await gate.__aenter__()
        assert refused.value.reason is Reason.QUOTA_EXCEEDED
    async with gate:
        pass
