"""A streaming look at a part's XML: counts, depth, references and the length of texts, each within a bound."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from xml.parsers import expat

from registry.adapters.limits import Limits
from registry.adapters.refusal import Refusal

MAX_COLUMNS = 40
MAX_DEPTH = 32
MAX_CELL_TEXT = 32_767  # characters, as Excel has it
REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
ROW_NUMBER = re.compile(r"[0-9]{1,7}")

TOO_WIDE = Refusal(
    "too_many_columns",
    f"工作表超过 {MAX_COLUMNS} 列，请删除右侧多余的列。",
    f"More than {MAX_COLUMNS} columns; delete those to the right of the list.",
)
BAD_REFERENCE = Refusal(
    "bad_reference", "工作表中有无效的单元格引用。", "The sheet has a cell reference that can't be one."
)
TOO_DEEP = Refusal("too_deep", "工作簿的 XML 嵌套过深。", "The workbook's XML is nested too deeply.")
TOO_MUCH = Refusal("too_much", "工作簿的内容过多，请拆分。", "The workbook holds too much; split it.")
TOO_LONG = Refusal(
    "too_long", f"有单元格超过 {MAX_CELL_TEXT} 字。", f"A cell has more than {MAX_CELL_TEXT} characters."
)
ENTITIES = Refusal("doctype", "工作簿的 XML 含有文档类型声明。", "The workbook's XML declares a document type.")

Element = Callable[[str, Mapping[str, str], int], None]


class Look:
    """Looks at any part: how deep, how much, how long; `element` is told of each element, by its local name."""

    def __init__(self, limits: Limits, element: Element | None = None) -> None:
        self.limits, self.told = limits, element
        self.depth = self.elements = self.length = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self.depth += 1
        self.elements += 1
        self.length = 0
        if self.depth > MAX_DEPTH:
            raise TOO_DEEP
        if self.elements > self.limits.elements:
            raise TOO_MUCH
        self.element(name.rpartition(":")[2] if ":" in name else name, attributes)

    def element(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element of this local name begins."""
        if self.told is not None:
            self.told(name, attributes, self.depth)

    def end(self, name: str) -> None:
        """An element ends."""
        self.depth -= 1

    def text(self, text: str) -> None:
        """Some of the text of an element."""
        self.length += len(text)
        if self.length > MAX_CELL_TEXT:
            raise TOO_LONG

    def doctype(self, *_: object) -> None:
        """A document type, which is where entities are declared: no workbook has one."""
        raise ENTITIES


class StringsLook(Look):
    """Looks at the shared strings, and notes how long each is."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.lengths: list[int] = []

    def element(self, name: str, attributes: Mapping[str, str]) -> None:
        """A string begins."""
        if name == "si":
            self.lengths.append(0)

    def text(self, text: str) -> None:
        """Some of a string."""
        super().text(text)
        if self.lengths:
            self.lengths[-1] += len(text)


class SheetLook(Look):
    """Looks at a sheet: where its rows and cells say that they are, so that its extent is known before it is parsed."""

    def __init__(self, limits: Limits, shared: Sequence[int]) -> None:
        """`shared`: how long each shared string is."""
        super().__init__(limits)
        self.row = self.column = 0
        self.shared, self.shared_text = shared, 0
        self.refers = False

    def element(self, name: str, attributes: Mapping[str, str]) -> None:
        """A row or a cell must lie within the bounds, by its reference or, without one, by its place."""
        if name == "c":
            reference = attributes.get("r")
            self.refers = attributes.get("t") == "s"
            self.column += 1
            if reference is not None:
                found = REFERENCE.fullmatch(reference)
                if found is None:
                    raise BAD_REFERENCE
                letters, row = found.groups()
                self.column, self.row = column_number(letters), int(row)
        elif name == "row":
            number = attributes.get("r")
            if number is not None and not ROW_NUMBER.fullmatch(number):
                raise BAD_REFERENCE
            self.row, self.column = int(number) if number else self.row + 1, 0
        else:
            return
        if self.row > self.limits.rows + 1:
            raise self.limits.too_many_rows
        if self.column > MAX_COLUMNS:
            raise TOO_WIDE

    def text(self, text: str) -> None:
        """Some of a cell's text; of one that refers to a shared string, the string's number."""
        self.length += len(text)
        if self.length > MAX_CELL_TEXT:
            raise TOO_LONG
        if self.refers and text.isdecimal() and len(text) < 8 and int(text) < len(self.shared):
            self.shared_text += self.shared[int(text)]
            if self.shared_text > self.limits.shared_text:
                raise TOO_MUCH


@functools.cache  # of three letters at most
def column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def look_at(part: bytes, look: Look) -> None:
    """Shows `look` what is in a part, and builds nothing."""
    if part.count(b"<") > look.limits.tags:
        raise TOO_MUCH
    parser = expat.ParserCreate()  # without namespaces, which take longer: the reader too goes by local names
    parser.buffer_text = True
    parser.StartElementHandler = look.start
    parser.EndElementHandler = look.end
    parser.CharacterDataHandler = look.text
    parser.StartDoctypeDeclHandler = look.doctype
    parser.Parse(part, True)
