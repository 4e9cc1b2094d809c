"""Workbooks that nobody filled in: each is made to break, stall or fill the process that reads it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from functools import partial

from registry.adapters.candidate_list import COLUMNS

MAIN_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MAIN = f'xmlns="{MAIN_NAMESPACE}"'
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE_REL = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
TYPES = (
    f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{SHEET_TYPE}.worksheet+xml"/></Types>'
)
ROOT = (
    f"{HEAD}<Relationships {PACKAGE_REL}>"
    f'<Relationship Id="rId1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
WORKBOOK = (
    f'{HEAD}<workbook {MAIN} xmlns:r="{REL}"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
RELATIONS = (
    f"{HEAD}<Relationships {PACKAGE_REL}>"
    f'<Relationship Id="rId1" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)
MEGABYTE = 1 << 20
Part = str | bytes | Iterable[bytes]


def cell(reference: str, text: str = "x") -> str:
    where = f' r="{reference}"' if reference else ""
    return f'<c{where} t="inlineStr"><is><t>{text}</t></is></c>'


HEADERS = "".join(cell(f"{'ABCDEFGHI'[n]}1", column.header) for n, column in enumerate(COLUMNS))


def sheet(rows: str = "", before: str = "", head: str = HEAD) -> str:
    return f'{head}<worksheet {MAIN}>{before}<sheetData><row r="1">{HEADERS}</row>{rows}</sheetData></worksheet>'


def repeated(block: bytes, size: int, before: str = "", after: str = "") -> Iterable[bytes]:
    """`block` over and over, up to `size` bytes, without holding them."""
    yield before.encode()
    many = block * max(1, MEGABYTE // len(block))
    for _ in range(max(1, size // len(many))):
        yield many
    yield after.encode()


def book(changes: dict[str, Part | None] | None = None, stored: bool = False) -> bytes:
    """A workbook with these parts instead of its own, or beside them."""
    parts: dict[str, Part | None] = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": ROOT,
        "xl/workbook.xml": WORKBOOK,
        "xl/_rels/workbook.xml.rels": RELATIONS,
        "xl/worksheets/sheet1.xml": sheet('<row r="2">' + cell("A2") + "</row>"),
        **(changes or {}),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, content in parts.items():
            if content is not None:
                with packed.open(name, "w") as part:
                    for block in _blocks(content):
                        part.write(block)
    return file.getvalue()


def _blocks(content: Part) -> Iterable[bytes]:
    if isinstance(content, str):
        return [content.encode()]
    return [content] if isinstance(content, bytes) else content


def with_sheet(rows: str = "", **options: str) -> bytes:
    return book({"xl/worksheets/sheet1.xml": sheet(rows, **options)})


def long_sheet(block: str, size: int, closing: str = "") -> bytes:
    opened, _, rest = sheet("|").partition("|")
    return book({"xl/worksheets/sheet1.xml": repeated(block.encode(), size, opened, closing + rest)})


def numbered_rows(count: int) -> bytes:
    opened, _, rest = sheet("|").partition("|")
    rows = "".join(f'<row r="{number}"/>' for number in range(2, count + 2))
    return book({"xl/worksheets/sheet1.xml": opened + rows + rest})


def strings(content: Part, cells: str = '<c r="A2" t="s"><v>0</v></c>') -> bytes:
    return book({"xl/sharedStrings.xml": content, "xl/worksheets/sheet1.xml": sheet(f'<row r="2">{cells}</row>')})


def one_string_everywhere() -> bytes:
    """30,000 letters once, and 400,000 cells that each are a copy of them: 12 GB."""
    rows = "".join(f'<row r="{row}">' + '<c t="s"><v>0</v></c>' * 40 + "</row>" for row in range(2, 10_002))
    text = "x" * 30_000
    return book(
        {
            "xl/sharedStrings.xml": f"{HEAD}<sst {MAIN}><si><t>{text}</t></si></sst>",
            "xl/worksheets/sheet1.xml": sheet(rows),
        }
    )


def doctype(declared: str, used: str) -> bytes:
    return with_sheet(f'<row r="2">{cell("A2", used)}</row>', head=f"{HEAD}<!DOCTYPE worksheet [{declared}]>")


def laughs() -> bytes:
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    return doctype(entities, "&a9;")


def patched(content: bytes, offset: int, value: bytes) -> bytes:
    """The file with some bytes of its directory's last entry, that of the sheet, changed."""
    at = content.rfind(b"PK\x01\x02") + offset
    return content[:at] + value + content[at + len(value) :]


