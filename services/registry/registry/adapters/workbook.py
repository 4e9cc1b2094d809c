"""Reading a sheet that people filled in: headers in Chinese, one row a record, every violation with row and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Generic, TypeAlias, TypeVar, cast

from chassis import bounds
from chassis.unset import UNSET, Unset
from registry.adapters.comma_text import Text
from registry.adapters.limits import Limits
from registry.adapters.refusal import Refusal
from registry.domain.bilingual import Violation

MAX_TEXT = 200
YEAR_FIRST = re.compile(r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})")

Cell: TypeAlias = object  # a text, a number, a boolean, a day or an instant, as the sheet has it
ValueT = TypeVar("ValueT")
ReadT = TypeVar("ReadT", covariant=True)  # what a column holds


BAD_DAY = Violation("日期应写作 2010-05-04 或 2010/5/4。", "Write a date as 2010-05-04 or 2010/5/4.")


class BadCell(Exception):
    """A cell does not hold what its column asks for."""

    def __init__(self, violation: Violation) -> None:
        self.violation = violation
        super().__init__(violation.en)


@dataclass(frozen=True, eq=False)
class Column(Generic[ReadT]):
    """A column: its header, and how a cell is read.

    Of one that is not `required`, the column and each cell may be left out; of one that is `filled`, the column only.
    """

    header: str
    read: Callable[[Cell], ReadT]
    required: bool = True
    filled: bool = False


AnyColumn: TypeAlias = Column[Any]  # Any: columns of one sheet hold values of several types


@dataclass(frozen=True)
class List:
    """What a list holds: its columns, and the one of which each value may stand in one row only."""

    name: str  # by which the child process is told of it
    columns: tuple[AnyColumn, ...]
    unique: AnyColumn


@dataclass(frozen=True)
class Rejection:
    """Why a row was not taken: the sheet's row number, the column's header and letter, the violation."""

    row: int
    column: str
    letter: str
    violation: Violation


@dataclass(frozen=True)
class SheetRow:
    """A row as it was read: its number in the sheet and the values of its columns, None for an empty cell."""

    number: int
    values: Mapping[AnyColumn, object]

    def find(self, column: Column[ValueT]) -> ValueT | None:
        """The value, or None where the cell is empty, could not be read, or has no column."""
        return cast("ValueT | None", self.values.get(column))

    def __getitem__(self, column: Column[ValueT]) -> ValueT:
        """The value of a required column, in a row that was accepted."""
        return cast("ValueT", self.values[column])

    def optional(self, column: Column[ValueT]) -> ValueT | Unset | None:
        """The value of an optional column; a column left out says nothing, an empty cell says that there is none."""
        return cast("ValueT | Unset | None", self.values.get(column, UNSET))


@dataclass
class Sheet:
    """What came out of a sheet: the rows, and the violations found in them."""

    letters: Mapping[AnyColumn, str]
    rows: list[SheetRow] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    def reject(self, row: int, column: AnyColumn, violation: Violation) -> None:
        """Notes a violation: in the cell, in the register, or in another row."""
        self.rejections.append(Rejection(row, column.header, self.letters[column], violation))

    def judged(self) -> Sheet:
        """The same, to which what the register says against it may be added."""
        return replace(self, rejections=list(self.rejections))

    def accepted(self) -> Iterator[SheetRow]:
        """The rows that nothing speaks against."""
        rejected = {rejection.row for rejection in self.rejections}
        return (row for row in self.rows if row.number not in rejected)

    def require_unique(self, column: AnyColumn) -> None:
        """Rejects each row whose value in `column` stands in an earlier row too."""
        first: dict[object, int] = {}
        for row in self.rows:
            value = row.find(column)
            if value is None:
                continue
            earlier = first.setdefault(value, row.number)
            if earlier != row.number:
                self.reject(row.number, column, Violation(f"与第 {earlier} 行重复。", f"The same as in row {earlier}."))


def read_cells(cells: Iterable[list[Cell]], expected: List, limits: Limits) -> Sheet:
    """The rows below the headers, as `expected`; Refusal if the sheet as a whole can't be used."""
    rows = iter(cells)
    headers = [str(cell).strip() for cell in next(rows, [])]
    if not any(headers):
        raise Refusal("empty_sheet", "工作表为空。", "The sheet is empty.")
    columns = expected.columns
    missing = [column.header for column in columns if column.required and column.header not in headers]
    if missing:
        names = "、".join(missing)
        raise Refusal("missing_headers", f"缺少表头：{names}。", f"The first row lacks these headers: {names}.")
    positions = {column: headers.index(column.header) for column in columns if column.header in headers}
    sheet = Sheet({column: _letter(position) for column, position in positions.items()})
    for number, row in enumerate(rows, start=2):
        if number > limits.rows + 1:
            raise limits.too_many_rows
        if any(str(cell).strip() for cell in row):
            sheet.rows.append(_row(sheet, number, row, positions))
    if not sheet.rows:
        raise Refusal("empty_sheet", "工作表没有数据行。", "The sheet has no rows below its headers.")
    sheet.require_unique(expected.unique)
    return sheet


