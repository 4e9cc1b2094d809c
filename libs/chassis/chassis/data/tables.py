"""Where tables are declared: the chassis's on `metadata`, a service's on its own from `new_metadata`."""

from __future__ import annotations

from sqlalchemy import MetaData

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def new_metadata() -> MetaData:
    """An empty collection of tables whose indexes and constraints are named as everywhere."""
    return MetaData(naming_convention=NAMING_CONVENTION)


metadata = new_metadata()  # each module of the chassis declares its tables here; the migrations make them
