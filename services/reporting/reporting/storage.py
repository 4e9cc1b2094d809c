"""The service's tables: dated lines, never counters, so that every figure can be asked for as of a past day.

A line says what held of an object from a day on. Its key is the object and the version of the event that brought it,
so applying an event again changes nothing. What held on a day is, of the lines that begin by then, the latest version:
an event may be about an earlier day than the one before it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Boolean, Column, Date, Float, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy.orm import registry as mapper_registry

from chassis.data import new_metadata
from programme import tables
from reporting.domain.target import Target, TargetLine

metadata = new_metadata()
METADATA = (metadata, tables.metadata)  # all that its migrations make, beside the chassis's


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=options.pop("nullable", False), **options)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _day(name: str = "on", nullable: bool = False) -> Column[date]:
    return Column(name, Date, nullable=nullable)


def _lines(name: str, key: str, *columns: Column[Any]) -> Table:
    """A table of dated lines of the objects named by `key`."""
    return Table(
        name,
        metadata,
        Column(key, Text, primary_key=True),
        Column("version", Integer, primary_key=True, autoincrement=False),
        _day(),
        *columns,
        Index(f"ix_{name}_on", key, "on", "version"),
    )


enterprise_line = _lines(
    "enterprise_line",
    "enterprise_id",
    _text("name"),
    _text("division"),
    _flag("above_threshold"),
    _flag("award_contender"),
    _flag("brand_contender"),
)
appointment_line = _lines(
    "appointment_line",
    "appointment_id",
    _text("enterprise_id", index=True),
    _text("person_id"),
    _text("status"),
)
certificate_line = _lines("certificate_line", "certificate_id", _text("person_id"), _text("status"))
talent_line = _lines("talent_line", "person_id", _text("status"))

filing = Table("filing", metadata, Column("appointment_id", Text, primary_key=True), _day(), _flag("late"))
course = Table("course", metadata, Column("class_id", Text, primary_key=True), _text("kind"))
enrolment = Table(
    "enrolment", metadata, Column("enrolment_id", Text, primary_key=True), _text("class_id"), _day(), _flag("passed")
)
education = Table(
    "education",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _day(),
    Column("total_hours", Float, nullable=False),
    Column("required_hours", Float, nullable=False),
)
notice = Table(
    "notice",
    metadata,
    Column("notice_id", Text, primary_key=True),
    _text("kind"),
    _text("channel"),
    _text("state"),
    _day(),
    _day("failed_on", nullable=True),
)

target = Table(
    "target",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    _text("division"),
    Column("year", Integer, nullable=False),
    _text("population"),
    Column("percent", Float, nullable=False),
    _text("document"),
    UniqueConstraint("division", "year", "population"),
)
target_line = _lines("target_line", "target_id", Column("percent", Float, nullable=False))

# All that others' events have told: it can be emptied and had again from their feeds.
READ_MODELS = (
    enterprise_line,
    appointment_line,
    certificate_line,
    talent_line,
    filing,
    course,
    enrolment,
    education,
    notice,
)

mapper = mapper_registry(metadata=metadata)
mapper.map_imperatively(Target, target)
mapper.map_imperatively(TargetLine, target_line)
