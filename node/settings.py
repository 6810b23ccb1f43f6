"""What an operator sets. Environment XIEBAN_NODE_…, else node.json in the data folder, else the defaults here."""

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import SettingsConfigDict

from certs.folder_settings import FolderSettings
from node.province.alert_settings import AlertSettings
from node.province.schedule import ReportKind, Schedule
from node.province.scoreboard import DEFAULTS, Scoreboard


class MaterialKinds(BaseModel):
    """Media types that a file may have by its content."""

    allowed: tuple[str, ...] = (
        "application/pdf",
        "image/jpeg",
        "image/png",
        "image/tiff",
        "image/bmp",
        "image/webp",
        "audio/mpeg",
        "audio/wav",
        "audio/mp4",
        "video/mp4",
        "video/x-msvideo",
        "video/quicktime",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/ofd",
        "application/dicom",
        "text/plain",
        "text/csv",
    )


class ScoreboardSettings(BaseModel):
    """Where the bands of a provincial office's page begin. Raises ValueError for thresholds without an order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quick_green: float = DEFAULTS.quick_green
    quick_yellow: float = DEFAULTS.quick_yellow
    days_green: float = DEFAULTS.days_green
    days_yellow: float = DEFAULTS.days_yellow
    on_time_green: float = DEFAULTS.on_time_green
    on_time_yellow: float = DEFAULTS.on_time_yellow
    least_cases: int = DEFAULTS.least_cases

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        self.scoreboard()
        return self

    def scoreboard(self) -> Scoreboard:
        """As the pages take it."""
        return Scoreboard(**self.model_dump())


class NodeSettings(FolderSettings):
    """One node's settings. Addresses are host:port; port 0 takes a free one, told in ports.json."""

    FILE: ClassVar[str] = "node.json"
    DATABASE: ClassVar[str] = "node.db"
    model_config = SettingsConfigDict(env_prefix="XIEBAN_NODE_", extra="ignore")

    federation_id: str = ""
    trust_domain: str = ""
    registry_address: str = "127.0.0.1:7443"
    enrolment_address: str = "127.0.0.1:7444"
    bureau: str = ""
    units: tuple[str, ...] = ()
    http_host: str = "127.0.0.1"
    http_port: int = 8080
    http_certificate: Path | None = None
    http_key: Path | None = None
    log_level: str = "info"
    max_material_bytes: int = Field(default=1024**3, ge=1, le=4 * 1024**3)
    max_materials_folder_bytes: int = Field(default=0, ge=0)  # 0: bounded by the disk alone
    min_free_bytes: int = Field(default=64 * 1024**2, ge=0)
    material_kinds: MaterialKinds = Field(default_factory=MaterialKinds)
    roster_refresh_seconds: float = Field(default=900.0, gt=0)
    gap_wait_seconds: float = Field(default=2.0, gt=0)
    sweep_seconds: float = Field(default=60.0, gt=0)
    session_hours: int = Field(default=10, ge=1, le=24)
    threads_in_memory: int = Field(default=5000, ge=10)
    call_seconds: float = Field(default=20.0, gt=0)
    reconnect_max_seconds: float = Field(default=30.0, gt=0)
    # notices for the bureau's own systems; none of them is asked for unless it is set
    webhook_urls: tuple[str, ...] = ()
    webhook_secret_file: Path | None = None
    notice_authorities: Path | None = None  # PEM; the system's own when empty
    mail_host: str = ""
    mail_port: int = Field(default=587, ge=1, le=65535)
    mail_from: str = ""
    mail_user: str = ""
    mail_password_file: Path | None = None
    mail_to: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # unit: addresses
    mail_minutes: int = Field(default=60, ge=5, le=1440)
    alerts: AlertSettings = Field(default_factory=AlertSettings)  # of a provincial or national office
    scoreboard: ScoreboardSettings = Field(default_factory=ScoreboardSettings)  # of a provincial office
    # reports that a provincial office's node makes by itself: of each ended period, on a day of the month after it
    report_kinds: tuple[Literal["month", "quarter", "year"], ...] = ("month",)
    report_day: int = Field(default=1, ge=1, le=28)
    report_hour: int = Field(default=6, ge=0, le=23)  # Asia/Shanghai

    @property
    def reports(self) -> Schedule:
        """When reports are made."""
        kinds = tuple(ReportKind(kind) for kind in dict.fromkeys(self.report_kinds))
        return Schedule(kinds=kinds, day=self.report_day, hour=self.report_hour)