def _row(sheet: Sheet, number: int, cells: list[Cell], positions: Mapping[AnyColumn, int]) -> SheetRow:
    values: dict[AnyColumn, object] = {}
    for column, position in positions.items():
        cell = cells[position]
        if isinstance(cell, str):
            cell = type(cell)(cell.strip())
        if cell == "":
            values[column] = None
            if column.required or column.filled:
                sheet.reject(number, column, Violation(f"“{column.header}”不能为空。", "This cell may not be empty."))
            continue
        try:
            values[column] = column.read(cell)
        except BadCell as bad:
            sheet.reject(number, column, bad.violation)
    return SheetRow(number, values)


def _letter(position: int) -> str:
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def as_text(cell: Cell) -> str:
    """A text; a whole number typed as one is taken as its digits."""
    if isinstance(cell, float) and cell.is_integer():
        # Excel keeps 15 digits of a number: a longer code stored as one has already lost its end.
        if abs(cell) >= 1e15:
            raise BadCell(
                Violation(
                    "长号码须以文本格式填写。", "A long code must be typed as text; as a number it loses its end."
                )
            )
        cell = int(cell)
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        raise BadCell(Violation("应为文本。", "This must be text."))
    # The same texts as the JSON API takes, in the same form.
    text = bounds.normalised(str(cell))
    _require(bounds.text_violation(text, MAX_TEXT))
    return text


def _require(violation: bounds.Violation | None) -> None:
    if violation:
        raise BadCell(Violation(violation.zh, violation.en))


def as_checked(check: Callable[[str], Violation | None]) -> Callable[[Cell], str]:
    """A text that passes `check`."""

    def read_checked(cell: Cell) -> str:
        return _checked(as_text(cell), check)

    return read_checked


def as_code(check: Callable[[str], Violation | None]) -> Callable[[Cell], str]:
    """A text in capitals that passes `check`."""

    def read_code(cell: Cell) -> str:
        return _checked(as_text(cell).upper(), check)

    return read_code


def _checked(text: str, check: Callable[[str], Violation | None]) -> str:
    violation = check(text)
    if violation:
        raise BadCell(violation)
    return text


def as_yes_no(cell: Cell) -> bool:
    """是 or 否."""
    if cell in ("是", "否"):
        return cell == "是"
    raise BadCell(Violation("应填“是”或“否”。", "This must be 是 (yes) or 否 (no)."))


def as_day(cell: Cell) -> date:
    """A date cell. A date typed as text is refused: its reading would be a guess. A .csv file has texts only."""
    if isinstance(cell, Text):
        cell = _day_in_text(cell)
    if isinstance(cell, date):
        day = cell.date() if isinstance(cell, datetime) else cell
        _require(bounds.day_violation(day))
        return day
    raise BadCell(Violation("应为日期格式的单元格，而不是文本。", "This must be a date cell, not text."))


def _day_in_text(text: Text) -> date:
    found = YEAR_FIRST.fullmatch(text)
    try:
        if found:
            return date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        pass
    raise BadCell(BAD_DAY)


def as_years(cell: Cell) -> int:
    """A whole number of years."""
    if isinstance(cell, str) and cell.isascii() and cell.isdigit():
        cell = float(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and float(cell).is_integer() and 0 <= cell <= 60:
        return int(cell)
    raise BadCell(Violation("应为 0 至 60 的整数。", "This must be a whole number from 0 to 60."))
