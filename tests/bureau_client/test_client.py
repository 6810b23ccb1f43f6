"""The client: never behind the interface, escapes what goes into addresses, turns a no into a typed exception."""

import json
from io import BytesIO
from pathlib import Path

import httpx
import pytest

from bureau_client.api import Bureau
from bureau_client.core import ProblemError, Upload, address_of
from scripts.make_client import PACKAGE, written


def test_what_is_committed_is_what_the_document_says() -> None:
    for name, text in written().items():
        assert (PACKAGE / name).read_text(encoding="utf-8") == text, f"run python scripts/make_client.py ({name})"


def test_the_client_needs_httpx_alone() -> None:
    for path in Path(PACKAGE).glob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith(("import ", "from ")):
                assert line.split()[1].split(".")[0] not in {"gateway", "node", "certs", "delegation", "cli"}


def test_values_in_addresses_are_escaped_whole() -> None:
    assert address_of("/x/{a}/y", {"a": "../z?q#f"}) == "/x/..%2Fz%3Fq%23f/y"


def _bureau(answer: httpx.Response, seen: list[httpx.Request]) -> Bureau:
    def handle(request: httpx.Request) -> httpx.Response:
        request.read()
        seen.append(request)
        return answer

    http = httpx.Client(transport=httpx.MockTransport(handle), base_url="http://desk.test")
    return Bureau("http://desk.test", http=http)


def test_a_problem_is_a_typed_exception() -> None:
    document = {"reason": "STALE", "reason_class": "final", "details": {"kind": "ISSUED"}, "text_en": "moved"}
    bureau = _bureau(httpx.Response(409, json=document), [])
    with pytest.raises(ProblemError) as raised:
        bureau.read_delegation("WT-1")
    assert raised.value.reason == "STALE"
    assert raised.value.details == {"kind": "ISSUED"}
    assert raised.value.status == 409


def test_an_answer_that_is_no_document_is_still_a_problem() -> None:
    with pytest.raises(ProblemError) as raised:
        _bureau(httpx.Response(502, text="<html>"), []).read_me()
    assert raised.value.reason == ""


def test_what_is_left_out_is_not_sent() -> None:
    seen: list[httpx.Request] = []
    _bureau(httpx.Response(200, json={"items": [], "next_page_token": ""}), seen).list_delegations(our_turn=True)
    assert dict(seen[0].url.params) == {"our_turn": "true"}


def test_versions_and_keys_go_into_headers() -> None:
    seen: list[httpx.Request] = []
    bureau = _bureau(httpx.Response(200, json={}, headers={"ETag": '"7"'}), seen)
    assert bureau.submit_draft("d", if_match='"6"').etag == '"7"'
    assert seen[0].headers["if-match"] == '"6"'
    assert "idempotency-key" not in seen[0].headers


def test_a_file_goes_with_its_facts() -> None:
    seen: list[httpx.Request] = []
    bureau = _bureau(httpx.Response(201, json={}), seen)
    bureau.add_draft_material("d", {"name": "照片.png"}, Upload("照片.png", BytesIO(b"bytes")))
    assert json.dumps({"name": "照片.png"}, ensure_ascii=False).encode() in seen[0].content
    assert b"bytes" in seen[0].content


def test_a_download_comes_in_pieces() -> None:
    bureau = _bureau(httpx.Response(200, content=b"abc"), [])
    with bureau.read_material("m") as pieces:
        assert b"".join(pieces) == b"abc"
