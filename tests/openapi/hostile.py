"""Values that have broken services like these: texts, days, numbers, tokens, bodies and their types."""

from __future__ import annotations

import base64
import json
from typing import Any

TEXTS = (
    "",
    " ",
    "\u0000",
    "a\u0000b",
    "\u202eabc",
    "\u2066x\u2069",
    "\u200b",
    "\ud800",
    "\r\nX-Injected: 1",
    "５",
    "٣",
    "²",
    "e\u0301" * 200,
    "中" * 100_00,
    "' OR 1=1 --",
    "%00",
    "../../etc/passwd",
    "{{7*7}}",
    "null",
    "NaN",
)
DAYS = (
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "2026-W01-1",
    "20260101",
    "２０２６-01-01",
    "1899-12-31",
    "2201-01-01",
)
NUMBERS = (0, -1, 2**31, 2**63, -(2**63) - 1, 10**400, 1e308, 0.1, True, "5", "５", "1_0", "+1", " 1")
OTHERS = (None, True, [], {}, [None], {"": ""}, 1.5)
# In an address everything is a text.
IN_ADDRESS = (*TEXTS, *DAYS, *(str(number) for number in NUMBERS if not isinstance(number, bool)), "1", "true", "1.0")
IN_JSON = (*TEXTS, *DAYS, *NUMBERS, *OTHERS)

BODIES: tuple[tuple[str | None, bytes], ...] = (
    ("application/json", b""),
    ("application/json", b"\xff\xfe{}"),
    ("application/json", b'{"a": 1'),
    ("application/json", b"NaN"),
    ("application/json", b'"\\ud800"'),
    ("application/json", b'{"\\u0000": 1}'),
    ("application/json", b"[" * 5_000 + b"]" * 5_000),
    ("application/json", b"1" * 5_000),
    ("application/json", b'{"a": 1e999}'),
    ("application/json", b'{"a": 1, "a": 2}'),
    ("text/plain", b"{}"),
    (None, b"{}"),
    ("application/json; charset=utf-16", '{"a": 1}'.encode("utf-16")),
    ("multipart/form-data; boundary=x", b"--x--"),
    ("application/x-www-form-urlencoded", b"a=1"),
)
HEADERS = (
    ("If-Match", "*"),
    ("If-Match", '"99999999999999999999"'),
    ("If-Match", "W/"),
    ("If-Match", '"²"'),
    ("If-None-Match", '"\x7f'),
    ("Idempotency-Key", "x" * 300),
    ("Idempotency-Key", "é"),
    ("Accept-Language", ";q=nan,zh;q=9"),
    ("Accept", "text/csv"),
    ("Range", "bytes=0-1"),
    ("X-Correlation-Id", "'\"<>"),
)


def tokens(good: str) -> tuple[str, ...]:
    """`Authorization` headers of which none may open anything; `good` is a token that would."""
    head, body, signature = good.split(".")
    none = _part({"alg": "none", "typ": "JWT"})
    return (
        "",
        "Bearer",
        "Bearer ",
        "Basic cHJvdmluY2U6eA==",
        f"Bearer {head}.{body}.",
        f"Bearer {none}.{body}.",
        f"Bearer {none}.{body}.{signature}",
        f"Bearer {head}.{_part({'role': 'province', 'exp': 10**400})}.{signature}",
        f"Bearer {head}.{body}.{signature[:-4]}AAAA",
        "Bearer " + "a" * 9000,
        "Bearer ..",
        "Bearer \xff\xfe",
        f"Bearer {good} {good}",
    )


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
