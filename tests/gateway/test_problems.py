"""Refusals are problem documents in two languages, and nothing that was submitted comes back or is logged."""

import json
import logging
from collections.abc import Iterator

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from delegation.errors import Reason, Refusal
from gateway.language import Language, language_of
from gateway.wire_reasons import WIRE_TEXTS, WireReason
from node.desk.ports import Role
from tests.gateway.conftest import House
from tests.gateway.fake_views import DELEGATION

# The check digit is wrong on purpose: nobody has this number.
CANARY = "110101199003070009"
NAME = "金丝雀某某"
FIELDS = {"type", "title", "status", "reason", "reason_class", "detail", "text_zh", "text_en", "details", "errors"}


def test_every_reason_of_the_wire_has_its_texts() -> None:
    assert set(WIRE_TEXTS) == set(WireReason)
    assert all(text.zh and text.en and 400 <= text.status < 600 for text in WIRE_TEXTS.values())
    assert not {reason.value for reason in WireReason} & {reason.value for reason in Reason}


@pytest.mark.parametrize("reason", Reason)
async def test_every_reason_of_the_house_is_a_problem_in_both_languages(house: House, reason: Reason) -> None:
    house.station.desk.fail_with = Refusal(reason, competent_unit="510100RD015")
    async with house.caller() as client:
        zh = await client.get(f"/api/v1/delegations/{DELEGATION}")
        en = await client.get(f"/api/v1/delegations/{DELEGATION}", headers={"accept-language": "en-GB,en;q=0.9"})
    for answer in (zh, en):
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Accept-Language" in answer.headers["vary"]
        body = answer.json()
        assert set(body) == FIELDS
        assert (body["reason"], body["status"]) == (reason.value, answer.status_code)
        assert 400 <= answer.status_code < 600
        assert body["details"] == {"competent_unit": "510100RD015"}
    assert zh.json()["detail"] == zh.json()["text_zh"] != en.json()["detail"]
    assert en.json()["detail"] == en.json()["text_en"]
    assert (zh.headers["content-language"], en.headers["content-language"]) == ("zh", "en")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en", "en"),
        ("en-US;q=0.5, zh;q=0.4", "en"),
        ("fr, de", "zh"),
        ("fr, en;q=0.1", "en"),
        ("en;q=0", "zh"),
        ("*", "zh"),
        ("en;q=nonsense", "zh"),
        ("," * 5000 + "en", "zh"),
    ],
)
def test_the_language_is_chinese_unless_english_is_preferred(header: str, language: str) -> None:
    assert language_of(header) is Language(language)


async def test_what_nobody_foresaw_is_an_internal_problem_without_its_text(house: House) -> None:
    house.station.desk.fail_with = RuntimeError(f"boom {CANARY}")
    with capture_logs() as logs:
        async with house.caller() as client:
            answer = await client.get("/api/v1/todo")
    assert (answer.status_code, answer.json()["reason"]) == (500, "INTERNAL")
    assert CANARY not in answer.text
    (line,) = [line for line in logs if line["event"] == "request failed"]
    assert (line["error"], line["operation"]) == ("RuntimeError", "listTodo")
    assert CANARY not in json.dumps(line)


LETTER = {"letter": {"worker": {"name": NAME, "id_number": CANARY}}}
JSON = {"content-type": "application/json"}


