"""The PDF of a certificate: one page, set by typst, with a QR code that holds what is signed.

It is PDF/A-2b: fonts are embedded, and a character that no font has is an error and not a blank. The same statement
gives the same bytes: the page bears no time but the day of issue, and the fonts come with the service. It is set in a
thread, so that other requests go on meanwhile.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pylopdf_fonts_zh_cn
from eventlet import tpool
from eventlet.semaphore import Semaphore

from chassis.errors import CqoError
from programme.statements import Statement, address_of
from training.adapters.issuer import Issuer

if TYPE_CHECKING:
    from typst import Compiler

TEMPLATE = Path(__file__).with_name("certificate.typ").read_bytes()
STANDARD: Literal["a-2b"] = "a-2b"
# The one of eight patterns over the code. Trying them all takes ten times as long, and gains nothing: what is signed
# looks random anyhow.
MASK = 2
# Up to 15 % of the code may be creased or dirty. The next level would make its dots a tenth smaller.
ERROR_LEVEL = "m"
NO_GLYPH = re.compile(r"text `\"?(.+?)\"?` could not be displayed")
_place = Semaphore(1)  # a compiler sets one page at a time


class CannotBePrinted(CqoError):
    """A character of the name or the firm is in none of the fonts: the answer's `text`. Tell who runs the service."""

    status = 422
    zh = "姓名或单位名称中有字库没有的字符（见 text），无法生成证书，请联系系统运维人员。"


def etag_of(signed: str, issuer: Issuer) -> str:
    """What is the same as long as the page is: it goes by what is signed, and by how it is set."""
    parts = (signed.encode(), issuer.authority.encode(), TEMPLATE)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]


def page_of(statement: Statement, signed: str, issuer: Issuer) -> bytes:
    """The page as a PDF; raises CannotBePrinted."""
    with _place:
        page: bytes = tpool.execute(set_page, statement, signed, issuer)
        return page


def set_page(statement: Statement, signed: str, issuer: Issuer) -> bytes:
    """The same, in the caller's thread."""
    import typst  # at the first page: it takes 8 MB, which a process that prints nothing need not have

    data = json.dumps(_content(statement, signed, issuer), ensure_ascii=False)
    issued = datetime.combine(statement.issued_on, time(), UTC)
    try:
        page = _compiler().compile(
            TEMPLATE, sys_inputs={"data": data}, pdf_standards=STANDARD, timestamp=int(issued.timestamp())
        )
    except typst.TypstError as fault:
        if unknown := NO_GLYPH.search(str(fault)):
            raise CannotBePrinted(text=unknown[1]) from fault
        raise
    assert isinstance(page, bytes)
    return page


def _content(statement: Statement, signed: str, issuer: Issuer) -> dict[str, object]:
    address = address_of(issuer.address, signed)
    lines = [("证书编号", statement.number), ("工作单位", statement.enterprise)]
    lines += [("有效期限", f"{_day(statement.valid_from)}至{_day(statement.valid_until)}")]
    return {
        "number": statement.number,
        "name": statement.name,
        "lines": [line for line in lines if line[1]],
        "authority": issuer.authority,
        "issued": _day(statement.issued_on),
        "address": address,
        "page": f"{issuer.address}/verify",
        "qr": _code(address),
    }


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _code(text: str) -> str:
    """A QR code as SVG, with the four dots of quiet around it that the standard asks for."""
    import segno  # at the first page, as typst: 4 MB

    drawn = io.BytesIO()
    segno.make_qr(text, error=ERROR_LEVEL, boost_error=False, mask=MASK).save(drawn, kind="svg", border=4)
    return drawn.getvalue().decode()


@functools.cache
def _compiler() -> Compiler:
    import typst

    folder = Path(pylopdf_fonts_zh_cn.serif_path()).parent
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
    return typst.Compiler(font_paths=fonts)
