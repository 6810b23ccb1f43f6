"""What a sign-in service may say, and what is not believed; before a service in memory that signs for real."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from gateway.oidc import OidcClient
from gateway.settings import GatewaySettings, OidcSettings
from gateway.sign_in_service import SignInServiceError, load

ISSUER, CLIENT = "https://id.test", "xieban"
BACK = "https://desk.test/desk/sign-in/service/back"
Change = Callable[[dict[str, object]], None]


class Service:
    """Publishes its keys, remembers what was begun and signs what a test tells it to."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)
        self.key = ECKey.generate_key("P-256", {"kid": "1", "use": "sig"})
        self.published: list[ECKey] = [self.key]
        self.about: dict[str, object] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        }
        self.signed_with: ECKey | OctKey = self.key
        self.algorithm = "ES256"
        self.change: Change = lambda _: None
        self.nonce = ""
        self.forms: list[dict[str, list[str]]] = []
        self.answer: bytes | None = None

    def handle(self, request: httpx.Request) -> httpx.Response:
        if self.answer is not None:
            return httpx.Response(200, content=self.answer)
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json=self.about)
        if request.url.path == "/keys":
            return httpx.Response(200, json=KeySet(list(self.published)).as_dict(private=False))
        self.forms.append(parse_qs(request.content.decode()))
        at = int(self.now.timestamp())
        claims: dict[str, object] = {
            "iss": ISSUER, "sub": "li", "aud": CLIENT, "exp": at + 300, "iat": at, "nonce": self.nonce,
        }  # fmt: skip
        self.change(claims)
        header = {"alg": self.algorithm, "kid": "1"}
        token = jwt.encode(header, claims, self.signed_with, algorithms=[self.algorithm])
        return httpx.Response(200, json={"id_token": token, "access_token": "x", "token_type": "Bearer"})

    def client(self, **settings: object) -> OidcClient:
        given = OidcSettings(issuer=ISSUER, client_id=CLIENT, redirect=BACK, label="统一身份认证", **settings)  # type: ignore[arg-type]
        return OidcClient(given, clock=lambda: self.now, transport=httpx.MockTransport(self.handle))


async def go(service: Service, client: OidcClient) -> tuple[str, str]:
    begun = await client.begin("/desk/todo")
    asked = parse_qs(urlsplit(begun.address).query)
    service.nonce = service.nonce or asked["nonce"][0]
    return await client.finish(state=asked["state"][0], code="c", browser=begun.browser)


async def refused(service: Service, client: OidcClient | None = None) -> str:
    with pytest.raises(SignInServiceError) as caught:
        await go(service, client or service.client())
    return caught.value.code


async def test_a_code_is_redeemed_with_the_verifier_of_its_challenge(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s\n")
    secret.chmod(0o600)
    service = Service()
    assert await go(service, service.client(secret_file=secret)) == ("li", "/desk/todo")
    [form] = service.forms
    assert len(form["code_verifier"][0]) >= 43
    assert form["redirect_uri"] == [BACK]
    assert "client_secret" not in form  # it goes in the header


def _set(**values: object) -> Change:
    def change(claims: dict[str, object]) -> None:
        for name, value in values.items():
            if value is None:
                claims.pop(name)
            else:
                claims[name] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set(iss="https://other.test"),
        _set(aud="another"),
        _set(aud=[CLIENT, "another"]),  # several, and nobody authorized
        _set(aud=[CLIENT, "another"], azp="another"),
        _set(exp=1),
        _set(exp=None),
        _set(iat=None),
        _set(iat=int(time.time()) + 3600),
        _set(nonce="another"),
        _set(nonce=None),
        _set(sub=None),
        _set(sub=""),
        _set(sub=17),
    ],
)
async def test_claims_that_are_not_for_us_now_are_refused(change: Change) -> None:
    service = Service()
    service.change = change
    assert await refused(service) == "claims"


async def test_a_token_that_the_service_did_not_sign_is_refused() -> None:
    service = Service()
    service.signed_with = ECKey.generate_key("P-256", {"kid": "1"})
    assert await refused(service) == "signature"
    service = Service()
    service.signed_with, service.algorithm = OctKey.import_key(b"a secret of thirty-two bytes, so"), "HS256"
    assert await refused(service) == "signature"


async def test_a_state_is_good_for_one_answer_of_one_browser_within_ten_minutes() -> None:
    service, client = Service(), None
    client = service.client()
    begun = await client.begin("/desk/")
    asked = parse_qs(urlsplit(begun.address).query)
    service.nonce = asked["nonce"][0]
    for state, browser in ((asked["state"][0], "another"), (asked["state"][0], begun.browser), ("x", begun.browser)):
        with pytest.raises(SignInServiceError) as caught:
            await client.finish(state=state, code="c", browser=browser)
        assert caught.value.code == "state"
    begun = await client.begin("/desk/")
    state = parse_qs(urlsplit(begun.address).query)["state"][0]
    service.now += timedelta(minutes=10)
    with pytest.raises(SignInServiceError):
        await client.finish(state=state, code="c", browser=begun.browser)
    assert service.forms == []


@pytest.mark.parametrize(
    ("about", "code"),
    [
        ({"issuer": "https://other.test"}, "issuer"),
        ({"authorization_endpoint": "http://id.test/authorize"}, "address"),
        ({"token_endpoint": "javascript:1"}, "address"),
        ({"jwks_uri": 7}, "address"),
    ],
)
async def test_what_a_service_publishes_is_looked_at(about: dict[str, object], code: str) -> None:
    service = Service()
    service.about |= about
    assert await refused(service) == code


async def test_a_service_that_answers_nonsense_is_refused() -> None:
    for answer, code in ((b"[]", "answer"), (b"{", "answer"), (b"{" + b" " * 300_000, "too_large")):
        service = Service()
        service.answer = answer
        assert await refused(service) == code


async def test_a_service_that_is_away_is_told() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody", request=request)

    settings = OidcSettings(issuer=ISSUER, client_id=CLIENT, redirect=BACK, label="x")
    client = OidcClient(settings, clock=lambda: datetime.now(UTC), transport=httpx.MockTransport(away))
    with pytest.raises(SignInServiceError) as caught:
        await client.begin("/desk/")
    assert caught.value.code == "away"


def test_settings_are_whole_or_not_there() -> None:
    assert load(GatewaySettings(), clock=lambda: datetime.now(UTC)) is None
    whole = {"oidc_issuer": ISSUER, "oidc_client_id": CLIENT, "oidc_redirect": BACK}
    assert load(GatewaySettings(**whole), clock=lambda: datetime.now(UTC)) is not None  # type: ignore[arg-type]
    for change in ({"oidc_client_id": ""}, {"oidc_redirect": ""}, {"oidc_issuer": "http://id.test"}):
        with pytest.raises(ValueError, match="service"):
            GatewaySettings(**{**whole, **change})  # type: ignore[arg-type]
    assert json.loads(GatewaySettings().model_dump_json())["oidc_issuer"] == ""
