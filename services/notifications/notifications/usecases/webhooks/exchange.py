"""One transaction of a deliverer: what came of its last events goes in, and the next ones come out.

Up to `position` each event of the subscription was delivered or waits. A run of new events is delivered and settled
together, by statements whose number does not grow with it. What fails waits by itself: the events of its aggregate that
come later wait behind it, all others go on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from chassis.clock import day_of
from chassis.ids import new_id
from notifications.domain.webhook import EndPoint, Policy, WaitingState, is_pause
from notifications.usecases.webhooks import holding, statements
from notifications.usecases.webhooks.holding import Claim

LOOK_AGAIN = 1.0  # seconds, where there is something to do that can't be done now


class NoLongerHeld(Exception):
    """Another deliverer holds the end point now, or its subscriber had it begin elsewhere: what is in hand is void."""


@dataclass(frozen=True)
class Item:
    """An event to deliver; `is_new` where its turn has come, not where it waited."""

    sequence: int
    ordering_key: str
    attempts: int  # that have failed
    event_id: str
    body: str
    is_new: bool


@dataclass(frozen=True)
class Attempt:
    """What came of an event that was tried."""

    item: Item
    at: datetime
    status: int | None
    body: str
    seconds: float
    fault: str | None = None
    retry_after: float | None = None

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def logged(self) -> dict[str, object]:
        """As it stands in the log."""
        said = {
            "sequence": self.item.sequence,
            "number": self.item.attempts + 1,
            "at": self.at.isoformat(),
            "milliseconds": round(1000 * self.seconds, 1),
            "status": self.status,
            "response": self.body or None,
            "fault": self.fault,
        }
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True)
class Taken:
    """What a deliverer has in hand. `behind` are new events whose aggregate waits: they are not to be tried."""

    items: Sequence[Item]
    behind: Sequence[Item]
    end_point: EndPoint
    target: Mapping[str, Any]  # Any: JSON's values
    certificate: str | None
    keys: Sequence[tuple[str, str, str]]  # id, scheme, sealed key; the newest first


def exchange(
    session: Session,
    claim: Claim,
    room: int,
    policy: Policy,
    now: datetime,
    last: Taken | None = None,
    attempts: Sequence[Attempt] = (),
) -> Taken | None:
    """Settles `attempts` at what was taken `last`, and takes up to `room` events; None where there is nothing to do.

    Then the end point is let go. NoLongerHeld if it is not in these hands any more: what was attempted is void.
    """
    subscription_id = claim.subscription_id
    asked = {"subscription": subscription_id, "holder": claim.holder, "claim": claim.number, "now": now}
    held = session.execute(statements.HELD, asked).one_or_none()
    if held is None:
        raise NoLongerHeld(NoLongerHeld.__doc__)
    end_point = EndPoint(held.failures, held.failing_since, held.resume_at, held.is_open)
    position = held.position
    if last is not None:
        log(session, subscription_id, attempts, now)
        position = max(position, _settle(session, subscription_id, last, attempts, policy, now))
        was_open, end_point = end_point.is_open, last.end_point
        if was_open and not end_point.is_open:
            session.execute(statements.ALL_AGAIN, {"subscription": subscription_id, "now": now})
    taken = None
    if room and held.state == "live" and held.way == "webhook" and not end_point.is_paused(now):
        taken = _take(session, subscription_id, held, position, end_point, 1 if end_point.is_open else room, now)
        if taken is None and held.next_sequence > position + 1:
            end_point.resume_at = now + timedelta(seconds=LOOK_AGAIN)
    _enter(session, claim, position, end_point, taken)
    return taken


def _take(
    session: Session,
    subscription_id: str,
    held: Row[Any],  # Any: HELD's columns
    position: int,
    end_point: EndPoint,
    room: int,
    now: datetime,
) -> Taken | None:
    asked = {"subscription": subscription_id, "now": now, "position": position}
    old: Sequence[Item] = ()
    if held.waiting and not end_point.is_open:
        # Half of the room: however much is to be tried again, what is new goes on beside it.
        old = [_item(row, False) for row in session.execute(statements.DUE, {**asked, "room": max(1, room // 2)})]
    rows: Sequence[Row[Any]] = ()  # Any: NEW's columns
    if held.waiting < statements.MOST_WAITING and room > len(old):
        rows = session.execute(statements.NEW, {**asked, "room": room - len(old)}).all()
    new = [_item(row, True) for row in rows if not row.is_behind]
    behind = [_item(row, True) for row in rows if row.is_behind]
    if end_point.is_open and held.waiting and not new:
        # The probe is what was tried least: what always fails must not keep the breaker open.
        old = [_item(row, False) for row in session.execute(statements.LEAST_TRIED, asked)]
    if held.waiting and not (old or rows):
        ordering_keys = sorted(set(session.scalars(statements.FORGET, asked)))
        session.execute(
            statements.FIRST_OF_KEY, {"subscription": subscription_id, "ordering_keys": ordering_keys, "now": now}
        )
    if not (old or rows):
        return None
    return Taken([*old, *new], behind, end_point, held.target, held.certificate, held.keys or ())


def _item(row: Row[Any], is_new: bool) -> Item:  # Any: the columns of DUE or NEW
    return Item(row.sequence, row.ordering_key, row.attempts, row.event_id, row.body, is_new)


def _settle(
    session: Session, subscription_id: str, last: Taken, attempts: Sequence[Attempt], policy: Policy, now: datetime
) -> int:
    """Enters what waits and what waits no more; returns the new position, 0 if there is none."""
    delivered = {each.item.sequence for each in attempts if each.is_success}
    failed = [each for each in attempts if not each.is_success]
    tried = {each.item.sequence for each in attempts}
    untried = [each for each in last.items if each.is_new and each.sequence not in tried]
    new = [each.sequence for each in (*last.items, *last.behind) if each.is_new]
    # Up to the last that was tried; what was not, though later ones were, waits as well: its turn has passed.
    position = max((each for each in new if each in tried), default=0) if untried else max(new, default=0)
    passed = [each for each in (*untried, *last.behind) if each.sequence <= position]
    rows = [
        *(_failed(each, policy, now, last.end_point.is_open) for each in failed),
        *(
            {"sequence": each.sequence, "ordering_key": each.ordering_key, "state": WaitingState.BEHIND, "attempts": 0}
            for each in passed
        ),
    ]
    if rows:
        session.execute(statements.WAIT, {"subscription": subscription_id, "rows": json.dumps(rows)})
    gone = [each.sequence for each in last.items if not each.is_new and each.sequence in delivered]
    if gone:
        session.execute(statements.WAITS_NO_MORE, {"subscription": subscription_id, "sequences": json.dumps(gone)})
    if gone or rows:
        ordering_keys = sorted({each.ordering_key for each in (*last.items, *last.behind)})
        session.execute(
            statements.FIRST_OF_KEY, {"subscription": subscription_id, "ordering_keys": ordering_keys, "now": now}
        )
    return position


def _failed(attempt: Attempt, policy: Policy, now: datetime, is_spared: bool) -> dict[str, object]:
    """The row of an event that failed; while the end point fails as a whole, none is given up."""
    item, row = attempt.item, {"sequence": attempt.item.sequence, "ordering_key": attempt.item.ordering_key}
    if is_pause(attempt.status, attempt.retry_after):
        return {**row, "state": WaitingState.RETRYING, "attempts": item.attempts, "next_attempt_at": now.isoformat()}
    wait = policy.wait_after(item.attempts + 1)
    if wait is None and is_spared:
        wait = policy.schedule[-1]
    again = None if wait is None else (now + timedelta(seconds=wait)).isoformat()
    state = WaitingState.RETRYING if again else WaitingState.GIVEN_UP
    return {**row, "state": state, "attempts": item.attempts + 1, "next_attempt_at": again}


def log(session: Session, subscription_id: str, attempts: Sequence[Attempt], now: datetime) -> None:
    """Enters attempts in the log: a row for the run of new events, and one for each that was tried again."""
    if not attempts:
        return
    new = sorted((each for each in attempts if each.item.is_new), key=lambda each: each.item.sequence)
    runs = [[each] for each in attempts if not each.item.is_new] + ([new] if new else [])
    rows = [
        {
            "id": new_id(),
            "first": run[0].item.sequence,
            "last": run[-1].item.sequence,
            "attempts": [each.logged() for each in run],
        }
        for run in runs
    ]
    session.execute(statements.LOG, {"subscription": subscription_id, "now": now, "rows": json.dumps(rows)})
    counted = {
        "day": day_of(now),
        "attempts": len(attempts),
        "delivered": sum(each.is_success for each in attempts),
        "milliseconds": round(1000 * sum(each.seconds for each in attempts)),
    }
    session.execute(statements.SUM, {"subscription": subscription_id, **counted})


def _enter(session: Session, claim: Claim, position: int, end_point: EndPoint, taken: Taken | None) -> None:
    values = {name: value for name, value in asdict(end_point).items() if name != "is_gone"}
    session.execute(
        statements.ENTER,
        {
            **values,
            "subscription": claim.subscription_id,
            "position": position,
            "holder": claim.holder if taken else None,
            "in_hand": len(taken.items) if taken else 0,
        },
    )
    if taken is None:
        holding.wake(session)
