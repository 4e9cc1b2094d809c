"""The programs in docs/subscribers.md, as they stand there, on a real broker."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chassis import broker
from chassis.messaging.envelope import Envelope
from testkit import publish, wait_for

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "subscribers.md"
BLOCK = re.compile(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", re.DOTALL)
URL_IN_THE_DOCUMENT = "amqp://example:secret@broker:5672/"
COMMANDS = {
    "with kombu": ["reader.py"],
    "with nameko": ["-m", "nameko", "run", "--config", "nameko.yaml", "subscriber"],
}
MADE = Envelope(
    "0199aaaa-0000-7000-8000-000000000001",
    "/registry",
    "appointment.made.v1",
    "a1",
    datetime(2026, 3, 2, tzinfo=UTC),
    1,
    {"position": "副总经理"},
)
FILED = replace(MADE, id="0199aaaa-0000-7000-8000-000000000002", type="appointment.filed.v1", sequence=2)


@pytest.fixture
def queue(topology: str) -> Iterator[Any]:
    """The channel of an operator, who has made the queue `ext.example` and bound it."""
    connection = broker.connect(topology, "test")
    channel = connection.channel()
    channel.queue_declare("ext.example", durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
    channel.queue_bind("ext.example", "registry.events", "appointment.#")
    yield channel
    channel.queue_delete("ext.example")
    broker.close(connection)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_program_of_the_document_keeps_each_event_once_and_in_order(
    command: list[str], queue: Any, topology: str, tmp_path: Path
) -> None:
    for name, code in BLOCK.findall(DOCUMENT.read_text()):
        (tmp_path / name).write_text(code.replace(URL_IN_THE_DOCUMENT, topology))

    def run() -> subprocess.Popen[bytes]:
        with (tmp_path / "log").open("ab") as log:
            return subprocess.Popen([sys.executable, *command], cwd=tmp_path, stdout=log, stderr=log)

    def kept() -> list[str]:
        with closing(sqlite3.connect(tmp_path / "events.db")) as database:
            try:
                return [row[0] for row in database.execute("SELECT id FROM event ORDER BY rowid")]
            except sqlite3.OperationalError:
                return []  # the program has not made its tables yet

    def is_empty() -> bool:
        return bool(queue.queue_declare("ext.example", passive=True).message_count == 0)

    publish(topology, MADE, FILED, MADE)
    program = run()
    try:
        wait_for(lambda: (kept() and is_empty()) or program.poll() is not None, 15)
        assert program.poll() is None, (tmp_path / "log").read_text()
    finally:
        program.kill()
        program.wait()
    # What it had in hand comes again, beside another repetition; then something new.
    again = replace(MADE, id="0199aaaa-0000-7000-8000-000000000003", subject="a2")
    publish(topology, FILED, again)
    program = run()
    try:
        wait_for(lambda: again.id in kept(), 15)
    finally:
        program.kill()
        program.wait()

    assert kept() == [MADE.id, FILED.id, again.id]
