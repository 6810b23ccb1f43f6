"""Versions, four eyes, one person and two: what the desk is asked when a page or a business system acts."""

import pytest

from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from gateway.conditions import etag, version_of, version_or_any
from gateway.examples import EXAMPLES
from gateway.schemas.base import VERBS
from gateway.schemas.drafts import Draft
from node.desk.ports import Role
from tests.gateway.conftest import House
from tests.gateway.fake_views import DELEGATION, a_move

MOVES = f"/api/v1/delegations/{DELEGATION}/moves"


def test_every_kind_but_none_has_a_verb() -> None:
    assert set(VERBS.values()) == set(Kind) - {Kind.UNSPECIFIED}
    assert VERBS["signed-for"] is Kind.SIGNED_FOR
    assert VERBS["withdraw-requested"] is Kind.WITHDRAW_REQUESTED


@pytest.mark.parametrize(("header", "version"), [('"v1"', 1), (' "v20" ', 20)])
def test_a_tag_is_a_version(header: str, version: int) -> None:
    assert version_of(header) == version
    assert version_of(etag(version)) == version


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, Reason.IF_MATCH_MISSING),
        ("", Reason.IF_MATCH_MISSING),
        ("*", Reason.IF_MATCH_MISSING),
        ("v1", Reason.EDITED_MEANWHILE),
        ('W/"v1"', Reason.EDITED_MEANWHILE),
        ('"v1", "v2"', Reason.EDITED_MEANWHILE),
        ('"v٣"', Reason.EDITED_MEANWHILE),
        ('"v99999999999999999999999"', Reason.EDITED_MEANWHILE),
    ],
)
def test_anything_else_is_refused(header: str | None, reason: Reason) -> None:
    with pytest.raises(Refusal) as refused:
        version_of(header)
    assert refused.value.reason is reason


def test_a_star_is_any_version_where_the_kind_allows_it() -> None:
    assert version_or_any("*") is None
    assert version_or_any('"v3"') == 3


async def test_a_letter_is_written_handed_over_and_approved_by_another(house: House) -> None:
    async with house.caller(Role.CLERK) as clerk, house.caller(Role.APPROVER) as approver:
        made = await clerk.post("/api/v1/drafts", json=dict(EXAMPLES[Draft]))
        assert (made.status_code, made.headers["etag"]) == (201, '"v1"')
        place = made.headers["location"]
        assert made.json()["problems"]
        written = await clerk.put(place, json={"matter": "INVESTIGATION"}, headers={"if-match": '"v1"'})
        assert written.json()["business"] == {"matter": "INVESTIGATION"}
        handed = await clerk.post(f"{place}/submit", headers={"if-match": written.headers["etag"]})
        assert handed.json()["state"] == "pending_approval"
        back = await approver.post(f"{place}/send-back", json={"note": "缺提纲"}, headers={"if-match": '"v3"'})
        assert (back.json()["state"], back.json()["note"]) == ("sent_back", "缺提纲")
        issued = await approver.post(f"{place}/approve", headers={"if-match": '"v4"'})
        assert (issued.status_code, issued.json()["row"]["delegation_id"]) == (200, DELEGATION)
        assert (await clerk.get(place)).json()["state"] == "issued"
        assert len((await clerk.get("/api/v1/drafts")).json()["items"]) == 1


async def test_what_the_clerk_filled_in_reaches_the_desk_as_it_was(house: House) -> None:
    async with house.caller() as client:
        await client.post("/api/v1/drafts", json=dict(EXAMPLES[Draft]))
    (draft,) = house.station.desk.drafts.values()
    assert draft.business == EXAMPLES[Draft]


async def test_nobody_approves_his_own_letter(house: House) -> None:
    house.station.accounts.add("both", Role.CLERK, Role.APPROVER)
    async with house.caller("both") as client:
        place = (await client.post("/api/v1/drafts", json={})).headers["location"]
        refused = await client.post(f"{place}/approve", headers={"if-match": '"v1"'})
    assert (refused.status_code, refused.json()["reason"]) == (403, "FOUR_EYES")


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("PUT", "/api/v1/drafts/draft-1", Role.CLERK),
        ("DELETE", "/api/v1/drafts/draft-1", Role.CLERK),
        ("POST", "/api/v1/drafts/draft-1/submit", Role.CLERK),
        ("POST", "/api/v1/drafts/draft-1/send-back", Role.APPROVER),
        ("POST", "/api/v1/drafts/draft-1/approve", Role.APPROVER),
        ("POST", f"{MOVES}/accepted", Role.CLERK),
        ("POST", f"{MOVES}/refused", Role.CLERK),
        ("PUT", "/api/v1/moves/move-2", Role.CLERK),
        ("POST", "/api/v1/moves/move-2/approve", Role.APPROVER),
        ("POST", "/api/v1/moves/move-2/drop", Role.CLERK),
    ],
)
async def test_a_change_says_what_it_was_made_on(house: House, method: str, path: str, role: Role) -> None:
    async with house.caller(Role.CLERK) as clerk, house.caller(role) as client:
        await clerk.post("/api/v1/drafts", json={})
        await clerk.post(f"{MOVES}/refused", json={}, headers={"if-match": '"v1"'})
        form = {"note": "x"} if "send-back" in path else {}
        before = (house.station.desk.version, dict(house.station.desk.drafts), dict(house.station.desk.prepared))
        missing = await client.request(method, path, json=form)
        stale = await client.request(method, path, json=form, headers={"if-match": '"v7"'})
    assert (missing.status_code, missing.json()["reason"]) == (428, "IF_MATCH_MISSING")
    assert (stale.status_code, stale.json()["reason"]) == (412, "EDITED_MEANWHILE")
    assert (house.station.desk.version, house.station.desk.drafts, house.station.desk.prepared) == before


