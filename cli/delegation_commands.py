"""`xieban delegation`: what a node holds, read beside it; headers and entries, never case text."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from certs.files import write_atomically
from cli.common import AsJson, DataDir, now
from cli.output import Exit, fail, show, table, tells_refusals
from delegation.clock_specs import legal_source
from delegation.errors import Refusal
from node.draws.beside import draw_file_beside
from node.outline import EntryOutline, list_threads, outline
from node.settings import NodeSettings
from node.verification.report import Status
from node.verification.rows import open_engine, read_rows
from node.verify import VerificationReport, open_for_verification, verify_thread

app = typer.Typer(
    help="Delegations that a node holds.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

Number = Annotated[str, typer.Argument(help="Number of the delegation.")]


@app.command("list")
@tells_refusals
def list_delegations(data_dir: DataDir, as_json: AsJson = False) -> None:
    """Every thread of the node, latest change first."""
    engine = open_engine(NodeSettings.load(data_dir).database)
    try:
        threads = list_threads(engine)
    finally:
        engine.dispose()
    if as_json:
        show([{name: str(getattr(thread, name)) for name in thread.__slots__} for thread in threads])
        return
    table(
        f"{len(threads)} threads",
        ["number", "state", "turn", "home", "host", "next due", "queued", "parked", "changed (UTC)"],
        [
            (
                thread.thread_id,
                thread.state,
                thread.turn,
                thread.home_unit,
                thread.host_unit,
                thread.next_due,
                thread.queued,
                thread.parked,
                f"{thread.changed_at:%Y-%m-%d %H:%M:%S}",
            )
            for thread in threads
        ],
    )


@app.command("show")
@tells_refusals
def show_delegation(
    number: Number,
    data_dir: DataDir,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check signatures, commitments, chain of entries and inclusion in the log.")
    ] = False,
    offline: Annotated[bool, typer.Option(help="Fetch no proofs; what then cannot be checked is said.")] = False,
    as_json: AsJson = False,
) -> None:
    """One thread: who, what, when, receipts and due dates. With --verify, exit code 5 when anything does not hold."""
    settings = NodeSettings.load(data_dir)
    engine = open_engine(settings.database)
    try:
        rows = read_rows(engine, number)
    finally:
        engine.dispose()
    report = asyncio.run(_verify(settings, number, online=not offline)) if verify else None
    try:
        entries: Sequence[EntryOutline] = outline(rows)
    except Refusal:
        if report is None or report.ok:
            raise
        entries = ()  # what is damaged cannot be laid out; the report says which
    if as_json:
        show({"number": number, "entries": [_entry_json(entry) for entry in entries], "verification": _json(report)})
    else:
        _print(number, entries, report)
    if report is not None and not report.ok:
        fail(f"{len(report.failed)} checks do not hold", Exit.NOT_AS_IT_SHOULD_BE)


@app.command("draw")
@tells_refusals
def export_draw(
    number: Number,
    data_dir: DataDir,
    out: Annotated[Path, typer.Option(help="Where the file goes; one that is there stays.")],
    names: Annotated[bool, typer.Option(help="With the names of those drawn.")] = True,
) -> None:
    """Write the file that proves a draw of experts, beside the node; `xieban draw verify` checks it anywhere.

    A provincial office writes it with --no-names: nobody is opened in it, `xieban draw verify --arithmetic` checks it.
    """
    data = asyncio.run(_draw(NodeSettings.load(data_dir), number, names=names))
    write_atomically(out, data, replace=False)
    show({"file": str(out), "bytes": len(data)})


async def _draw(settings: NodeSettings, number: str, *, names: bool) -> bytes:
    held = open_for_verification(settings, clock=now)
    try:
        return await draw_file_beside(held, number, at=now(), names=names)
    finally:
        await held.close()


async def _verify(settings: NodeSettings, number: str, *, online: bool) -> VerificationReport:
    held = open_for_verification(settings, clock=now, online=online)
    try:
        return await verify_thread(held, number, at=now())
    finally:
        await held.close()


def _entry_json(entry: EntryOutline) -> dict[str, object]:
    return {
        "sequence": entry.sequence,
        "kind": entry.kind,
        "sender_unit": entry.sender_unit,
        "accepted_at": entry.accepted_at.isoformat(),
        "envelope_id": entry.envelope_id,
        "entry_digest": entry.entry_digest,
        "state": entry.state,
        "due_dates": [
            {
                "clock": due.clock,
                "unit": due.unit,
                "nominal": due.nominal.isoformat(),
                "legal": due.legal.isoformat(),
                "provisional": due.provisional,
                "source": legal_source(due.clock),
            }
            for due in entry.due_dates
        ],
        "deliveries": list(entry.deliveries),
    }


def _json(report: VerificationReport | None) -> dict[str, object] | None:
    if report is None:
        return None
    return {
        "ok": report.ok,
        "online": report.online,
        "log_size": report.log_size,
        "checks": [
            {
                "name": check.name,
                "status": check.status.value,
                "reason": check.reason,
                "sequence": check.sequence,
                "subject": check.subject,
            }
            for check in report.checks
        ],
    }


def _print(number: str, entries: Sequence[EntryOutline], report: VerificationReport | None) -> None:
    table(
        number,
        ["seq", "unit", "kind", "accepted (UTC)", "entry", "deliveries"],
        [
            (
                entry.sequence,
                entry.sender_unit,
                entry.kind,
                f"{entry.accepted_at:%Y-%m-%d %H:%M:%S}",
                entry.entry_digest[:16],
                "\n".join(entry.deliveries),
            )
            for entry in entries
        ],
    )
    if entries and entries[-1].due_dates:
        table(
            "due dates after the last entry",
            ["clock", "unit", "nominal", "legal", "source"],
            [
                (
                    due.clock,
                    due.unit,
                    due.nominal,
                    f"{due.legal}{' (provisional)' if due.provisional else ''}",
                    legal_source(due.clock),
                )
                for due in entries[-1].due_dates
            ],
        )
    if report is None:
        return
    held = sum(check.status is Status.OK for check in report.checks)
    open_ones = sorted({(check.name, check.reason) for check in report.not_checkable})
    typer.echo(
        f"verified: {held} checks hold, {len(report.failed)} do not, {len(report.not_checkable)} could not be made; "
        f"log of {report.log_size} entries{'' if report.online else ' (offline)'}"
    )
    for check in report.failed:
        typer.echo(f"  does NOT hold: {check.name} {check.subject} entry {check.sequence}: {check.reason}")
    for name, reason in open_ones:
        typer.echo(f"  not checkable: {name}: {reason}")
