"""The child process that parses a list: `python -m registry.adapters.parsing <list> <limits>`, the file on its input.

It is an .xlsx workbook or .csv text, whatever it is called. With a third argument, `cells`, the child gives each row
as it came, unread, in place of what it holds.

It has no secret, no connection and no more memory and processor than it gives itself here. What goes wrong in it, a
panic of the parsing library among it, ends it alone. It answers in lines of JSON: the columns, or why the file is
refused; each row; each rejection.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from io import BytesIO

from registry.adapters import candidate_list, comma_text, enterprise_list, package
from registry.adapters.limits import LIMITS
from registry.adapters.refusal import Refusal
from registry.adapters.workbook import Cell, Sheet, read_cells

ZIP = b"PK\x03\x04"
PLAIN = (str, int, float, bool, date)
LISTS = {known.name: known for known in (candidate_list.LIST, enterprise_list.LIST)}


def main() -> None:
    """Reads the file, and writes what is in it."""
    expected, limits = LISTS[sys.argv[1]], LIMITS[sys.argv[2]]
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.processor, limits.processor))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = sys.stdin.buffer.read()
    try:
        cells = _cells(package.checked(content, limits)) if content.startswith(ZIP) else comma_text.cells(content)
        lines = _as_they_came(cells) if sys.argv[3:] == ["cells"] else _lines(read_cells(cells, expected, limits))
        for line in lines:
            _write(line)
    except Refusal as refusal:
        _write({"refused": [refusal.code, refusal.zh, refusal.en]})


def _write(line: object) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False, default=_day) + "\n")


def _day(value: object) -> object:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return {"day": value.isoformat()}
    raise TypeError(f"a cell of type {type(value).__name__} has no place in an answer")


def _lines(sheet: Sheet) -> Iterator[object]:
    columns = list(sheet.letters)
    yield {"letters": {column.header: letter for column, letter in sheet.letters.items()}}
    for row in sheet.rows:
        yield {"row": row.number, "values": [row.find(column) for column in columns]}
    for rejection in sheet.rejections:
        yield {"rejected": rejection.row, "column": rejection.column, "why": list(rejection.violation)}
    yield {"end": len(sheet.rows)}


def _as_they_came(rows: Iterable[list[Cell]]) -> Iterator[object]:
    """Every row, and its number."""
    count = 0
    for count, row in enumerate(rows, start=1):
        yield {"row": count, "cells": [cell if isinstance(cell, PLAIN) else str(cell) for cell in row]}
    yield {"end": count}


def _cells(content: BytesIO) -> Iterator[list[Cell]]:
    """The rows of the first sheet, from its first row and column on."""
    from python_calamine import CalamineError, CalamineWorkbook, ZipError

    try:
        sheet = CalamineWorkbook.from_filelike(content).get_sheet_by_index(0)
        left, above = (sheet.start or (0, 0))[::-1]
        yield from ([] for _ in range(above))
        for row in sheet.iter_rows():
            yield [""] * left + list(row)
    except (CalamineError, ZipError, ValueError, IndexError, OSError) as fault:
        raise package.BROKEN from fault


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # standard output is a text stream
    main()
