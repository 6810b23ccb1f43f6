"""What an operator sets. Environment XIEBAN_REGISTRY_…, else registry.json in the data folder, else the defaults."""

from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, Field
from pydantic_settings import SettingsConfigDict

from certs.folder_settings import FolderSettings


class Quotas(BaseModel):
    """What one bureau, unit or thread may take of what all share."""

    calls_a_second: float = Field(default=300.0, gt=0)
    calls_at_once: int = Field(default=400, ge=1)
    envelopes_waiting: int = Field(default=1024, ge=1)
    neutral_a_day: int = Field(default=200, ge=1)  # of one thread
    refusals_a_day: int = Field(default=2000, ge=1)  # stored ones of one bureau
    open_threads: int = Field(default=50_000, ge=1)  # of one bureau as home
    mailbox: int = Field(default=50_000, ge=1)  # envelopes of one unit of which nothing was said yet
    upload_bytes_a_day: int = Field(default=200 * 1024**3, ge=1)
    material_bytes: int = Field(default=1024**3 + 1024**2, ge=1)  # sealed; 1 GiB of content and the tags


class Retention(BaseModel):
    """Days (promise 3)."""

    applied_days: int = Field(default=90, ge=30, le=180)
    undelivered_days: int = Field(default=180, ge=30, le=365)
    orphan_days: int = Field(default=7, ge=1, le=30)


class RegistrySettings(FolderSettings):
    """One registry's settings. Addresses are host:port; port 0 takes a free one, told in ports.json."""

    FILE: ClassVar[str] = "registry.json"
    DATABASE: ClassVar[str] = "registry.db"
    model_config = SettingsConfigDict(env_prefix="XIEBAN_REGISTRY_", env_nested_delimiter="__", extra="ignore")

    federation_id: str = "xieban"
    trust_domain: str = "xieban.internal"
    log_origin: str = ""
    host_names: tuple[str, ...] = ("localhost", "127.0.0.1")
    seal_authority: Path | None = None  # certificate (DER) that `init` copies
    exchange_address: str = "127.0.0.1:7443"
    enrolment_address: str = "127.0.0.1:7444"
    metrics_address: str = "127.0.0.1:7445"
    log_level: str = "info"
    epoch: int | None = None  # claim the log with this epoch; else with the stored one plus one
    batch_envelopes: int = Field(default=256, ge=1, le=1024)
    threads_in_memory: int = Field(default=2000, ge=10)  # some 10 KiB each; reading one again costs 40 µs
    stream_head_seconds: float = Field(default=20.0, gt=0, le=20.0)
    unacknowledged: int = Field(default=512, ge=1, le=512)
    sweep_seconds: float = Field(default=60.0, gt=0)
    roster_poll_seconds: float = Field(default=0.5, gt=0, le=1.0)
    heartbeat_seconds: float = Field(default=30.0, gt=0, le=300.0)
    retention_seconds: float = Field(default=3600.0, gt=0)
    stop_seconds: float = Field(default=8.0, gt=0, le=10.0)
    min_free_bytes: int = Field(default=64 * 1024**2, ge=0)
    max_streams: int = Field(default=128, ge=1)  # HTTP/2 streams of one connection
    quotas: Quotas = Field(default_factory=Quotas)
    retention: Retention = Field(default_factory=Retention)

    @property
    def origin(self) -> str:
        """Origin line of checkpoints, and name of the log's key."""
        return self.log_origin or f"{self.trust_domain}/{self.federation_id}"
