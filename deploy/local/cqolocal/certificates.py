"""`./cqo verify-certificate`: checks what a certificate's QR code holds, by the issuer's public keys alone."""

from __future__ import annotations

import base64
import json
import re
import sys
import time
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from chassis.security import KeyRing, UnknownKey, Unsigned
from cqolocal.language import tr
from programme import statements
from programme.statements import Statement
from servers import CannotRun

PRINTED = re.compile(rb"/verify\?token=([\w.-]+)")  # in a PDF, the address behind its QR code
IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"II*\0", b"MM\0*")
LIST_KIND = "statuslist+jwt"
LARGEST = 10_000_000  # bytes


@click.command("verify-certificate")
@click.argument("certificate", metavar="FILE_OR_TOKEN")
@click.option(
    "--keys", "keys_file", required=True, type=Path, help="The issuer's jwks.json, from /.well-known/jwks.json."
)
@click.option("--status-list", "list_file", type=Path, help="The status list, from /certificates/status-list.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="As of this day; today if left out.")
def verify_certificate(certificate: str, keys_file: Path, list_file: Path | None, on: datetime | None) -> None:
    """Check a certificate's signature offline: its PDF, a file with what its QR code holds, or that text itself."""
    keys = _keys_in(keys_file)
    signed = _statement_in(certificate)
    try:
        statement = statements.read(signed, keys)
    except UnknownKey as fault:
        click.echo(tr("NOT VERIFIED: it names the key {key}, which is not in {file}", key=fault, file=keys_file))
        click.echo(tr("fetch the keys again from the issuer; if it is not there either, somebody else signed it"))
        sys.exit(1)
    except Unsigned:
        click.echo(tr("NOT GENUINE: it was altered, is not complete, or was never signed by the issuer"))
        sys.exit(1)
    click.echo(tr("the signature is right: the issuer said what follows; compare each line with the paper"))
    for label, value in _lines(statement):
        click.echo(f"  {label}: {value}")
    day = on.date() if on else datetime.now(ZoneInfo("Asia/Shanghai")).date()
    holds = _tell_of_term(statement, day)
    if list_file is not None:
        holds = _tell_of_list(statement, list_file, keys) and holds
    else:
        address = statements.list_address(statement.issuer, statement.part)
        click.echo(
            tr(
                "whether it was suspended or revoked since is not in it: see {page}, or the status list {address}",
                page=f"{statement.issuer}/verify",
                address=address,
            )
        )
    sys.exit(0 if holds else 1)


def _read(path: Path) -> bytes:
    if path.stat().st_size > LARGEST:
        raise CannotRun("{file} is too large: it is no certificate, keys or list", file=path)
    return path.read_bytes()


def _keys_in(path: Path) -> KeyRing:
    try:
        return KeyRing(_read(path).decode(), str(path))
    except ValueError as fault:
        raise CannotRun("{file} does not hold keys: {said}", file=path, said=fault) from fault


def _statement_in(given: str) -> str:
    """What is signed, in a PDF, in a file of text, or as it was given."""
    try:
        is_file = Path(given).is_file()
    except OSError:  # too long for the name of a file
        is_file = False
    if not is_file:
        if ("/" in given and not given.startswith("http")) or given.endswith((".pdf", ".txt")):
            raise CannotRun("there is no file {file}", file=given)
        return statements.found_in(given)
    content = _read(Path(given))
    if content.startswith(b"%PDF"):
        found = PRINTED.search(content)
        if found is None:
            raise CannotRun("{file} has no signed QR code; scan it from the paper, and give its text", file=given)
        return found[1].decode()
    if content.startswith(IMAGES):
        raise CannotRun("{file} is a picture; read its QR code with a scanner, and give the text", file=given)
    return statements.found_in(content.decode(errors="replace"))


def _lines(statement: Statement) -> Iterator[tuple[str, object]]:
    yield tr("number"), statement.number
    yield tr("name"), statement.name
    if statement.enterprise:
        yield tr("enterprise, at the issue"), statement.enterprise
    yield tr("issued on"), statement.issued_on
    yield tr("term"), f"{statement.valid_from} – {statement.valid_until}"
    yield tr("edition, one more with each renewal"), statement.edition
    yield tr("issuer"), statement.issuer


def _tell_of_term(statement: Statement, day: date) -> bool:
    values = {"day": day, "since": statement.valid_from, "until": statement.valid_until}
    if day > statement.valid_until:
        click.echo(tr("EXPIRED on {day}: its term ended on {until}; it may have been renewed since", **values))
    elif day < statement.valid_from:
        click.echo(tr("NOT YET VALID on {day}: its term begins on {since}", **values))
    else:
        click.echo(tr("within its term on {day}", **values))
    return statement.valid_from <= day <= statement.valid_until


def _tell_of_list(statement: Statement, path: Path, keys: KeyRing) -> bool:
    """What the status list says; CannotRun where it is not the issuer's, not of this certificate, or too old."""
    try:
        content = json.loads(keys.open(_read(path).decode(errors="replace").strip(), LIST_KIND))
        packed = content["status_list"]["lst"]
        bits = zlib.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
        place = statement.index % statements.PART
        value = bits[place // 4] >> place % 4 * 2 & 3
        signed_at, expires = datetime.fromtimestamp(content["iat"], ZoneInfo("Asia/Shanghai")), content["exp"]
    except (LookupError, TypeError, ValueError, zlib.error) as fault:
        raise CannotRun("{file} is no status list of this issuer: {said}", file=path, said=fault) from fault
    if content["sub"] != statements.list_address(statement.issuer, statement.part):
        raise CannotRun("{file} is another status list; this certificate is in {part}", file=path, part=statement.part)
    if expires < time.time():
        raise CannotRun("{file} is of {at} and too old; fetch it again", file=path, at=f"{signed_at:%Y-%m-%d %H:%M}")
    said = {
        0: tr("valid"),
        1: tr("REVOKED or replaced by another"),
        2: tr("SUSPENDED"),
        3: tr("EXPIRED"),
    }
    click.echo(tr("by the status list of {at}: {said}", at=f"{signed_at:%Y-%m-%d %H:%M}", said=said[value]))
    return value == 0
