"""What the proof and the summary count.

Triggers note the causes, notices and deliveries that a statement brings, changes or removes, by rows of changes, which
wait for nobody; the worker adds these to the sums, and a reader adds those that are left. Sums are by day, month and
year (`grain`, which begins on `since`), of the province (`place` is empty) and of each division.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, Table

from chassis.data import day_column, flag_column, text_column
from notifications.storage.base import metadata

cause_change = Table(
    "cause_change",
    metadata,
    day_column("day"),  # on which it occurred, in Asia/Shanghai
    text_column("division", nullable=True),
    text_column("type"),
    Column("ruleset", Integer, nullable=False),
    flag_column("person"),  # whether it concerns one
    flag_column("enterprise"),
    text_column("late"),  # what the event says; empty where it says nothing
    # Which office each is, of the division's, the prefecture's and the province's: 0 none, else the first that is the
    # same. 123 are three; 113 is of a matter that a prefecture itself looks after.
    text_column("offices"),
    Column("number", Integer, nullable=False),
)
cause_sum = Table(
    "cause_sum",
    metadata,
    text_column("place", primary_key=True),
    text_column("grain", primary_key=True),
    Column("since", Date, primary_key=True),
    text_column("type", primary_key=True),
    Column("ruleset", Integer, primary_key=True, autoincrement=False),
    Column("person", Boolean, primary_key=True),
    Column("enterprise", Boolean, primary_key=True),
    Column("division", Boolean, primary_key=True),
    text_column("late", primary_key=True),
    text_column("offices", primary_key=True),
    Column("number", BigInteger, nullable=False),
)
# A notice itself is counted with an empty channel and state, by the day on which it was written.
delivery_change = Table(
    "delivery_change",
    metadata,
    day_column("occurred", nullable=True),  # the day of its cause
    day_column("written"),
    text_column("division", nullable=True),
    text_column("kind"),
    text_column("channel"),
    text_column("state"),
    Column("number", Integer, nullable=False),
    Column("maybe_repeated", Integer, nullable=False),
)
delivery_sum = Table(
    "delivery_sum",
    metadata,
    text_column("place", primary_key=True),
    text_column("basis", primary_key=True),  # which of the two days: `occurred` or `written`
    text_column("grain", primary_key=True),
    Column("since", Date, primary_key=True),
    text_column("kind", primary_key=True),
    text_column("channel", primary_key=True),
    text_column("state", primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("maybe_repeated", BigInteger, nullable=False),
)
