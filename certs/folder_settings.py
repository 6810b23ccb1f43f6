"""Settings that live in the data folder of a service, beside its keys: a node's and a registry's are read alike."""

import json
from pathlib import Path
from typing import ClassVar, Self

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from delegation.errors import Reason, Refusal


class FolderSettings(BaseSettings):
    """What is given, then the environment, then the file in the data folder, then the defaults of the class."""

    FILE: ClassVar[str]
    DATABASE: ClassVar[str]

    data_dir: Path
    database_url: str = ""

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
    def load(cls, data_dir: Path, **given: object) -> Self:
        """Settings of the service in `data_dir`: given values, then the environment, then its file.

        Raises:
            Refusal: INVALID_INPUT (field: the file's name) when the file is no JSON object.
        """
        path = data_dir / cls.FILE
        held: dict[str, object] = {}
        if path.exists():
            try:
                read = json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise Refusal(Reason.INVALID_INPUT, field=cls.FILE) from error
            if not isinstance(read, dict):
                raise Refusal(Reason.INVALID_INPUT, field=cls.FILE)
            held = read
        base = cls(data_dir=data_dir, **given)  # type: ignore[arg-type]  # pydantic checks them
        missing = {name: value for name, value in held.items() if name not in base.model_fields_set}
        return cls(**{**missing, **base.model_dump(include=base.model_fields_set)})

    def save(self) -> None:
        """Write the file (mode 0600), what differs from the defaults alone."""
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.data_dir / self.FILE
        path.touch(mode=0o600)
        path.write_text(self.model_dump_json(exclude={"data_dir"}, exclude_defaults=True, indent=2), encoding="utf-8")

    @property
    def database(self) -> str:
        """URL of the database: the given one, else a SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / self.DATABASE}"

    @property
    def keys_dir(self) -> Path:
        """Private keys and certificates, mode 0700; not part of the database or its backup."""
        return self.data_dir / "keys"

    @property
    def materials_dir(self) -> Path:
        """Sealed chunks."""
        return self.data_dir / "materials"
