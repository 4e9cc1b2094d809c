"""Rules for the text of the sources that no linter knows; each is seen failing."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGES = {
    **{f"libs/{name}": PROJECT / "libs" / name / name for name in ("chassis", "programme", "servers", "testkit")},
    **{
        f"services/{name}": PROJECT / "services" / name / name
        for name in ("registry", "training", "notifications", "reporting")
    },
    "deploy/contracts": PROJECT / "deploy/contracts",
    "deploy/local": PROJECT / "deploy/local/cqolocal",
}
# Those where each `Any` has its reason; the others are to follow.
REASONED = tuple(PACKAGES)
REASON = re.compile(r"#.*\bAny: \S")
IMPORT = re.compile(r"\s*(from typing import|import typing)\b")
WITHOUT_FORMATTER = re.compile(r"#\s*fmt:\s*(skip|off)\b")


def any_without_reason(source: str) -> list[int]:
    """The lines that use `Any`, and neither they nor the comment above them say why."""
    lines = source.splitlines()
    used = {
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.NAME and token.string == "Any"
    }
    return [
        number
        for number in sorted(used)
        if not IMPORT.match(lines[number - 1])
        and not REASON.search(lines[number - 1])
        and not (number > 1 and lines[number - 2].lstrip().startswith("#") and REASON.search(lines[number - 2]))
    ]


def sources(folder: Path) -> Iterator[Path]:
    """The modules in `folder`."""
    return (path for path in sorted(folder.rglob("*.py")) if "__pycache__" not in path.parts)


@pytest.mark.parametrize("package", REASONED)
def test_each_line_with_any_says_why(package: str) -> None:
    found = [
        f"{path.relative_to(PROJECT)}:{number}"
        for path in sources(PACKAGES[package])
        for number in any_without_reason(path.read_text())
    ]

    assert found == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("from typing import Any\nx: Any = 1\n", [2]),
        ("x: Any = 1  # anything\n", [1]),
        ("x: dict[str, Any] = {}  # Any: JSON\n", []),
        ("# Any: JSON\nx: Any = 1\n", []),
        ("x = 1  # Any: of x alone\ny: Any = 1\n", [2]),
        ("x: Any = 1  # Any:\n", [1]),
        ("def f(\n    x: int,\n    **y: Any,\n) -> None: ...\n", [3]),
        ("name = 'Any'\nAnyOf = 1\n", []),
    ],
)
def test_an_any_without_a_reason_is_seen(source: str, lines: list[int]) -> None:
    assert any_without_reason(source) == lines


def lines_kept_from_the_formatter(source: str) -> list[int]:
    """The lines that switch the formatter off."""
    return [number for number, line in enumerate(source.splitlines(), 1) if WITHOUT_FORMATTER.search(line)]


def test_the_formatter_is_switched_off_nowhere() -> None:
    folders = [PROJECT / name for name in ("libs", "services", "deploy", "tests", "benchmarks", "examples")]
    found = [
        f"{path.relative_to(PROJECT)}:{number}"
        for folder in folders
        for path in sources(folder)
        if path != Path(__file__)
        for number in lines_kept_from_the_formatter(path.read_text())
    ]

    assert found == []


def test_a_line_kept_from_the_formatter_is_seen() -> None:
    assert lines_kept_from_the_formatter("x = 1\ny  = 2  # fmt: skip\n# fmt:off\n") == [2, 3]
