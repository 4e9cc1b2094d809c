"""Reading a sheet that people filled in: headers in Chinese, one record a row, every fault told with row and column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, ZipError

from chassis.errors import InvalidInput
from registry.domain.codes import Fault

MAX_ROWS = 20_000
MAX_TEXT = 200


class BadCell(Exception):
    """A cell does not hold what its column asks for."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.en)


@dataclass(frozen=True)
class Column:
    """A column: its header, the field it fills, and how a cell is read."""

    header: str
    field: str
    read: Callable[[Any], Any]
    required: bool = True


@dataclass(frozen=True)
class Rejection:
    """Why a row was not taken: the sheet's row number, the column's header and letter, the fault."""

    row: int
    column: str
    letter: str
    fault: Fault


@dataclass
class Record:
    """A row that was read: its number in the sheet and its fields."""

    row: int
    fields: dict[str, Any]


@dataclass
class Sheet:
    """What came out of a sheet: the rows that could be read and the faults of those that could not."""

    columns: tuple[Column, ...]
    letters: dict[str, str]
    records: list[Record] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    def reject(self, row: int, field_name: str, fault: Fault) -> None:
        """Notes a fault found after reading: in the register, or in another row."""
        header = next(column.header for column in self.columns if column.field == field_name)
        self.rejections.append(Rejection(row, header, self.letters[header], fault))

    def accepted(self) -> Iterator[Record]:
        """The rows against which nothing has been said."""
        rejected = {rejection.row for rejection in self.rejections}
        return (record for record in self.records if record.row not in rejected)

    def unique(self, field_name: str) -> None:
        """Rejects each row whose key stands in an earlier row too."""
        first: dict[Any, int] = {}
        for record in self.records:
            key = record.fields.get(field_name)
            if key is None:
                continue
            if key in first:
                row = first[key]
                self.reject(record.row, field_name, Fault(f"与第 {row} 行重复。", f"The same as in row {row}."))
            else:
                first[key] = record.row


def read(content: bytes, columns: tuple[Column, ...]) -> Sheet:
    """Reads the first sheet of an .xlsx workbook; InvalidInput if the file as a whole can't be used."""
    rows = _rows(content)
    headers = [str(cell).strip() for cell in rows[0]]
    missing = [column.header for column in columns if column.required and column.header not in headers]
    if missing:
        names = "、".join(missing)
        raise _unusable(f"缺少表头：{names}。", f"The first row lacks these headers: {names}.", "missing_headers")
    positions = {column.header: headers.index(column.header) for column in columns if column.header in headers}
    sheet = Sheet(columns, {header: _letter(position) for header, position in positions.items()})
    for number, row in enumerate(rows[1:], start=2):
        if any(str(cell).strip() for cell in row):
            _read_row(sheet, number, row, positions)
    if not sheet.records:
        raise _unusable("工作表没有数据行。", "The sheet has no rows below its headers.", "empty_sheet")
    return sheet


def _rows(content: bytes) -> list[list[Any]]:
    try:
        sheet = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0)
    except (CalamineError, ZipError, ValueError, IndexError, OSError) as fault:
        raise _unusable(
            "文件不是可读的 .xlsx 工作簿。", "The file is not a readable .xlsx workbook.", "not_xlsx"
        ) from fault
    if sheet.height > MAX_ROWS + 1:
        raise _unusable(
            f"数据行超过 {MAX_ROWS} 行，请拆分。", f"More than {MAX_ROWS} rows; split the file.", "too_many_rows"
        )
    rows = sheet.to_python(skip_empty_area=False)
    if not rows:
        raise _unusable("工作表为空。", "The sheet is empty.", "empty_sheet")
    return rows


def _unusable(zh: str, en: str, code: str) -> InvalidInput:
    return InvalidInput([{"code": code, "reason": en, "reason_zh": zh}])


def _read_row(sheet: Sheet, number: int, row: list[Any], positions: dict[str, int]) -> None:
    fields: dict[str, Any] = {}
    for column in sheet.columns:
        if column.header not in positions:
            continue  # A column left out says nothing of its field; an empty cell says that there is none.
        cell = row[positions[column.header]]
        if isinstance(cell, str):
            cell = cell.strip()
        if cell == "":
            fields[column.field] = None
            if column.required:
                sheet.reject(number, column.field, Fault(f"“{column.header}”不能为空。", "This cell may not be empty."))
            continue
        try:
            fields[column.field] = column.read(cell)
        except BadCell as bad:
            sheet.reject(number, column.field, bad.fault)
    sheet.records.append(Record(number, fields))


def _letter(position: int) -> str:
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def as_text(cell: Any) -> str:
    """A text; a whole number typed as one is taken as its digits."""
    if isinstance(cell, float) and cell.is_integer():
        # Excel keeps 15 digits of a number: a longer code stored as one has already lost its end.
        if abs(cell) >= 1e15:
            raise BadCell(
                Fault("长号码须以文本格式填写。", "A long code must be typed as text; as a number it loses its end.")
            )
        cell = int(cell)
    if isinstance(cell, bool | float | date):
        raise BadCell(Fault("应为文本。", "This must be text."))
    text = str(cell)
    if len(text) > MAX_TEXT or any(ord(letter) < 32 for letter in text):
        raise BadCell(
            Fault(
                f"文本过长（上限 {MAX_TEXT} 字）或含控制字符。", f"Over {MAX_TEXT} characters, or control characters."
            )
        )
    return text


def as_code(check: Callable[[str], Fault | None]) -> Callable[[Any], str]:
    """A text in capitals that passes `check`."""

    def read_code(cell: Any) -> str:
        return _checked(as_text(cell).upper(), check)

    return read_code


def as_checked(check: Callable[[str], Fault | None]) -> Callable[[Any], str]:
    """A text that passes `check`."""

    def read_checked(cell: Any) -> str:
        return _checked(as_text(cell), check)

    return read_checked


def _checked(text: str, check: Callable[[str], Fault | None]) -> str:
    fault = check(text)
    if fault:
        raise BadCell(fault)
    return text


def as_yes_no(cell: Any) -> bool:
    """是 or 否."""
    if cell in ("是", "否"):
        return bool(cell == "是")
    raise BadCell(Fault("应填“是”或“否”。", "This must be 是 (yes) or 否 (no)."))


def as_day(cell: Any) -> date:
    """A date cell. A date typed as text is refused: its reading would be a guess."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    raise BadCell(Fault("应为日期格式的单元格，而不是文本。", "This must be a date cell, not text."))


def as_years(cell: Any) -> int:
    """A whole number of years."""
    if isinstance(cell, str) and cell.isascii() and cell.isdigit():
        cell = float(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and float(cell).is_integer() and 0 <= cell <= 60:
        return int(cell)
    raise BadCell(Fault("应为 0 至 60 的整数。", "This must be a whole number from 0 to 60."))
