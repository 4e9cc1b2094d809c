"""A body that comes in chunks (RFC 9112, 7.1), read strictly: eventlet's own reader takes a size of -5."""

from __future__ import annotations

import re
from typing import Any

from eventlet import wsgi

SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?\r\n")
LONGEST_LINE = 1024  # bytes of a chunk's size with its extensions, or of a trailer
MOST_TRAILERS = 20


class ChunkedInput(wsgi.Input):  # type: ignore[misc]  # eventlet has no types
    """The body of a request with `Transfer-Encoding: chunked`."""

    def __init__(self, rfile: Any, wfile: Any, wfile_line: bytes | None) -> None:  # Any: the connection's files
        super().__init__(rfile, None, None, wfile=wfile, wfile_line=wfile_line, chunked_input=True)
        self.left = 0  # bytes of the present chunk that are still to come
        self.is_whole = False
        self.is_broken = False

    def read(self, length: int | None = None) -> bytes:
        """At most `length` bytes of the body, b"" at its end; ChunkReadError where it is malformed or breaks off."""
        if self.should_send_hundred_continue:
            self.send_hundred_continue_response()
            self.is_hundred_continue_response_sent = True
        parts: list[bytes] = []
        wanted = length
        while not self.is_whole and (wanted is None or wanted > 0):
            if not self.left and not self._begin_chunk():
                break
            part = self.rfile.read(self.left if wanted is None else min(self.left, wanted))
            self._require(bool(part))
            parts.append(part)
            self.left -= len(part)
            wanted = None if wanted is None else wanted - len(part)
            if not self.left:
                self._require(self.rfile.read(2) == b"\r\n")
        return b"".join(parts)

    def _begin_chunk(self) -> bool:
        """Reads a chunk's size; False if it was the last, after its trailers."""
        self._require(not self.is_broken)
        found = SIZE_LINE.fullmatch(self.rfile.readline(LONGEST_LINE))
        self._require(found is not None)
        self.left = int(found[1], 16) if found else 0
        if self.left:
            return True
        for _ in range(MOST_TRAILERS):
            line = self.rfile.readline(LONGEST_LINE)
            if line == b"\r\n":
                self.is_whole = True
                return False
            self._require(line.endswith(b"\r\n"))
        self._require(False)
        return False

    def _require(self, holds: bool) -> None:
        if not holds:
            self.is_broken = True
            raise wsgi.ChunkReadError("the body's chunks are malformed or break off")
