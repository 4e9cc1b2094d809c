"""Announces the shipped tree of divisions; run after the migrations, any number of times: `python -m registry.seed`.

Needs `CQO_DATABASE_URL_REGISTRY` (or `CQO_DATABASE_URL`) alone, as the migrations do.
"""

from __future__ import annotations

import sys

from sqlalchemy.orm import Session

from chassis.clock import SystemClock
from chassis.db import engine_for
from chassis.migrate import database_url
from registry.usecases import divisions
from registry.usecases.access import one_at_a_time


def seed(url: str) -> int:
    """Places what is new in the database at `url`; returns how many placements that were."""
    with Session(engine_for(url, "registry-seed")) as session, session.begin():
        one_at_a_time(session, "seed")
        return divisions.seed(session, divisions.shipped(), SystemClock())


if __name__ == "__main__":
    sys.stdout.write(f"registry: {seed(database_url('registry'))} divisions placed\n")
