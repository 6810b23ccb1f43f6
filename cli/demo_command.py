"""`xieban demo`: a registry and three bureaus on this machine, and the sample case from letter to archive."""

import asyncio
import shutil
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cli.common import now
from cli.demo.desk import Desk, DeskError, Json
from cli.demo.practice import play_samples
from cli.demo.report import print_addresses, print_report
from cli.demo.story import Staff, Tell, load_case, play
from cli.demo.verification import verify_both
from cli.local_federation import (
    CHENGDU,
    FEDERATION_ID,
    HANGZHOU,
    SICHUAN,
    BureauPlan,
    LocalFederation,
    LocalFederationError,
)
from cli.output import Exit, fail, progress
from delegation.codes import PRACTICE_FEDERATION
from delegation.deadlines import day_of
from delegation.digits import UnitType
from gateway.bureau.documents.press import Press, PressError

_MARK = ".xieban-demo"


def demo(
    folder: Annotated[
        Path, typer.Option(help="Where the data goes; made anew each time.", file_okay=False, resolve_path=True)
    ] = Path("demo-data"),
    case: Annotated[
        Path | None, typer.Option(help="Case file; the sample case when none is named.", dir_okay=False)
    ] = None,
    practice: Annotated[
        bool, typer.Option("--practice", help="A practice federation (演练) with sample cases at different stages.")
    ] = False,
) -> None:
    """Play a delegated investigation between Hangzhou and Chengdu on this machine, for real."""
    console = progress()
    started = time.monotonic()
    played = _read_case(case or _sample_case())
    _make_room(folder)

    def tell(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:5.1f} s[/dim]  {text}", highlight=False)

    try:
        federation_id = PRACTICE_FEDERATION if practice else FEDERATION_ID
        with (
            LocalFederation(folder, tell=tell, federation_id=federation_id) as federation,
            tempfile.TemporaryDirectory() as attachments,
        ):
            _prepare(federation)
            if practice:
                _practise(federation, played, Path(attachments), tell)
            else:
                number = _play(federation, played, Path(attachments), tell)
                for line in verify_both(federation, number):
                    tell(line)
                print_report(federation, number, seconds=time.monotonic() - started)
            print_addresses(federation, [(bureau, staff_id, role) for bureau, staff_id, _, role in _STAFF])
            _tell_of_papers(tell)
            if sys.stdin.isatty() and sys.stdout.isatty():
                _keep_running(federation)
    except (DeskError, LocalFederationError) as error:
        fail(f"演示未完成：{error}\n日志在 {folder}；修正后再次运行 make demo", Exit.FAILED)


def _make_room(folder: Path) -> None:
    """An empty folder; one that is not a demo's is never deleted."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            fail(f"{folder} is not empty and was not made by a demo; name another with --folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / _MARK).touch()


def _read_case(path: Path) -> Json:
    """The case, read before anything is started."""
    try:
        case = load_case(path, today=day_of(now()))
    except (OSError, ValueError) as error:
        fail(f"the case file {path} cannot be read ({type(error).__name__}); name another with --case")
    missing = sorted({"letter", "delegation", "attachments", "host", "completion"} - set(case))
    if missing:
        fail(f"the case file {path} has no {', '.join(missing)}; examples/ has one that is whole")
    return case


def _sample_case() -> Path:
    """The case that comes with the sources, or the copy that the wheel installed."""
    beside = Path(__file__).resolve().parents[1] / "examples" / "hangzhou-chengdu.json"
    if beside.exists():
        return beside
    return Path(sysconfig.get_path("data")) / "share" / "xieban" / "examples" / "hangzhou-chengdu.json"


_STAFF = (
    (HANGZHOU, "hz-jb-01", "何经办", "clerk"),
    (HANGZHOU, "hz-sp-01", "施审批", "approver"),
    (CHENGDU, "cd-jb-01", "蒋经办", "clerk"),
    (CHENGDU, "cd-sh-01", "邓审核", "approver"),
    (CHENGDU, "cd-dc-01", "程以宁", "investigator"),
    (SICHUAN, "sc-jg-01", "川监管", "supervisor"),
)
_PLAYERS = 4  # the first of them play the case


def _prepare(federation: LocalFederation) -> None:
    federation.make_registry()
    federation.start_registry()
    requests = [request for bureau in federation.bureaus for request in federation.enrol(bureau)]
    federation.publish_roster(requests)
    for bureau, staff_id, name, role in _STAFF:
        federation.add_account(bureau, bureau.unit(bureau.unit_types[0]), staff_id=staff_id, name=name, role=role)
    federation.start_nodes()


@contextmanager
def _staff(federation: LocalFederation) -> Iterator[Staff]:
    """The players, signed in."""

    def signed_in(bureau: BureauPlan, staff_id: str) -> Desk:
        return Desk(
            federation.http_urls[bureau.code],
            staff_id=staff_id,
            password=federation.passwords[staff_id],
            unit=bureau.unit(UnitType.RECOGNITION),
        )

    desks = [signed_in(bureau, staff_id) for bureau, staff_id, _, _ in _STAFF[:_PLAYERS]]
    try:
        yield Staff(*desks)
    finally:
        for desk in desks:
            desk.close()


def _play(federation: LocalFederation, case: Json, attachments: Path, tell: Tell) -> str:
    with _staff(federation) as staff:
        return play(case, staff, folder=attachments, host_unit=CHENGDU.unit(UnitType.RECOGNITION), tell=tell)


def _practise(federation: LocalFederation, case: Json, attachments: Path, tell: Tell) -> None:
    with _staff(federation) as staff:
        play_samples(case, staff, folder=attachments, host_unit=CHENGDU.unit(UnitType.RECOGNITION), tell=tell)


def _tell_of_papers(tell: Tell) -> None:
    """One line when this machine cannot make PDFs; the pages then offer the papers as HTML."""
    try:
        asyncio.run(Press().pdf("<p>字</p>"))
    except PressError as error:
        tell(error.text)


def _keep_running(federation: LocalFederation) -> None:
    progress().print("机构仍在运行，Ctrl-C 结束。")
    try:
        while all(service.is_running for service in federation.services.values()):
            time.sleep(0.5)
    except KeyboardInterrupt:
        return
    raise LocalFederationError(f"a process ended by itself; see the logs in {federation.folder}")
