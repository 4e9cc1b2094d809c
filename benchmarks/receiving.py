"""End points for the benchmark of subscribers: a bare server that keeps connections open and answers 204 to each POST.

python receiving.py PORTS     # listens on so many ports of its own, and prints them; ends with its standard input
"""

from __future__ import annotations

import asyncio
import sys

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class EndPoint(asyncio.Protocol):
    """Reads a request's length and its body, and answers; it parses nothing else."""

    def __init__(self) -> None:
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (head := self.buffer.find(b"\r\n\r\n")) >= 0:
            lines = self.buffer[:head].lower()
            length = int(lines.split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
            if len(self.buffer) < head + 4 + length:
                return
            self.buffer = self.buffer[head + 4 + length :]
            assert isinstance(self.transport, asyncio.WriteTransport)
            self.transport.write(ANSWER)


async def main(ports: int) -> None:
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(EndPoint, "127.0.0.1", 0) for _ in range(ports)]
    sys.stdout.write(" ".join(str(each.sockets[0].getsockname()[1]) for each in servers) + "\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
