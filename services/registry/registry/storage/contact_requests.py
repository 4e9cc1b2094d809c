"""Requests to be put in contact with a member of the pool."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, text

from chassis.data import aggregate_columns, day_column, member_column, text_column
from registry.domain.contact_request import ContactRequest, ContactRequestState
from registry.storage.base import metadata

contact_request = Table(
    "contact_request",
    metadata,
    *aggregate_columns(),
    text_column("division"),
    text_column("enterprise_id", ForeignKey("enterprise.id")),
    text_column("person_id", ForeignKey("person.id")),
    text_column("purpose"),
    day_column("asked_on"),
    day_column("answer_by"),
    Column("ruleset", Integer, nullable=False),
    member_column("state", ContactRequestState),
    day_column("answered_on", nullable=True),
    text_column("answer_document", nullable=True),
    Index("ix_contact_request_enterprise_id_id", "enterprise_id", "id"),
    Index("ix_contact_request_person_id_id", "person_id", "id"),
    Index("ix_contact_request_division_id", "division", "id"),
    # How many of an enterprise wait for an answer.
    Index("ix_contact_request_open", "enterprise_id", postgresql_where=text("state = 'open'")),
)

ENTITIES: Mapping[type, Table] = {ContactRequest: contact_request}
