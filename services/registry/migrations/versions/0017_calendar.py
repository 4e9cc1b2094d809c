"""The calendar by which working days are counted, with the State Council's arrangements for 2024 to 2026.

Revision ID: 0017
Revises: 0016
"""

import json

from alembic import op
from sqlalchemy import text

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE calendar_year (
    year INTEGER NOT NULL,
    days_off JSONB NOT NULL,
    days_worked JSONB NOT NULL,
    document TEXT NOT NULL,
    entered_on DATE NOT NULL,
    CONSTRAINT pk_calendar_year PRIMARY KEY (year)
)
"""
# Days off from Monday to Friday, and worked weekends.
YEARS = (
    (
        2024,
        "国办发明电〔2023〕7号",
        "01-01 02-12 02-13 02-14 02-15 02-16 04-04 04-05 05-01 05-02 "
        "05-03 06-10 09-16 09-17 10-01 10-02 10-03 10-04 10-07",
        "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    ),
    (
        2025,
        "国办发明电〔2024〕12号",
        "01-01 01-28 01-29 01-30 01-31 02-03 02-04 04-04 05-01 05-02 05-05 06-02 10-01 10-02 10-03 10-06 10-07 10-08",
        "01-26 02-08 04-27 09-28 10-11",
    ),
    (
        2026,
        "国办发明电〔2025〕7号",
        "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 "
        "05-04 05-05 06-19 09-25 10-01 10-02 10-05 10-06 10-07",
        "01-04 02-14 02-28 05-09 09-20 10-10",
    ),
)


def upgrade() -> None:
    op.execute(TABLE)
    enter = text(
        "INSERT INTO calendar_year VALUES (:year, CAST(:off AS jsonb), CAST(:worked AS jsonb), :document, current_date)"
    )
    for year, document, off, worked in YEARS:
        op.execute(enter.bindparams(year=year, off=_days(year, off), worked=_days(year, worked), document=document))


def _days(year: int, days: str) -> str:
    return json.dumps([f"{year}-{day}" for day in days.split()])


def downgrade() -> None:
    op.execute("DROP TABLE calendar_year")
