"""What a certificate says, signed: the text in the QR code of its PDF, and how anybody checks it without a network.

A statement is a compact JWS by Ed25519 of the type KIND. It bears what stands on the paper, so that the two can be
compared. That a certificate was suspended or revoked since, only the status list or the register can say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import date
from urllib.parse import parse_qs, urlencode, urlsplit

from chassis.security import KeyRing, Unsigned

KIND = "cqo-certificate+jws"
VERSION = 1  # of the form; a later one only gains members
PART = 1 << 20  # certificates of one status list
# Each field's name in the signed text: the text is printed, so it is short.
NAMES = {
    "issuer": "iss",
    "number": "number",
    "name": "name",
    "enterprise": "firm",
    "unit": "unit",
    "issued_on": "issued",
    "valid_from": "from",
    "valid_until": "until",
    "ruleset": "rules",
    "edition": "edition",
    "index": "idx",
}


@dataclass(frozen=True)
class Statement:
    """What a certificate says of itself. It tells no more of its holder than the paper does."""

    issuer: str  # the address of the service that issued it, under which its keys and status lists are
    number: str
    name: str
    enterprise: str | None  # the holder's, by name, when it was issued
    unit: str  # the reporting unit, as in the number
    issued_on: date
    valid_from: date
    valid_until: date
    ruleset: int
    edition: int  # 1, and one more with each renewal
    index: int  # its place in the status lists, counted through all of them from 0

    @property
    def part(self) -> int:
        """Which status list it is in."""
        return self.index // PART


def sign(statement: Statement, keys: KeyRing) -> str:
    """The statement as a compact JWS; the same statement and key give the same text."""
    values = {NAMES[name]: value for name, value in vars(statement).items() if value is not None}
    content = json.dumps({"v": VERSION, **values}, default=date.isoformat, ensure_ascii=False, separators=(",", ":"))
    return keys.sign(content.encode(), KIND)


def read(signed: str, keys: KeyRing) -> Statement:
    """What was signed; raises Unsigned, and UnknownKey where the key that signed it is not among `keys`."""
    payload = keys.open(signed, KIND)
    try:
        content = json.loads(payload)
        if content["v"] < VERSION:
            raise ValueError("v")
        values = {name: content.get(short) if name == "enterprise" else content[short] for name, short in NAMES.items()}
        days = {each.name: date.fromisoformat(values[each.name]) for each in fields(Statement) if each.type == "date"}
        return Statement(**{**values, **days})
    except (LookupError, TypeError, ValueError) as fault:
        raise Unsigned(f"it is signed, and not a certificate's statement: {type(fault).__name__}") from fault


def address_of(issuer: str, signed: str) -> str:
    """The address in the QR code: a page that shows what is signed and whether it still holds."""
    return f"{issuer}/verify?{urlencode({'token': signed})}"


def found_in(text: str) -> str:
    """The statement in a text: it itself, or the address from the QR code."""
    text = text.strip()
    if not text.startswith(("http://", "https://")):
        return text
    return parse_qs(urlsplit(text).query).get("token", [""])[0]


def list_address(issuer: str, part: int) -> str:
    """Where a status list is."""
    return f"{issuer}/certificates/status-list?part={part}"
