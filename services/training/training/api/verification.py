"""What makes a certificate trusted: its PDF, the keys that signed it, its verification, and the status lists."""

from __future__ import annotations

import json

from chassis.http import PUBLIC, Rate, Response, http
from chassis.security import Unsigned
from programme.http import Request
from training import queries, schemas, views
from training.adapters import certificate_pdf, verification_page
from training.adapters.certificate_pdf import CannotBePrinted
from training.api.base import PEOPLE_READERS, Routes
from training.domain.certificate_refusals import IsReplaced, IsRevoked, IsSuspended
from training.providers import IssuerProvider
from training.queries.certificates import CertificateAsOf
from training.queries.statements import ListNotReady
from training.usecases.status_lists import KEEP_SECONDS

# Numbers follow one another; so nobody may go through them, and whoever holds a certificate or two is not held up.
VERIFICATIONS = Rate(per_minute=30, at_once=20)
# For who checks many at once: a list is kept for a minute anyhow.
LISTS = Rate(per_minute=30, at_once=20)
KEYS_KEPT = 3600  # seconds for which a reader may keep the public keys


class VerificationRoutes(Routes):
    """For the holder who shows a certificate, and for whoever is shown one."""

    issuer = IssuerProvider()

    @http(
        "GET",
        "/certificates/<certificate_id>/pdf",
        roles=PEOPLE_READERS,
        produces="application/pdf",
        problems=(IsRevoked, IsReplaced, IsSuspended, CannotBePrinted),
        summary="The certificate to be printed, with its signed QR code",
        description="The same bytes as long as the certificate is the same; 304 to an `If-None-Match` with its ETag.",
    )
    def print_certificate(self, request: Request[None], certificate_id: str) -> Response:
        issuer, today = self.issuer, self.clock.today()
        with self.db.begin() as session:
            statement = queries.statement_of(session, request.caller, certificate_id, issuer.address, today)
        signed = issuer.sign(statement)
        tag = certificate_pdf.etag_of(signed, issuer)
        if request.raw_request.if_none_match.contains_weak(tag):
            return _unchanged(tag)
        page = certificate_pdf.page_of(statement, signed, issuer)
        named = f'inline; filename="{statement.number}.pdf"'
        headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache", "Content-Disposition": named}
        return Response(page, headers=headers, content_type="application/pdf")

    @http(
        "GET",
        "/.well-known/jwks.json",
        roles=PUBLIC,
        produces="application/jwk-set+json",
        summary="The keys that sign certificates and status lists, also former ones; open to anybody",
    )
    def list_keys(self, request: Request[None]) -> Response:
        headers = {"Cache-Control": f"public, max-age={KEYS_KEPT}"}
        return Response(json.dumps(self.issuer.jwks), headers=headers, content_type="application/jwk-set+json")

    @http(
        "GET",
        "/certificates/status-list",
        query=schemas.StatusListQuery,
        roles=PUBLIC,
        rate=LISTS,
        produces="application/statuslist+jwt",
        problems=(ListNotReady,),
        summary="Which certificates do not hold, signed, for bulk checks; open to anybody",
        description="At most a minute behind the register; 304 to an `If-None-Match` with its ETag.",
    )
    def get_status_list(self, request: Request[None, queries.StatusListQuery]) -> Response:
        known = frozenset(request.raw_request.if_none_match.as_set(include_weak=True))
        with self.db.begin() as session:
            found = queries.status_list(session, request.query.part, known)
        if found.signed is None:
            return _unchanged(found.tag)
        headers = {"ETag": f'"{found.tag}"', "Cache-Control": f"public, max-age={KEEP_SECONDS}"}
        return Response(found.signed, headers=headers, content_type="application/statuslist+jwt")

    @http(
        "GET",
        "/certificates/verify",
        query=schemas.VerificationQuery,
        returns=schemas.Verification,
        roles=PUBLIC,
        rate=VERIFICATIONS,
        summary="Whether a certificate is genuine; open to anybody",
    )
    def verify_certificate(
        self, request: Request[None, queries.VerificationQuery]
    ) -> views.GenuineView | views.NotGenuineView:
        return views.verification(request.query.number, self._find(request.query))

    @http(
        "GET",
        "/verify",
        query=schemas.VerificationPageQuery,
        roles=PUBLIC,
        rate=VERIFICATIONS,
        produces="text/html",
        summary="The same as a page for people, and where a certificate's QR code leads; open to anybody",
    )
    def show_verification(self, request: Request[None, queries.PageQuery]) -> Response:
        number, name, token = request.query.number, request.query.name, request.query.token
        if token is not None:
            return self._show_signed(token)
        if number is None or name is None:
            return verification_page.form()
        found = self._find(queries.VerificationQuery(number, name))
        if found is None:
            return verification_page.not_genuine(number, name)
        return verification_page.genuine(number, name, found.status, found.valid_until)

    def _find(self, asked: queries.VerificationQuery) -> CertificateAsOf | None:
        with self.db.begin() as session:
            return queries.find_genuine(session, asked, self.clock.today())

    def _show_signed(self, token: str) -> Response:
        try:
            statement = self.issuer.read(token)
        except Unsigned:
            return verification_page.not_signed()
        found = self._find(queries.VerificationQuery(statement.number, statement.name))
        if found is None:
            return verification_page.not_known(statement)
        return verification_page.signed(statement, found.status, found.valid_until)


def _unchanged(tag: str) -> Response:
    return Response(status=304, headers={"ETag": f'"{tag}"'})
