"""A training centre with a few divisions, firms and people known to it."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session
from training_world import Centre, know_divisions

from chassis.clock import FixedClock


@pytest.fixture
def centre(session: Session, clock: FixedClock) -> Centre:
    know_divisions(session)
    return Centre(session, clock)
