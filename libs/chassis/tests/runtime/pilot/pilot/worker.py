"""The pilot's worker: sweeps due rows of two kinds, and fails as their payload says; seals its audit log."""

import os
from dataclasses import dataclass
from typing import ClassVar

import eventlet
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from chassis.due import DueRow, sweep
from chassis.messaging import Sealer
from chassis.process.health import HealthRoutes
from pilot.storage import effect


@dataclass(frozen=True)
class AuditSealed:
    """A checkpoint of the pilot's chain."""

    type: ClassVar[str] = "pilot_audit.sealed.v1"
    seal: int
    hash: str
    signed: str


class Worker(HealthRoutes):
    """What the tests have swept."""

    name = "pilot-worker"
    sealer = Sealer(AuditSealed)

    @sweep("pilot.notice", deadline=1)
    def notice(self, session: Session, row: DueRow) -> None:
        session.execute(insert(effect).values(key=row.key, by=os.getpid()))
        if row.payload.get("fails"):
            raise ValueError(f"no notice for {row.payload.get('phone', row.key)}")
        if row.payload.get("sleeps"):
            session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": row.payload["sleeps"]})
        if row.payload.get("hangs"):
            eventlet.sleep(row.payload["hangs"])

    @sweep("pilot.deadline")
    def deadline(self, session: Session, row: DueRow) -> None:
        session.execute(insert(effect).values(key=row.key, by=os.getpid()))
