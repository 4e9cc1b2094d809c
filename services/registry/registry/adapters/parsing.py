"""The child process that parses a workbook: `python -m registry.adapters.parsing <list>`, the file on standard input.

It has no secret, no connection and no more memory and processor than it gives itself here. What goes wrong in it, a
panic of the parsing library among it, ends it alone. It answers in lines of JSON: the columns, or why the file is
refused; each row; each rejection.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from datetime import date
from io import BytesIO

from registry.adapters import candidate_list, enterprise_list, package
from registry.adapters.refusal import Refusal
from registry.adapters.workbook import Cell, Sheet, read_cells

MEMORY = 192 << 20  # bytes of address space
SECONDS = 10  # of processor
LISTS = {known.name: known for known in (candidate_list.LIST, enterprise_list.LIST)}


def main() -> None:
    """Reads the file, and writes what is in it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = sys.stdin.buffer.read()
    try:
        sheet = read_cells(_cells(package.checked(content)), LISTS[sys.argv[1]])
    except Refusal as refusal:
        _write({"refused": [refusal.code, refusal.zh, refusal.en]})
        return
    for line in _lines(sheet):
        _write(line)


def _write(line: object) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False, default=_day) + "\n")


def _day(value: object) -> object:
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


def _cells(content: bytes) -> Iterator[list[Cell]]:
    """The rows of the first sheet, from its first row and column on."""
    from python_calamine import CalamineError, CalamineWorkbook, ZipError

    try:
        sheet = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0)
        left, above = (sheet.start or (0, 0))[::-1]
        yield from ([] for _ in range(above))
        for row in sheet.iter_rows():
            yield [""] * left + list(row)
    except (CalamineError, ZipError, ValueError, IndexError, OSError) as fault:
        raise package.BROKEN from fault


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # standard output is a text stream
    main()
