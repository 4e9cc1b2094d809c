"""Lists for others, written row by row as .xlsx or .csv: whatever their length, little is held at a time.

XlsxWriter and openpyxl keep a sheet, in memory or in a file, until it is whole; here its first rows are on their way
while the last are still to be read. No cell is ever a formula: texts are written as texts.
"""

from __future__ import annotations

import csv
import html
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from io import StringIO

from chassis.http import CSV, WORKBOOK
from registry.adapters.comma_text import FORMULA_SIGNS, protected

BLOCK = 1 << 16  # bytes that go out together
MOST_ROWS = 1_048_576  # of a sheet
LEVEL = 1  # of compression: a second one costs twice the processor for a tenth of the size
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET = "xl/worksheets/sheet1.xml"
PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{CONTENT}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{CONTENT}.styles+xml"/>'
        f'<Override PartName="/{SHEET}" ContentType="{CONTENT}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{RELATIONS}">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        '<sheets><sheet name="名单" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{RELATIONS}">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    # The formats of cells: 0 as it is, 1 a day, 2 a text that stays one when somebody edits it.
    "xl/styles.xml": (
        f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
        '<fonts count="1"><font><sz val="11"/><name val="等线"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
        "</fill></fills><borders count="
        '"1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="3"><xf/><xf numFmtId="164" applyNumberFormat="1"/><xf quotePrefix="1"/></cellXfs></styleSheet>'
    ),
}
FIRST_DAY, COUNTED_FROM = date(1900, 3, 1), date(1899, 12, 30)  # before that spreadsheets have a day too many
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # _x0041_ would be read as A

Cell = object  # a text, a number, a boolean, a day, or None
Rows = Iterable[Sequence[Cell]]


class Format(StrEnum):
    """As what a list is written."""

    XLSX = "xlsx"
    CSV = "csv"


MEDIA_TYPES = {Format.XLSX: WORKBOOK, Format.CSV: f"{CSV}; charset=utf-8"}


def written(rows: Rows, as_format: Format) -> Iterator[bytes]:
    """The file, in blocks, while the rows are read."""
    return WRITERS[as_format](rows)


class _Sink:
    """What the package is written to: it can't be gone back in, so nothing of it has to be kept."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def write(self, part: bytes) -> int:
        self.parts.append(bytes(part))
        self.size += len(part)
        return len(part)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        block = b"".join(self.parts)
        self.parts, self.size = [], 0
        return block


def _workbook(rows: Rows) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as package:  # type: ignore[call-overload]  # it needs `write` and `flush` only
        for name, part in PARTS.items():
            package.writestr(name, HEAD + part)
        with package.open(SHEET, "w") as sheet:
            sheet.write(f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            for number, row in enumerate(rows, start=1):
                if number > MOST_ROWS:
                    raise ValueError(f"a sheet holds {MOST_ROWS} rows; such a list can be had as .csv only")
                sheet.write(_row(number, row).encode())
                if sink.size >= BLOCK:
                    yield sink.take()
            sheet.write(b"</sheetData></worksheet>")
    yield sink.take()


def _row(number: int, row: Sequence[Cell]) -> str:
    cells = "".join(
        _cell(f"{_letter(place)}{number}", cell) for place, cell in enumerate(row) if cell not in (None, "")
    )
    return f'<row r="{number}">{cells}</row>'


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else chr(ord("A") + place // 26 - 1) + chr(ord("A") + place % 26)


def _cell(reference: str, cell: Cell) -> str:
    if isinstance(cell, bool):
        return f'<c r="{reference}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, int | float):
        return f'<c r="{reference}"><v>{cell!r}</v></c>'
    if isinstance(cell, date) and not isinstance(cell, datetime) and cell >= FIRST_DAY:
        return f'<c r="{reference}" s="1"><v>{(cell - COUNTED_FROM).days}</v></c>'
    text = NO_XML.sub("", str(cell))
    style = ' s="2"' if text.startswith(FORMULA_SIGNS) else ""
    space = "" if text.isprintable() and text == text.strip() else ' xml:space="preserve"'
    text = html.escape(ESCAPED.sub("_x005F_", text), quote=False).replace("\r", "&#13;")
    return f'<c r="{reference}"{style} t="inlineStr"><is><t{space}>{text}</t></is></c>'


def _comma_text(rows: Rows) -> Iterator[bytes]:
    block = StringIO("\ufeff", newline="")  # without the mark Excel would take it for GBK
    block.seek(1)
    writer = csv.writer(block)
    for row in rows:
        writer.writerow([protected(_as_text(cell)) for cell in row])
        if block.tell() >= BLOCK:
            yield block.getvalue().encode()
            block.seek(0)
            block.truncate()
    yield block.getvalue().encode()


def _as_text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "是" if cell else "否"
    return "" if cell is None else str(cell)


WRITERS: dict[Format, Callable[[Rows], Iterator[bytes]]] = {Format.XLSX: _workbook, Format.CSV: _comma_text}
