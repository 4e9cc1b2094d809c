"""The service's tables: dated records, and what is added up of them, so that a figure of any day is read at once.

A record of history says what held of an object from a day on. Its key is the object and the version of the event that
brought it, so applying an event again changes nothing. What held on a day is, of the records that begin by then, the
one with the highest version: an event may be about an earlier day than the one before it.

`coverage_period` says what each enterprise counted as from day to day. The two tables of changes hold, by day, by month
and by year, how many more or fewer there were of each kind, so that a figure of a day is the sum of the years before
it, of the months before it in its year, and of the days in its month. They are written with the records themselves.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import registry as mapper_registry

from chassis.data import aggregate_columns, day_column, flag_column, member_column, new_metadata, text_column
from programme import tables
from reporting.domain.coverage import PostState
from reporting.domain.statuses import AppointmentStatus, CertificateStatus, DeliveryState, TalentStatus
from reporting.domain.target import Target, TargetPopulation, TargetRecord

metadata = new_metadata()
METADATA = (metadata, tables.metadata)  # all that its migrations make, beside the chassis's


def _version() -> Column[int]:
    """The version of the event that a record came with."""
    return Column("version", Integer, primary_key=True, autoincrement=False)


def _history(name: str, key: str, *columns: Column[Any]) -> Table:  # Any: columns of any type
    """A table of dated records of the objects named by `key`."""
    return Table(
        name,
        metadata,
        Column(key, Text, primary_key=True),
        _version(),
        day_column("on"),
        *columns,
        Index(f"ix_{name}_on", key, "on", "version"),
    )


enterprise_history = _history(
    "enterprise_history",
    "enterprise_id",
    text_column("name"),
    text_column("division"),
    flag_column("above_threshold"),
    flag_column("award_contender"),
    flag_column("brand_contender"),
    flag_column("gone"),  # deregistered: it no longer counts
)
appointment_history = _history(
    "appointment_history",
    "appointment_id",
    text_column("enterprise_id", index=True),
    text_column("person_id"),
    member_column("status", AppointmentStatus),
)
certificate_history = _history(
    "certificate_history", "certificate_id", text_column("person_id"), member_column("status", CertificateStatus)
)
talent_history = _history("talent_history", "person_id", member_column("status", TalentStatus))

filing = Table(
    "filing", metadata, Column("appointment_id", Text, primary_key=True), day_column("on"), flag_column("late")
)
training_class = Table("training_class", metadata, Column("class_id", Text, primary_key=True), text_column("kind"))
enrolment = Table(
    "enrolment",
    metadata,
    Column("enrolment_id", Text, primary_key=True),
    text_column("class_id", index=True),
    day_column("on"),
    flag_column("passed"),
)
# The hours of a person in a year, as they stood after each event.
education = Table(
    "education",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    _version(),
    day_column("on"),
    Column("total_hours", Float, nullable=False),
    Column("required_hours", Float, nullable=False),
)
# `on` is the day on which it ended, `failed_on` the first on which it failed, whatever became of it later.
delivery = Table(
    "delivery",
    metadata,
    Column("delivery_id", Text, primary_key=True),
    text_column("kind"),
    text_column("channel"),
    member_column("state", DeliveryState),
    day_column("on"),
    day_column("failed_on", nullable=True),
)

target = Table(
    "target",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    Column("year", Integer, nullable=False),
    member_column("population", TargetPopulation),
    Column("percent", Float, nullable=False),
    text_column("document"),
    UniqueConstraint("division", "year", "population"),
)
target_history = _history("target_history", "target_id", Column("percent", Float, nullable=False))

# What an enterprise counted as from the day `since` until the day before `until`; NULL is still.
coverage_period = Table(
    "coverage_period",
    metadata,
    Column("enterprise_id", Text, primary_key=True),
    Column("since", Date, primary_key=True),
    day_column("until", nullable=True),
    text_column("division"),
    flag_column("above_threshold"),
    flag_column("award_contender"),
    flag_column("brand_contender"),
    member_column("state", PostState),
    Index("ix_coverage_period_division_state", "division", "state", "enterprise_id"),
)
# By how many the enterprises that count so grew in a day, a month or a year, which begins on `since`.
coverage_change = Table(
    "coverage_change",
    metadata,
    Column("grain", Text, primary_key=True),
    Column("since", Date, primary_key=True),
    Column("division", Text, primary_key=True),
    Column("above_threshold", Boolean, primary_key=True),
    Column("award_contender", Boolean, primary_key=True),
    Column("brand_contender", Boolean, primary_key=True),
    Column("enterprises", BigInteger, nullable=False),
    Column("active", BigInteger, nullable=False),  # of these, with an active CQO
    Column("suspended", BigInteger, nullable=False),  # of these, with a suspended one
)


def _counts(name: str) -> Table:
    """A table of the same for the other figures. Each process counts in a lane: replicas don't queue up for one row."""
    return Table(
        name,
        metadata,
        Column("grain", Text, primary_key=True),
        Column("since", Date, primary_key=True),
        Column("figure", Text, primary_key=True),
        Column("state", Text, primary_key=True),
        Column("kind", Text, primary_key=True),  # of a notice or a class; empty in other figures
        Column("channel", Text, primary_key=True),  # of a delivery; empty in other figures
        Column("lane", SmallInteger, primary_key=True, autoincrement=False),
        Column("number", BigInteger, nullable=False),
    )


count_change = _counts("count_change")
# Deliveries that have passed at their publisher: figures of past days stay what they were, and a rebuild keeps them.
delivery_sum = _counts("delivery_sum")

# Worked out from the tables above by the handlers; what is taken out of those goes by `forget` of the same handlers.
TOTALS = (coverage_period, coverage_change, count_change)

# What came from others' events: `rebuild` empties these, and fills them again from the others' feeds.
READ_MODELS = (
    enterprise_history,
    appointment_history,
    certificate_history,
    talent_history,
    filing,
    training_class,
    enrolment,
    education,
    delivery,
    *TOTALS,
)

mapper = mapper_registry(metadata=metadata)
mapper.map_imperatively(Target, target)
mapper.map_imperatively(TargetRecord, target_history)
