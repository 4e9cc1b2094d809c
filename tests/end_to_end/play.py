"""The demo as a process, and the figures it prints."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]


def play(*options: str) -> dict[str, Any]:
    """The demo's figures; its whole output is shown where it failed."""
    command = [sys.executable, "-m", "cqolocal", "demo", "--json", *options]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def describe(what: str, figures: dict[str, Any]) -> str:
    """A line for the output of the tests."""
    return f"\n{what}: {json.dumps(figures)}\n"
