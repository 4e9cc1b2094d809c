"""Routes of lists as files."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from eventlet.semaphore import Semaphore

from chassis.errors import CqoError
from chassis.http import ANYONE, WORKBOOK, Response, http
from chassis.turns import in_turns
from programme.http import Request
from registry import exports, queries, schemas
from registry.adapters import list_out
from registry.adapters.list_out import Format, Rows
from registry.api.base import APPLICANTS, PEOPLE_READERS, Routes
from registry.domain.import_job import NotImportedYet
from registry.exports import Export
from registry.queries import AppointmentFilters, EnterpriseFilters, PersonFilters
from registry.usecases import import_jobs

AT_ONCE = 2  # files that one process writes
LONGEST = 900  # seconds until a file must have been fetched
_places = Semaphore(AT_ONCE)


class TooManyExports(CqoError):
    """Other lists are being written just now; ask again in a minute."""

    status = 503
    zh = "正在导出其他名单，请一分钟后重试。"


class ExportRoutes(Routes):
    """Lists as files: .xlsx or .csv, written while they are read."""

    @http(
        "GET",
        "/enterprises/export",
        query=schemas.EnterpriseExport,
        roles=ANYONE,
        produces=WORKBOOK,
        problems=(TooManyExports,),
        summary="The list of enterprises as a file, which can be imported again; contact points masked",
    )
    def export_enterprises(self, request: Request[None, Export[EnterpriseFilters]]) -> Response:
        self._record(request, "enterprises")
        rows = exports.enterprises(self.db, request.caller, request.query.filters, self.clock.today(), self.cipher)
        return _file(rows, request.query.format, "enterprises")

    @http(
        "GET",
        "/people/export",
        query=schemas.PersonExport,
        roles=PEOPLE_READERS,
        produces=WORKBOOK,
        problems=(TooManyExports,),
        summary="The list of people as a file; masked",
    )
    def export_people(self, request: Request[None, Export[PersonFilters]]) -> Response:
        self._record(request, "people")
        rows = exports.people(self.db, request.caller, request.query.filters, self.clock.today(), self.cipher)
        return _file(rows, request.query.format, "people")

    @http(
        "GET",
        "/appointments/export",
        query=schemas.AppointmentExport,
        roles=PEOPLE_READERS,
        produces=WORKBOOK,
        problems=(TooManyExports,),
        summary="The list of appointments as a file, as of a day",
    )
    def export_appointments(self, request: Request[None, Export[AppointmentFilters]]) -> Response:
        self._record(request, "appointments")
        on = request.query.filters.on or self.clock.today()
        rows = exports.appointments(self.db, request.caller, request.query.filters, on)
        return _file(rows, request.query.format, "appointments")

    @http(
        "GET",
        "/imports/<import_id>/rejected",
        roles=APPLICANTS,
        produces=WORKBOOK,
        problems=(NotImportedYet, TooManyExports),
        summary="The rejected rows of your own import as they came, with the reasons, to be corrected and sent back",
    )
    def get_rejected_rows(self, request: Request[None], import_id: str) -> Response:
        with self.db.begin() as session:
            job = queries.import_by_id(session, request.caller, import_id, self.clock.today())
            found = import_jobs.rejected_rows(session, request.caller, job, self.cipher, self.clock)
        return _file(exports.rejected(found, request.language), Format.XLSX, "rejected")

    def _record(self, request: Request[None, Export[Any]], what: str) -> None:  # Any: the filters of any list
        with self.db.begin() as session:
            exports.record(session, request.caller, what, request.query, self.clock)


def _file(rows: Rows, as_format: Format, name: str) -> Response:
    """The file, written while it is sent. Where that fails the connection breaks off, so nobody takes it for whole."""
    if not _places.acquire(blocking=False):
        raise TooManyExports()
    blocks = _in_time(in_turns(list_out.written(rows, as_format)))
    response = Response(blocks, content_type=list_out.MEDIA_TYPES[as_format])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{as_format}"'
    response.call_on_close(_places.release)
    return response


def _in_time(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks; TimeoutError where they are fetched so slowly that others would wait for the place."""
    began = time.monotonic()
    for block in blocks:
        yield block
        if time.monotonic() - began > LONGEST:
            raise TimeoutError(f"a list was not fetched within {LONGEST} s")
