"""One command for everything: `xieban`. A command's rooms are imported when it is called, not before.

Importing every room takes seconds of a small machine; a bureau's timer that asks `xieban doctor` needs two of them.
"""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final, cast

import typer
from typer.core import TyperCommand, TyperGroup

# In the order in which people meet them.
_MODULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "demo": "cli.demo_command",
        "doctor": "cli.doctor_command",
        "registry": "cli.registry_commands",
        "node": "cli.node_commands",
        "certs": "cli.certs_commands",
        "roster": "cli.roster_commands",
        "delegation": "cli.delegation_commands",
        "draw": "cli.draw_commands",
        "report": "cli.report_commands",
        "simulate": "cli.simulate_command",
    }
)


class _OnDemand(TyperGroup):
    """Knows the names of all commands and imports one when it is asked for."""

    def list_commands(self, ctx: object) -> list[str]:
        """See click."""
        del ctx
        return list(_MODULES)

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """See click. A module has `app`, a group of commands, or a function of the command's own name."""
        del ctx
        if cmd_name not in _MODULES:
            return None
        module = import_module(_MODULES[cmd_name])
        group: typer.Typer | None = getattr(module, "app", None)
        if group is None:
            group = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
            group.command(cmd_name)(getattr(module, cmd_name))
        command = cast("TyperCommand | TyperGroup", typer.main.get_command(group))
        command.name = cmd_name
        return command


app = typer.Typer(
    name="xieban",
    cls=_OnDemand,
    help="协办: cross-region delegation between bureaus of work-injury insurance.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


@app.callback()
def _xieban() -> None:
    """协办: cross-region delegation between bureaus of work-injury insurance."""


def commands() -> Mapping[str, TyperCommand | TyperGroup]:
    """Every command and group by name, imported: for tests and documents."""
    group = cast("_OnDemand", typer.main.get_command(app))
    found = {name: group.get_command(None, name) for name in group.list_commands(None)}
    return {name: command for name, command in found.items() if command is not None}


def main() -> None:
    """Entry point of the distribution."""
    app()
