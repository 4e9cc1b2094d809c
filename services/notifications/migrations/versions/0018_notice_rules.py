"""What is announced to whom is data of the rule sets; notices have one identity; facts are kept to check notices by.

Revision ID: 0018
Revises: 0017

Stop this service before: the version before counts causes without their offices, and announces by a table in its code.
What was announced of training's reminders counts as planned from now on, for that is how reminders come.
"""

import json

from alembic import op
from sqlalchemy import text

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# It touches every notice, which may take longer than a migration is given otherwise.
PATIENCE = "SET LOCAL statement_timeout = '30min'"
TABLES = """
CREATE TABLE certificate (
    id TEXT NOT NULL,
    number TEXT NOT NULL,
    person_id TEXT NOT NULL,
    enterprise_id TEXT,
    valid_from DATE,
    valid_until DATE NOT NULL,
    state TEXT NOT NULL,
    CONSTRAINT pk_certificate PRIMARY KEY (id)
);
CREATE INDEX ix_certificate_valid_until_id ON certificate (valid_until, id);
CREATE TABLE matter (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    enterprise_id TEXT,
    opened_on DATE NOT NULL,
    opened_by TEXT NOT NULL,
    closed_on DATE,
    closed_by TEXT,
    CONSTRAINT pk_matter PRIMARY KEY (kind, subject)
);
CREATE INDEX ix_matter_opened_on ON matter (opened_on) WHERE closed_on IS NULL;
CREATE INDEX ix_matter_enterprise_id ON matter (enterprise_id) WHERE closed_on IS NULL;
CREATE TABLE calendar_year (
    year INTEGER NOT NULL,
    days_off JSONB NOT NULL,
    days_worked JSONB NOT NULL,
    document TEXT NOT NULL,
    entered_on DATE NOT NULL,
    CONSTRAINT pk_calendar_year PRIMARY KEY (year)
);
CREATE TABLE planning (
    what TEXT NOT NULL,
    by TEXT NOT NULL,
    after TEXT,
    CONSTRAINT pk_planning PRIMARY KEY (what)
);
ALTER TABLE appointment ADD COLUMN post_id TEXT;
CREATE INDEX ix_appointment_post_id ON appointment (post_id);
"""
NOTICES_UP = """
ALTER TABLE notice ADD COLUMN about TEXT, ADD COLUMN due_on DATE;
ALTER TABLE notice DISABLE TRIGGER notice_counted;
UPDATE notice SET about = 'event:' || cause_id, due_on = (occurred_at AT TIME ZONE 'Asia/Shanghai')::date
FROM cause WHERE cause.id = cause_id;
ALTER TABLE notice ENABLE TRIGGER notice_counted;
ALTER TABLE notice ALTER COLUMN about SET NOT NULL, ALTER COLUMN due_on SET NOT NULL,
    DROP CONSTRAINT uq_notice_cause_id_kind_recipient_kind_recipient_id,
    ADD CONSTRAINT uq_notice_kind_about_due_on_recipient_kind_recipient_id
        UNIQUE (kind, about, due_on, recipient_kind, recipient_id);
CREATE INDEX ix_notice_cause_id ON notice (cause_id);
ALTER TABLE delivery ADD COLUMN subject TEXT, ADD COLUMN body TEXT, ADD COLUMN written_on DATE;
"""
NOTICES_DOWN = """
UPDATE delivery SET state = 'failed' WHERE state = 'withdrawn';
ALTER TABLE delivery DROP COLUMN subject, DROP COLUMN body, DROP COLUMN written_on;
DROP INDEX ix_notice_cause_id;
ALTER TABLE notice DROP COLUMN about, DROP COLUMN due_on,
    ADD CONSTRAINT uq_notice_cause_id_kind_recipient_kind_recipient_id
        UNIQUE (cause_id, kind, recipient_kind, recipient_id);
"""
# Which office each is, of the division's, the prefecture's and the province's: 0 none, else the first that is the same.
OFFICES = """CASE WHEN {row}.division IS NULL THEN '0' ELSE '1' END
    || CASE WHEN {row}.prefecture IS NULL THEN '0' WHEN {row}.prefecture = {row}.division THEN '1' ELSE '2' END
    || CASE WHEN {row}.province IS NULL THEN '0' WHEN {row}.province = {row}.division THEN '1'
            WHEN {row}.province = {row}.prefecture THEN '2' ELSE '3' END"""
