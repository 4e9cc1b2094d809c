"""The audit of coverage finds what was not sent, and what was altered behind the system's back, and nothing else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from coverage_world import BEGUN, THRESHOLD, Told, reasons
from notice_world import COUNTY, PREFECTURE, PROVINCE
from sqlalchemy import text

from notifications.adapters.mail import journal
from notifications.domain import conditions
from notifications.domain.recipients import Audience, Parties, RecipientKind
from notifications.handlers import planning

DAYS = (BEGUN, THRESHOLD)
DELETE = (
    "DELETE FROM delivery WHERE notice_id = ANY (:ids)",
    "DELETE FROM notice WHERE id = ANY (:ids)",
)


# Letters of eight certificates wait for something.
HOLD_UP = """
UPDATE delivery SET next_attempt_at = 'infinity' FROM notice
WHERE notice.id = notice_id AND delivery.id IN (
    SELECT delivery.id FROM delivery JOIN notice ON notice.id = notice_id
    WHERE state = 'pending' AND recipient_kind = 'person' ORDER BY delivery.id LIMIT 8
) RETURNING notice.about
"""


@pytest.fixture
def told(session, clock, tmp_path, tell, sweep, monkeypatch):
    monkeypatch.setattr(journal, "SETTLED", 0)
    return Told(session, clock, tmp_path, tell, sweep)


@pytest.fixture
def reminded(told, world):
    """60 certificates that were issued, and whose holders were reminded 90 days before the end."""
    told.issued = told.certified(world, 60)
    told.post()
    told.come_to(THRESHOLD)
    told.sweep()
    held_up = told.rows(HOLD_UP)
    told.held_up = [row.about for row in held_up]
    told.post()
    told.come_to(THRESHOLD + timedelta(days=1))
    return told


def test_nothing_is_found_where_all_were_told(reminded):
    assert reminded.audit(DAYS) == []
    figures = reminded.rows("SELECT kind, channel, due, accepted FROM coverage_figure ORDER BY 1, 2")

    # Eight letters wait to be handed over.
    assert [tuple(row) for row in figures] == [
        ("certificate_expiring", "email", 180, 172),
        ("certificate_expiring", "in_app", 180, 180),
        ("certificate_issued", "email", 120, 120),
        ("certificate_issued", "in_app", 120, 120),
    ]


def test_each_of_50_that_were_removed_or_altered_is_found_with_its_reason(reminded):
    """In the tables by somebody who can write them, and in the mail server's journal."""
    tampered = tamper(reminded)
    gaps = reminded.audit(DAYS)

    found = {}
    for gap in gaps:
        found.setdefault(gap.subject, set()).add(gap.reason)
    print(f"\n{ {'tampered with': len(tampered), 'found': len(found), **reasons(gaps)} }")
    assert len(tampered) == 50
    assert found == {subject: {reason} for subject, reason in tampered.items()}


def tamper(told):
    """Removes and alters 50 notices, of 50 certificates; what each is about, and the reason that must be given."""
    expiring = (
        "SELECT id, about FROM notice WHERE kind = 'certificate_expiring' AND recipient_kind = 'person' ORDER BY id"
    )
    rows = [row for row in told.rows(expiring) if row.about not in told.held_up]
    parts = {}
    for reason, number in (
        ("never_planned", 10),
        ("text_altered", 8),
        ("other_recipient", 6),
        ("sent_early", 6),
        ("missing_in_mailbox", 6),
        ("altered_in_mailbox", 6),
    ):
        parts[reason], rows = rows[:number], rows[number:]
    ids = {reason: [row.id for row in part] for reason, part in parts.items()}
    for statement in DELETE:
        told.session.execute(text(statement), {"ids": ids["never_planned"]})
    for alteration, reason in (
        ("UPDATE notice SET body = replace(body, '90', '91') WHERE id = ANY (:ids)", "text_altered"),
        ("UPDATE notice SET recipient_id = 'somebody else' WHERE id = ANY (:ids)", "other_recipient"),
        ("UPDATE delivery SET sent_at = sent_at - interval '3 days' WHERE notice_id = ANY (:ids)", "sent_early"),
    ):
        told.session.execute(text(alteration), {"ids": ids[reason]})
    told.session.execute(
        text(
            "UPDATE delivery SET state = 'sent', sent_at = created_at + interval '1 hour', answer = '250 kept' "
            "FROM notice WHERE notice.id = notice_id AND state = 'pending'"
        )
    )
    of_mail = "SELECT coalesce(message_id, id) AS mark FROM delivery WHERE notice_id = ANY (:ids) AND channel = 'email'"
    for reason in ("missing_in_mailbox", "altered_in_mailbox"):
        for row in told.rows(of_mail, ids=ids[reason]):
            (path,) = [each for each in told.journal.iterdir() if f"<{row.mark}@".encode() in each.read_bytes()]
            if reason == "missing_in_mailbox":
                path.unlink()
            else:
                path.write_bytes(path.read_bytes().replace(b"Subject: ", b"Subject: Re: "))
    return {row.about: reason for reason, part in parts.items() for row in part} | dict.fromkeys(
        told.held_up, "not_sent"
    )


def test_a_message_that_was_read_is_missed_when_it_is_removed_or_altered_later(reminded):
    reminded.audit(DAYS)
    first, second = sorted(reminded.journal.iterdir())[:2]
    first.unlink()
    second.write_bytes(second.read_bytes().replace(b"Subject: ", b"Subject: Re: "))

    assert reasons(reminded.audit(DAYS)) == {"missing_in_mailbox": 1, "altered_in_mailbox": 1}


