"""`xieban draw`: a draw of experts, checked from its file alone, without database or network (protocol 13.8)."""

import base64
import binascii
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.draw_proof import verify_draw_file
from certs.draw_report import DrawReport, Status
from cli.common import AsJson, read_bytes
from cli.output import Exit, fail, show, tells_refusals
from delegation.errors import Reason, Refusal

app = typer.Typer(
    help="Draws of medical experts (抽取专家组).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

_MARKS: Final = {
    Status.OK: ("通过", "ok"),
    Status.FAILED: ("不符", "FAILED"),
    Status.NOT_CHECKED: ("未查", "not checked"),
}


@app.callback()
def _draw() -> None:
    """Draws of medical experts (抽取专家组)."""


@app.command("verify")
@tells_refusals
def verify(
    file: Annotated[Path, typer.Argument(help="File of the draw, as a desk exports it.")],
    seal_authority: Annotated[
        list[Path] | None,
        typer.Option(help="Certificate of the seal authority (PEM or DER) that you know by another way; may repeat."),
    ] = None,
    log_key: Annotated[str, typer.Option(help="The log's public key (base64) that you know by another way.")] = "",
    arithmetic: Annotated[
        bool, typer.Option(help="Leave out whom the positions stand for: what a province can check, without a name.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a draw offline, check by check.

    Exit code 0 when nothing failed, 1 when there is no such file, 2 for wrong words, 3 when it is no draw's file (or a
    certificate or key that was given is none), 5 when a check does not hold. Which one, and where, stands in its line.
    """
    report = verify_draw_file(
        read_bytes(file),
        seal_authorities=[_certificate(path) for path in seal_authority or ()],
        log_key=_key(log_key),
        arithmetic=arithmetic,
    )
    if as_json:
        show(_json(report, arithmetic=arithmetic))
    else:
        _print(report)
    if not report.ok:
        fail(f"{len(report.failed)} checks do not hold / {len(report.failed)} 项不符", Exit.NOT_AS_IT_SHOULD_BE)


def _certificate(path: Path) -> bytes:
    data = read_bytes(path)
    if not data.startswith(b"-----BEGIN"):
        return data
    try:
        return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    except ValueError as error:
        raise Refusal(Reason.CERTIFICATE_NOT_TRUSTED, why="form") from error


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.encode(), validate=True)
    except binascii.Error as error:
        raise Refusal(Reason.INVALID_INPUT, field="log_key") from error
    if text and len(key) != 32:
        raise Refusal(Reason.INVALID_INPUT, field="log_key")
    return key


def _json(report: DrawReport, *, arithmetic: bool) -> dict[str, object]:
    return {
        "ok": report.ok,
        "arithmetic": arithmetic,
        "checks": [
            {
                "name": check.name,
                "status": check.status.value,
                "detail": check.detail,
                "text_zh": check.text_zh,
                "text_en": check.text_en,
            }
            for check in report.checks
        ],
        "thread_id": report.thread_id,
        "entries": report.entries,
        "until": None if report.until is None else report.until.isoformat(),
        "leg": report.leg,
        "draw": report.draw,
        "home_unit": report.home_unit,
        "host_unit": report.host_unit,
        "drawing_unit": report.drawing_unit,
        "log_size": report.log_size,
        "log_root": report.log_root,
        "eligible_root": report.eligible_root,
        "seed": report.seed,
        "picks": [{"seats": list(each.seats), "reserves": list(each.reserves)} for each in report.picks],
        "panel": [{"stratum": stratum, "position": position} for stratum, position in report.panel],
        "defaults": [{"draw": each.draw, "unit": each.unit, "void": each.void} for each in report.defaults],
        "seal_authorities": list(report.seal_authorities),
        "log_key": report.log_key,
    }


def _places(positions: Sequence[int]) -> str:
    return ", ".join(str(position) for position in positions) or "–"


def _print(report: DrawReport) -> None:
    echo = typer.echo
    echo(f"{report.thread_id}  第{report.leg}程 第{report.draw}次抽取 / leg {report.leg}, draw {report.draw}")
    echo(f"  委托方 home {report.home_unit}, 受托方 host {report.host_unit}, 抽取单位 drawn by {report.drawing_unit}")
    until = "–" if report.until is None else report.until.isoformat(timespec="seconds")
    echo(f"  文件截至第{report.entries}条登记 / the file tells of {report.entries} entries, until {until}")
    for check in report.checks:
        zh, en = _MARKS[check.status]
        echo(f"[{zh}] {check.text_zh}")
        echo(f"  [{en}] {check.text_en}" + (f" ({check.detail})" if check.detail else ""))
    for number, each in enumerate(report.picks):
        echo(f"科别 stratum {number}: 抽中 seats {_places(each.seats)}; 候补 reserves {_places(each.reserves)}")
    if report.panel:
        echo("现任 panel: " + ", ".join(f"{stratum}/{position}" for stratum, position in report.panel))
    for default in report.defaults:
        what = "已作废 void" if default.void else "由省级代为揭示 shown by its province"
        echo(f"逾期未揭示 default: 第{default.draw}次 draw {default.draw}, {default.unit}, {what}")
    echo("请与另行得知的摘要核对 / compare with what you know by another way (SHA-256):")
    for digest in report.seal_authorities:
        echo(f"  印章机构证书 seal authority {digest}")
    echo(f"  日志公钥 log key {report.log_key}")
