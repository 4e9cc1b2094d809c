"""What notices may depend on until they are sent: certificates with their terms, and what is open; from others' events.

Beside it what is planned by: holidays, and by which rules it was planned.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data import day_column, member_column, text_column
from notifications.domain.conditions import CertificateState
from notifications.storage.base import metadata

certificate = Table(
    "certificate",
    metadata,
    text_column("id", primary_key=True),
    text_column("number"),
    text_column("person_id"),
    text_column("enterprise_id", nullable=True),  # of the event; who is told is the present employer
    day_column("valid_from", nullable=True),  # not known of one that was issued before it was kept here
    day_column("valid_until"),
    member_column("state", CertificateState),
    Index("ix_certificate_valid_until_id", "valid_until", "id"),
)

# What is open until a fact puts it right. Of each there is one at a time; opened anew, it is open again.
matter = Table(
    "matter",
    metadata,
    Column("kind", Text, primary_key=True),
    text_column("subject", primary_key=True),
    text_column("enterprise_id", nullable=True),
    day_column("opened_on"),
    text_column("opened_by"),  # the event
    day_column("closed_on", nullable=True),
    text_column("closed_by", nullable=True),
    Index("ix_matter_opened_on", "opened_on", postgresql_where=text("closed_on IS NULL")),
    Index("ix_matter_opened", "opened_on"),
    Index("ix_matter_enterprise_id", "enterprise_id", postgresql_where=text("closed_on IS NULL")),
)

# The days off among Monday to Friday and the worked weekends of a year, as somebody entered them; they go before those
# of the library.
calendar_year = Table(
    "calendar_year",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("days_off", JSONB, nullable=False),
    Column("days_worked", JSONB, nullable=False),
    text_column("document"),
    day_column("entered_on"),
)

# By which rules and which calendar everything is planned; where that has changed, how far it is planned anew.
planning = Table(
    "planning",
    metadata,
    text_column("what", primary_key=True),
    text_column("by"),
    text_column("after", nullable=True),
)
