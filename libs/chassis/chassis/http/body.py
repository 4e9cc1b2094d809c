"""Reading a request's body within its limit, and no slower than its deadline."""

from __future__ import annotations

from collections.abc import Collection

import eventlet
from eventlet.wsgi import ChunkReadError
from werkzeug.wrappers import Request as WerkzeugRequest

from chassis.errors import InvalidInput
from chassis.http.problems import BodyIncomplete, BodyTimeout, BodyTooLarge, RequestMalformed, WrongMediaType

JSON = "application/json"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
JSON_LIMIT = 1 << 20
FILE_LIMIT = 10 << 20
# Seconds for the whole body, so that a slow sender can't hold a connection; longer where a body may be longer.
READ_WITHIN, SLOWEST = 30, 350_000  # bytes a second
CHUNK = 1 << 16
ZIP_SIGNATURE = b"PK\x03\x04"


def read(raw_request: WerkzeugRequest, limit: int) -> bytes:
    """The body; BodyTooLarge as soon as its announced or its real length passes `limit`."""
    announced = raw_request.content_length
    if announced is not None and announced > limit:
        raise BodyTooLarge(limit_bytes=limit)
    if announced is None and raw_request.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return b""
    source = raw_request.environ["wsgi.input"]
    parts: list[bytes] = []
    size = 0
    try:
        with eventlet.Timeout(max(READ_WITHIN, limit / SLOWEST), BodyTimeout()):
            while announced is None or size < announced:
                part = source.read(CHUNK if announced is None else min(CHUNK, announced - size))
                if not part:
                    break
                parts.append(part)
                size += len(part)
                if size > limit:
                    raise BodyTooLarge(limit_bytes=limit)
    except ChunkReadError as fault:
        raise RequestMalformed() from fault
    except (OSError, ValueError) as fault:
        # The sender went away: there is no whole body to answer for.
        raise BodyIncomplete() from fault
    if announced is not None and size < announced:
        raise BodyIncomplete()
    return b"".join(parts)


def limit_for(raw_request: WerkzeugRequest, own: int | None) -> int:
    """The limit that holds for a request."""
    return own or (FILE_LIMIT if raw_request.mimetype in (WORKBOOK, CSV) else JSON_LIMIT)


def require_media_type(actual: str, *accepted: str) -> None:
    """Refuses a body of another content type."""
    if actual not in accepted:
        raise WrongMediaType(accepted=list(accepted))


def read_file(media_type: str, raw: bytes, accepted: Collection[str]) -> bytes:
    """The body as a file of one of these types; what is inside is for the service to judge."""
    require_media_type(media_type, *accepted)
    if media_type == WORKBOOK and not raw.startswith(ZIP_SIGNATURE):
        raise InvalidInput.at("", "Not an .xlsx workbook.", "不是 .xlsx 工作簿。")
    return raw