async def test_a_move_of_one_person_acts_at_once(house: House) -> None:
    async with house.caller() as client:
        read = await client.get(f"/api/v1/delegations/{DELEGATION}")
        body = {"body": {"acceptance": {"local_case_number": "CD-1"}}}
        acted = await client.post(f"{MOVES}/accepted", json=body, headers={"if-match": read.headers["etag"]})
    assert (acted.status_code, acted.headers["etag"]) == (200, '"v2"')
    assert house.station.desk.made == [("ACCEPTED", body)]


async def test_a_move_of_two_persons_is_prepared_and_approved_by_another(house: House) -> None:
    house.station.accounts.add("both", Role.CLERK, Role.APPROVER)
    async with house.caller("both") as handler, house.caller(Role.APPROVER) as approver:
        prepared = await handler.post(f"{MOVES}/refused", json={"reasons": ["R01"]}, headers={"if-match": '"v1"'})
        assert (prepared.status_code, prepared.json()["kind"]) == (201, "REFUSED")
        place, tag = prepared.headers["location"], prepared.headers["etag"]
        assert not house.station.desk.made
        own = await handler.post(f"{place}/approve", headers={"if-match": tag})
        assert own.json()["reason"] == "FOUR_EYES"
        changed = await handler.put(place, json={"reasons": ["R02"]}, headers={"if-match": tag})
        done = await approver.post(f"{place}/approve", headers={"if-match": changed.headers["etag"]})
        assert done.status_code == 200
        assert (await handler.get(place)).json()["state"] == "approved"
    assert house.station.desk.made == [("REFUSED", {"reasons": ["R02"]})]


async def test_a_prepared_move_is_taken_back(house: House) -> None:
    async with house.caller() as client:
        place = (await client.post(f"{MOVES}/refused", json={}, headers={"if-match": '"v1"'})).headers["location"]
        dropped = await client.post(f"{place}/drop", json={"note": "误操作"}, headers={"if-match": '"v1"'})
    assert (dropped.json()["state"], dropped.json()["note"]) == ("dropped", "误操作")


async def test_a_kind_that_changes_no_state_takes_any_version(house: House) -> None:
    async with house.caller() as client:
        reminded = await client.post(f"{MOVES}/remind", json={}, headers={"if-match": "*"})
        accepted = await client.post(f"{MOVES}/accepted", json={}, headers={"if-match": "*"})
    assert reminded.status_code == 200
    assert (accepted.status_code, accepted.json()["reason"]) == (428, "IF_MATCH_MISSING")


async def test_moves_are_listed_with_why_not_and_refused_all_the_same(house: House) -> None:
    async with house.caller() as client:
        listed = {move["kind"]: move for move in (await client.get(MOVES)).json()["items"]}
        refused = await client.post(f"{MOVES}/reported", json={}, headers={"if-match": '"v1"'})
        unknown = await client.post(f"{MOVES}/teleported", json={}, headers={"if-match": '"v1"'})
        elsewhere = await client.post(f"{MOVES}/completed", json={}, headers={"if-match": '"v1"'})
    assert (listed["REPORTED"]["allowed"], listed["REPORTED"]["reason"]) == (False, "NOT_ALLOWED")
    assert refused.json()["reason"] == elsewhere.json()["reason"] == "NOT_ALLOWED"
    assert (unknown.status_code, unknown.json()["details"]) == (422, {"field": "path.verb"})


async def test_the_open_row_decides_how_many_persons_a_move_takes(house: House) -> None:
    house.station.desk.moves = (a_move("PAUSED", approval=1, allowed=False), a_move("PAUSED", approval=2))
    async with house.caller() as client:
        prepared = await client.post(f"{MOVES}/paused", json={"reasons": ["H05"]}, headers={"if-match": '"v1"'})
    assert prepared.status_code == 201


async def test_a_purge_says_the_number_twice(house: House) -> None:
    path = f"/api/v1/delegations/{DELEGATION}/purge"
    async with house.caller(Role.ADMINISTRATOR) as client:
        other = await client.post(path, json={"delegation_id": "WT-330100-20260803-000018-W"})
        same = await client.post(path, json={"delegation_id": DELEGATION})
    assert (other.status_code, same.status_code) == (422, 204)