NOTE_CAUSE = """INSERT INTO cause_change (day, division, type, ruleset, person, enterprise, late, number{columns})
    VALUES (({row}.occurred_at AT TIME ZONE 'Asia/Shanghai')::date, {row}.division, {row}.type, {row}.ruleset,
        {row}.person_id IS NOT NULL, {row}.enterprise_id IS NOT NULL, coalesce({row}.data ->> 'late', ''),
        {number}{more});
"""
COUNT_CAUSE = """
CREATE OR REPLACE FUNCTION count_cause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
    {old}
    END IF;
    IF TG_OP <> 'DELETE' THEN
    {new}
    END IF;
    RETURN NULL;
END$$
"""
SUM_KEY = "PRIMARY KEY (place, grain, since, type, ruleset, person, enterprise, division, late{more})"
COUNTS_UP = f"""
ALTER TABLE cause ADD COLUMN prefecture TEXT, ADD COLUMN province TEXT;
ALTER TABLE cause_change ADD COLUMN offices TEXT NOT NULL DEFAULT '100';
UPDATE cause_change SET offices = '000' WHERE division IS NULL;
ALTER TABLE cause_change ALTER COLUMN offices DROP DEFAULT;
ALTER TABLE cause_sum ADD COLUMN offices TEXT NOT NULL DEFAULT '100';
UPDATE cause_sum SET offices = '000' WHERE NOT division;
ALTER TABLE cause_sum ALTER COLUMN offices DROP DEFAULT;
ALTER TABLE cause_sum DROP CONSTRAINT pk_cause_sum, ADD CONSTRAINT pk_cause_sum {SUM_KEY.format(more=", offices")};
"""
COUNTS_DOWN = f"""
CREATE TEMPORARY TABLE summed ON COMMIT DROP AS
    SELECT place, grain, since, type, ruleset, person, enterprise, division, late, sum(number) AS number
    FROM cause_sum GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;
DELETE FROM cause_sum;
ALTER TABLE cause_sum DROP COLUMN offices;
ALTER TABLE cause_sum ADD CONSTRAINT pk_cause_sum {SUM_KEY.format(more="")};
INSERT INTO cause_sum SELECT * FROM summed;
ALTER TABLE cause_change DROP COLUMN offices;
ALTER TABLE cause DROP COLUMN prefecture, DROP COLUMN province;
"""
# The division of what the province had to know was the province; and reminders are planned now.
CAUSES_UP = """
UPDATE cause SET province = division WHERE type IN ('incident.forwarded.v1', 'incident.forwarding_overdue.v1');
UPDATE cause SET type = 'planned:certificate_expiring' WHERE type = 'certificate.expiring.v1';
UPDATE cause_passed SET type = 'planned:certificate_expiring' WHERE type = 'certificate.expiring.v1';
"""
CAUSES_DOWN = """
CREATE TEMPORARY TABLE gone ON COMMIT DROP AS
    SELECT notice.id FROM notice JOIN cause ON cause.id = cause_id
    WHERE type LIKE 'escalated:%' OR notice.about NOT LIKE 'event:%';
DELETE FROM reading WHERE notice_id IN (SELECT id FROM gone);
DELETE FROM delivery WHERE notice_id IN (SELECT id FROM gone);
DELETE FROM notice WHERE id IN (SELECT id FROM gone);
DELETE FROM cause WHERE type LIKE 'escalated:%'
    OR (type LIKE 'planned:%' AND NOT EXISTS (SELECT FROM notice WHERE cause_id = cause.id));
UPDATE cause SET type = 'certificate.expiring.v1' WHERE type = 'planned:certificate_expiring';
UPDATE cause_passed SET type = 'certificate.expiring.v1' WHERE type = 'planned:certificate_expiring';
DELETE FROM due WHERE kind IN ('notice.due', 'notice.escalated');
"""
# What is known of certificates from the events that are kept. Of the others training's reminders tell.
FACTS = """
INSERT INTO certificate (id, number, person_id, enterprise_id, valid_from, valid_until, state)
SELECT subject, last ->> 'number', last ->> 'person_id', last ->> 'enterprise_id', (first ->> 'valid_from')::date,
    ends::date, state
FROM (
    SELECT subject,
        (array_agg(data ORDER BY occurred_at DESC, id DESC))[1] AS last,
        (array_agg(data ORDER BY occurred_at, id))[1] AS first,
        (array_agg(data ->> 'valid_until' ORDER BY occurred_at DESC, id DESC)
            FILTER (WHERE data ? 'valid_until'))[1] AS ends,
        CASE (array_agg(type ORDER BY occurred_at DESC, id DESC)
            FILTER (WHERE type NOT IN ('certificate.expiring.v1', 'planned:certificate_expiring')))[1]
            WHEN 'certificate.suspended.v1' THEN 'suspended' WHEN 'certificate.revoked.v1' THEN 'revoked'
            WHEN 'certificate.replaced.v1' THEN 'replaced' WHEN 'certificate.expired.v1' THEN 'expired'
            ELSE 'valid' END AS state
    FROM cause WHERE type LIKE 'certificate.%' OR type = 'planned:certificate_expiring' GROUP BY subject
) AS known WHERE ends IS NOT NULL
"""

