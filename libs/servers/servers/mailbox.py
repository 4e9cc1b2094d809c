"""The local mailbox: an SMTP server that keeps each message as a file, on disk before it says it has it.

`python -m servers.mailbox --port 8025 --folder mail`
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import time
from pathlib import Path

import click
from aiosmtpd.smtp import SMTP, Envelope, Session

_numbers = itertools.count(1)


class Mailbox:
    """Writes each accepted message to `folder` as an .eml file, named so that a list of them is in order of arrival."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        # Commands are read one by one from what has come in, so a client need not wait for each answer (RFC 2920).
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        recipients = ", ".join(envelope.rcpt_tos).encode()
        trace = b"X-Envelope-From: %b\r\nX-Envelope-To: %b\r\n" % ((envelope.mail_from or "").encode(), recipients)
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(_numbers)}.eml"
        # In a thread: what one connection waits for the disk, another one uses.
        await asyncio.to_thread(self.keep, name, trace + content)
        return "250 2.0.0 kept"

    def keep(self, name: str, content: bytes) -> None:
        """Writes and syncs the message under a hidden name, then gives it its own: a reader never sees half of one."""
        hidden = self.folder / f".{name}"
        with os.fdopen(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        hidden.rename(self.folder / name)
        directory = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


async def serve(host: str, port: int, folder: Path) -> None:
    """Accepts mail until SIGTERM."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    mailbox = Mailbox(folder)
    server = await loop.create_server(
        lambda: SMTP(mailbox, hostname="localhost", enable_SMTPUTF8=True, loop=loop), host, port, reuse_address=True
    )
    async with server:
        await ended.wait()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, required=True)
@click.option("--folder", type=click.Path(path_type=Path), required=True)
def main(host: str, port: int, folder: Path) -> None:
    """Keeps mail that is sent to HOST:PORT in FOLDER."""
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(host, port, folder))


if __name__ == "__main__":
    main()
