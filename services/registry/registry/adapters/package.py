"""An .xlsx file as a package of parts, looked over before anything parses it; runs in the child process.

Nothing in a file is believed. Only four parts are unpacked, each within a bound; their XML is read as a stream, and
what would make a parser work or allocate beyond reason is refused by its first sign. What passes is packed anew, with
a directory of our own: the parser sees these bytes and no others.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Mapping
from io import BytesIO
from xml.parsers import expat
from zlib import error as DeflateError

from registry.adapters.limits import Limits
from registry.adapters.refusal import Refusal
from registry.adapters.sheet_xml import Look, SheetLook, StringsLook, look_at

MAX_PARTS = 1000
MAX_STYLES, MAX_DIRECTORY = 4 << 20, 1 << 20  # bytes of one part, unpacked
BLOCK = 1 << 16
CENTRAL_ENTRY = b"PK\x01\x02"
ENCRYPTED = 0x1
READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
FOLDERS = ("_rels/", "docProps/", "docMetadata/", "customXml/", "xl/")
WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
STRINGS, STYLES, SHEET = "xl/sharedStrings.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml"

BROKEN = Refusal("not_xlsx", "文件不是可读的 .xlsx 工作簿。", "The file is not a readable .xlsx workbook.")
LOCKED = Refusal(
    "encrypted", "工作簿已加密，请取消密码后重新上传。", "The workbook is encrypted; save it without a password."
)
MACROS = Refusal("macros", "工作簿含有宏，请另存为 .xlsx 工作簿。", "The workbook holds macros; save it as .xlsx.")
LINKS = Refusal(
    "external_links",
    "工作簿引用了其他工作簿，请改为数值后重新上传。",
    "The workbook refers to other workbooks; paste the values instead.",
)
EMBEDDED = Refusal(
    "embedded_objects", "工作簿含有嵌入对象，请删除后重新上传。", "The workbook holds embedded objects; remove them."
)
FORBIDDEN_PARTS = {
    "xl/vbaproject": MACROS,
    "xl/macrosheets/": MACROS,
    "xl/externallinks/": LINKS,
    "xl/embeddings/": EMBEDDED,
    "xl/activex/": EMBEDDED,
    "xl/workbook.bin": BROKEN,
}

OWN_TYPES = """<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="xml" ContentType="application/xml"/></Types>"""
OWN_ROOT = """<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Target="xl/workbook.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>"""
OWN_WORKBOOK = """<?xml version="1.0" encoding="UTF-8"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<workbookPr date1904="{date1904}"/><sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>"""
OWN_RELATIONS = """<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Target="worksheets/sheet1.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>"""


class Directory:
    """What the workbook's own directory says: which sheet is the first, where it lies, how its days are counted."""

    def __init__(self) -> None:
        self.first: str | None = None
        self.date1904 = False
        self.targets: dict[str, str] = {}

    def element(self, name: str, attributes: Mapping[str, str], depth: int) -> None:
        """Takes note of an element of the workbook or of its relations."""
        if name == "sheet" and self.first is None:
            self.first = next((value for key, value in attributes.items() if key.endswith(":id")), "")
        elif name == "workbookPr":
            self.date1904 = attributes.get("date1904") in ("1", "true")
        elif name == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def path(self) -> str:
        """The first sheet's part."""
        target = self.targets.get(self.first or "")
        if not target:
            raise BROKEN
        return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def checked(content: bytes, limits: Limits) -> BytesIO:
    """The same first sheet in a package of ours; Refusal if the file is not fit to be parsed."""
    if content.count(CENTRAL_ENTRY) > MAX_PARTS:
        raise limits.too_big
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            return _repacked(package, _parts(package, limits), limits)
    except (zipfile.BadZipFile, DeflateError, EOFError, OSError, ValueError, NotImplementedError) as fault:
        raise BROKEN from fault
    except (RuntimeError, expat.ExpatError, LookupError) as fault:
        raise BROKEN from fault


def _parts(package: zipfile.ZipFile, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    """The file's parts by name, of which none may be there twice, hidden, or of a kind that we don't take."""
    parts: dict[str, zipfile.ZipInfo] = {}
    for part in package.infolist():
        name = part.filename.casefold()
        for start, refusal in FORBIDDEN_PARTS.items():
            if name.startswith(start):
                raise refusal
        if part.flag_bits & ENCRYPTED:
            raise LOCKED
        known = part.filename == "[Content_Types].xml" or part.filename.startswith(FOLDERS)
        if name in parts or not known or part.compress_type not in READABLE or ".." in name or "\\" in name:
            raise BROKEN
        parts[name] = part
    if sum(part.file_size for part in parts.values()) > limits.unpacked:
        raise limits.too_big
    return parts


def _repacked(package: zipfile.ZipFile, parts: Mapping[str, zipfile.ZipInfo], limits: Limits) -> BytesIO:
    directory = Directory()
    for name in (WORKBOOK, RELATIONS):
        _unpacked(package, parts, name, MAX_DIRECTORY, Look(limits, directory.element))
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as own:
        own.writestr("[Content_Types].xml", OWN_TYPES)
        own.writestr("_rels/.rels", OWN_ROOT)
        own.writestr(WORKBOOK, OWN_WORKBOOK.format(date1904=int(directory.date1904)))
        own.writestr(RELATIONS, OWN_RELATIONS)
        strings = StringsLook(limits)
        for name, limit, look in ((STRINGS, limits.strings, strings), (STYLES, MAX_STYLES, Look(limits))):
            if name.casefold() in parts:
                own.writestr(name, _unpacked(package, parts, name, limit, look))
        sheet = SheetLook(limits, strings.lengths)
        own.writestr(SHEET, _unpacked(package, parts, directory.path(), limits.sheet, sheet))
    packed.seek(0)
    return packed


def _unpacked(
    package: zipfile.ZipFile, parts: Mapping[str, zipfile.ZipInfo], name: str, limit: int, look: Look
) -> bytes:
    """A part, unpacked and looked at; whatever the file says of its size, no more than `limit`."""
    part = parts[name.casefold()]
    if part.file_size > limit:
        raise look.limits.too_big
    whole = bytearray()
    with package.open(part) as source:
        while block := source.read(BLOCK):
            whole += block
            if len(whole) > limit:
                raise look.limits.too_big
    unpacked = bytes(whole)
    del whole
    look_at(unpacked, look)
    return unpacked
