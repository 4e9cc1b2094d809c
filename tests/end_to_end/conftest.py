"""Figures of the tests, printed after them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

FIGURES: list[str] = []


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[[object], None]:
    """`report(figures)`: printed after the tests, with the name of this one."""
    name = request.node.name.removeprefix("test_").replace("_", " ")
    return lambda figures: FIGURES.append(f"{name}: {figures}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if FIGURES:
        terminalreporter.section("figures of the end-to-end tests")
        for line in FIGURES:
            terminalreporter.write_line(line)
