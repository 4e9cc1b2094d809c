"""docs/requirements.md says of each requirement where it lives and what shows it, and that is so."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import NamedTuple

import pytest

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "docs" / "requirements.md"
ROW = re.compile(r"^\| R(\d+) \| (.*) \| (.*) \| (.*) \| (.*) \|$")
NOT_DONE = ("Not served: ", "Not served but ", "Not software: ")


class Requirement(NamedTuple):
    """A row: its number, the source's words, what is done, and the files and tests named."""

    number: int
    words: str
    done: str
    files: tuple[str, ...]
    tests: tuple[str, ...]


def requirements(page: str) -> list[Requirement]:
    found = [ROW.match(line) for line in page.splitlines() if line.startswith("| R")]
    return [
        Requirement(
            int(row[1]), row[2], row[3], tuple(re.findall("`([^`]+)`", row[4])), tuple(re.findall("`([^`]+)`", row[5]))
        )
        for row in found
        if row
    ]


def faults_of(row: Requirement) -> list[str]:
    """What is wrong with a row."""
    faults = [f"R{row.number} names {path}, which is not there" for path in row.files if not (PROJECT / path).is_file()]
    for test in row.tests:
        path, _, name = test.partition("::")
        if name not in names_in(path):
            faults.append(f"R{row.number} names {test}, which is not there")
    if not row.words.strip():
        faults.append(f"R{row.number} does not quote the source")
    if row.done.startswith(NOT_DONE) != (not row.files and not row.tests):
        faults.append(f"R{row.number} must name where it lives and what shows it, or say why not")
    elif bool(row.files) != bool(row.tests):
        faults.append(f"R{row.number} has only one of the two: where it lives, and what shows it")
    return faults


@functools.cache
def names_in(path: str) -> frozenset[str]:
    """The tests that pytest collects from a file: functions at its top whose name begins with test_."""
    file = PROJECT / path
    if not file.is_file() or not file.name.startswith("test_"):
        return frozenset()
    tree = ast.parse(file.read_text())
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_every_requirement_stands_once_and_in_order() -> None:
    assert [row.number for row in requirements(PAGE.read_text())] == list(range(1, 62))


@pytest.mark.parametrize("row", requirements(PAGE.read_text()), ids=lambda row: f"R{row.number}")
def test_a_requirement_lives_where_the_page_says_and_is_shown_by_what_it_names(row: Requirement) -> None:
    assert faults_of(row) == []


def test_what_is_wrong_is_found() -> None:
    here = "tests/contract/test_requirements.py"
    right = Requirement(1, "原文", "Done.", (here,), (f"{here}::test_what_is_wrong_is_found",))

    assert faults_of(right) == []
    for change in (
        {"files": ("services/nowhere.py",)},
        {"tests": (f"{here}::test_that_is_not_there",)},
        {"tests": (f"{here}::faults_of",)},
        {"tests": ()},
        {"files": (), "tests": ()},
        {"done": "Not served: not yet."},
        {"words": " "},
    ):
        assert faults_of(right._replace(**change)), change
    assert faults_of(Requirement(2, "原文", "Not served: not yet.", (), ())) == []
