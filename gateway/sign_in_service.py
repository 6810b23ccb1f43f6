"""A bureau's own sign-in service as the desk sees it; the one that speaks OpenID Connect is gateway/oidc.py."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Protocol, cast

from gateway.settings import GatewaySettings


class SignInServiceError(Exception):
    """The service did not vouch for anybody, or could not be asked; `code` says why, and nothing of what it sent."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser is sent, and what it has to bring back in a cookie."""

    address: str
    browser: str


class SignInService(Protocol):
    """Vouches for people."""

    @property
    def issuer(self) -> str:
        """Its name."""
        ...

    @property
    def label(self) -> str:
        """What staff know it by."""
        ...

    async def begin(self, after: str) -> Begun:
        """Begin a sign-in that goes on at `after`. Raises SignInServiceError when the service cannot be asked."""
        ...

    async def finish(self, *, state: str, code: str, browser: str) -> tuple[str, str]:
        """The subject that the service vouches for, and where to go on. Raises SignInServiceError."""
        ...


def load(settings: GatewaySettings, *, clock: Callable[[], datetime]) -> SignInService | None:
    """The service that the settings name; None for none.

    Raises:
        ValueError: it is asked for, and the extra `oidc` is not installed.
    """
    if settings.oidc is None:
        return None
    try:
        module = import_module("gateway.oidc")
    except ModuleNotFoundError as error:
        raise ValueError("signing in by OpenID Connect needs the extra: pip install 'xieban[oidc]'") from error
    return cast("SignInService", module.OidcClient(settings.oidc, clock=clock))