PERSON, ENTERPRISE, DIVISION, PROVINCE, CENTRE = "person", "enterprise", "division", "province", "centre"
BOTH, ALL = [PERSON, ENTERPRISE], [PERSON, ENTERPRISE, DIVISION]
NOMINATED, CERTIFIED = {"stands_while": "nomination_stands"}, {"stands_while": "certificate_in_force"}
ESCALATED = [{"working_days": 5, "audience": ["prefecture"]}, {"working_days": 10, "audience": ["province"]}]


def _rule(key, events, audience, **more):
    return {"key": key, "events": [events] if isinstance(events, str) else events, "audience": audience, **more}


def _open(condition):
    return {"stands_while": condition, "escalations": ESCALATED}


NOTICES = [
    _rule("nomination_received", "nomination.submitted.v1", BOTH),
    _rule("nomination_waitlisted", "nomination.waitlisted.v1", BOTH, **NOMINATED),
    _rule("nomination_promoted", "nomination.promoted.v1", BOTH, **NOMINATED),
    _rule("nomination_withdrawn", "nomination.withdrawn.v1", BOTH),
    _rule("nomination_invited", "nomination.invited.v1", BOTH, **NOMINATED),
    _rule("nomination_rescheduled", "nomination.rescheduled.v1", BOTH, **NOMINATED),
    _rule("nomination_cancelled", "nomination.cancelled.v1", BOTH),
    _rule("enrolment_result", "enrolment.completed.v1", BOTH),
    _rule("enrolment_revised", "enrolment.revised.v1", BOTH),
    _rule("appeal_received", "appeal.submitted.v1", BOTH),
    _rule("review_requested", "appeal.submitted.v1", [CENTRE], channels=["in_app"]),
    _rule("appeal_decided", "appeal.decided.v1", BOTH),
    _rule("certificate_issued", "certificate.issued.v1", BOTH),
    _rule(
        "certificate_expiring",
        ["certificate.issued.v1", "certificate.renewed.v1", "certificate.reinstated.v1"],
        ALL,
        due={"field": "valid_until", "days": [-90, -60, -30, -7, 0]},
        **CERTIFIED,
    ),
    _rule("certificate_renewed", "certificate.renewed.v1", BOTH),
    _rule("certificate_expired", "certificate.expired.v1", ALL),
    _rule("certificate_revoked", "certificate.revoked.v1", ALL, mandatory=True),
    _rule("education_behind", "shortfall.forecast.v1", BOTH),
    _rule("education_missed", "education.behind.v1", BOTH),
    _rule("education_withdrawn", "education.completion_withdrawn.v1", BOTH),
    _rule("certificate_suspended", "certificate.suspended.v1", ALL, mandatory=True),
    _rule("certificate_reinstated", "certificate.reinstated.v1", ALL),
    _rule("certificate_replaced", "certificate.replaced.v1", BOTH),
    _rule("appointment_made", "appointment.made.v1", ALL),
    _rule("appointment_filed", "appointment.filed.v1", ALL, when={"field": "late", "is": False}),
    _rule("appointment_filed_late", "appointment.filed.v1", ALL, when={"field": "late", "is": True}),
    _rule("appointment_filing_submitted", "appointment.filing_submitted.v1", [ENTERPRISE, DIVISION]),
    _rule("appointment_filing_returned", "appointment.filing_returned.v1", [ENTERPRISE]),
    _rule(
        "appointment_filing_overdue", "appointment.filing_overdue.v1", [ENTERPRISE, DIVISION], **_open("filing_missing")
    ),
    _rule("appointment_changed", "appointment.changed.v1", [ENTERPRISE, DIVISION]),
    _rule("appointment_suspended", "appointment.suspended.v1", ALL, mandatory=True),
    _rule("appointment_excluded", "appointment.excluded.v1", ALL, mandatory=True),
    _rule("appointment_suspended_with_certificate", "appointment.suspended_with_certificate.v1", ALL, mandatory=True),
    _rule("appointment_restored", "appointment.restored.v1", ALL),
    _rule("appointment_ended", "appointment.ended.v1", ALL),
    _rule("post_vacancy_overdue", "post.vacancy_overdue.v1", [ENTERPRISE, DIVISION], **_open("vacancy_open")),
    # Why somebody can't be appointed their enterprise is not told.
    _rule("person_excluded", "person.excluded.v1", [PERSON, DIVISION], mandatory=True),
    _rule("contact_requested", "contact_request.made.v1", BOTH),
    _rule("contact_answered", "contact_request.answered.v1", [ENTERPRISE]),
    _rule("contact_request_expired", "contact_request.expired.v1", [ENTERPRISE]),
    _rule("recommendation_made", "recommendation.made.v1", [DIVISION]),
    _rule("recommendation_returned", "recommendation.returned.v1", [ENTERPRISE]),
    _rule("recommendation_admitted", "recommendation.admitted.v1", BOTH),
    _rule("recommendation_refused", "recommendation.refused.v1", BOTH),
    _rule("incident_reported", "incident.reported.v1", [ENTERPRISE, DIVISION]),
    _rule("incident_forwarded", "incident.forwarded.v1", [PROVINCE]),
    _rule(
        "incident_forwarding_overdue",
        "incident.forwarding_overdue.v1",
        [PROVINCE],
        mandatory=True,
        stands_while="forwarding_missing",
        escalations=[{"working_days": 1, "audience": ["prefecture", "province"]}],
    ),
    _rule("incident_closed", "incident.closed.v1", ALL),
    _rule("incident_final_report_overdue", "incident.final_report_overdue.v1", ALL, **_open("final_report_missing")),
    _rule("duty_report_returned", "duty_report.returned.v1", BOTH),
    _rule("duty_report_overdue", "duty_report.overdue.v1", ALL, **_open("duty_report_missing")),
    _rule("breach_confirmed", "breach.confirmed.v1", ALL, mandatory=True),
    _rule("breach_lifted", "breach.lifted.v1", ALL),
    _rule("honour_given", "honour.given.v1", BOTH),
    _rule("honour_withdrawn", "honour.withdrawn.v1", BOTH),
    _rule("target_set", ["target.set.v1", "target.set.v2"], [DIVISION]),
]
# As it was: whatever there is to say is said at once. A province that wants quiet hours publishes a rule set.
TIMING = {"quiet_from": None, "quiet_until": None, "working_days_only": [], "digest_at": "08:30"}
RULES_UP = """
UPDATE ruleset SET parameters = parameters || jsonb_build_object(
    'notices', CAST(:notices AS jsonb), 'timing', CAST(:timing AS jsonb)
)
"""
RULES_DOWN = """
UPDATE ruleset SET parameters = parameters - ARRAY['notices', 'timing']
"""


