"""The programme's main job through all four services, as `./cqo demo` plays it: undisturbed, and under fire."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]
# What does not depend on when something was killed. Letters may be sent twice over SMTP; notices are counted once.
SAME = ("enterprises", "candidates", "certificates", "appointments", "notices_due", "notices", "events_published")


def play(*options: str) -> dict[str, Any]:
    """The demo's figures; its whole output is shown where it failed."""
    command = [sys.executable, "-m", "cqolocal", "demo", "--json", *options]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    return play()


def test_the_whole_programme_reconciles(undisturbed: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\nundisturbed: {json.dumps(undisturbed)}\n")

    assert undisturbed["enterprises"] >= 300
    assert undisturbed["candidates"] >= 200
    assert undisturbed["notices"] == undisturbed["notices_due"] > 0
    assert (undisturbed["lost"], undisturbed["applied_twice"], undisturbed["parked"]) == (0, 0, 0)


def test_the_same_figures_come_out_while_services_broker_and_connections_are_killed(
    undisturbed: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    under_fire = play("--chaos")

    with capsys.disabled():
        sys.stdout.write(f"\nunder fire:  {json.dumps(under_fire)}\n")
    assert under_fire["killed"].keys() == {"service process", "broker node", "database connection"}
    assert {name: under_fire[name] for name in SAME} == {name: undisturbed[name] for name in SAME}
    assert (under_fire["lost"], under_fire["applied_twice"], under_fire["parked"]) == (0, 0, 0)
