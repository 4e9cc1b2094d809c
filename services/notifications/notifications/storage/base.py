"""What all of the service's tables share."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, DateTime

from chassis.data import new_metadata

metadata = new_metadata()


def instant(name: str, *, nullable: bool = False) -> Column[datetime]:
    """A column that holds a moment."""
    return Column(name, DateTime(timezone=True), nullable=nullable)
