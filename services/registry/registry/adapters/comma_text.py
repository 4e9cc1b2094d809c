"""A list as text with commas (.csv), in UTF-8 or in GB18030, as Excel and WPS write it; runs in the child process."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import StringIO

from registry.adapters.refusal import Refusal
from registry.adapters.sheet_xml import MAX_CELL_TEXT, MAX_COLUMNS, TOO_LONG, TOO_WIDE

ENCODINGS = ("utf-8-sig", "gb18030")
NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
# What spreadsheets take for the beginning of a formula. Where such a text is exported, an apostrophe stands before it.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")

NEITHER = Refusal(
    "not_a_list",
    "文件既不是 .xlsx 工作簿，也不是 UTF-8 或 GB18030 编码的 .csv 文本。",
    "The file is neither an .xlsx workbook nor .csv text in UTF-8 or GB18030.",
)


class Text(str):
    """A cell of such a file: a day or a number is a text there as well."""


def cells(content: bytes) -> Iterator[list[object]]:
    """The rows, all of them as wide as the first one at least."""
    csv.field_size_limit(MAX_CELL_TEXT)
    reader = csv.reader(StringIO(_decoded(content), newline=""), strict=True)
    width = 0
    try:
        for row in reader:
            if len(row) > MAX_COLUMNS:
                raise TOO_WIDE
            width = width or len(row)
            yield [Text(unprotected(cell)) for cell in row] + [""] * (width - len(row))
    except csv.Error as fault:
        raise _broken(reader.line_num, fault) from fault


def protected(text: str) -> str:
    """A text as a .csv file must hold it, so that nobody's spreadsheet runs it as a formula."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_SIGNS) else text


def unprotected(text: str) -> str:
    """The text that `protected` was given."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA_SIGNS) else text


def _decoded(content: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if NOT_TEXT.search(text):
            break
        return text
    raise NEITHER


def _broken(line: int, fault: csv.Error) -> Refusal:
    if "field larger" in str(fault):
        return TOO_LONG
    return Refusal(
        "broken_csv", f"第 {line} 行的引号或分隔符有误。", f"The quotes or commas of line {line} are wrong: {fault}."
    )
