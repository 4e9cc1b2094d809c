"""Agreement: on a schedule and on demand, a reader compares what it has applied with what each publisher has announced.

So nothing is missing for want of a later event, and a publisher or a reader that was put back to an earlier moment is
told. The replicas of a worker share one row for each publisher, and the one that takes the turn compares.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from prometheus_client import Gauge
from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    Interval,
    Row,
    RowMapping,
    Table,
    Text,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from chassis.data import connect, metadata, wait_for_notification
from chassis.intervals import to_next
from chassis.messaging import feed_client
from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox.comparing import Comparison, TypeAgreement
from chassis.messaging.inbox.reasons import storable
from chassis.messaging.inbox.timings import Timings
from chassis.messaging.loops import repeat
from chassis.settings import Settings
from chassis.stopping import StopSignal

log = logging.getLogger(__name__)

LOOK_EVERY = 10.0  # seconds between two looks at whether it is time; who wants a comparison now notifies CHANNEL
CHANNEL = "cqo_agreement"
LONGEST_PROBLEM = 500  # characters

age = Gauge(
    "cqo_agreement_age_seconds",
    "Since what was applied last agreed with what the publisher has announced.",
    ["service", "publisher"],
)
differing = Gauge(
    "cqo_agreement_differing_aggregates",
    "Aggregates that differ from the publisher's: behind, held_up, ahead, conflicting.",
    ["service", "publisher", "what"],
)

# One row for each publisher that a service reads.
agreement = Table(
    "agreement",
    metadata,
    Column("publisher", Text, primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("wanted_at", DateTime(timezone=True)),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("compared_at", DateTime(timezone=True)),
    Column("agreed_at", DateTime(timezone=True)),
    Column("problem", Text),
    Column("types", JSONB, nullable=False, server_default="[]"),
)
row = agreement.c
now = func.clock_timestamp()
# A reader that has just been made compares when its first interval is over.
BEGIN = insert(agreement).values(since=now, started_at=now).on_conflict_do_nothing()
IS_TIME = or_(row.started_at < now - bindparam("every", type_=Interval), row.wanted_at > row.started_at)
TAKE_TURN = (
    update(agreement)
    .where(row.publisher == bindparam("of"), IS_TIME)
    .values(started_at=now)
    .returning(row.started_at, row.types)
)
WANT = update(agreement).values(wanted_at=now)
WAKE = select(func.pg_notify(CHANNEL, ""))
END = update(agreement).where(row.publisher == bindparam("of")).values(ended_at=now)
AGREES = func.coalesce(row.problem.is_(None) & (row.agreed_at == row.compared_at), False)
SECONDS_AGO = func.extract("epoch", now - row.agreed_at)
PAIRS = select(agreement, AGREES.label("agrees"), SECONDS_AGO.label("agreed_seconds_ago")).order_by(row.publisher)
DIFFERENCES = ("behind", "held_up", "ahead", "conflicting")
LOOK = select(
    row.publisher,
    row.types,
    func.extract("epoch", now - func.coalesce(row.agreed_at, row.since)).label("seconds"),
    func.coalesce(IS_TIME, False).label("is_time"),
)


class Agreement:
    """The loop that compares with each publisher."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        stop: StopSignal,
        timings: Timings,
        apply: Callable[[Sequence[Envelope]], None],
        types: Collection[str],
        look_at_beginnings: Callable[[Session], None],
    ) -> None:
        """`apply` applies or parks the events that were fetched; `types` are those of events that have a handler.

        `look_at_beginnings` is called every few seconds: what is kept of kinds that pass may begin later by now.
        """
        self.settings, self.engine, self.stop = settings, engine, stop
        self.every = timedelta(seconds=timings.agree_every)
        self.apply, self.look_at_beginnings = apply, look_at_beginnings
        self.kinds = kinds_of(types)
        self.is_known = False

    def run(self) -> None:
        """Goes on until the worker stops."""
        repeat(self._look_until_stopped, "comparing with the publishers", self.stop)

    def _look_until_stopped(self) -> None:
        with connect(self.settings.database_url, f"{self.settings.service}-agreement") as database:
            database.execute(f"LISTEN {CHANNEL}")
            while not self.stop.is_given:
                self._turn()
                wait_for_notification(database, to_next(min(LOOK_EVERY, self.every.total_seconds())), self.stop)

    def _turn(self) -> None:
        if not self.is_known:
            with Session(self.engine) as session, session.begin():
                for publisher in self.settings.feeds:
                    session.execute(BEGIN, {"publisher": publisher})
            self.is_known = True
        with Session(self.engine) as session, session.begin():
            found = session.execute(LOOK, {"every": self.every}).all()
            self.look_at_beginnings(session)
        self._report(found)
        for each in found:
            if each.is_time and each.publisher in self.settings.feeds and not self.stop.is_given:
                self.compare_if_due(each.publisher)

    def compare_if_due(self, publisher: str) -> None:
        """Compares, if the time has come or somebody wants it and no other replica does."""
        with Session(self.engine) as session, session.begin():
            turn = session.execute(TAKE_TURN, {"of": publisher, "every": self.every}).one_or_none()
        if turn is None:
            return
        started_at, before = turn
        comparison = Comparison(self.settings, self.engine, publisher, self.apply, self.stop.wait)
        try:
            found = comparison.compare(self.kinds, [each["type"] for each in before])
        except feed_client.UNREADABLE as fault:
            log.warning("what was applied could not be compared with what %s has announced: %s", publisher, fault)
            self._note(publisher, {"problem": storable(f"{type(fault).__name__}: {fault}"[:LONGEST_PROBLEM])})
            return
        self._tell(publisher, found)
        self._note(publisher, _result(found, started_at))

    def _note(self, publisher: str, values: dict[str, object]) -> None:
        with Session(self.engine) as session, session.begin():
            session.execute(END.values(**values), {"of": publisher})

    def _tell(self, publisher: str, found: Sequence[TypeAgreement]) -> None:
        fetched = sum(each.fetched for each in found)
        if fetched:
            log.warning("%d events that %s has announced had not come; they were fetched", fetched, publisher)
        put_back = sum(each.ahead + each.conflicting for each in found)
        if put_back:
            log.error(
                "%d aggregates are known here otherwise than %s has announced them; was its database put back "
                "to an earlier moment? python -m chassis.process.cli %s reconcile lists them",
                put_back,
                publisher,
                self.settings.service,
            )
        missing = sum(each.behind for each in found)
        if missing:
            log.error(
                "the last events of %d aggregates of %s are missing, and it does not give them", missing, publisher
            )

    def _report(self, found: Sequence[Row[*tuple[Any, ...]]]) -> None:  # Any: rows of LOOK
        for publisher, types, seconds, _ in found:
            age.labels(self.settings.service, publisher).set(float(seconds))
            for what in DIFFERENCES:
                number = sum(each[what] for each in types)
                differing.labels(self.settings.service, publisher, what).set(number)