def lying_size(size: int) -> bytes:
    """300 MB of zeros of which the directory says that they are few."""
    zeros = repeated(b"\0", 300 * MEGABYTE)
    content = book({"xl/worksheets/sheet1.xml": zeros})
    return patched(content, 24, struct.pack("<I", size))


def lying_size_and_sum() -> bytes:
    """A sheet that ends well where the directory says, by size and checksum, with 300 MB behind it."""
    good = sheet(f'<row r="2">{cell("A2")}</row>').encode()
    zeros = repeated(b" ", 300 * MEGABYTE, good.decode())
    content = book({"xl/worksheets/sheet1.xml": zeros})
    return patched(patched(content, 16, struct.pack("<I", zlib.crc32(good))), 24, struct.pack("<I", len(good)))


def zip64_lie() -> bytes:
    """A size of eight bytes in the directory's extra field: 2**62."""
    content = book()
    at = content.rfind(b"PK\x01\x02")
    end = content.rfind(b"PK\x05\x06")
    name_length = struct.unpack("<H", content[at + 28 : at + 30])[0]
    extra = struct.pack("<HHQ", 1, 8, 1 << 62)
    record = bytearray(content[at : at + 46 + name_length] + extra + content[at + 46 + name_length : end])
    record[24:28] = b"\xff\xff\xff\xff"
    record[30:32] = struct.pack("<H", len(extra))
    tail = bytearray(content[end:])
    tail[12:16] = struct.pack("<I", struct.unpack("<I", tail[12:16])[0] + len(extra))
    return content[:at] + bytes(record) + bytes(tail)


def many_parts(count: int) -> bytes:
    return book({f"xl/media/{n}.png": b"" for n in range(count)})


def twice(name: str) -> bytes:
    file = io.BytesIO(book())
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr(name, sheet(f'<row r="1048576">{cell("XFD1048576")}</row>'))
    return file.getvalue()


def nested_zip() -> bytes:
    inner = book({"xl/worksheets/sheet1.xml": repeated(b"\0", 60 * MEGABYTE)})
    return book({"xl/worksheets/sheet1.xml": inner})


def deep(levels: int) -> bytes:
    return with_sheet(before="<x>" * levels + "</x>" * levels)


def ods_bomb() -> bytes:
    content = '<table:table-row table:number-rows-repeated="1048576"/>'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("content.xml", f"{HEAD}<office:document-content>{content}</office:document-content>")
    return file.getvalue()


def relations(target: str) -> bytes:
    return book({"xl/_rels/workbook.xml.rels": RELATIONS.replace("worksheets/sheet1.xml", target)})


FULL = "".join(f'<c r="{letter}2" t="s"><v>0</v></c>' for letter in "ABCDEFGHI")
TWO_CELLS = f'<row r="1">{cell("A1")}</row><row r="1048576">{cell("XFD1048576")}</row>'

