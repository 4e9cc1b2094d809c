"""What registry ships with: the tree of divisions, announced after the migrations."""

from __future__ import annotations

from sqlalchemy.orm import Session

from chassis.clock import SystemClock
from chassis.data import engine_for
from registry.usecases import divisions
from registry.usecases.access import one_at_a_time


def seed(url: str) -> str:
    """Places what is new in the database at `url`; a second time changes nothing. Returns what was done, for people."""
    with Session(engine_for(url, "registry-seed")) as session, session.begin():
        one_at_a_time(session, "seed")
        return f"{divisions.seed(session, divisions.shipped(), SystemClock())} divisions placed"