def want(session: Session) -> None:
    """Has every publisher compared with at once, by a worker that is woken at the commit."""
    session.execute(WANT)
    session.execute(WAKE)


def pairs(session: Session) -> Sequence[RowMapping]:
    """What was found with each publisher at the last comparison."""
    return session.execute(PAIRS).mappings().all()


def kinds_of(types: Iterable[str]) -> list[str]:
    """The kinds of aggregate that events of these types are about."""
    return sorted({kind.partition(".")[0] for kind in types})


class Standing(NamedTuple):
    """How a service stands with a publisher, by the last comparison."""

    agrees: bool
    differing: dict[str, int]  # aggregates, by what is wrong with them; none that is 0
    problem: str | None
    compared_at: datetime | None


def standings(session: Session | Connection) -> dict[str, Standing]:
    """How this service stands with each publisher that it reads."""
    return {
        found["publisher"]: Standing(
            found["agrees"],
            {what: number for what in DIFFERENCES if (number := sum(each[what] for each in found["types"]))},
            found["problem"],
            found["compared_at"],
        )
        for found in session.execute(PAIRS).mappings()
    }


def _result(found: Sequence[TypeAgreement], started_at: datetime) -> dict[str, object]:
    result: dict[str, object] = {
        "compared_at": started_at,
        "problem": None,
        "types": [each.to_dict() for each in found],
    }
    return result | ({"agreed_at": started_at} if all(each.agrees for each in found) else {})
