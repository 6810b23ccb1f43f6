"""One command for everything: `xieban`."""

import typer

from cli import (
    certs_commands,
    delegation_commands,
    demo_command,
    doctor_command,
    node_commands,
    registry_commands,
    roster_commands,
)

app = typer.Typer(
    name="xieban",
    help="协办: cross-region delegation between bureaus of work-injury insurance.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.command("demo")(demo_command.demo)
app.command("doctor")(doctor_command.doctor)
app.add_typer(registry_commands.app, name="registry")
app.add_typer(node_commands.app, name="node")
app.add_typer(certs_commands.app, name="certs")
app.add_typer(roster_commands.app, name="roster")
app.add_typer(delegation_commands.app, name="delegation")


def main() -> None:
    """Entry point of the distribution."""
    app()
