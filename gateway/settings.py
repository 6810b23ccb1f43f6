"""What the gateway is told: where it listens and how much it takes from one caller."""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from certs.files import read_secret

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


_SECRET = re.compile(
    r"(?i)(pass(word|wd|phrase)?|pin|secret|token)\s*[=:]|^--?(pass(word|wd|phrase)?|pin|secret|token)$"
)


def is_loopback(host: str) -> bool:
    """Whether `host` is an address of this machine alone; a name other than ``localhost`` is not trusted to be one."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """A sign-in service that speaks OpenID Connect, and our client there."""

    issuer: str
    client_id: str
    redirect: str
    label: str
    secret_file: Path | None = None

    def secret(self) -> str:
        """The client's secret, from a file that others cannot read; empty for a public client. Raises KeyFileError."""
        return read_secret(self.secret_file).decode("ascii").strip() if self.secret_file is not None else ""


class GatewaySettings(BaseSettings):
    """Settings of the HTTP face; environment ``XIEBAN_GATEWAY_…``. Sizes are bytes, times seconds.

    Raises:
        ValueError: an address that others can reach without TLS files, or one TLS file without the other.
    """

    model_config = SettingsConfigDict(
        env_prefix="XIEBAN_GATEWAY_", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080  # 0: a free one, which the caller is told
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    json_limit: Annotated[int, Field(ge=KIB, le=16 * MIB)] = MIB
    # a CT study has up to 1 GB; the margin is for what a form adds
    upload_limit: Annotated[int, Field(ge=KIB, le=4 * GIB)] = GIB + MIB
    # a body that stops coming is given up, so that half-open callers do not gather
    body_stall_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    # argon2 takes memory by design: more at a time wait, still more are told to come back
    sign_ins_at_once: Annotated[int, Field(ge=1, le=64)] = 4
    sign_ins_waiting: Annotated[int, Field(ge=0, le=1024)] = 16
    concurrency: Annotated[int, Field(ge=4, le=4096)] = 256
    streams: Annotated[int, Field(ge=1, le=900)] = 512  # of changes, all callers; they stay open and count apart
    streams_per_caller: Annotated[int, Field(ge=1, le=64)] = 4
    # the node has 10 s to stop; the rest is for what it does after us
    stop_seconds: Annotated[int, Field(ge=1, le=9)] = 5
    bureau: str = ""  # whose desk it is: part of its cookie's name
    practice: bool = False  # 演练: every page and paper says so
    # a sign-in service of the bureau's (OpenID Connect); the extra `oidc` is needed
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret_file: Path | None = None
    oidc_redirect: str = ""  # https://the-desk/desk/sign-in/service/back
    oidc_label: str = "统一身份认证"
    pages: bool = True  # the desk's pages beside the API
    # a virus scanner for every file that comes in: a command, or clamd's socket as unix:/path or host:port
    scan_command: tuple[str, ...] = ()
    scan_address: Annotated[str, Field(pattern=r"^(unix:/.+|.+:[0-9]{1,5})?$")] = ""
    scan_seconds: Annotated[float, Field(gt=0, le=600)] = 60.0
    # a recognised e-seal system for papers: a program and its arguments, {unit} for the unit's code; empty for none
    seal_command: tuple[str, ...] = ()
    seal_seconds: Annotated[float, Field(gt=0, le=600)] = 60.0
    seal_most_mib: Annotated[int, Field(ge=1, le=32)] = 16
    # uploads that the desk's page sends in parts, until the last one came; encrypted under keys in memory
    spool_dir: Path | None = None  # None: the machine's folder for temporary files
    spool_bytes: Annotated[int, Field(ge=MIB, le=1024 * GIB)] = 4 * GIB
    uploads_open: Annotated[int, Field(ge=1, le=1024)] = 64
    uploads_per_person: Annotated[int, Field(ge=1, le=256)] = 12
    upload_idle_minutes: Annotated[int, Field(ge=1, le=1440)] = 120
    heartbeat_seconds: Annotated[float, Field(gt=0, le=60)] = 15.0

    @property
    def session_cookie(self) -> str:
        """The name of the session's cookie. A browser keeps one jar for all ports of a host: each desk has its own."""
        whose = "".join(char for char in self.bureau if char.isascii() and char.isalnum())
        return "_".join(filter(None, ("xieban_practice" if self.practice else "xieban_session", whose)))

    @property
    def oidc(self) -> OidcSettings | None:
        """The sign-in service; None where staff sign in with passwords alone."""
        if not self.oidc_issuer:
            return None
        return OidcSettings(
            issuer=self.oidc_issuer,
            client_id=self.oidc_client_id,
            redirect=self.oidc_redirect,
            label=self.oidc_label,
            secret_file=self.oidc_client_secret_file,
        )

    @model_validator(mode="after")
    def _whole_service(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_redirect):
            raise ValueError("a sign-in service needs issuer, client id and redirect")
        for address in (self.oidc_issuer, self.oidc_redirect):
            parts = urlsplit(address)
            near = parts.scheme == "http" and is_loopback(parts.hostname or "")
            if address and parts.scheme != "https" and not near:
                raise ValueError("a sign-in service is reached by https")
        return self

    @property
    def tls(self) -> bool:
        """HTTPS is spoken, so cookies are marked Secure."""
        return self.tls_certificate is not None

    @model_validator(mode="after")
    def _reachable_only_with_tls(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("a certificate needs its key, and a key its certificate")
        if not self.tls and not is_loopback(self.host):
            raise ValueError("an address other than loopback needs TLS files")
        return self

    @model_validator(mode="after")
    def _one_scanner(self) -> Self:
        if self.scan_command and self.scan_address:
            raise ValueError("one scanner is asked: a command or an address")
        return self

    @model_validator(mode="after")
    def _no_secret_in_arguments(self) -> Self:
        if any(_SECRET.search(part) for part in (*self.seal_command[1:], *self.scan_command[1:])):
            raise ValueError("arguments are read by every user of the machine: a secret belongs into a file")
        return self
