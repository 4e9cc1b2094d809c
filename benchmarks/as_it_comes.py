"""nameko as it comes: commit, then dispatch; an event handler with a transaction of its own for each event.

python as_it_comes.py consume AMQP DATABASE | produce AMQP DATABASE EVENTS PER_COMMIT
"""

import dataclasses
import json
import os
import sys

os.environ["PSYCOPG_WAIT_FUNC"] = "wait_select"

import eventlet

eventlet.monkey_patch()

import workload  # noqa: E402
from nameko.events import EventDispatcher, event_handler  # noqa: E402
from nameko.extensions import DependencyProvider  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402
from nameko.testing.services import once  # noqa: E402
from sqlalchemy import create_engine  # noqa: E402
from sqlalchemy.engine import make_url  # noqa: E402
from sqlalchemy.orm import Session  # noqa: E402


class Engine(DependencyProvider):
    """The usual dependency: one engine for the service."""

    def setup(self):
        url = make_url(self.container.config["DATABASE"]).set(drivername="postgresql+psycopg")
        self.engine = create_engine(url, pool_size=10)

    def get_dependency(self, worker_ctx):
        return self.engine


class Consumer:
    name = "plain-consumer"
    engine = Engine()

    @event_handler("plain-producer", "item.made.v1")
    def item_made(self, payload):
        with Session(self.engine) as session, session.begin():
            workload.project(session, [payload])


class Producer:
    name = "plain-producer"
    engine = Engine()
    dispatch = EventDispatcher()

    @once
    def produce(self):
        events, size = int(sys.argv[4]), int(sys.argv[5])
        for first in range(0, events, size):
            items = [workload.Item(number) for number in range(first, min(first + size, events))]
            made = [json.loads(json.dumps(dataclasses.asdict(item.made()), default=str)) for item in items]
            with Session(self.engine) as session, session.begin():
                session.add_all(items)
            for payload in made:
                self.dispatch("item.made.v1", payload)


if __name__ == "__main__":
    runner = ServiceRunner({"AMQP_URI": sys.argv[2], "DATABASE": sys.argv[3]})
    runner.add_service(Consumer if sys.argv[1] == "consume" else Producer)
    runner.start()
    runner.wait()