def _wrong_ways() -> Iterator[tuple[str, str, dict[str, object]]]:
    draft, search, move = "/api/v1/drafts", "/api/v1/delegations/search", f"/api/v1/delegations/{DELEGATION}/moves"
    yield "POST", draft, {"json": {CANARY: 1}}
    yield "POST", draft, {"json": {"matter": CANARY}}
    yield "POST", draft, {"json": {"requested_due": CANARY}}
    yield "POST", draft, {"json": {"letter": {"worker": {"id_number": CANARY * 9}}}}
    yield "POST", draft, {"json": {"letter": {"worker": {"id_number": int(CANARY)}}}}
    yield "POST", draft, {"json": {"letter": {"worker": {CANARY: NAME}}}}
    yield "POST", draft, {"json": {"letter": {"items": [{"code": NAME, "text": CANARY}]}}}
    yield "POST", draft, {"json": {"letter": {"worker": {"name": NAME + "\x00", "born_on": CANARY}}}}
    yield "POST", draft, {"json": [CANARY]}
    yield "POST", draft, {"json": CANARY}
    yield "POST", draft, {"content": f'{{"letter": "{CANARY}"', "headers": JSON}
    yield "POST", draft, {"content": CANARY, "headers": JSON}
    yield "POST", draft, {"content": f'"{CANARY}\ud800"'.encode("utf-8", "surrogatepass"), "headers": JSON}
    yield "POST", draft, {"content": f'{{"text": "\\ud800{CANARY}"}}', "headers": JSON}
    yield "POST", draft, {"content": '{"text":' + "[" * 5000 + f'"{CANARY}"', "headers": JSON}
    yield "POST", draft, {"content": json.dumps(LETTER), "headers": {"content-type": "text/plain"}}
    yield "POST", draft, {"content": json.dumps(LETTER), "headers": {"content-type": f"application/{CANARY}"}}
    yield "POST", draft, {"data": {"id_number": CANARY}}
    yield "POST", draft, {"files": {CANARY: (CANARY, CANARY)}}
    yield "POST", draft, {"content": json.dumps(LETTER) + " " * 2_000_000, "headers": JSON}
    yield "PUT", f"{draft}/draft-1", {"json": {"matter": CANARY}, "headers": {"if-match": CANARY}}
    yield "PUT", f"{draft}/{CANARY}{NAME}", {"json": {}, "headers": {"if-match": '"v1"'}}
    yield "GET", f"{draft}?{CANARY}=1", {}
    yield "GET", f"/api/v1/delegations?worker={CANARY}", {}
    yield "GET", f"/api/v1/delegations?state={CANARY}&due_before={CANARY}&our_turn={CANARY}", {}
    yield "GET", f"/api/v1/delegations?page_token={CANARY}", {}
    yield "GET", f"/api/v1/delegations?page_size={CANARY}", {}
    yield "GET", f"/api/v1/delegations/{CANARY}", {}
    yield "GET", f"/api/v1/{CANARY}", {}
    yield "PATCH", f"/api/v1/delegations/{CANARY}", {"json": LETTER}
    yield "POST", search, {"json": {"id_number": CANARY, "idnumber": CANARY}}
    yield "POST", search, {"json": {"id_number": [CANARY]}}
    yield "POST", f"{search}?id_number={CANARY}", {"json": {"id_number": CANARY}}
    yield "POST", f"{move}/{CANARY}", {"json": {}, "headers": {"if-match": '"v1"'}}
    yield "POST", f"{move}/refused", {"json": {"reasons": [CANARY]}, "headers": {"if-match": '"v1"'}}
    yield "POST", f"{move}/refused", {"json": {"body": {"text": NAME, CANARY: 1}}, "headers": {"if-match": '"v1"'}}
    yield "POST", f"{move}/refused", {"json": {"declared": {"working_days": CANARY}}, "headers": {"if-match": '"v1"'}}
    yield "POST", "/api/v1/session", {"json": {"staff_id": CANARY, "password": CANARY}}
    yield "POST", "/api/v1/session", {"json": {"staff_id": CANARY, "password": [CANARY]}}
    yield "GET", "/api/v1/me", {"headers": {"authorization": f"Bearer {CANARY}"}}
    yield "GET", "/api/v1/me", {"headers": {"accept-language": CANARY, "x-api-key": CANARY}}
    yield "POST", "/api/v1/staff", {"json": {"staff_id": CANARY, "name": NAME}}
    yield "PATCH", f"/api/v1/staff/{CANARY}", {"json": {"name": NAME}}
    yield "POST", f"/api/v1/delegations/{DELEGATION}/materials", {"files": {CANARY: (NAME, CANARY)}}
    yield (
        "POST",
        f"/api/v1/delegations/{DELEGATION}/materials",
        {"data": {"facts": CANARY}, "files": {"file": (NAME, "x")}},
    )
    yield (
        "POST",
        f"/api/v1/delegations/{DELEGATION}/materials",
        {"data": {"facts": json.dumps({CANARY: NAME})}, "files": {"file": (CANARY, "x")}},
    )
    yield "GET", f"/api/v1/materials/{CANARY}{NAME}/content", {"headers": {"range": CANARY}}


WRONG_WAYS = list(_wrong_ways())


@pytest.mark.parametrize("number", range(len(WRONG_WAYS)))
async def test_an_id_number_sent_in_a_wrong_way_is_neither_answered_nor_logged(
    house: House, number: int, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    method, path, request = WRONG_WAYS[number]
    structlog.reset_defaults()
    with caplog.at_level(logging.DEBUG, logger="gateway"):
        role = Role.ADMINISTRATOR if "staff" in path else Role.CLERK
        async with house.caller(role) as client:
            given = httpx.Headers({**client.headers, **request.pop("headers", {})})  # type: ignore[dict-item]
            answer = await client.request(method, path, headers=given, **request)  # type: ignore[arg-type]
            metrics = (await client.get("/metrics")).text
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    captured = capsys.readouterr()
    everything = "\n".join(
        [
            answer.text,
            str(answer.headers),
            metrics,
            captured.out,
            captured.err,
            *(line.getMessage() for line in caplog.records),
        ]
    )
    assert CANARY not in everything
    assert NAME not in everything
    assert "boom" not in everything


async def test_errors_name_our_own_fields_and_the_rule(house: House) -> None:
    business = {"letter": {"worker": {"name": "x" * 300, "zodiac": "tiger"}, "items": [{"code": "a", "text": ""}]}}
    async with house.caller() as client:
        answer = await client.post("/api/v1/drafts", json=business)
    assert answer.status_code == 422
    assert {(error["location"], error["rule"]) for error in answer.json()["errors"]} == {
        ("body.letter.worker.name", "string_too_long"),
        ("body.letter.worker.?", "extra_forbidden"),
        ("body.letter.items.0.code", "string_pattern_mismatch"),
    }


async def test_answers_carry_safe_headers_and_are_not_kept(house: House) -> None:
    async with house.anonymous() as client:
        for path in ("/healthz", "/api/v1/me", "/nothing"):
            headers = (await client.get(path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
            assert "default-src 'none'" in headers["content-security-policy"]
            assert headers["referrer-policy"] == "no-referrer"
            assert "server" not in headers
