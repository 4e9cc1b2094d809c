"""What the registry does without being asked: it publishes, follows training's events, keeps deadlines."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import ClockProvider
from chassis.due import DueRow, sweep
from chassis.messaging import (
    ChainSealed,
    Envelope,
    Job,
    Relay,
    Sealer,
    Upkeep,
    keep_checkpoints,
    subscribe,
    subscribe_batch,
)
from chassis.process import HealthRoutes
from registry.adapters.importer import Importer
from registry.events import LAST_VERSION, AuditSealed
from registry.handlers import certificates, education
from registry.handlers.certificates import CertificateEnded, CertificateIssued, CertificateRenewed, CertificateReplaced
from registry.handlers.education import EducationRecorded
from registry.handlers.kept import KEPT
from registry.usecases import contact_requests, deadlines, duties, exclusions, import_jobs, incidents, vacancies
from registry.usecases.end_appointment import end_provisional
from registry.usecases.file_appointment import miss_filing


class Worker(HealthRoutes):
    """The relay, the sealer, the inbox, the sweeps and the imports of the registry."""

    name = "registry-worker"
    kept = KEPT
    relay = Relay()
    sealer = Sealer(AuditSealed)
    upkeep = Upkeep(last_version=LAST_VERSION, jobs=(Job("imports", import_jobs.forget_imports),))
    importer = Importer()
    clock: Clock = ClockProvider()

    @subscribe("certificate.issued.v1", CertificateIssued)
    def certificate_issued(self, session: Session, event: Envelope[CertificateIssued]) -> None:
        certificates.certificate_issued(session, event.data, self.clock)

    @subscribe("certificate.renewed.v1", CertificateRenewed)
    def certificate_renewed(self, session: Session, event: Envelope[CertificateRenewed]) -> None:
        certificates.certificate_renewed(session, event.data, self.clock)

    @subscribe("certificate.expired.v1", CertificateEnded)
    def certificate_expired(self, session: Session, event: Envelope[CertificateEnded]) -> None:
        certificates.certificate_expired(session, event.data, self.clock)

    @subscribe("certificate.revoked.v1", CertificateEnded)
    def certificate_revoked(self, session: Session, event: Envelope[CertificateEnded]) -> None:
        certificates.certificate_revoked(session, event.data, self.clock)

    @subscribe("certificate.suspended.v1", CertificateEnded)
    def certificate_suspended(self, session: Session, event: Envelope[CertificateEnded]) -> None:
        certificates.certificate_suspended(session, event.data, self.clock)

    @subscribe("certificate.reinstated.v1", CertificateRenewed)
    def certificate_reinstated(self, session: Session, event: Envelope[CertificateRenewed]) -> None:
        certificates.certificate_renewed(session, event.data, self.clock)

    @subscribe("certificate.replaced.v1", CertificateReplaced)
    def certificate_replaced(self, session: Session, event: Envelope[CertificateReplaced]) -> None:
        certificates.certificate_replaced(session, event.data, self.clock)

    @subscribe("education.recorded.v1", EducationRecorded)
    def education_recorded(self, session: Session, event: Envelope[EducationRecorded]) -> None:
        education.education_recorded(session, event.data)

    @subscribe_batch("reporting_audit.sealed.v1", ChainSealed)
    def chain_sealed(self, session: Session, events: Sequence[Envelope[ChainSealed]]) -> None:
        keep_checkpoints(session, events)

    @sweep(deadlines.FILING)
    def filings_missed(self, session: Session, rows: Sequence[DueRow]) -> None:
        miss_filing(session, [row.payload["appointment_id"] for row in rows], self.clock)

    @sweep(incidents.FINAL_REPORT)
    def final_reports_missed(self, session: Session, rows: Sequence[DueRow]) -> None:
        incidents.miss_final_reports(session, [row.payload["incident_id"] for row in rows], self.clock)

    @sweep(duties.KIND)
    def duty_reports_missed(self, session: Session, rows: Sequence[DueRow]) -> None:
        duties.miss(session, rows, self.clock)

    @sweep(incidents.FORWARDING)
    def forwardings_missed(self, session: Session, rows: Sequence[DueRow]) -> None:
        incidents.miss_forwardings(session, [row.payload["incident_id"] for row in rows], self.clock)

    @sweep(exclusions.TURN)
    def exclusions_turn(self, session: Session, rows: Sequence[DueRow]) -> None:
        exclusions.exclusions_turn(session, [row.payload["exclusion_id"] for row in rows], self.clock)

    @sweep(vacancies.KIND)
    def vacancies_missed(self, session: Session, rows: Sequence[DueRow]) -> None:
        vacancies.miss(session, rows, self.clock)

    @sweep(contact_requests.EXPIRY)
    def contact_requests_expire(self, session: Session, rows: Sequence[DueRow]) -> None:
        contact_requests.expire(session, rows, self.clock)

    @sweep(deadlines.PROVISIONAL)
    def provisional_over(self, session: Session, rows: Sequence[DueRow]) -> None:
        for row in rows:  # few: appointments made before their holder had a certificate
            end_provisional(session, row.payload["appointment_id"], self.clock)
