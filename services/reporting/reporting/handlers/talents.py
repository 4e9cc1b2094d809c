"""The talent pool: who is in it, from day to day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from reporting import storage
from reporting.domain.counts import Figure
from reporting.domain.statuses import TalentStatus
from reporting.handlers import totals
from reporting.handlers.rows import history_row

# The status that a person has in the pool after each event.
STATUS_AFTER = {
    "talent.admitted.v1": TalentStatus.IN_POOL,
    "talent.lapsed.v1": TalentStatus.LAPSED,
    "talent.excluded.v1": TalentStatus.LAPSED,
    "talent.restored.v1": TalentStatus.IN_POOL,
}


@dataclass(frozen=True)
class TalentChanged:
    """A person was admitted, lapsed or restored, as of the day `on`."""

    person_id: str
    on: date


def record_statuses(session: Session, events: Sequence[Envelope[TalentChanged]]) -> None:
    """A record of history for each event."""
    rows = [{**history_row(event), "status": STATUS_AFTER[event.type]} for event in events]
    totals.record(session, Figure.TALENT, storage.talent_history, rows)


def forget(session: Session, person_id: str) -> None:
    """Nothing of the person is there any more, nor counted."""
    totals.forget(session, Figure.TALENT, storage.talent_history, person_id)
