"""The connections that a server holds: at most so many, and the one that has kept us waiting longest goes first."""

from __future__ import annotations

import logging
import resource
import socket

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 500
SHARE_OF_DESCRIPTORS = 0.5  # the rest is for the database, the broker and files


class Connections:
    """Open connections. Those that wait for a request's headers stand in the order in which they began to wait.

    A client that opens connections and says little can so keep out nobody but itself: its oldest makes room for the
    next one that comes, and whoever sends a whole request at once is hardly ever waiting.
    """

    def __init__(self, most: int | None = None) -> None:
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.most = most or min(MOST_CONNECTIONS, int(descriptors * SHARE_OF_DESCRIPTORS))
        self.open: set[socket.socket] = set()
        self.waiting: dict[socket.socket, None] = {}  # a dict keeps the order of entry

    def add(self, connection: socket.socket) -> None:
        """Takes in a new connection; beyond the limit, in the place of the one that has waited longest."""
        if len(self.open) >= self.most:
            self.end_longest_waiting()
        self.open.add(connection)
        self.waiting[connection] = None

    def wait(self, connection: socket.socket) -> None:
        """Notes that the connection begins to wait for a request."""
        self.waiting.pop(connection, None)
        self.waiting[connection] = None

    def serve(self, connection: socket.socket) -> None:
        """Notes that the connection has sent a request's headers, and is ours to answer."""
        self.waiting.pop(connection, None)

    def remove(self, connection: socket.socket) -> None:
        """Forgets a connection that has ended."""
        self.open.discard(connection)
        self.waiting.pop(connection, None)

    def end_longest_waiting(self) -> None:
        """Ends the connection that has waited longest, if any waits; its own greenlet sees the end and closes it."""
        longest = next(iter(self.waiting), None)
        if longest is None:
            log.warning("%d connections are open, and none of them waits", len(self.open))
            return
        self.remove(longest)
        try:
            longest.shutdown(socket.SHUT_RDWR)
        except OSError as fault:
            log.debug("a connection was gone already: %s", fault)
