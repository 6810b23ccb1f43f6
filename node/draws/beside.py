"""The file of a draw, read beside a running node out of its database, as its keys open it (protocol 13.8)."""

from datetime import datetime

from certs.draw_file_json import draw_file_bytes
from delegation.codec_body_checks import read_body
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.payloads import SALT_SIZE
from delegation.roster_view import RosterView
from node import parts
from node.draws.exporting import gathered, prove
from node.threads import PARKED, secret_row
from node.verification.ground import Rosters, Secrets
from node.verify import HeldEvidence


async def draw_file_beside(held: HeldEvidence, number: str, *, at: datetime, names: bool) -> bytes:
    """The file of a delegation's last panel, with proofs from the registry.

    Without names it can be had where the panel cannot be opened too, as at a provincial office: the file then opens
    nobody, not even by a hash, and shows the arithmetic alone.

    Raises:
        Refusal: NOT_FOUND, NOT_ALLOWED (state no_panel, panel_sealed), UNAVAILABLE without the registry.
        RestError: the master key does not open what is stored.
    """
    rows = held.rows(number)
    panels = [each for each in rows.entries if each.kind == Kind.PANEL_DRAWN and each.state != PARKED]
    if rows.thread is None or not panels or held.proofs is None or not rows.rosters:
        raise Refusal(Reason.NOT_ALLOWED, state="no_panel")
    panel = panels[-1]
    content = b""
    if panel.secret:
        opened = Secrets(held.master, rows.data_key, number).open(secret_row(number, panel.sequence), panel.secret)
        content = parts.split(opened, 2)[1]
    if not content and names:
        raise Refusal(Reason.NOT_ALLOWED, state="panel_sealed")
    rosters = Rosters(rows.rosters, seal_authority=held.seal_authority, regions=held.regions, at=at)

    def views(version: int) -> tuple[RosterView, ...]:
        return (rosters.version(version).view,) if version in rows.rosters else ()

    newest = rosters.version(max(rows.rosters))
    found = gathered(
        rows.entries,
        panel,
        read_body(content[SALT_SIZE:]).panel if content else None,
        sides=(rows.thread.home_unit, rows.thread.host_unit),
        views=views,
        newest=newest.view,
        seal_authority=held.seal_authority,
    )
    file = await prove(found, held.proofs, log_key=newest.log_key)
    return draw_file_bytes(file if names else file.without_names())
