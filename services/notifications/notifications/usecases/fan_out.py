"""Hands what was published to the subscriptions: one batch in one transaction, and never two at a time.

What comes in lies in `public_event`, and this service's own events in its outbox. For each subscription that it is for,
an event becomes a row of `subscription_event` with the next number. Whatever crashes, the batch is done or it is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Text,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import Reader, insert_rows
from chassis.messaging import Envelope, outbox
from chassis.turns import in_turns
from notifications.adapters.catalogue import kinds_of as published_by
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.domain.granting import Grant, PublicEvent, Told
from notifications.domain.subscription import COLLECTING, kinds_of
from notifications.storage import own_feed_place, public_event, public_place, subscription, subscription_event
from programme import scope

SERVICE = "notifications"
BATCH = 500  # events

TAKE_TURN = text("SELECT pg_try_advisory_xact_lock(hashtext('cqo.subscriptions'))")
WAIT_FOR_TURN = text("SELECT pg_advisory_xact_lock(hashtext('cqo.subscriptions'))")
_event, _of = public_event.c, subscription.c
WAITING = select(_event.position, _event.envelope).order_by(_event.position).limit(BATCH)
# Held to the end, so that nothing is handed to one that was paused, changed or ended before.
GRANTS = (
    select(_of.id, _of.types, _of.division, _of.fields, _of.pseudonym_key, _of.next_sequence)
    .where(_of.state.in_(COLLECTING), _of.ends_on >= bindparam("today"))
    .order_by(_of.id)
    .with_for_update()
)
IS_ANY = select(
    or_(exists().where(_event.position.is_not(None)), exists().where(own_feed_place.c.position.is_not(None)))
)
PLACES = select(public_place.c.aggregate, public_place.c.division).where(
    public_place.c.aggregate == func.any(bindparam("aggregates", type_=ARRAY(Text)))
)
_PLACE = insert(public_place).from_select(
    ["aggregate", "division"],
    select(
        func.unnest(bindparam("aggregates", type_=ARRAY(Text))), func.unnest(bindparam("divisions", type_=ARRAY(Text)))
    ),
)
PLACE = _PLACE.on_conflict_do_update(index_elements=["aggregate"], set_={"division": _PLACE.excluded.division})
DONE = delete(public_event).where(_event.position == func.any(bindparam("positions", type_=ARRAY(BigInteger))))
NEXT = text(
    "UPDATE subscription SET next_sequence = told.next FROM unnest(:ids, :following) AS told (id, next) "
    "WHERE subscription.id = told.id"
).bindparams(bindparam("ids", type_=ARRAY(Text)), bindparam("following", type_=ARRAY(BigInteger)))


class Receiver(NamedTuple):
    """A subscription that is given events, and its next number."""

    grant: Grant
    next_sequence: int


def may_be_any(reader: Reader) -> bool:
    """Whether anything was published that is to be handed out; of this service's own events, whether anybody asks."""
    return bool(reader.scalar(IS_ANY))


def hand_out(session: Session, personal_data: PersonalDataCipher, clock: Clock) -> int:
    """Hands some events to those whom they are for; returns how many there were, 0 where another does it just now."""
    if not session.scalar(TAKE_TURN):
        return 0
    waiting = session.execute(WAITING).all()
    place = session.scalar(select(own_feed_place.c.position))
    if not waiting and place is None:
        return 0
    receivers = _receivers(session, personal_data, clock)
    own = _own_events(session, receivers, place)
    events = [_public(Envelope.from_dict(row.envelope)) for row in waiting]
    if events or own:
        places = _places(session, events)
        _write(session, receivers, [*events, *own], places, clock.now())
        _note_places(session, events)
        session.execute(DONE, {"positions": [row.position for row in waiting]})
    return max(len(waiting), len(own))


def begin_own_feed(session: Session, types: Iterable[str]) -> None:
    """From now on this service's own events of `types` are handed out too, if they are not already.

    It waits for the batch under way, which may find just now that nobody asks for them.
    """
    session.execute(WAIT_FOR_TURN)
    if published_by(SERVICE) & set(kinds_of(list(types))):
        _begin_own_feed(session)


