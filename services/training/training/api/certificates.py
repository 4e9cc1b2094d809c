"""Certificates: read as of a day, renewed, suspended, revoked."""

from __future__ import annotations

from chassis.http import Page, Response, http
from programme.callers import Role
from programme.http import Request
from training import queries, schemas
from training.api.base import CENTRE, PEOPLE_READERS, Routes
from training.domain.certificate_refusals import (
    EducationShort,
    EndedSuspended,
    IsReplaced,
    IsRevoked,
    IsSuspended,
    NotSuspended,
    NotValid,
    OutsideRenewalWindow,
)
from training.queries.explanations import CertificateExplained
from training.usecases import certificates, suspensions

GONE = (IsRevoked, IsReplaced)


class CertificateRoutes(Routes):
    """Certificates, and the reminders before they end."""

    @http(
        "GET",
        "/certificates",
        query=schemas.CertificateFilters,
        returns=schemas.Certificate,
        roles=PEOPLE_READERS,
        paged=True,
        summary="Certificates, as of a day",
    )
    def list_certificates(self, request: Request[None, queries.CertificateFilters]) -> Page:
        with self.db.begin() as session:
            today = self.clock.today()
            return queries.list_certificates(session, request.caller, request.query, today, request.page)

    @http(
        "GET",
        "/certificates/notices-due",
        query=schemas.ReminderFilters,
        returns=schemas.ReminderDue,
        paged=True,
        roles=(Role.PROVINCE, Role.TRAINING_CENTRE, Role.OPS, Role.AUDITOR),
        summary="Each expiry reminder that was due",
    )
    def list_reminders_due(self, request: Request[None, queries.ReminderFilters]) -> Page:
        with self.db.begin() as session:
            return queries.list_reminders_due(session, request.query, self.clock.today(), request.page)

    @http(
        "GET",
        "/certificates/<certificate_id>",
        query=schemas.AsOf,
        returns=schemas.CertificateWithHistory,
        roles=PEOPLE_READERS,
        summary="A certificate with its history, as of a day",
    )
    def get_certificate(
        self, request: Request[None, queries.AsOf], certificate_id: str
    ) -> queries.CertificateWithHistory:
        with self.db.begin() as session:
            today = self.clock.today()
            return queries.get_certificate(session, request.caller, certificate_id, request.query.on, today)

    @http(
        "GET",
        "/certificates/<certificate_id>/explain",
        returns=schemas.CertificateExplained,
        roles=PEOPLE_READERS,
        summary="Each decision on a certificate, and what it rested on",
    )
    def explain_certificate(self, request: Request[None], certificate_id: str) -> CertificateExplained:
        with self.db.begin() as session:
            return queries.explain_certificate(session, request.caller, certificate_id, self.clock.today())

    @http(
        "POST",
        "/certificates/<certificate_id>/renew",
        returns=schemas.Certificate,
        versioned=True,
        roles=CENTRE,
        problems=(*GONE, IsSuspended, EndedSuspended, OutsideRenewalWindow, EducationShort),
        summary="Renew; needs If-Match (R34)",
    )
    def renew_certificate(self, request: Request[None], certificate_id: str) -> Response:
        with self.db.begin() as session:
            renewed = certificates.renew(session, request.caller, certificate_id, request.if_match, self.clock)
            return request.reply(session, renewed)

    @http(
        "POST",
        "/certificates/<certificate_id>/revoke",
        body=schemas.Revocation,
        returns=schemas.Certificate,
        versioned=True,
        roles=CENTRE,
        problems=GONE,
        summary="Revoke, on a document; needs If-Match",
    )
    def revoke_certificate(self, request: Request[certificates.Revoke], certificate_id: str) -> Response:
        with self.db.begin() as session:
            version, command = request.if_match, request.body
            revoked = certificates.revoke(session, request.caller, certificate_id, version, command, self.clock)
            return request.reply(session, revoked)

    @http(
        "POST",
        "/certificates/<certificate_id>/suspend",
        body=schemas.Revocation,
        returns=schemas.Certificate,
        versioned=True,
        roles=CENTRE,
        problems=(*GONE, NotValid),
        summary="Suspend for a time, on a document; needs If-Match",
    )
    def suspend_certificate(self, request: Request[certificates.Revoke], certificate_id: str) -> Response:
        with self.db.begin() as session:
            version, command = request.if_match, request.body
            suspended = suspensions.suspend(session, request.caller, certificate_id, version, command, self.clock)
            return request.reply(session, suspended)

    @http(
        "POST",
        "/certificates/<certificate_id>/reinstate",
        body=schemas.Reinstatement,
        returns=schemas.Certificate,
        versioned=True,
        roles=CENTRE,
        problems=(*GONE, NotSuspended),
        summary="End a suspension, on a document; needs If-Match",
    )
    def reinstate_certificate(self, request: Request[certificates.Reinstate], certificate_id: str) -> Response:
        with self.db.begin() as session:
            version, command = request.if_match, request.body
            reinstated = suspensions.reinstate(session, request.caller, certificate_id, version, command, self.clock)
            return request.reply(session, reinstated)

    @http(
        "POST",
        "/certificates/<certificate_id>/reissue",
        body=schemas.Revocation,
        returns=schemas.Certificate,
        versioned=True,
        roles=CENTRE,
        status=201,
        problems=(*GONE, NotValid),
        summary="Issue another of the same term in place of one lost or wrong; needs If-Match",
    )
    def reissue_certificate(self, request: Request[certificates.Revoke], certificate_id: str) -> Response:
        with self.db.begin() as session:
            version, command = request.if_match, request.body
            again = suspensions.reissue(session, request.caller, certificate_id, version, command, self.clock)
            return request.reply(session, again)
