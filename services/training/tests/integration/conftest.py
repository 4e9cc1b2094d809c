"""A training centre with a few divisions, firms and people known to it."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session
from training_world import Centre

from chassis.clock import FixedClock
from testkit import divisions


@pytest.fixture
def centre(session: Session, clock: FixedClock) -> Centre:
    divisions.place(session)
    return Centre(session, clock)