def _begin_own_feed(session: Session) -> int:
    place = {"id": 1, "position": outbox.end_of_feed(session)}
    session.execute(insert(own_feed_place).values(place).on_conflict_do_nothing())
    position: int = session.scalars(select(own_feed_place.c.position)).one()
    return position


def _receivers(session: Session, personal_data: PersonalDataCipher, clock: Clock) -> list[Receiver]:
    rows = session.execute(GRANTS, {"today": clock.today()}).all()
    codes = _codes(session, {row.division for row in rows if row.division is not None}, clock)
    return [
        Receiver(
            Grant(
                row.id,
                row.fields,
                frozenset(kinds_of(row.types)),
                None if row.division is None else codes.get(row.division, frozenset()),
                personal_data.open_pseudonym_key(row.id, row.pseudonym_key),
            ),
            row.next_sequence,
        )
        for row in rows
    ]


def _codes(session: Session, divisions: set[str], clock: Clock) -> dict[str, frozenset[str]]:
    """Of each division, the codes of it and of all below it today."""
    if not divisions:
        return {}
    today = clock.today()
    parts = []
    for code in sorted(divisions):
        below = scope.subtree(code, today).subquery()
        parts.append(select(literal(code, Text).label("division"), below.c.code))
    found: dict[str, set[str]] = {}
    for division, code in session.execute(union_all(*parts)):
        found.setdefault(division, set()).add(code)
    return {division: frozenset(codes) for division, codes in found.items()}


def _public(event: Envelope) -> PublicEvent:
    return PublicEvent(
        event.id, event.source, event.type, event.subject, event.time, event.sequence, event.division, event.data
    )


def _own_events(session: Session, receivers: Sequence[Receiver], place: int | None) -> list[PublicEvent]:
    """The next of this service's own events, if anybody asks for such."""
    kinds = frozenset().union(*(each.grant.kinds for each in receivers)) & published_by(SERVICE)
    if not kinds:
        if place is not None:
            session.execute(delete(own_feed_place))
        return []
    if place is None:
        place = _begin_own_feed(session)
    found, last = outbox.published(session, SERVICE, place, kinds, BATCH)
    if last > place:
        session.execute(update(own_feed_place).values(position=last))
    return [_public(event) for event in found]


def _places(session: Session, events: Sequence[PublicEvent]) -> dict[str, str | None]:
    """Where the aggregates of `events` were at their event before these; left out where none is known."""
    aggregates = sorted({event.aggregate for event in events})
    if not aggregates:
        return {}
    return {aggregate: division for aggregate, division in session.execute(PLACES, {"aggregates": aggregates})}


def _note_places(session: Session, events: Sequence[PublicEvent]) -> None:
    places = {event.aggregate: event.division for event in events}  # of each, the last
    if places:
        session.execute(PLACE, {"aggregates": list(places), "divisions": list(places.values())})


def _write(
    session: Session,
    receivers: Sequence[Receiver],
    events: Sequence[PublicEvent],
    places: dict[str, str | None],
    now: datetime,
) -> None:
    following = {each.grant.subscription_id: each.next_sequence for each in receivers}
    rows = []
    for event in in_turns(events):
        for grant, _ in receivers:
            if told := grant.told(event, places):
                rows.append(row_of(grant.subscription_id, following[grant.subscription_id], told, now))
                following[grant.subscription_id] += 1
        places[event.aggregate] = event.division
    if rows:
        insert_rows(session, subscription_event, rows)
        session.execute(NEXT, {"ids": list(following), "following": list(following.values())})


def row_of(subscription_id: str, sequence: int, told: Told, now: datetime) -> dict[str, object]:
    """The row of an event as a subscription is given it."""
    return {
        "subscription_id": subscription_id,
        "sequence": sequence,
        "previous_sequence": sequence - 1,
        "event_id": told.event_id,
        "source": told.source,
        "type": told.type,
        "subject": told.subject,
        "partitionkey": told.partitionkey,
        "occurred_at": told.occurred_at,
        "body": told.body(sequence),
        "left": told.left,
        "created_at": now,
    }
