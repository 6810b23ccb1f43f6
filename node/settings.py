"""What an operator sets. Environment XIEBAN_NODE_…, else node.json in the data folder, else the defaults here."""

import json
from pathlib import Path

from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from delegation.errors import Reason, Refusal

SETTINGS_FILE = "node.json"


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


class NodeSettings(BaseSettings):
    """One node's settings. Addresses are host:port; port 0 takes a free one, told in ports.json."""

    model_config = SettingsConfigDict(env_prefix="XIEBAN_NODE_", extra="ignore")

    data_dir: Path
    database_url: str = ""
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

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment; a file is read by `load` alone."""
        del settings_cls, dotenv_settings, file_secret_settings
        return (init_settings, env_settings)

    @classmethod
    def load(cls, data_dir: Path, **given: object) -> "NodeSettings":
        """Settings of the node in `data_dir`: given values, then the environment, then its node.json.

        Raises:
            Refusal: INVALID_INPUT when the file is no JSON object.
        """
        path = data_dir / SETTINGS_FILE
        held: dict[str, object] = {}
        if path.exists():
            try:
                read = json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise Refusal(Reason.INVALID_INPUT, field=SETTINGS_FILE) from error
            if not isinstance(read, dict):
                raise Refusal(Reason.INVALID_INPUT, field=SETTINGS_FILE)
            held = read
        base = cls(data_dir=data_dir, **given)  # type: ignore[arg-type]  # pydantic checks them
        missing = {name: value for name, value in held.items() if name not in base.model_fields_set}
        return cls(**{**missing, **base.model_dump(include=base.model_fields_set)})

    def save(self) -> None:
        """Write node.json (mode 0600), what differs from the defaults alone."""
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.data_dir / SETTINGS_FILE
        path.touch(mode=0o600)
        path.write_text(self.model_dump_json(exclude={"data_dir"}, exclude_defaults=True, indent=2), encoding="utf-8")

    @property
    def database(self) -> str:
        """URL of the database: the given one, else a SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'node.db'}"

    @property
    def keys_dir(self) -> Path:
        """Private keys and certificates, mode 0700; not part of the database or its backup."""
        return self.data_dir / "keys"

    @property
    def materials_dir(self) -> Path:
        """Sealed chunks."""
        return self.data_dir / "materials"
