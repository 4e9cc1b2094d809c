"""Structured logs on stdout: one JSON object a line, or lines for people where stdout is a terminal.

Each has `timestamp`, `level`, `service`, `process` (api or worker), `event` and, where one is known, `correlation_id`.
What looks like an ID number, a phone number or an e-mail address is masked, wherever in the record it stands.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from io import StringIO
from typing import Any, TextIO, TypeAlias

import structlog
from structlog.contextvars import bind_contextvars, merge_contextvars
from structlog.typing import ExcInfo, Processor

Record: TypeAlias = MutableMapping[str, Any]  # Any: whatever is logged

ID_NUMBER = r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
OLD_ID_NUMBER = r"[1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}"
MOBILE = r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"
LANDLINE = r"0\d{2,3}-\d{7,8}"
E_MAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
# Not inside a longer word or number: a credit code or a UUID is no personal datum.
PERSONAL = re.compile(
    rf"(?<![0-9A-Za-z])(?:(?P<id>{ID_NUMBER}|{OLD_ID_NUMBER})|(?P<phone>{MOBILE}|{LANDLINE}))(?![0-9A-Za-z])"
    rf"|(?P<email>{E_MAIL})"
)
OWN_FIELDS = frozenset({"timestamp", "level", "service", "process", "logger"})
MAX_DEPTH = 8


class Correlation:
    """The id that ties together all that one request or event causes; each greenlet has its own."""

    def bind(self, correlation_id: str | None) -> None:
        """Makes `correlation_id` the present one of this greenlet."""
        bind_contextvars(correlation_id=correlation_id)


correlation = Correlation()


def configure(service: str, process: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Sends all logs of this process, nameko's and the libraries' too, through one handler."""
    stream = stream or sys.stdout
    shared: list[Processor] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(service, process),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(stream)],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # What a handler raises is logged where it is dealt with; nameko's own account of it would be the second.
    logging.getLogger("nameko.containers").setLevel(logging.CRITICAL)
    for chatty in ("alembic", "amqp", "kombu", "nameko"):
        logging.getLogger(chatty).setLevel(max(logging.getLogger().level, logging.WARNING))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _rendering(stream: TextIO) -> list[Processor]:
    if stream.isatty():
        return [
            structlog.dev.set_exc_info,
            redact,
            structlog.dev.ConsoleRenderer(exception_formatter=_redacted_traceback),
        ]
    # Exceptions become text before they are masked: their messages quote the values that broke something.
    return [
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
        redact,
        structlog.processors.JSONRenderer(ensure_ascii=False, default=_text),
    ]


def _redacted_traceback(stream: TextIO, exc_info: ExcInfo) -> None:
    written = StringIO()
    structlog.dev.plain_traceback(written, exc_info)
    stream.write(mask(written.getvalue()))


def _named(service: str, process: str) -> Processor:
    def add(_logger: object, _method: str, record: Record) -> Record:
        record["service"] = service
        # One local process may host both; each container binds its own name in the greenlets it starts.
        record.setdefault("process", process)
        return record

    return add


def redact(_logger: object, _method: str, record: Record) -> Record:
    """The processor that masks personal data in every value of a record."""
    for key, value in record.items():
        if key not in OWN_FIELDS:
            record[key] = _masked(value)
    return record


def _masked(value: object, depth: int = 0) -> object:
    if isinstance(value, str):
        return mask(value)
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**10 else _unchanged_or_masked(value)
    if depth < MAX_DEPTH and isinstance(value, Mapping):
        return {mask(str(key)): _masked(item, depth + 1) for key, item in value.items()}
    if depth < MAX_DEPTH and isinstance(value, list | tuple | set | frozenset):
        return [_masked(item, depth + 1) for item in value]
    return mask(_text(value))


def _unchanged_or_masked(number: int) -> int | str:
    written = mask(str(number))
    return number if written == str(number) else written


def mask(text: str) -> str:
    """`text` without ID numbers, phone numbers and e-mail addresses."""
    return PERSONAL.sub(lambda found: f"[{found.lastgroup}]", text)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
