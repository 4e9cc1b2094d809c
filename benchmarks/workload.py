"""The work that every pipeline under comparison does: the same change, the same payload, the same projection."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Date, MetaData, Table, Text, orm, text
from sqlalchemy.orm import Session

metadata = MetaData()
item = Table(
    "item",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("division", Text),
    Column("number", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("made_on", Date, nullable=False),
)
TABLES = (
    "CREATE TABLE item (id TEXT PRIMARY KEY, version BIGINT NOT NULL, division TEXT, number TEXT NOT NULL, "
    "name TEXT NOT NULL, made_on DATE NOT NULL);"
    "CREATE TABLE stock (item_id TEXT PRIMARY KEY, number TEXT NOT NULL, name TEXT NOT NULL, made_on TEXT NOT NULL, "
    "valid_until TEXT NOT NULL, division TEXT NOT NULL)"
)
PROJECT = text(
    "INSERT INTO stock (item_id, number, name, made_on, valid_until, division) "
    "SELECT item_id, number, name, made_on, valid_until, division FROM jsonb_to_recordset(CAST(:items AS jsonb)) "
    "AS new (item_id text, number text, name text, made_on text, valid_until text, division text) "
    "ON CONFLICT (item_id) DO UPDATE SET number = excluded.number, name = excluded.name"
)
DIVISION = "220102"
MADE_ON = date(2026, 3, 2)


class Item:
    """What is changed."""

    def __init__(self, number: int) -> None:
        self.id = f"item-{number:08d}"
        self.version = 0
        self.division = DIVISION
        self.number = f"JL-CQO-2026-{number:08d}"
        self.name = f"测试首席质量官 {number}"
        self.made_on = MADE_ON

    def made(self) -> ItemMade:
        return ItemMade(
            item_id=self.id,
            number=self.number,
            name=self.name,
            made_on=self.made_on,
            valid_from=self.made_on,
            valid_until=date(2029, 3, 1),
            division=self.division,
            enterprise_id=f"enterprise-{self.id}",
            ruleset=1,
            document="吉质联办〔2013〕10号",
        )


orm.registry(metadata=metadata).map_imperatively(Item, item)


@dataclass(frozen=True)
class ItemMade:
    """An item has been made; the size of a real event of the system."""

    type: ClassVar[str] = "item.made.v1"
    item_id: str
    number: str
    name: str
    made_on: date
    valid_from: date
    valid_until: date
    division: str
    enterprise_id: str
    ruleset: int
    document: str


def project(session: Session, many: Sequence[Mapping[str, object]]) -> None:
    """Writes the projection of one event, or of many, by the same statement; each is the event's fields."""
    session.execute(PROJECT, {"items": json.dumps(many, ensure_ascii=False)})
