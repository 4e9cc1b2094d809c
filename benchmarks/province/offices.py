"""The offices of the divisions, each with an address for letters."""

from __future__ import annotations

from chassis.security import Cipher
from province.books import LATER, Address, Books
from province.days import FIRST
from province.tree import Tree


def addresses(cipher: Cipher) -> dict[str, Address]:
    """The address of each office, sealed."""
    codes = sorted({each.code for each in Tree().placements})
    return {code: Address(cipher.seal(f"office{code}@example.cn", f"email:{code}"), LATER) for code in codes}


def reach(books: Books, cipher: Cipher, contact: str) -> None:
    """Enters them, and announces them, on the first day; `contact` is one as it is sealed for notifications."""
    for code, address in addresses(cipher).items():
        books.put(
            "registry",
            "contact",
            id=code,
            version=1,
            owner_kind="division",
            division=code,
            phone=None,
            email=address.sealed,
        )
        books.put("notifications", "contact", owner_kind="division", owner_id=code, email=address.sealed, phone=None)
        data = {"owner_kind": "division", "owner_id": code, "jwe": contact}
        books.announce("registry", "contact.changed.v1", code, data, code, FIRST)
        books.addresses[code] = address
