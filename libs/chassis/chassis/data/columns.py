"""Columns as every service declares them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Identity, Integer, Text


def text_column(
    name: str,
    *more: ForeignKey,
    nullable: bool = False,
    **options: Any,  # Any: SQLAlchemy's
) -> Column[str]:
    """A text; never NULL unless it may be left out."""
    return Column(name, Text, *more, nullable=nullable, **options)


def day_column(name: str, *, nullable: bool = False) -> Column[date]:
    """A day; never NULL unless it may be left out."""
    return Column(name, Date, nullable=nullable)


def flag_column(name: str) -> Column[bool]:
    """True or false."""
    return Column(name, Boolean, nullable=False)


def serial_column() -> Column[int]:
    """A row's number, in the order of insertion."""
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def aggregate_columns() -> tuple[Column[str], Column[int]]:
    """An aggregate's id, and its version, which is the sequence of its last event."""
    return Column("id", Text, primary_key=True), Column("version", Integer, nullable=False)
