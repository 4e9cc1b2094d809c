"""Columns as every service declares them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, Boolean, Column, Date, Dialect, ForeignKey, Identity, Integer, Text, TypeDecorator

MemberT = TypeVar("MemberT", bound=StrEnum)


class MemberOf(TypeDecorator[MemberT], Generic[MemberT]):
    """A text that is read as a member of a StrEnum."""

    impl = Text
    cache_ok = True

    def __init__(self, members: type[MemberT]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> MemberT | None:
        return None if value is None else self.members(value)


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


def member_column(name: str, members: type[MemberT]) -> Column[MemberT]:
    """A status or a kind, which is one of the members of a StrEnum; never NULL."""
    return Column(name, MemberOf(members), nullable=False)


def flag_column(name: str) -> Column[bool]:
    """True or false."""
    return Column(name, Boolean, nullable=False)


def serial_column() -> Column[int]:
    """A row's number, in the order of insertion."""
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def aggregate_columns() -> tuple[Column[str], Column[int]]:
    """An aggregate's id, and its version, which is the sequence of its last event."""
    return Column("id", Text, primary_key=True), Column("version", Integer, nullable=False)
