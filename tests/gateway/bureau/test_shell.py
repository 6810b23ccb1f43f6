"""The shell of the desk: signing in, the policy of its pages, tokens of its forms, languages, files."""

import re

from gateway.bureau.render import POLICY
from tests.gateway.bureau.pages import form_to, signed_in, words
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import PASSWORD


async def test_the_bare_address_leads_to_signing_in(house: House) -> None:
    async with house.anonymous() as client:
        client.follow_redirects = True
        page = await client.get("/")
        assert page.status_code == 200
        assert "登录" in words(page)


async def test_a_wrong_password_is_told_and_keeps_the_account(house: House) -> None:
    async with house.anonymous(origin="http://desk.test") as client:
        page = await client.post("/desk/sign-in", data={"staff_id": "clerk", "password": "wrong wrong"})
        assert page.status_code == 401
        assert "账号或口令不对" in words(page)
        assert form_to(page, "/sign-in")["staff_id"] == ["clerk"]
        assert "wrong wrong" not in page.text


async def test_pages_allow_nothing_but_our_own_files(house: House) -> None:
    async with house.anonymous() as client:
        page = await client.get("/desk/sign-in")
        assert page.headers["content-security-policy"] == POLICY
        assert "unsafe" not in POLICY
        assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", page.text)
        assert page.headers["cache-control"] == "no-store"


async def test_a_form_of_another_site_is_refused(house: House) -> None:
    async with signed_in(house) as client:
        for strange in ({"origin": "http://elsewhere.test"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
            page = await client.post("/desk/sign-out", data={"_csrf": "guessed"}, headers=strange)
            assert page.status_code == 403
        page = await client.post("/desk/sign-out", data={"_csrf": "guessed"})
        assert page.status_code == 403
        assert (await client.get("/desk/sign-in")).status_code == 200


async def test_nobody_is_sent_elsewhere_after_signing_in(house: House) -> None:
    async with house.anonymous(origin="http://desk.test") as client:
        for address in ("https://elsewhere.test/", "//elsewhere.test", "/desk//elsewhere.test", "/desk/\\elsewhere"):
            sent = await client.post(
                "/desk/sign-in", data={"staff_id": "clerk", "password": PASSWORD, "after": address}
            )
            assert sent.headers["location"] == "/desk/"


async def test_a_form_sent_after_the_session_ended_goes_on_after_signing_in(house: House) -> None:
    async with house.anonymous(origin="http://desk.test") as client:
        page = await client.post("/desk/sign-out", data={"letter.worker.name": "张三", "_csrf": "old"})
        assert page.status_code == 401
        kept = form_to(page, "/sign-in")
        assert kept["_kept.letter.worker.name"] == ["张三"]
        assert not any("_csrf" in name for name in kept if name.startswith("_kept."))
        again = await client.post("/desk/sign-in", data={**kept, "staff_id": "clerk", "password": PASSWORD})
        form = form_to(again, "/sign-out")
        assert form["letter.worker.name"] == ["张三"]
        assert form["_csrf"][0]


async def test_the_language_is_chosen_and_kept(house: House) -> None:
    async with house.anonymous(origin="http://desk.test") as client:
        await client.post("/desk/language", data={"language": "en", "after": "/desk/sign-in"})
        page = await client.get("/desk/sign-in")
        assert '<html lang="en">' in page.text
        assert page.headers["content-language"] == "en"


async def test_files_are_ours_and_kept_by_their_digest(house: House) -> None:
    async with house.anonymous() as client:
        page = await client.get("/desk/sign-in")
        addresses = re.findall(r'(?:src|href)="(/desk/static/[^"]+)"', page.text)
        assert len(addresses) == 4
        for address in addresses:
            file = await client.get(address)
            assert file.status_code == 200
            assert "immutable" in file.headers["cache-control"]
        for strange in ("/desk/static/x/../render.py", "/desk/static/x/none.css", "/desk/static/x/"):
            assert (await client.get(strange)).status_code == 404


async def test_the_first_page_is_small(house: House) -> None:
    async with house.anonymous() as client:
        page = await client.get("/desk/sign-in")
        files = [await client.get(address) for address in re.findall(r'(?:src|href)="(/desk/static/[^"]+)"', page.text)]
        assert len(page.content) + sum(len(file.content) for file in files) < 150 * 1024