# What the file is, how it is made, and the code that its refusal bears; None where the service has none of its own.
HOSTILE: dict[str, tuple[Callable[[], bytes], str | None]] = {
    "two cells in the far corners": (partial(with_sheet, TWO_CELLS), "too_many_rows"),
    "a cell in the last column": (partial(with_sheet, f'<row r="2">{cell("XFD2")}</row>'), "too_many_columns"),
    "a cell in the last row": (partial(with_sheet, f'<row r="1048576">{cell("A1048576")}</row>'), "too_many_rows"),
    "a far cell in a near row": (partial(with_sheet, f'<row r="2">{cell("A1048576")}</row>'), "too_many_rows"),
    "a reference beyond every number": (
        partial(with_sheet, f'<row r="2">{cell("ZZZZZZZ99999999999")}</row>'),
        "bad_reference",
    ),
    "a reference of a million letters": (
        partial(with_sheet, f'<row r="2">{cell("A" * 1_000_000 + "1")}</row>'),
        "bad_reference",
    ),
    "a reference without a row": (partial(with_sheet, f'<row r="2">{cell("A")}</row>'), "bad_reference"),
    "a negative reference": (partial(with_sheet, f'<row r="2">{cell("A-1")}</row>'), "bad_reference"),
    "a row number that is none": (partial(with_sheet, f'<row r="1e9">{cell("A2")}</row>'), "bad_reference"),
    "a row number beyond every number": (partial(with_sheet, f'<row r="{9**30}"/>'), "bad_reference"),
    "row numbers in full-width digits": (partial(with_sheet, f'<row r="２">{cell("A２")}</row>'), "bad_reference"),
    "1,048,576 empty rows with numbers": (partial(numbered_rows, 1_048_575), "too_many_rows"),
    "1,048,576 empty rows without": (partial(long_sheet, "<row/>", 1_048_576 * 6), "too_many_rows"),
    "20,001 rows": (partial(long_sheet, f"<row>{cell('')}</row>", 5 * MEGABYTE), "too_many_rows"),
    "a row of 16,384 cells": (partial(with_sheet, f'<row r="2">{"<c/>" * 16_384}</row>'), "too_many_columns"),
    "1 GB of zeros for a sheet": (
        lambda: book({"xl/worksheets/sheet1.xml": repeated(b"\0", 1024 * MEGABYTE)}),
        "too_big",
    ),
    "1 GB of zeros for a picture": (lambda: book({"xl/media/1.png": repeated(b"\0", 1024 * MEGABYTE)}), "too_big"),
    "40 pictures of 2 MB": (lambda: book({f"xl/media/{n}.png": bytes(2 * MEGABYTE) for n in range(40)}), "too_big"),
    "a sheet of 60 MB of blanks": (partial(long_sheet, " ", 60 * MEGABYTE), "too_big"),
    "a sheet of 40 MB of elements": (partial(long_sheet, "<x/>", 40 * MEGABYTE), "too_much"),
    "a string of 100 MB": (
        lambda: strings(repeated(b"x", 100 * MEGABYTE, f"{HEAD}<sst {MAIN}><si><t>", "</t></si></sst>")),
        "too_big",
    ),
    "a string of 30 MB": (
        lambda: strings(repeated(b"x", 30 * MEGABYTE, f"{HEAD}<sst {MAIN}><si><t>", "</t></si></sst>")),
        "too_long",
    ),
    "a string of 30 MB in the cell": (
        lambda: book(
            {
                "xl/worksheets/sheet1.xml": repeated(
                    b"x", 30 * MEGABYTE, sheet("|").partition("|")[0] + "<row><c t='str'><v>", "</v></c></row>"
                )
            }
        ),
        "too_long",
    ),
    "four million strings": (
        lambda: strings(repeated(b"<si/>", 20 * MEGABYTE, f"{HEAD}<sst {MAIN}>", "</sst>")),
        "too_much",
    ),
    "one string, 400,000 times": (one_string_everywhere, "too_much"),
    "an attribute of 30 MB": (partial(long_sheet, "a", 30 * MEGABYTE, "<x/>"), None),
    "nested 100,000 deep": (partial(deep, 100_000), "too_deep"),
    "nested 33 deep": (partial(deep, 33), "too_deep"),
    "entities within entities": (laughs, "doctype"),
    "an entity from a file": (partial(doctype, '<!ENTITY a SYSTEM "file:///etc/passwd">', "&a;"), "doctype"),
    "an entity from the network": (partial(doctype, '<!ENTITY a SYSTEM "http://127.0.0.1/">', "&a;"), "doctype"),
    "a document type in the workbook": (
        lambda: book({"xl/workbook.xml": WORKBOOK.replace(HEAD, f"{HEAD}<!DOCTYPE workbook>")}),
        "doctype",
    ),
    "macros": (lambda: book({"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}), "macros"),
    "a macro sheet": (lambda: book({"xl/macrosheets/sheet1.xml": sheet()}), "macros"),
    "a link to another workbook": (
        lambda: book({"xl/externalLinks/externalLink1.xml": f"{HEAD}<externalLink/>"}),
        "external_links",
    ),
    "an embedded object": (lambda: book({"xl/embeddings/oleObject1.bin": b"MZ"}), "embedded_objects"),
    "an ActiveX control": (lambda: book({"xl/activeX/activeX1.xml": "<x/>"}), "embedded_objects"),
    "the sheet twice": (partial(twice, "xl/worksheets/sheet1.xml"), "not_xlsx"),
    "the sheet twice, by case": (partial(twice, "XL/Worksheets/SHEET1.xml"), "not_xlsx"),
    "a part outside": (lambda: book({"../../etc/cron.d/x": b"x"}), "not_xlsx"),
    "a part with a backslash": (lambda: book({"xl/..\\x": b"x"}), "not_xlsx"),
    "50,000 parts": (partial(many_parts, 50_000), "too_big"),
    "encrypted": (lambda: patched(book(), 8, b"\x01\x00"), "encrypted"),
    "an unknown compression": (lambda: patched(book(), 10, b"\x63\x00"), "not_xlsx"),
    "300 MB said to be 100 bytes": (partial(lying_size, 100), "not_xlsx"),
    "300 MB said to be 8 MB": (partial(lying_size, 8 * MEGABYTE), "not_xlsx"),
    "a size of 2**62": (zip64_lie, "too_big"),
    "a wrong checksum": (lambda: patched(book(), 16, b"\1\2\3\4"), "not_xlsx"),
    "a directory that lies elsewhere": (lambda: patched(book(), 42, b"\xff\xff\xff\x7f"), "not_xlsx"),
    "cut in half": (lambda: book()[: len(book()) // 2], "not_xlsx"),
    "only its first bytes": (lambda: b"PK\x03\x04", "not_xlsx"),
    "rubbish behind the first bytes": (lambda: b"PK\x03\x04" + bytes(range(256)) * 4000, "not_xlsx"),
    "a zip of something else": (lambda: book({"xl/workbook.xml": None}), "not_xlsx"),
    "a zip within the sheet": (nested_zip, "not_xlsx"),
    "an OpenDocument bomb": (ods_bomb, "not_xlsx"),
    "a binary workbook": (lambda: book({"xl/workbook.bin": b"\0" * 100}), "not_xlsx"),
    "a sheet that is not there": (partial(relations, "worksheets/none.xml"), "not_xlsx"),
    "a sheet outside": (partial(relations, "../../../etc/passwd"), "not_xlsx"),
    "a sheet elsewhere": (partial(relations, "http://127.0.0.1/sheet.xml"), "not_xlsx"),
    "a workbook without sheets": (
        lambda: book({"xl/workbook.xml": f"{HEAD}<workbook {MAIN}><sheets/></workbook>"}),
        "not_xlsx",
    ),
    "XML that breaks off": (lambda: book({"xl/worksheets/sheet1.xml": sheet()[:-20]}), "not_xlsx"),
    "a string that is not there": (
        lambda: strings(f"{HEAD}<sst {MAIN}/>", '<c r="A2" t="s"><v>4294967295</v></c>'),
        None,
    ),
    "an encoding that nobody knows": (
        lambda: book({"xl/worksheets/sheet1.xml": sheet().replace("UTF-8", "x-evil")}),
        "not_xlsx",
    ),
    "bytes that are no text": (lambda: book({"xl/worksheets/sheet1.xml": sheet().encode() + b"\xff\xfe"}), "not_xlsx"),
    "an old .xls": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), None),
    "a table in plain text": (lambda: b"name,code\n1,2\n", None),
}
