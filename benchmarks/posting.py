"""The reference of the benchmark of subscribers: a bare HTTP client that keeps its connections and posts what it has.

    python posting.py FOLDER CONNECTIONS     # a file PORT.json for each end point, a list of [headers, body]

It has everything in memory and signed before it begins, keeps nothing of what is answered, and prints the seconds from
the first request to the last answer. As many connections to each end point as the deliverer has, eventlet as it.
"""

from __future__ import annotations

import eventlet

eventlet.monkey_patch()

import http.client  # noqa: E402  # what it loads has to find the standard library patched
import json  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections import deque  # noqa: E402
from pathlib import Path  # noqa: E402

Message = tuple[dict[str, str], bytes]


def post(port: int, messages: deque[Message]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while messages:
        headers, body = messages.popleft()
        connection.request("POST", "/cqo", body, headers)
        response = connection.getresponse()
        response.read()
        assert response.status == 204
    connection.close()


def main(folder: Path, connections: int) -> None:
    queues = {
        int(path.stem): deque((headers, body.encode()) for headers, body in json.loads(path.read_text()))
        for path in folder.glob("*.json")
    }
    pool = eventlet.GreenPool(connections * len(queues))
    began = time.perf_counter()
    for port, messages in queues.items():
        for _ in range(connections):
            pool.spawn(post, port, messages)
    pool.waitall()
    sys.stdout.write(f"{time.perf_counter() - began}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
