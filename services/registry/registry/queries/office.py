"""What lists of all that belongs to an appointment are asked by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Table

from registry.queries.conditions import Conditions, equal, within


@dataclass(frozen=True)
class OfOffice:
    """Whose are asked for."""

    division: str | None = None
    enterprise_id: str | None = None
    person_id: str | None = None
    appointment_id: str | None = None


def of_office(table: Table, filters: OfOffice, on: date) -> Conditions:
    """The conditions under which a row of `table` is one of those."""
    ids = {"enterprise_id": filters.enterprise_id, "person_id": filters.person_id}
    return [*within(table, filters.division, on), *equal(table, **ids, appointment_id=filters.appointment_id)]
