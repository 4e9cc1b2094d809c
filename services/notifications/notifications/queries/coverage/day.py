"""Has one day audited: the differences that a plain reading of the facts finds, then broken seals, then the mailbox.

A place (a rule, what it is about, a recipient and a channel) has one difference at most in a run: the first found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from chinese_calendar.constants import holidays, workdays
from sqlalchemy import Row as SqlRow
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from chassis.clock import SHANGHAI
from notifications.adapters import seals
from notifications.adapters.mail.journal import Journal, digest_of
from notifications.queries.coverage.audit import AUDIT

OVERTAKEN = 31  # days after which what should have gone out before it was put right counts as missed
DOUBT = timedelta(minutes=2)  # longer than any transaction
AT_ONCE = 2000  # rows held in memory
# What the library chinesecalendar knows, for years that nobody has entered.
KNOWN = {
    "known_years": sorted({day.year for day in holidays}),
    "known_days_off": sorted(holidays),
    "known_days_worked": sorted(workdays),
}

Row: TypeAlias = Mapping[str, Any]  # Any: columns of any type

# Everything that was written because of what was received on the day, or for it.
COLUMNS = ", ".join(
    [f"notice.{name} AS notice_{name}" for name in (*seals.OF_NOTICE, "seal")]
    + [f"delivery.{name} AS delivery_{name}" for name in (*seals.OF_DELIVERY, *seals.OF_SENT_DELIVERY, "state", "seal")]
)
SEALED = text(
    f"SELECT {COLUMNS} FROM cause JOIN notice ON notice.cause_id = cause.id "
    "JOIN delivery ON delivery.notice_id = notice.id WHERE cause.received_at >= :start AND cause.received_at < :end"
)
# Letters that were entered as sent on the day, with what the journal has of them.
MAILED = text(
    "SELECT delivery.id, delivery.maybe_repeated, coalesce(digest.subject, delivery.subject, notice.subject) "
    "AS subject, coalesce(digest.body, delivery.body, notice.body) AS body, "
    "coalesce(delivery.message_id, delivery.id) AS mark, "
    "coalesce(array_agg(mail_taken.name) FILTER (WHERE mail_taken.name IS NOT NULL), '{}') AS names, "
    "array_agg(mail_taken.digest) AS digests, array_agg(mail_taken.stamp) AS stamps "
    "FROM delivery JOIN notice ON notice.id = delivery.notice_id LEFT JOIN digest ON digest.id = delivery.digest_id "
    "LEFT JOIN mail_taken ON mail_taken.message_id = '<' || coalesce(delivery.message_id, delivery.id) || :domain "
    "WHERE delivery.channel = 'email' AND delivery.state = 'sent' "
    "AND delivery.sent_at >= :start AND delivery.sent_at < :end GROUP BY delivery.id, notice.id, digest.id"
)
# How many rows a part of the audit has the planner can't know; what it looks up one by one, it looks up all the same.
BY_HASH = text("SELECT set_config('enable_nestloop', :nested, true)")
UNSEALED_UNTIL = text("SELECT max(day) FROM unsealed_until")
ADD = text(
    "INSERT INTO coverage_gap (run_id, day, due_on, kind, reason, subject, recipient_kind, recipient_id, channel, "
    "division, cause_id, notice_id, delivery_id, detail, found_at) "
    "SELECT :run, :day, due_on, kind, :reason, about, recipient_kind, recipient_id, channel, division, cause_id, "
    "notice.id, delivery.id, :detail, :now FROM delivery JOIN notice ON notice.id = delivery.notice_id "
    "WHERE delivery.id = ANY (:deliveries) ON CONFLICT DO NOTHING"
)


def compare(session: Session, run: str, day: date, now: datetime, doubt: timedelta = DOUBT) -> None:
    """Enters how much was due and accepted of what `day` asked for, and each difference."""
    session.execute(BY_HASH, {"nested": "off"})
    given = {**_of(day), **KNOWN, "run": run, "now": now, "today": now.astimezone(SHANGHAI).date()}
    session.execute(AUDIT, {**given, "overtaken": OVERTAKEN, "doubt": doubt})
    session.execute(BY_HASH, {"nested": "on"})


def check_seals(session: Session, run: str, day: date, now: datetime) -> None:
    """Enters what was altered in the tables: a notice, or what came of a delivery."""
    unsealed_until = session.scalar(UNSEALED_UNTIL)
    if unsealed_until is not None and day <= unsealed_until:
        return
    found = defaultdict(list)
    for row in _stream(session, SEALED, _of(day)):
        if reason := _broken(dict(row._mapping)):
            found[reason].append(row.delivery_id)
    for reason, deliveries in found.items():
        _add(session, run, day, now, reason, deliveries)


def _broken(row: Row) -> str | None:
    """What the seals of a notice and one of its deliveries say of them; None where both fit."""
    made = seals.in_use()
    notice = {name: row[f"notice_{name}"] for name in (*seals.OF_NOTICE, "seal")}
    delivery = {
        name: row[f"delivery_{name}"] for name in (*seals.OF_DELIVERY, *seals.OF_SENT_DELIVERY, "state", "seal")
    }
    if not made.fits_notice(notice):
        return "text_altered"
    if made.fits_delivery(delivery):
        return None
    # It was sealed when it was written, and nobody has sealed that it was sent.
    return "not_sent" if made.fits_delivery({**delivery, "state": "pending"}) else "delivery_altered"


def check_mailbox(session: Session, run: str, day: date, now: datetime, journal: Journal, domain: str) -> None:
    """Enters which letters of the day the mail server did not take, took otherwise, or took too often.

    `domain`: that of the sender's address, behind the @ of each Message-ID.
    """
    found = defaultdict(list)
    for row in _stream(session, MAILED, {**_of(day), "domain": f"@{domain}>"}):
        if reason := _in_mailbox(dict(row._mapping), journal):
            found[reason].append(row.id)
    for reason, deliveries in found.items():
        _add(session, run, day, now, reason, deliveries)


def _in_mailbox(row: Row, journal: Journal) -> str | None:
    """What the journal says of a letter; None where it is there as it was handed over."""
    digests = dict(zip(row["names"], row["digests"], strict=False))
    for name, present in journal.changed(dict(zip(row["names"], row["stamps"], strict=False))):
        if present is None:
            del digests[name]
        else:
            is_same = (present.message_id or "").startswith(f"<{row['mark']}@")
            digests[name] = present.digest if is_same else None
    if not digests:
        return "missing_in_mailbox"
    # What may have been taken without an answer was handed over again, perhaps on another day with another text.
    differing = sum(digest != digest_of(row["subject"], row["body"]) for digest in digests.values())
    if differing > min(row["maybe_repeated"], len(digests) - 1):
        return "altered_in_mailbox"
    return "sent_twice" if len(digests) > 1 + row["maybe_repeated"] else None


def _stream(session: Session, statement: TextClause, given: Mapping[str, object]) -> Iterator[SqlRow[Any]]:  # Any: rows
    """The rows of a statement, some at a time."""
    yield from session.execute(statement, given, execution_options={"yield_per": AT_ONCE})


def _add(session: Session, run: str, day: date, now: datetime, reason: str, deliveries: Sequence[str]) -> None:
    session.execute(
        ADD, {"run": run, "day": day, "now": now, "reason": reason, "deliveries": deliveries, "detail": None}
    )


def _of(day: date) -> dict[str, object]:
    start = datetime.combine(day, datetime.min.time(), SHANGHAI)
    return {"day": day, "start": start, "end": start + timedelta(days=1)}
