"""`xieban certs`: the seal authority. Runs apart from the registry and never in its process (protocol 9.2)."""

import hashlib
import signal
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from certs.agreement_proof import proof_from_json
from certs.authority import SealAuthority
from certs.files import write_atomically
from certs.identity import describe
from certs.registry_info import info_from_json
from certs.roster_book import RosterBook
from certs.roster_grants import add_certificate, rotate_sealing_key, take_agreement
from certs.roster_input import merge_records
from certs.unit_request import request_from_json
from cli.common import AsJson, AuthorityFolder, instant, now, read_bytes, read_text
from cli.output import fail, progress, show, tells_refusals
from delegation.payloads import DIGEST_SIZE, KEY_ID_SIZE
from delegation.regions import RegionTable, load_regions

app = typer.Typer(
    help="The seal authority: unit certificates and the roster.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

_KEYS, _BOOK = "authority", "book"
_PUBLIC = 0o644

RequestFile = Annotated[Path, typer.Argument(help="Request file made by `xieban node request`.")]


def _open(folder: Path) -> tuple[SealAuthority, RosterBook, RegionTable]:
    regions = load_regions()
    return SealAuthority.load(folder / _KEYS), RosterBook.load(folder / _BOOK, regions), regions


@app.command()
@tells_refusals
def init(
    folder: AuthorityFolder,
    federation_id: Annotated[str, typer.Option(help="Federation, [a-z0-9-]{1,32}.")],
    as_json: AsJson = False,
) -> None:
    """Make the authority's key. Its certificate is what registry and bureaus pin."""
    authority = SealAuthority.create(folder / _KEYS, federation_id, now())
    certificate = folder / "seal-authority.der"
    write_atomically(certificate, authority.certificate, mode=_PUBLIC)
    digest = hashlib.sha256(authority.certificate).hexdigest()
    if as_json:
        show({"certificate": str(certificate), "sha256": digest})
    else:
        typer.echo(f"seal authority made; give {certificate} to the registry's operator\nSHA-256 {digest}")


@app.command()
@tells_refusals
def roster(
    folder: AuthorityFolder,
    registry: Annotated[
        Path | None, typer.Option(help="What `xieban registry info` wrote; needed the first time.")
    ] = None,
    records: Annotated[
        list[Path] | None, typer.Option(help="JSON records: bureaus, units, competences, agreements, calendars.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the signed roster goes.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take in records, compose the next roster, check it and sign it."""
    at = now()
    regions = load_regions()
    authority = SealAuthority.load(folder / _KEYS)
    if not (folder / _BOOK / "roster.json").exists():
        if registry is None:
            fail("the first roster needs --registry, the file of `xieban registry info`")
        RosterBook.create(
            folder / _BOOK,
            federation_id=authority.federation_id,
            registry=info_from_json(read_text(registry)),
            regions=regions,
            at=at,
        )
    book = RosterBook.load(folder / _BOOK, regions)
    if registry is not None:
        book.put_registry(info_from_json(read_text(registry)))
    for path in records or ():
        merge_records(book, read_text(path), regions)
    signed = book.publish(authority, at)
    target = out or folder / "roster.bin"
    write_atomically(target, signed, mode=_PUBLIC)
    version = book.published_version
    if as_json:
        show({"version": version, "file": str(target), "units": len(book.records.units)})
    else:
        typer.echo(f"roster {version} signed: {target}")


@app.command()
@tells_refusals
def issue(
    folder: AuthorityFolder,
    request: RequestFile,
    authority_statement: Annotated[
        bool, typer.Option(help="The authority itself vouches for a key that the old one does not vouch for.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Certify a unit's keys; the next roster carries them."""
    authority, book, _ = _open(folder)
    asked = request_from_json(read_text(request))
    granted = add_certificate(book, authority, asked, now(), authority_statement=authority_statement)
    digest = hashlib.sha256(granted.certificate).hexdigest()
    if as_json:
        show({"unit": asked.unit, "certificate_sha256": digest, "new": granted.is_new})
    else:
        typer.echo(f"{asked.unit}: certificate {digest[:16]}… stands; compose the roster next")


@app.command()
@tells_refusals
def rotate(
    folder: AuthorityFolder,
    request: RequestFile,
    authority_statement: Annotated[
        bool, typer.Option(help="The authority itself vouches where the old key is lost.")
    ] = False,
) -> None:
    """Take in a unit's new keys: a signing key signed by the old one, or a sealing key signed by the signing key."""
    authority, book, _ = _open(folder)
    asked = request_from_json(read_text(request))
    if asked.csr:
        add_certificate(book, authority, asked, now(), authority_statement=authority_statement)
    else:
        rotate_sealing_key(book, authority, asked, now())
    typer.echo(f"{asked.unit}: new keys taken in; compose the roster next")


@app.command()
@tells_refusals
def agreement(
    folder: AuthorityFolder,
    proof: Annotated[Path, typer.Argument(help="The file that either unit's desk gives out of the agreement's page.")],
    as_json: AsJson = False,
) -> None:
    """Take in an agreement that both units signed, or its end; it holds from the next roster on."""
    authority, book, _ = _open(folder)
    proven = take_agreement(book, authority, proof_from_json(read_text(proof)), now())
    until = proven.valid_to.isoformat() if proven.valid_to is not None else ""
    if as_json:
        show({"agreement": proven.agreement_id, "units": list(proven.units), "valid_to": until})
    else:
        typer.echo(f"agreement {proven.agreement_id} of {' and '.join(proven.units)} stands; compose the roster next")


@app.command()
@tells_refusals
def revoke(
    folder: AuthorityFolder,
    certificate: Annotated[Path | None, typer.Option(help="Certificate file, DER.")] = None,
    digest: Annotated[str, typer.Option(help="SHA-256 of a certificate or id of a sealing key, hexadecimal.")] = "",
    compromised_since: Annotated[str, typer.Option(help="Instant since when it was in wrong hands.")] = "",
) -> None:
    """Revoke a certificate of any kind, or a sealing key; in force when the next roster is loaded."""
    _, book, _ = _open(folder)
    if (certificate is None) == (not digest):
        fail("name one of --certificate and --digest")
    if certificate is not None:
        der = read_bytes(certificate)
        describe(der)
        key = hashlib.sha256(der).digest()
    else:
        key = _hex(digest)
    since = instant(compromised_since) if compromised_since else None
    book.revoke(key, at=now(), compromised_since=since)
    typer.echo(f"{key.hex()[:16]}… revoked; compose the roster next")


def _hex(digest: str) -> bytes:
    try:
        value = bytes.fromhex(digest)
    except ValueError:
        fail("a digest is hexadecimal")
    if len(value) not in (DIGEST_SIZE, KEY_ID_SIZE):
        fail("a digest has 64 hexadecimal digits, the id of a sealing key 32")
    return value


@app.command()
@tells_refusals
def serve(
    folder: AuthorityFolder,
    out: Annotated[Path, typer.Option(help="Where the newly signed roster goes each time.")],
    every_hours: Annotated[float, typer.Option(min=0.001, max=24.0, help="How often the statement is renewed.")] = 24.0,
) -> None:
    """Sign the roster's statement anew each day, until stopped. `xieban roster load --follow` publishes it."""
    authority, _, regions = _open(folder)
    stopped = threading.Event()
    _until_signalled(stopped)
    while True:
        at: datetime = now()
        # Read again each time: records may have been changed by another command.
        write_atomically(out, RosterBook.load(folder / _BOOK, regions).restate(authority, at), mode=_PUBLIC)
        progress().print(f"statement signed at {at.isoformat()}")
        if stopped.wait(every_hours * 3600):
            return


def _until_signalled(stopped: threading.Event) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stopped.set()

    handler: Callable[[int, FrameType | None], None] = stop
    signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGINT, handler)
