"""Routes of imports as jobs."""

from __future__ import annotations

from chassis.http import Page, Response, http
from programme.http import Request
from registry import queries, schemas, views
from registry.adapters.limits import JOB
from registry.api.base import APPLICANTS, FILES, STAFF, Routes
from registry.domain.import_job import ImportKind, TooManyImports
from registry.queries import ImportFilters
from registry.usecases import import_jobs
from registry.usecases.import_jobs import RequestImport
from registry.views import View


class ImportRoutes(Routes):
    """Lists that a worker imports, and what came of them."""

    @http(
        "POST",
        "/imports/enterprises",
        returns=schemas.ImportJob,
        status=202,
        roles=STAFF,
        file=FILES,
        limit=JOB.file,
        problems=(TooManyImports,),
        summary="Have a list of up to 100,000 enterprises imported",
    )
    def request_import_of_enterprises(self, request: Request) -> Response:
        return self._request_import(request, ImportKind.ENTERPRISES)

    @http(
        "POST",
        "/imports/people",
        returns=schemas.ImportJob,
        status=202,
        roles=APPLICANTS,
        file=FILES,
        limit=JOB.file,
        problems=(TooManyImports,),
        summary="Have a list of up to 100,000 candidates imported",
    )
    def request_import_of_people(self, request: Request) -> Response:
        return self._request_import(request, ImportKind.PEOPLE)

    def _request_import(self, request: Request, kind: ImportKind) -> Response:
        command = RequestImport(kind, request.file, request.correlation_id)
        with self.db.begin() as session:
            job = import_jobs.request(session, request.caller, command, self.cipher, self.clock)
            view = views.import_job_view(job, request.language)
            return request.reply(session, view, {"Location": f"/imports/{job.id}"})

    @http(
        "GET",
        "/imports",
        query=schemas.ImportFilters,
        returns=schemas.ImportJob,
        roles=APPLICANTS,
        paged=True,
        summary="Imports of your enterprise or division, the newest first; for 30 days",
    )
    def list_imports(self, request: Request[None, ImportFilters]) -> Page:
        with self.db.begin() as session:
            found = queries.imports(session, request.caller, request.query, self.clock.today(), request.page)
            return Page([views.import_job_view(job, request.language) for job in found.items], found.next_cursor)

    @http(
        "GET",
        "/imports/<import_id>",
        returns=schemas.ImportJobWithRejections,
        roles=APPLICANTS,
        summary="How far an import is, and what came of it",
    )
    def get_import(self, request: Request[None], import_id: str) -> View:
        with self.db.begin() as session:
            job = queries.import_by_id(session, request.caller, import_id, self.clock.today())
            return views.import_job_with_rejections_view(job, request.language)
