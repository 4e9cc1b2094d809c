"""What this service keeps of training's aggregates. What they led to in the pool and for appointments is its own."""

from sqlalchemy import ColumnElement, and_

from chassis.messaging import Kept, Rows
from registry import storage
from registry.handlers import certificates


def _year(subject: str, _: str | None) -> ColumnElement[bool]:
    """The ledger's year of a person: its id is theirs and the year."""
    person_id, _, year = subject.rpartition(":")
    return and_(storage.education_fact.c.person_id == person_id, storage.education_fact.c.year == int(year))


KEPT = {
    "certificate": Kept(
        (Rows.by(storage.certificate_fact.c.certificate_id),),
        restate=certificates.record_facts_anew,
        stays="the holder's place in the talent pool, and their appointments",
    ),
    "education": Kept((Rows(storage.education_fact, _year),)),
    "reporting_audit": Kept(stays="the checkpoints, which are evidence of what its audit log was"),
}
