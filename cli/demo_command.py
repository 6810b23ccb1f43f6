"""`xieban demo`: a registry and three bureaus on this machine; the sample case is investigated, then appraised."""

import asyncio
import shutil
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.common import now
from cli.demo.appraisal import commit_pool, load_pool, play_appraisal
from cli.demo.desk import DeskError, Json
from cli.demo.people import APPRAISAL, INVESTIGATION, prepare, staff_of
from cli.demo.practice import play_sample_appraisals, play_samples
from cli.demo.report import print_addresses, print_report
from cli.demo.story import Tell, load_case, play
from cli.demo.verification import verify_both, verify_draw
from cli.demo.year import YEARS, played_year, until_copied
from cli.local_federation import (
    CHENGDU,
    FEDERATION_ID,
    LocalFederation,
    LocalFederationError,
)
from cli.output import Exit, fail, progress
from delegation.codes import PRACTICE_FEDERATION
from delegation.deadlines import day_of
from delegation.digits import UnitType
from gateway.bureau.documents.press import Press, PressError

_MARK = ".xieban-demo"
_CASE, _POOL = "hangzhou-chengdu.json", "expert-pool.json"


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
    year: Annotated[
        str,
        typer.Option(envvar="YEAR", help="The simulated year behind the province's page: small, full or none."),
    ] = "small",
) -> None:
    """Play a delegated investigation and the appraisal after it, Hangzhou and Chengdu on this machine, for real."""
    console = progress()
    started = time.monotonic()
    if year not in YEARS:
        fail(f"--year: one of {', '.join(YEARS)}", Exit.USAGE)
    played = _read_case(case or _sample(_CASE))
    _make_room(folder)

    def tell(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:5.1f} s[/dim]  {text}", highlight=False)

    try:
        federation_id = PRACTICE_FEDERATION if practice else FEDERATION_ID
        with (
            LocalFederation(folder, tell=tell, federation_id=federation_id) as federation,
            tempfile.TemporaryDirectory() as attachments,
        ):
            past = None if practice else played_year(folder, YEARS[year], tell)
            prepare(federation, past)
            if practice:
                _practise(federation, played, Path(attachments), tell)
            else:
                done = _play(federation, played, Path(attachments), tell)
                _verify(federation, done, tell)
                print_report(federation, done.numbers, draw_file=done.draw_file, seconds=time.monotonic() - started)
            print_addresses(federation)
            if past is not None:
                until_copied(federation, past, tell)
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


def _sample(name: str) -> Path:
    """A sample that comes with the sources, or the copy that the wheel installed."""
    beside = Path(__file__).resolve().parents[1] / "examples" / name
    if beside.exists():
        return beside
    return Path(sysconfig.get_path("data")) / "share" / "xieban" / "examples" / name


@dataclass(frozen=True, slots=True)
class _Played:
    """What came out: the investigation, and the appraisal of the same case with the file of its draw."""

    investigation: str
    appraisal: str = ""
    draw_file: Path | None = None

    @property
    def numbers(self) -> list[str]:
        return [number for number in (self.investigation, self.appraisal) if number]


def _play(federation: LocalFederation, case: Json, attachments: Path, tell: Tell) -> _Played:
    host_unit = CHENGDU.unit(UnitType.RECOGNITION)
    with staff_of(federation, INVESTIGATION) as staff:
        investigation = play(case, staff, folder=attachments, host_unit=host_unit, tell=tell)
    if "appraisal" not in case:
        return _Played(investigation)
    pool = load_pool(_sample(_POOL), today=day_of(now()))
    with staff_of(federation, APPRAISAL) as staff:
        commit_pool(pool, staff, tell)
        appraisal = play_appraisal(case, staff, folder=attachments, tell=tell)
        file = federation.folder / "draw.json"
        file.write_bytes(staff.host_clerk.draw_file(appraisal))
    tell(f"导出抽取文件 {file.name}（{file.stat().st_size // 1024} KB）")
    return _Played(investigation, appraisal, file)


def _verify(federation: LocalFederation, played: _Played, tell: Tell) -> None:
    """Both threads at both bureaus; then the draw from its file, while the registry is stopped."""
    for number in played.numbers:
        for line in verify_both(federation, number):
            tell(f"{number} {line}")
    if played.draw_file is None:
        return
    registry = federation.services["registry"]
    registry.stop()
    tell("注册中心已停止")
    tell(verify_draw(federation, played.draw_file))
    registry.start()
    registry.wait_ready()


def _practise(federation: LocalFederation, case: Json, attachments: Path, tell: Tell) -> None:
    with staff_of(federation, APPRAISAL) as staff:
        commit_pool(load_pool(_sample(_POOL), today=day_of(now())), staff, tell)
        if "appraisal" in case:
            play_sample_appraisals(case, staff, folder=attachments, tell=tell)
    with staff_of(federation, INVESTIGATION) as staff:
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
        while not (ended := [each for each in federation.services.values() if not each.is_running]):
            time.sleep(0.5)
    except KeyboardInterrupt:
        return
    raise LocalFederationError(f"{ended[0].name} ended by itself; see {ended[0].log}")
