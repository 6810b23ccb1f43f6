"""Signing in through npm's oidc-provider as a process of its own: the whole way a browser goes."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.gateway.bureau.pages import forms, words
from tests.gateway.conftest import House, a_house

VERSION = "oidc-provider@9.13.3"
SCRIPT = Path(__file__).parent / "oidc_provider.mjs"
BACK = "http://127.0.0.1:1/desk/sign-in/service/back"  # nobody listens: the test hands it over itself


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("there is no npm here: the sign-in service of this test is npm's oidc-provider")
    folder = tmp_path_factory.mktemp("oidc")
    shutil.copy(SCRIPT, folder)
    asked = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), VERSION]
    done = subprocess.run(asked, cwd=folder, capture_output=True, check=False, timeout=180)
    if done.returncode:
        pytest.skip(f"npm could not install {VERSION}")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with subprocess.Popen(
        [node, SCRIPT.name, str(port), BACK], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture
def desk(issuer: str, tmp_path: Path) -> House:
    secret = tmp_path / "secret"
    secret.write_text("a secret of the test\n")
    secret.chmod(0o600)
    house = a_house(oidc_issuer=issuer, oidc_client_id="xieban", oidc_client_secret_file=secret, oidc_redirect=BACK)
    house.app.state.sign_in_service._clock = lambda: datetime.now(UTC)  # the service's clock is real
    return house


async def vouched(begin: str, subject: str) -> str:
    """Go the browser's way at the service: sign in, consent; the address that it sends back to."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(begin)
        for _ in range(10):
            if answer.is_redirect:
                address = urljoin(str(answer.request.url), answer.headers["location"])
                if address.startswith(BACK):
                    return address
                answer = await browser.get(address)
                continue
            [(action, values), *_] = forms(answer)
            if "login" in values:
                values |= {"login": [subject], "password": ["any"]}
            answer = await browser.post(urljoin(str(answer.request.url), action), data=values)
    raise AssertionError("the service never sent back")


async def test_a_bound_account_signs_in_and_no_other(desk: House) -> None:
    accounts = desk.station.accounts
    async with desk.anonymous(origin="http://desk.test") as client:
        page = await client.get("/desk/sign-in?after=/desk/people/deputies")
        link = re.search(r'href="(/desk/sign-in/service[^"]*)"', page.text)
        assert link is not None
        begun = await client.get(link.group(1).replace("&amp;", "&"))
        assert begun.status_code == 303
        assert "code_challenge_method=S256" in begun.headers["location"]
        back = await vouched(begun.headers["location"], "li-at-service")
        here = f"/desk/sign-in/service/back?{urlsplit(back).query}"
        refused = await client.get(here)
        assert refused.status_code == 401
        assert "没有绑定" in words(refused)
        assert len(accounts.accounts) == len({*accounts.accounts})  # and nobody was made
        assert "li-at-service" not in accounts.accounts
        accounts.identities[desk.app.state.sign_in_service.issuer, "li-at-service"] = "clerk"
        assert (await client.get(here)).status_code == 401  # a state is good for one answer
        begun = await client.get(link.group(1).replace("&amp;", "&"))
        back = await vouched(begun.headers["location"], "li-at-service")
        here = f"/desk/sign-in/service/back?{urlsplit(back).query}"
        async with desk.anonymous() as stranger:  # another browser, with the very address
            assert (await stranger.get(here)).status_code == 401
        begun = await client.get(link.group(1).replace("&amp;", "&"))
        back = await vouched(begun.headers["location"], "li-at-service")
        done = await client.get(f"/desk/sign-in/service/back?{urlsplit(back).query}")
        assert done.status_code == 200
        assert "/desk/people/deputies" in done.text
        assert (await client.get("/desk/people/deputies")).status_code == 200
