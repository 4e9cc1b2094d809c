"""What an audit of coverage found missing is sent now, once.

It goes the way that all notices go, with the text and to the recipient of today; what holds no longer is not sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import NotFound, RuleBroken
from chassis.messaging import outbox
from chassis.security import audit
from notifications.domain.notice import Channel, Delivery, State, digest_of
from notifications.storage import StoredNotice, coverage_gap, coverage_run, notice, sealing
from notifications.usecases import digests
from notifications.usecases.delivering import deliver
from notifications.usecases.writing_anew import write_anew, written_anew
from programme import scope
from programme.callers import Caller

AT_ONCE = 500  # differences in one request
# Nobody lacks anything, or nobody can take it back.
NOTHING_MISSING = ("sent_early", "sent_twice", "not_due")

Gap: TypeAlias = Row[Any]  # Any: a row of `coverage_gap`


class FixedAlready(RuleBroken):
    """For this difference something has been sent already."""

    zh = "该差异已经处理，不再重复发送。"


class NothingToSend(RuleBroken):
    """Nothing is missing for this difference, or what would be told holds no longer."""

    zh = "该差异没有需要补发的内容，或者有关事实已经变化。"


@dataclass(frozen=True)
class Fixed:
    """How many differences were looked at, and what came of them."""

    fixed: int
    nothing_to_send: int
    left: int


def fix(session: Session, caller: Caller, gap_id: int, clock: Clock) -> Fixed:
    """Sends what is missing for one difference; NotFound, FixedAlready, NothingToSend."""
    wanted = select(coverage_gap).where(
        coverage_gap.c.id == gap_id, scope.within(coverage_gap.c.division, caller, clock.today())
    )
    gap = session.execute(wanted.with_for_update()).one_or_none()
    if gap is None:
        raise NotFound()
    if gap.fixed_at is not None:
        raise FixedAlready(fixed_at=gap.fixed_at.isoformat())
    if not _send_now(session, gap, clock):
        raise NothingToSend(reason=gap.reason)
    _note(session, caller, gap, clock)
    return Fixed(1, 0, 0)


def fix_all(session: Session, caller: Caller, run_id: str, clock: Clock) -> Fixed:
    """The same for the differences of an audit, some at once; NotFound where there is no such audit."""
    if session.scalar(select(coverage_run.c.id).where(coverage_run.c.id == run_id)) is None:
        raise NotFound()
    seen = scope.within(coverage_gap.c.division, caller, clock.today())
    mendable = coverage_gap.c.reason.not_in(NOTHING_MISSING)
    still = (coverage_gap.c.run_id == run_id, coverage_gap.c.fixed_at.is_(None), seen, mendable)
    wanted = select(coverage_gap).where(*still).order_by(coverage_gap.c.id).limit(AT_ONCE).with_for_update()
    fixed, nothing = 0, 0
    for gap in session.execute(wanted).all():
        if _is_fixed_meanwhile(session, gap):
            continue
        if _send_now(session, gap, clock):
            fixed += _note(session, caller, gap, clock)
        else:
            nothing += 1
    left = session.scalars(select(func.count()).select_from(coverage_gap).where(*still)).one() - nothing
    return Fixed(fixed, nothing, left)


def _is_fixed_meanwhile(session: Session, gap: Gap) -> bool:
    """A notice that was written has a delivery on each channel, which puts its other differences right too."""
    return session.scalar(select(coverage_gap.c.fixed_at).where(coverage_gap.c.id == gap.id)) is not None


def _send_now(session: Session, gap: Gap, clock: Clock) -> bool:
    """Sends what is missing; False if nothing is."""
    if gap.reason in NOTHING_MISSING:
        return False
    told = session.scalars(select(StoredNotice).where(*_place(gap)).with_for_update()).one_or_none()
    if told is None:
        return write_anew(session, gap, clock)
    if gap.reason in ("text_altered", "withdrawn_though_it_stood"):
        text = written_anew(session, gap, clock)
        if text is None:
            return False
        told.subject, told.body, told.language = text.subject, text.body, text.language
        told.short, told.digest = text.short, text.digest
        told.seal = sealing.seal_of_notice(told)
    found = next((each for each in told.deliveries if each.channel == gap.channel), None)
    if found is None:
        deliver(session, told, Channel(gap.channel), clock)
    else:
        _send_again(session, found, gap, clock)
    return True


def _send_again(session: Session, found: Delivery, gap: Gap, clock: Clock) -> None:
    """The machine's clock says when: the programme's may be moved by months in a demo."""
    if found.state == State.SENT:
        # Another message than the one that was handed over already, which may be in the journal with another text.
        found.message_id = digest_of([found.notice.identity_on(found.channel), str(gap.id)])
    found.subject = found.body = found.short = found.digest = found.written_on = None
    if found.channel == Channel.IN_APP:
        outbox.add(session, found, found.show(clock.now(), clock.today()), clock)
    else:
        found.state, found.attempts, found.maybe_repeated, found.sent_at = State.PENDING, 0, 0, None
        found.answer, found.next_attempt_at, found.waits_for = None, datetime.now(UTC), None
        digests.wait_with(session, found)
    found.seal = sealing.seal_of_delivery(found)


def _place(gap: Gap) -> Any:  # Any: conditions on `notice`
    return (
        notice.c.kind == gap.kind,
        notice.c.about == gap.subject,
        notice.c.due_on == gap.due_on,
        notice.c.recipient_kind == gap.recipient_kind,
        notice.c.recipient_id == gap.recipient_id,
    )


def _note(session: Session, caller: Caller, gap: Gap, clock: Clock) -> int:
    """Marks the difference as fixed, and those of the same notice that never was there; returns how many."""
    columns = ("run_id", "due_on", "kind", "subject", "recipient_kind", "recipient_id")
    same = [coverage_gap.c[name] == getattr(gap, name) for name in columns]
    if gap.notice_id is None:
        same.append(coverage_gap.c.notice_id.is_(None))
    else:
        same.append(coverage_gap.c.id == gap.id)
    marked = update(coverage_gap).where(*same, coverage_gap.c.fixed_at.is_(None))
    marked = marked.values(fixed_at=clock.now(), fixed_by=caller.subject).returning(coverage_gap.c.id)
    number = len(session.scalars(marked).all())
    details = {name: str(getattr(gap, name)) for name in (*columns, "channel", "reason")}
    audit.record(session, caller, "coverage.fixed", str(gap.id), {**details}, clock)
    return number
