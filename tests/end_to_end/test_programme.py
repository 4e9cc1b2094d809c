"""The programme's main job through all four services, as `./cqo demo` plays it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]


def play() -> dict[str, Any]:
    """The demo's figures; its whole output is shown where it failed."""
    command = [sys.executable, "-m", "cqolocal", "demo", "--json"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    return play()


def test_the_whole_programme_reconciles(undisturbed: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\nend to end: {json.dumps(undisturbed)}\n")

    assert undisturbed["enterprises"] >= 300
    assert undisturbed["candidates"] >= 200
    assert undisturbed["notices"] == undisturbed["notices_due"] > 0
    assert (undisturbed["lost"], undisturbed["applied_twice"], undisturbed["parked"]) == (0, 0, 0)
