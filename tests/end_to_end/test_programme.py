"""The programme's main job through all four services, as `./cqo demo` plays it."""

from __future__ import annotations

import sys

import pytest
from play import describe, play


def test_the_whole_programme_reconciles(capsys: pytest.CaptureFixture[str]) -> None:
    figures = play()

    with capsys.disabled():
        sys.stdout.write(describe("end to end", figures))
    assert figures["enterprises"] >= 300
    assert figures["candidates"] >= 200
    assert figures["notices"] == figures["notices_due"] > 0
    assert (figures["lost"], figures["applied_twice"], figures["parked"]) == (0, 0, 0)
