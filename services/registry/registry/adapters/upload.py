"""Lists from outside, workbooks or text: read by a child process, while this one goes on with other requests."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import date
from io import BytesIO
from typing import Any, NamedTuple

import eventlet
from eventlet.green import subprocess
from eventlet.semaphore import Semaphore

from chassis.errors import CqoError, InvalidInput
from chassis.turns import in_turns
from registry.adapters.limits import REQUEST, Limits
from registry.adapters.refusal import Refusal
from registry.adapters.workbook import AnyColumn, List, Sheet, SheetRow
from registry.domain.bilingual import Violation

log = logging.getLogger(__name__)

AT_ONCE = 2  # children of one process, each with the memory that its limits allow
WAIT = 20  # seconds for a child's place
TOO_COSTLY = Refusal(
    "too_costly",
    "读取该工作簿所需的内存或时间超过上限，请拆分，或将数值粘贴到新的工作簿中。",
    "Reading this workbook takes more memory or time than allowed; split it, or paste the values into a new one.",
)
_places = Semaphore(AT_ONCE)


class RawRow(NamedTuple):
    """A row as it came: its number and its cells."""

    number: int
    cells: list[object]


class ReadersBusy(CqoError):
    """Other workbooks are being read just now; send yours again in a minute."""

    status = 503
    zh = "正在读取其他工作簿，请一分钟后重新提交。"


def read(content: bytes, expected: List) -> Sheet:
    """The rows of an uploaded list and the violations in them; InvalidInput if the file as a whole can't be used."""
    try:
        return read_within(REQUEST, content, expected)
    except Refusal as refusal:
        reason = {"code": refusal.code, "reason": refusal.en, "reason_zh": refusal.zh}
        raise InvalidInput([reason]) from refusal


def read_within(limits: Limits, content: bytes, expected: List) -> Sheet:
    """The same within these limits; Refusal if the file as a whole can't be used."""
    by_header = {column.header: column for column in expected.columns}
    with closing(_answer(content, expected.name, limits)) as lines:
        return _sheet(lines, by_header)


def rows_as_they_came(limits: Limits, content: bytes, expected: List, numbers: set[int]) -> list[RawRow]:
    """The headers, and the rows of these numbers, unread; for a list that `read_within` has read before."""
    found: list[RawRow] = []
    with closing(_answer(content, expected.name, limits, "cells")) as lines:
        for line in in_turns(lines):
            said = json.loads(line)
            if "end" in said:
                return found
            if "row" not in said:
                break
            if said["row"] == 1 or said["row"] in numbers:
                found.append(RawRow(said["row"], [_value(cell) for cell in said["cells"]]))
    raise TOO_COSTLY


def _sheet(lines: Iterator[bytes], by_header: dict[str, AnyColumn]) -> Sheet:
    sheet: Sheet | None = None
    for line in in_turns(lines):
        said = json.loads(line)
        if "refused" in said:
            raise Refusal(*said["refused"])
        if "letters" in said:
            sheet = Sheet({by_header[header]: letter for header, letter in said["letters"].items()})
        elif sheet is None:
            break
        elif "row" in said:
            values = (_value(value) for value in said["values"])
            sheet.rows.append(SheetRow(said["row"], dict(zip(sheet.letters, values, strict=True))))
        elif "rejected" in said:
            sheet.reject(said["rejected"], by_header[said["column"]], Violation(*said["why"]))
        elif said["end"] == len(sheet.rows):
            return sheet
    raise TOO_COSTLY


def _value(said: Any) -> object:  # Any: a JSON value
    return date.fromisoformat(said["day"]) if isinstance(said, dict) else said


def _answer(content: bytes, kind: str, limits: Limits, *more: str) -> Generator[bytes, None, None]:
    """The lines of the child's answer, all of them there before the first is given."""
    with _place(), _child(kind, limits, *more) as child:
        answer = bytearray()
        try:
            with eventlet.Timeout(limits.within):
                _feed(child, content)
                while part := child.stdout.read(1 << 16):
                    answer += part
                    if len(answer) > limits.answer:
                        break
                status = child.wait()
        except eventlet.Timeout:
            status = None
    if status != 0:
        log.warning("a workbook of %d bytes could not be read: the child's status is %s", len(content), status)
        raise TOO_COSTLY
    yield from BytesIO(answer)


def _feed(child: Any, content: bytes) -> None:  # Any: eventlet's Popen has no types
    try:
        child.stdin.write(content)
        child.stdin.close()
    except BrokenPipeError:
        log.info("the child did not read the whole workbook")


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(timeout=WAIT):
        raise ReadersBusy()
    try:
        yield
    finally:
        _places.release()


@contextmanager
def _child(kind: str, limits: Limits, *more: str) -> Iterator[Any]:  # Any: eventlet's Popen has no types
    """A child that reads a list of this kind; it gets where our modules are, and nothing else of the environment."""
    child = subprocess.Popen(
        [sys.executable, "-m", "registry.adapters.parsing", kind, limits.name, *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "MALLOC_ARENA_MAX": "1"},
        cwd="/",
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()
