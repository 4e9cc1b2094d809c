"""What is logged, and what must never be."""

from __future__ import annotations

import io
import json
import logging

import eventlet
import pytest
import structlog
from structlog.contextvars import get_contextvars

from chassis import logging as logs
from chassis.logging import correlation, mask


@pytest.fixture
def log() -> io.StringIO:
    """Where the logs of the test go, as JSON lines."""
    before = logging.getLogger().handlers[:], logging.getLogger().level
    stream = io.StringIO()
    logs.configure("pilot", "api", stream=stream)
    yield stream
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()
    logging.basicConfig(handlers=before[0], level=before[1], force=True)


def lines(log: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.mark.parametrize(
    "personal",
    [
        "220102199001010017",
        "22242619780707002X",
        "220102900101001",
        "13800138000",
        "+86 138-0013-8000",
        "138 0013 8000",
        "0431-88880000",
        "li.ming@example.invalid",
    ],
)
def test_personal_data_are_masked_wherever_they_stand(log: io.StringIO, personal: str) -> None:
    logger = logging.getLogger("test")
    logger.info("asked for %s.", personal)
    logger.info("nested", extra={"who": {"is": [personal, {"also": f"<{personal}>"}]}})
    structlog.get_logger().info(f"{personal} again", person=personal)
    try:
        raise ValueError(f"no such person: {personal}")
    except ValueError:
        logger.exception("failed")

    assert len(lines(log)) == 4
    assert personal not in log.getvalue()


@pytest.mark.parametrize(
    "harmless",
    [
        "91220200123456788T",
        "91220381MA17ABCD23",
        "0192f3a0-5b7c-7c3e-9d8a-138001380001",
        "2026-03-02T01:00:00.138001Z",
        "CQO-JL-2026-220100-00017X",
        "/enterprises/13800138-0013-7000-9d8a-3a2b1c0d4e5f",
        "1772413200000",
    ],
)
def test_codes_ids_and_times_are_left_as_they_are(harmless: str) -> None:
    assert mask(harmless) == harmless


def test_a_number_that_is_no_text_is_masked_too(log: io.StringIO) -> None:
    logging.getLogger("test").info("called", extra={"phone": 13800138000, "count": 13, "milliseconds": 1772413200000})

    assert lines(log)[0]["phone"] == "[phone]"
    assert lines(log)[0]["count"] == 13
    assert lines(log)[0]["milliseconds"] == 1772413200000


def test_every_line_says_when_how_grave_where_and_what(log: io.StringIO) -> None:
    correlation.bind("0192f3a0")
    logging.getLogger("test").warning("it happened")
    structlog.get_logger("test").warning("it happened")
    foreign, ours = lines(log)

    for line in (foreign, ours):
        assert line.pop("timestamp").endswith("Z")
        assert line == {
            "level": "warning",
            "logger": "test",
            "service": "pilot",
            "process": "api",
            "event": "it happened",
            "correlation_id": "0192f3a0",
        }


def test_each_greenlet_has_a_correlation_id_of_its_own() -> None:
    seen: dict[str, list[str | None]] = {}

    def work(name: str) -> None:
        seen[name] = [get_contextvars().get("correlation_id")]
        correlation.bind(name)
        eventlet.sleep(0)
        seen[name].append(get_contextvars().get("correlation_id"))

    for thread in [eventlet.spawn(work, name) for name in ("a", "b", "c")]:
        thread.wait()

    assert seen == {"a": [None, "a"], "b": [None, "b"], "c": [None, "c"]}
