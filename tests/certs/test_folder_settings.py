"""Settings in a data folder: one loader for every service that has one."""

import json
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic_settings import SettingsConfigDict

from certs.folder_settings import FolderSettings
from delegation.errors import Reason, Refusal
from node.settings import NodeSettings
from registry.settings import RegistrySettings


class ThingSettings(FolderSettings):
    """A service that there is not."""

    FILE: ClassVar[str] = "thing.json"
    DATABASE: ClassVar[str] = "thing.db"
    model_config = SettingsConfigDict(env_prefix="XIEBAN_THING_", extra="ignore")

    port: int = 1
    level: str = "info"
    names: tuple[str, ...] = ()


@pytest.mark.parametrize("kind", [ThingSettings, NodeSettings, RegistrySettings])
@pytest.mark.parametrize("content", ["[]", "{", "3", '"text"'])
def test_a_file_of_another_form_is_refused_by_name(tmp_path: Path, kind: type[FolderSettings], content: str) -> None:
    (tmp_path / kind.FILE).write_text(content, encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        kind.load(tmp_path)
    assert refused.value.reason is Reason.INVALID_INPUT
    assert refused.value.details == {"field": kind.FILE}


def test_what_is_given_goes_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ThingSettings.load(tmp_path, port=1, level="error", names=("甲",)).save()
    monkeypatch.setenv("XIEBAN_THING_PORT", "2")
    monkeypatch.setenv("XIEBAN_THING_LEVEL", "debug")
    settings = ThingSettings.load(tmp_path, port=3)
    assert (settings.names, settings.level, settings.port) == (("甲",), "debug", 3)


def test_the_file_holds_what_differs_and_nobody_else_reads_it(tmp_path: Path) -> None:
    settings = ThingSettings.load(tmp_path / "new", level="error")
    settings.save()
    path = settings.data_dir / "thing.json"
    assert json.loads(path.read_text(encoding="utf-8")) == {"level": "error"}
    assert path.stat().st_mode & 0o077 == 0
    assert settings.data_dir.stat().st_mode & 0o077 == 0
    assert settings.database == f"sqlite:///{settings.data_dir}/thing.db"
    assert ThingSettings.load(settings.data_dir, database_url="postgresql://x").database == "postgresql://x"


def test_services_differ_in_their_settings_and_not_in_how_they_are_read() -> None:
    for kind in (NodeSettings, RegistrySettings):
        for name in ("load", "save", "database", "keys_dir", "materials_dir", "settings_customise_sources"):
            assert name not in vars(kind), f"{kind.__name__} has its own {name}"
    assert NodeSettings.FILE != RegistrySettings.FILE
    assert NodeSettings.DATABASE != RegistrySettings.DATABASE