def upgrade() -> None:
    op.execute(PATIENCE)
    op.execute(TABLES)
    op.execute(NOTICES_UP)
    op.execute(COUNTS_UP)
    op.execute(_count_cause(with_offices=True))
    op.execute(CAUSES_UP)
    op.execute(FACTS)
    op.execute(text(RULES_UP).bindparams(notices=json.dumps(NOTICES), timing=json.dumps(TIMING)))


def downgrade() -> None:
    op.execute(PATIENCE)
    op.execute(RULES_DOWN)
    op.execute(CAUSES_DOWN)
    op.execute(_count_cause(with_offices=False))
    op.execute(COUNTS_DOWN)
    op.execute(NOTICES_DOWN)
    op.execute("DROP INDEX ix_appointment_post_id; ALTER TABLE appointment DROP COLUMN post_id")
    op.execute("DROP TABLE planning, calendar_year, matter, certificate")


def _count_cause(with_offices: bool) -> str:
    columns, more = (", offices", f",\n        {OFFICES}") if with_offices else ("", "")
    old, new = (
        NOTE_CAUSE.format(columns=columns, row=row, number=number, more=more.format(row=row))
        for row, number in (("OLD", -1), ("NEW", 1))
    )
    return COUNT_CAUSE.format(old=old, new=new)
