"""Messages that no publisher of ours sends: forged, broken, and made to break who reads or keeps them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chassis.messaging.envelope import Envelope

Event = dict[str, Any]
DELETE = object()
AT = '"@"'  # stands for JSON that Python's encoder would not write

REPLACED: dict[str, dict[str, Any]] = {
    "time before the first year in UTC": {"time": "0001-01-01T00:00:00+14:00"},
    "time after the last year in UTC": {"time": "9999-12-31T23:59:59-14:00"},
    "time in the first year": {"time": "0001-01-01T00:00:00Z"},
    "time without a zone": {"time": "2026-01-01T00:00:00"},
    "time that is a number": {"time": 1},
    "time that is nested": {"time": [[[[[]]]]]},
    "time that is empty": {"time": ""},
    "time with a leap second": {"time": "2026-12-31T23:59:60Z"},
    "no time": {"time": DELETE},
    "no data": {"data": DELETE},
    "no id": {"id": DELETE},
    "no sequence": {"sequence": DELETE},
    "sequence 0": {"sequence": 0},
    "sequence below 0": {"sequence": -1},
    "sequence that is a text": {"sequence": "1"},
    "sequence that is true": {"sequence": True},
    "sequence with a fraction": {"sequence": 1.5},
    "sequence beyond 63 bits": {"sequence": 2**63},
    "the largest of 63 bits": {"sequence": 2**63 - 1},
    "sequence beyond any version": {"sequence": 2**31},
    "data that is a list": {"data": []},
    "data that is a text": {"data": "x"},
    "data that is null": {"data": None},
    "data that is empty": {"data": {}},
    "id that is empty": {"id": ""},
    "id of a megabyte": {"id": "x" * 1_000_000},
    "subject of a megabyte": {"subject": "x" * 1_000_000},
    "type of a megabyte": {"type": "thing." + "x" * 1_000_000},
    "subject that is a list": {"subject": ["a"]},
    "division that is a number": {"division": 1},
    "correlation that is an object": {"correlationid": {}},
    "source of somebody": {"source": "/evil"},
    "source that is empty": {"source": ""},
}
# What stands in the place of the event's data, or of another member, as it is.
WRITTEN: dict[str, tuple[str, str]] = {
    "data nested 100 deep": ("data", '{"a":' * 100 + "1" + "}" * 100),
    "data nested 900 deep": ("data", '{"a":' + "[" * 900 + "]" * 900 + "}"),
    "data nested 1,000 deep": ("data", '{"a":' + "[" * 1_000 + "]" * 1_000 + "}"),
    "data nested 100,000 deep": ("data", '{"a":' + "[" * 100_000 + "]" * 100_000 + "}"),
    "time nested 900 deep": ("time", "[" * 900 + "]" * 900),
    "sequence nested 900 deep": ("sequence", "[" * 900 + "]" * 900),
    "an unknown member nested 900 deep": ("more", "[" * 900 + '"\\u0041"' + "]" * 900),
    "a number of 4,300 digits": ("sequence", "9" * 4_300),
    "a number of 5,000 digits": ("data", '{"number":' + "9" * 5_000 + "}"),
    "a number that is infinite": ("data", '{"number":1e999}'),
    "NaN": ("data", '{"number":NaN}'),
    "a NUL in a text": ("data", '{"number":"\\u0000"}'),
    "a NUL in the subject": ("subject", '"a\\u0000"'),
    "half a surrogate": ("data", '{"number":"\\ud800"}'),
    "half a surrogate in a name": ("data", '{"\\udfff":1}'),
    "half a surrogate in the type": ("type", '"thing.\\ud800"'),
}
RAW: dict[str, bytes] = {
    "nothing": b"",
    "bytes": b"\x00\xff\xfe",
    "a list": b"[1, 2]",
    "null": b"null",
    "a number": b"1",
    "an empty object": b"{}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"specversion": "1.0"}'.encode("utf-16"),
    "an object cut short": b'{"specversion": "1.0", "id": ',
    "brackets only": b"[" * 100_000,
    "a megabyte of spaces": b" " * 1_000_000,
}


def hostile_messages(event: Envelope) -> dict[str, bytes]:
    """More than forty kinds of them, each by its name; `event` is a good one, after which they are made."""
    good = event.to_dict()
    messages = {name: _replaced(good, changes) for name, changes in REPLACED.items()}
    messages |= {name: _written(good, *place) for name, place in WRITTEN.items()}
    return messages | RAW


def _replaced(good: Event, changes: Event) -> bytes:
    kept = {name: value for name, value in (good | changes).items() if value is not DELETE}
    return json.dumps(kept).encode()


def _written(good: Event, member: str, value: str) -> bytes:
    return json.dumps(good | {member: "@"}).replace(AT, value).encode()


def outcome(read: Callable[[bytes], Envelope], raw: bytes) -> Envelope | Exception:
    """The event that `read` finds in `raw`, or what it raises."""
    try:
        return read(raw)
    except Exception as fault:
        return fault
