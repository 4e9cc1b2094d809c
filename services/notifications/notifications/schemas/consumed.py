"""The events this service reads: the fields it uses of their publishers' contracts, and none of the others."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields, validate


class Consumed(Schema):
    class Meta:
        unknown = EXCLUDE


class DivisionPlaced(Consumed):
    code = fields.String(required=True)
    name = fields.String(required=True)
    level = fields.String(required=True)
    parent = fields.String(load_default=None, allow_none=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(load_default=None, allow_none=True)
    successor = fields.String(load_default=None, allow_none=True)


class EnterpriseKept(Consumed):
    """Registered or changed."""

    enterprise_id = fields.String(required=True)
    name = fields.String(required=True)
    division = fields.String(required=True)


class PersonKept(Consumed):
    """Registered or changed."""

    person_id = fields.String(required=True)
    name = fields.String(required=True)
    division = fields.String(required=True)
    enterprise_id = fields.String(load_default=None, allow_none=True)


class ContactChanged(Consumed):
    owner_kind = fields.String(required=True, validate=validate.OneOf(["person", "enterprise", "division"]))
    owner_id = fields.String(required=True)
    jwe = fields.String(required=True)


class NominationSubmitted(Consumed):
    nomination_id = fields.String(required=True)
    class_id = fields.String(required=True)
    class_name = fields.String(required=True)
    enterprise_id = fields.String(required=True)
    person_id = fields.String(required=True)
    on = fields.Date(required=True)


class EnrolmentCompleted(Consumed):
    class_id = fields.String(required=True)
    person_id = fields.String(required=True)
    enterprise_id = fields.String(load_default=None, allow_none=True)
    hours = fields.Float(required=True)
    attendance_percent = fields.Float(required=True)
    score = fields.Float(required=True, allow_none=True)
    passed = fields.Boolean(required=True)
    on = fields.Date(required=True)


class OfCertificate(Consumed):
    certificate_id = fields.String(required=True)
    number = fields.String(required=True)
    person_id = fields.String(required=True)
    enterprise_id = fields.String(load_default=None, allow_none=True)


class CertificateIssued(OfCertificate):
    issued_on = fields.Date(required=True)
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True)


class CertificateExpiring(OfCertificate):
    valid_until = fields.Date(required=True)
    days_left = fields.Integer(required=True)
    on = fields.Date(required=True)


class CertificateRenewed(OfCertificate):
    on = fields.Date(required=True)
    previous_valid_until = fields.Date(required=True)
    valid_until = fields.Date(required=True)


class CertificateExpired(OfCertificate):
    on = fields.Date(required=True)


class CertificateRevoked(OfCertificate):
    on = fields.Date(required=True)
    reason = fields.String(required=True)
    document = fields.String(required=True)


class OfAppointment(Consumed):
    appointment_id = fields.String(required=True)
    enterprise_id = fields.String(required=True)
    person_id = fields.String(required=True)
    on = fields.Date(required=True)


class AppointmentMade(OfAppointment):
    position = fields.String(required=True)
    filing_due_on = fields.Date(required=True)
    document = fields.String(required=True)


class AppointmentFiled(OfAppointment):
    filing_number = fields.String(required=True)
    late = fields.Boolean(required=True)
    filing_due_on = fields.Date(required=True)


class AppointmentFilingOverdue(OfAppointment):
    filing_due_on = fields.Date(required=True)


class AppointmentSuspended(OfAppointment):
    reason = fields.String(required=True)


class AppointmentRestored(OfAppointment):
    pass


class AppointmentEnded(OfAppointment):
    reason = fields.String(required=True)


class TargetSet(Consumed):
    division = fields.String(required=True)
    year = fields.Integer(required=True)
    population = fields.String(required=True)
    percent = fields.Float(required=True)
    document = fields.String(required=True)
    on = fields.Date(required=True)
