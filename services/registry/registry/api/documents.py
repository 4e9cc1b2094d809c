"""Routes of the papers of an appointment."""

from __future__ import annotations

from urllib.parse import quote

from chassis.http import Response, http
from programme.callers import Role
from programme.http import Request
from registry.api.base import APPLICANTS, Routes
from registry.domain.document import TooManyDocuments
from registry.schemas import documents as schemas
from registry.usecases import documents
from registry.usecases.access import load_appointment
from registry.usecases.documents import KeepDocument, Kept

READERS = (*APPLICANTS, Role.CQO, Role.AUDITOR)


class DocumentRoutes(Routes):
    """The authorisation and the other papers of appointments, as files (R25)."""

    @http(
        "POST",
        "/appointments/<appointment_id>/documents",
        body=schemas.NewDocument,
        returns=schemas.Document,
        status=201,
        roles=APPLICANTS,
        limit=schemas.BODY_LIMIT,
        problems=(TooManyDocuments,),
        summary="Keep a paper of an appointment (R25)",
    )
    def keep_document(self, request: Request[KeepDocument], appointment_id: str) -> Response:
        with self.db.begin() as session:
            return request.reply(
                session, documents.keep(session, request.caller, appointment_id, request.body, self.clock)
            )

    @http(
        "GET",
        "/appointments/<appointment_id>/documents",
        returns=schemas.Documents,
        roles=READERS,
        summary="The papers of an appointment",
    )
    def list_documents(self, request: Request[None], appointment_id: str) -> dict[str, list[Kept]]:
        with self.db.begin() as session:
            found = load_appointment(session, request.caller, appointment_id, self.clock.today())
            return {"items": documents.documents_of(session, found.id)}

    @http(
        "GET",
        "/appointments/<appointment_id>/documents/<document_id>",
        roles=READERS,
        produces="application/octet-stream",
        summary="A paper of an appointment, as it came",
    )
    def get_document(self, request: Request[None], appointment_id: str, document_id: str) -> Response:
        with self.db.begin() as session:
            found = documents.document(session, request.caller, appointment_id, document_id, self.clock)
            # Never shown by a browser as part of this address: what is in it is somebody else's.
            headers = {
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
                "X-Content-Type-Options": "nosniff",
            }
            return Response(found.content, content_type="application/octet-stream", headers=headers)
