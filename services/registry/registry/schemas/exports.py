"""Exports: the filters of the lists, and as what the file is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from registry import queries
from registry.adapters.list_out import Format
from registry.exports import Export
from registry.schemas.appointments import AppointmentFilters
from registry.schemas.common import Choice
from registry.schemas.enterprises import EnterpriseFilters
from registry.schemas.people import PersonFilters


def export_of(filters: Callable[..., object]) -> Callable[..., object]:
    """What makes an Export of a query with these filters."""

    def make(format: Format, **given: Any) -> Export[object]:  # Any: what the filters are made of
        return Export(filters(**given), format)

    return make


def format_field() -> Choice:
    """As what the file is written."""
    return Choice(Format, load_default=Format.XLSX, metadata={"description": "an .xlsx workbook, or text in UTF-8"})


class EnterpriseExport(EnterpriseFilters):
    record = export_of(queries.EnterpriseFilters)  # type: ignore[assignment]  # as of the base of all schemas

    format = format_field()


class PersonExport(PersonFilters):
    record = export_of(queries.PersonFilters)  # type: ignore[assignment]  # as of the base of all schemas

    format = format_field()


class AppointmentExport(AppointmentFilters):
    record = export_of(queries.AppointmentFilters)  # type: ignore[assignment]  # as of the base of all schemas

    format = format_field()
