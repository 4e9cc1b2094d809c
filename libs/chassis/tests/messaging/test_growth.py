"""The outbox by months: nothing is refused or lost, what has passed goes, and publisher and reader still agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from author.events import LotChanged, ThingChanged
from messaging_world import Thing, World
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from chassis.data import chassis_tables
from chassis.ids import new_id
from chassis.intervals import Interval
from chassis.messaging import outbox
from chassis.messaging.announced import announced
from chassis.messaging.envelope import Envelope
from chassis.messaging.feed_routes import EventsArchived, FeedArguments, FeedPage, read_feed
from chassis.messaging.inbox import passing
from chassis.messaging.inbox.applied import applied
from chassis.messaging.inbox.applying import Applier
from chassis.messaging.inbox.tables import inbox_cursor
from chassis.messaging.ops_state import outbox_state
from chassis.messaging.outbox import floor, heads, keeping, months, relay
from chassis.messaging.outbox.floor import Floor
from chassis.security import Caller
from testkit import wait_for
from testkit.roles import ACCESS

SYSTEM = Caller("test-system", "system")
PARTS = "SELECT tableoid::regclass::text AS part, count(*) AS events FROM outbox GROUP BY 1 ORDER BY 1"


class Author:
    """The author with a clock that a test moves, and its relay and its upkeep without their loops."""

    def __init__(self, world: World, amqp_url: str) -> None:
        self.world = world
        self.clock = world.clock = FixedClock(datetime.now(UTC).replace(day=10))  # type: ignore[assignment]
        self.connection = relay.leader_connection(world.author_url.replace("+psycopg", ""), "author")
        self.relay = relay.Relay()
        self.relay.settings = SimpleNamespace(amqp_url=amqp_url)  # type: ignore[assignment]
        self.relay.service, self.relay.publisher, self.relay.reporting = "author", None, Interval(1)
        self.relay.clock, self.relay.floor = self.clock, Floor()

    def publish(self) -> None:
        while self.relay.turn(self.connection):
            pass

    def raise_floor(self) -> int:
        self.relay.turn(self.connection)
        return self.relay.floor.seq

    def move(self, days: int) -> None:
        self.clock.move(days=days)

    def close(self) -> None:
        self.relay.drop_publisher()
        self.connection.close()

    def keep_months(self) -> None:
        with Session(self.world.author) as session:
            while months.make_next(session, self.clock.now()) or months.close_next(session, self.clock.now()):
                session.commit()
            session.commit()
            while heads.digest_more(session, limit=7):
                session.commit()

    def forget(self, kind: str, begins: datetime) -> list[int]:
        """What each step removed."""
        found = []
        with Session(self.world.author) as session:
            keeping.move_beginning(session, kind, begins)
            while done := keeping.forget_heads(session, kind, begins) or keeping.remove_passed(session, {kind: begins}):
                found.append(done)
                session.commit()
            session.commit()
        return found

    def read(self, **query: Any) -> FeedPage:
        with Session(self.world.author) as session:
            return read_feed(session, "author", SYSTEM, FeedArguments(**query), self.clock.today(), ACCESS)

    def parts(self) -> dict[str, int]:
        return {row.part: row.events for row in self.world.ask(self.world.author, PARTS)}

    def month(self) -> str:
        return f"outbox_{self.clock.now():%Y_%m}"

    def digests(self) -> list[Any]:
        with Session(self.world.author) as session:
            return announced(session, None, SYSTEM, self.clock.today(), ACCESS)


@pytest.fixture
def authored(world: World, amqp_url: str) -> Iterator[Author]:
    made = Author(world, amqp_url)
    yield made
    made.close()


def test_an_event_moves_into_its_month_and_none_is_refused_where_no_month_is_made(authored: Author) -> None:
    authored.world.announce_many(3, 1, ThingChanged())
    assert authored.parts() == {"outbox_unpublished": 3}
    authored.publish()
    first = authored.month()
    authored.move(days=800)  # far beyond the last month that is made
    authored.world.announce_many(3, 1, ThingChanged())
    authored.publish()
    assert authored.parts() == {first: 3, "outbox_later": 3}

    authored.keep_months()

    assert authored.parts() == {first: 3, authored.month(): 3}
    assert [item.position for item in authored.read().items] == [1, 2, 3, 4, 5, 6]
    query = "SELECT name, first_position, last_position FROM outbox_month WHERE last_position IS NOT NULL"
    spans = authored.world.ask(authored.world.author, query)
    print(f"{len(spans)} closed partitions for {800 // 30} months")
    assert {row.name: (row.first_position, row.last_position) for row in spans}[first] == (1, 3)
    assert len(spans) <= 6, "months in which nothing was published share a partition"


def test_a_clock_that_is_put_back_leaves_positions_and_times_rising_together(authored: Author) -> None:
    authored.keep_months()  # what was before this month is over
    for days in (-200, 240, -40):
        authored.move(days=days)
        authored.world.announce_many(2, 1, ThingChanged())
        authored.publish()

    assert [item.position for item in authored.read().items] == [1, 2, 3, 4, 5, 6]
    rows = authored.world.ask(authored.world.author, "SELECT published_at FROM outbox ORDER BY feed_position")
    assert [row.published_at for row in rows] == sorted(row.published_at for row in rows)


def test_what_is_known_by_aggregate_and_type_is_the_same_whether_taken_in_or_not(authored: Author) -> None:
    authored.world.announce_many(20, 3, ThingChanged())
    authored.publish()
    authored.world.announce("o1", LotChanged())  # not published
    before, counted = authored.digests(), _published(authored)
    authored.keep_months()

    assert authored.world.ask(authored.world.author, "SELECT position FROM outbox_digested")[0][0] == 60
    assert authored.digests() == before
    assert _published(authored) == counted


def test_kinds_that_pass_go_and_facts_stay_and_the_reader_agrees_throughout(authored: Author) -> None:
    applier, reader = Applier({}), Reader(authored)
    for _ in range(6):
        authored.world.announce("fact", ThingChanged())
        for _ in range(5):
            authored.world.announce(new_id(), LotChanged())
        authored.publish()
        reader.apply(applier)
        authored.move(days=31)
        authored.keep_months()
    counted = _published(authored)
    begins = authored.clock.now() - timedelta(days=70)

    steps = authored.forget("lot", begins)

    print(f"steps {steps}, left {authored.parts()}")
    assert authored.world.ask(authored.world.author, "SELECT count(*) FROM outbox WHERE type LIKE 'thing%'")[0][0] == 6
    assert authored.world.ask(authored.world.author, "SELECT count(*) FROM outbox")[0][0] < 36
    assert _published(authored) == counted, "what has gone is counted all the same"
    assert reader.learn("lot", begins) == authored.digests()
    assert len(authored.read(limit=500).items) == sum(authored.parts().values())
    assert reader.forget() > 0
    assert reader.learn("lot", begins) == authored.digests()

    late = [event for event in reader.seen if event.type.startswith("lot")][:5]
    with Session(authored.world.reader) as session, session.begin():
        result = Applier({}, passing.refused_before(session)).apply(session, late)
    assert (result.duplicates, result.moved, result.early) == (5, [], []), "a late duplicate has no effect"


def test_a_month_of_which_all_has_passed_is_dropped_whole(authored: Author) -> None:
    authored.world.announce_many(40, 1, LotChanged())
    authored.publish()
    gone = authored.month()
    authored.move(days=40)
    authored.world.announce("fact", ThingChanged())
    authored.publish()
    authored.move(days=100)
    authored.keep_months()

    steps = authored.forget("lot", authored.clock.now() - timedelta(days=10))

    assert steps[-1] == 1 and gone not in authored.parts()
    page = authored.read()
    assert [item.position for item in page.items] == [41], "a reader goes on over what has passed"
    authored.world.announce("fact", ThingChanged())
    authored.publish()
    assert authored.read(after=41).items[0].position == 42


def test_of_some_kinds_the_last_version_is_kept(authored: Author) -> None:
    authored.world.announce_many(10, 5, ThingChanged())
    authored.publish()
    before = authored.digests()
    authored.move(days=70)
    authored.keep_months()
    with Session(authored.world.author) as session, session.begin():
        keeping.move_beginning(session, "thing", None)
        removed = keeping.remove_superseded(session, ["thing"], authored.clock.now())

    assert removed == 40
    assert [item.event["sequence"] for item in authored.read().items] == [5] * 10
    assert authored.digests() == before


def test_a_reader_that_begins_late_begins_at_the_first_version_that_is_kept(world: World) -> None:
    world.announce_many(3, 4, ThingChanged())
    kept = [event for event in world.events() if event.sequence > 2]
    with Session(world.reader) as session, session.begin():
        late = passing.begin_late(session, kept)
        result = Applier({}).apply(session, kept)

    assert late == 3
    assert (len(result.moved), result.early) == (6, [])


def test_events_that_are_archived_are_named_to_a_reader_that_asks_for_them(authored: Author) -> None:
    authored.world.announce_many(4, 1, ThingChanged())
    authored.publish()
    authored.move(days=70)
    authored.keep_months()
    with Session(authored.world.author) as session, session.begin():
        (month,) = [each for each in months.closed(session) if each.first_position == 1 and each.last_position == 4]
        months.drop(session, month, archived_as="author-2026-01")

    with pytest.raises(EventsArchived) as refused:
        authored.read(after=2)
    assert refused.value.facts["first"] == 1 and refused.value.facts["next"] == 4
    authored.world.announce("o1", ThingChanged())
    authored.publish()
    assert [item.position for item in authored.read(after=4).items] == [5], "positions go on after what is gone"


def test_an_outbox_of_the_version_before_becomes_the_first_part_while_it_is_written(
    postgres_url: str, make_database: Callable[[str], str]
) -> None:
    url = make_database("author").replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    _migrate(url, chassis_tables.create_v1, chassis_tables.create_v2, chassis_tables.create_v3)
    _migrate(url, chassis_tables.create_v4, chassis_tables.create_v5)
    insert = (
        "INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, occurred_at) "
        "SELECT gen_random_uuid(), 'thing', 'o' || n, 1, 'thing.changed.v1', '{}', now() "
        "FROM generate_series(%s::int, %s::int) n"
    )
    mark = "UPDATE outbox SET published_at = now(), feed_position = seq WHERE seq <= 900"
    with psycopg.connect(url, autocommit=True) as before:
        before.execute(insert, (1, 1000))
        before.execute(mark)
        _migrate(url, chassis_tables.create_v7)
        before.execute(insert, (1001, 1002))
        before.execute("UPDATE outbox SET published_at = now(), feed_position = seq WHERE seq = 901")
        parts = dict(before.execute(PARTS).fetchall())
        woken = before.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'outbox'::regclass").fetchall()

    assert parts == {"outbox_unpublished": 1002}
    assert woken == [("notify_outbox",)]
    _migrate(url, chassis_tables.drop_v7)
    with psycopg.connect(url, autocommit=True) as after:
        assert after.execute("SELECT count(*), count(feed_position) FROM outbox").fetchone() == (1002, 901)
        after.execute(insert, (1003, 1003))


def test_a_look_does_not_step_over_what_was_published_while_a_snapshot_was_open(
    authored: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floor, "ASK_EVERY", 0)
    url = authored.world.author_url.replace("+psycopg", "")
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {relay.UNPUBLISHED}"

    def pages(above: int) -> int:
        ((found,),) = authored.connection.execute(explain, (above, relay.BATCH)).fetchall()
        return int(found[0]["Plan"]["Shared Hit Blocks"] + found[0]["Plan"]["Shared Read Blocks"])

    with psycopg.connect(url) as backup:
        backup.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1")
        authored.world.announce_many(3000, 1, ThingChanged())
        authored.publish()
        wait_for(lambda: authored.raise_floor() >= 3000, 20)
        from_the_first, from_the_floor = pages(0), pages(authored.relay.floor.seq)

    print(f"pages read by a look: {from_the_first} from the first, {from_the_floor} from the floor")
    assert from_the_first > 50
    assert from_the_floor < 10


def test_the_floor_stays_below_an_open_transaction_and_its_event_comes_in_order(
    authored: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floor, "ASK_EVERY", 0)
    with Session(authored.world.author) as slow:
        outbox.add(slow, Thing("slow"), ThingChanged(), authored.clock)
        slow.flush()
        for number in range(5):
            authored.world.announce(f"o{number}", ThingChanged())
            authored.publish()
        (number,) = slow.execute(text("SELECT currval('outbox_seq_seq')")).one()
        assert authored.relay.floor.seq < number
        slow.commit()
    authored.publish()

    assert authored.world.unpublished() == 0
    wait_for(lambda: authored.raise_floor() > number, 20)


class Reader:
    """What has been published, applied by no handler: it moves the cursors."""

    def __init__(self, author: Author) -> None:
        self.world, self.author = author.world, author
        self.seen: list[Envelope] = []

    def apply(self, applier: Applier) -> None:
        page = self.author.read(after=len(self.seen), limit=500)
        events = [Envelope.from_dict(item.event) for item in page.items]
        with Session(self.world.reader) as session, session.begin():
            applier.apply(session, events)
        self.seen += events

    def learn(self, kind: str, begins: datetime) -> list[Any]:
        with Session(self.world.reader) as session, session.begin():
            passing.learn(session, {kind: begins})
            return applied(session, ["lot", "thing"])

    def forget(self) -> int:
        told: list[str] = []
        with Session(self.world.reader) as session, session.begin():
            done = passing.forget(session, {"lot": lambda _, ids: told.extend(ids)})
            left = session.query(inbox_cursor).count()
        assert len(told) == done
        print(f"{done} cursors forgotten, {left} left")
        return done


def _published(author: Author) -> dict[str, Any]:
    with Session(author.world.author) as session:
        return {kind: (found.published, found.id_sum) for kind, found in outbox_state(session).by_type.items()}


def _migrate(url: str, *steps: Callable[[Any], None]) -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url

    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        migration = MigrationContext.configure(connection)
        with migration.begin_transaction(), Operations.context(migration) as operations:
            for step in steps:
                step(operations)
    engine.dispose()
