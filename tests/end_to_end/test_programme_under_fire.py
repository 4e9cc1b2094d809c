"""The programme's main job while services, the broker and database connections are killed every second or so."""

from __future__ import annotations

import sys

import pytest
from play import describe, play

# What does not depend on when something was killed. Letters may be sent twice over SMTP; notices are counted once.
SAME = ("enterprises", "candidates", "certificates", "appointments", "notices_due", "notices", "events_published")


def test_the_same_figures_come_out_while_everything_is_killed(capsys: pytest.CaptureFixture[str]) -> None:
    undisturbed, under_fire = play(), play("--chaos")

    with capsys.disabled():
        sys.stdout.write(describe("undisturbed", undisturbed) + describe("under fire", under_fire))
    assert {name: under_fire[name] for name in SAME} == {name: undisturbed[name] for name in SAME}
    assert (under_fire["lost"], under_fire["applied_twice"], under_fire["parked"]) == (0, 0, 0)