@pytest.mark.parametrize(
    ("fault", "expected"),
    (
        ("audience", {"other_recipient"}),
        ("threshold", {"never_planned", "not_due"}),
        ("condition", {"withdrawn_though_it_stood"}),
    ),
)
def test_a_rule_whose_code_is_broken_is_found(told, world, monkeypatch, fault, expected):
    if fault == "audience":
        whole = Parties._of

        def other(self, audience):
            return (RecipientKind.ENTERPRISE, "another") if audience == Audience.ENTERPRISE else whole(self, audience)

        monkeypatch.setattr(Parties, "_of", other)
    elif fault == "threshold":
        whole = planning.timedelta
        monkeypatch.setattr(planning, "timedelta", lambda days: whole(days=days + 1))
    else:
        broken = conditions.Condition("certificate", lambda facts, subject, data: "no")
        monkeypatch.setitem(conditions.CONDITIONS, "certificate_in_force", broken)
    told.certified(world, 5)
    for day in (THRESHOLD, THRESHOLD + timedelta(days=1)):
        told.come_to(day)
        told.sweep()
        told.post()
    told.come_to(THRESHOLD + timedelta(days=2))

    found = reasons(told.audit((BEGUN, THRESHOLD, THRESHOLD + timedelta(days=1))))

    print(f"\n{fault}: {found}")
    assert set(found) == expected and all(number >= 5 for number in found.values())


def test_whoever_was_the_employer_when_it_was_sent_is_the_right_one(told, world):
    """The holder moves after the first notice and before the second; the first is right and stays so."""
    issued = told.certified(world, 1, firms=2)
    (holder,) = told.rows("SELECT id, name, division FROM person")
    other = told.rows("SELECT id FROM enterprise WHERE id NOT IN (SELECT enterprise_id FROM person)")[0].id
    told.tell(
        world.event(
            "person.changed.v1",
            holder.id,
            {"person_id": holder.id, "name": holder.name, "division": holder.division, "enterprise_id": other},
        )
    )
    told.come_to(THRESHOLD)
    told.sweep()
    told.post()
    told.come_to(THRESHOLD + timedelta(days=1))
    assert told.audit(DAYS) == []

    told.session.execute(
        text(
            "UPDATE notice SET recipient_id = (SELECT recipient_id FROM notice AS first "
            "WHERE kind = 'certificate_issued' AND recipient_kind = 'enterprise') "
            "WHERE kind = 'certificate_expiring' AND recipient_kind = 'enterprise'"
        )
    )

    assert set(reasons(told.audit(DAYS))) == {"other_recipient"}
    assert issued


def test_a_certificate_that_was_renewed_before_its_day_asks_for_nothing(told, world):
    (issued,) = told.certified(world, 1)
    told.come_to(date(2028, 11, 20))
    later = {"previous_valid_until": "2029-03-01", "valid_until": "2032-03-01"}
    told.tell(world.of_certificate("renewed", issued, date(2028, 11, 20), **later))
    told.come_to(THRESHOLD)
    told.sweep()
    told.post()
    told.come_to(THRESHOLD + timedelta(days=1))

    assert told.audit((BEGUN, date(2028, 11, 20), THRESHOLD)) == []


def test_a_stage_that_was_not_sent_is_found_until_the_matter_is_closed(told, world):
    told.come_to(BEGUN)
    firm = world.firm()
    person = world.person(firm)
    appointment = world.appointment(person, firm)
    of = {name: appointment.data[name] for name in ("appointment_id", "enterprise_id", "person_id", "filing_due_on")}
    overdue = world.event("appointment.filing_overdue.v1", appointment.subject, {**of, "on": "2026-03-02"})
    told.tell(firm, person, appointment, overdue)
    told.tell(world.contact("division", COUNTY, "office@cqo.example"))
    told.tell(*(world.contact("division", office, "office@cqo.example") for office in (PREFECTURE, PROVINCE)))
    told.tell(world.contact("enterprise", firm.subject, "a@cqo.example"))
    told.tell(world.contact("person", person.subject, "b@cqo.example"))
    told.post()
    stages = date(2026, 3, 9), date(2026, 3, 16)
    told.come_to(date(2026, 3, 17))

    missing = told.audit((BEGUN, *stages))
    assert {(gap.reason, gap.recipient_id) for gap in missing} == {
        ("never_planned", "220100"),
        ("never_planned", "220000"),
    }

    told.sweep()
    told.post()
    assert told.audit((BEGUN, *stages)) == []


def test_what_a_recipient_declined_is_no_difference_and_what_nobody_declined_is(told, world):
    told.certified(world, 2)
    told.session.execute(text("UPDATE delivery SET state = 'declined' WHERE channel = 'email'"))
    told.post()
    told.come_to(BEGUN + timedelta(days=1))
    assert reasons(told.audit((BEGUN,))) == {"withdrawn_though_it_stood": 4}

    told.session.execute(
        text(
            "INSERT INTO preference (recipient_id, recipient_kind, version, language, switched_off, changed_at) "
            "SELECT DISTINCT recipient_id, recipient_kind, 1, 'zh-CN', "
            'CAST(\'{"email": ["certificate_issued"]}\' AS jsonb), now() FROM notice'
        )
    )
    assert told.audit((BEGUN,)) == []
