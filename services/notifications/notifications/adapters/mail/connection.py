"""One connection to the mail server, and what its answers mean.

What counts is whether the letter may have been taken. Before its last line is sent it was not, whatever breaks; after
that only the server's answer tells.
"""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
import time
from collections.abc import Callable
from pathlib import Path

from chassis.logging import mask
from notifications.adapters.mail.server import MailServer
from notifications.domain.notice import Accepted, Refused, SmtpResult, Unanswered

log = logging.getLogger(__name__)

TIMEOUT = 60  # seconds for each answer but the last
# RFC 5321 §4.5.3.2.6 asks for patience here: who hangs up too early gets the letter delivered twice.
FINAL_TIMEOUT = 600
LETTERS_PER_CONNECTION = 200
IDLE = 5.0  # seconds after which a connection is closed, before the server does
LINE_END = re.compile(rb"\r\n|\r|\n")
LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
MAX_ANSWER = 500


class MailServerDown(Exception):
    """No connection to the mail server: it can't be reached, or did not let us in."""


class Connection:
    """Hands letters over, one after the other."""

    def __init__(self, server: MailServer, authority: Path | None = None) -> None:
        self.server = server
        self.authority = authority
        self.smtp: smtplib.SMTP | None = None
        self.handed_over = 0
        self.used_at = 0.0

    def open(self) -> None:
        """Connects, unless a usable connection is open; raises MailServerDown."""
        if self.is_open:
            return
        self.close()
        try:
            self.smtp = self._connect()
        except (OSError, smtplib.SMTPException) as fault:
            raise MailServerDown(f"{type(fault).__name__} at {self.server.host}:{self.server.port}") from fault
        self.handed_over, self.used_at = 0, time.monotonic()

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        context = ssl.create_default_context(cafile=self.authority) if server.security != "smtp" else None
        if server.security == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
        try:
            smtp.ehlo_or_helo_if_needed()
            if server.security == "smtp+starttls":
                smtp.starttls(context=context)
                smtp.ehlo_or_helo_if_needed()
            if server.username is not None:
                smtp.login(server.username, server.password or "")
        except (OSError, smtplib.SMTPException):
            smtp.close()
            raise
        return smtp

    @property
    def is_open(self) -> bool:
        """Whether a letter can be handed over; after many the connection is exchanged, as servers like it."""
        return self.smtp is not None and self.handed_over < LETTERS_PER_CONNECTION

    def close_if_idle(self) -> None:
        """Closes a connection that has not been used for a while."""
        if self.smtp is not None and time.monotonic() - self.used_at > IDLE:
            self.close()

    def close(self) -> None:
        """Says goodbye, if there still is somebody to say it to."""
        smtp, self.smtp = self.smtp, None
        if smtp is None:
            return
        try:
            smtp.quit()
        except (OSError, smtplib.SMTPException) as fault:
            log.debug("the mail server had hung up: %s", type(fault).__name__)

    def send(self, sender: str, recipient: str, content: bytes) -> SmtpResult:
        """Hands one letter over; the connection must be open. What breaks is in the result, never raised."""
        assert self.smtp is not None
        self.handed_over += 1
        self.used_at = time.monotonic()
        try:
            refusal = self._announce(self.smtp, sender, recipient)
        except (OSError, smtplib.SMTPException) as fault:
            self.close()
            return Refused(f"connection lost before the letter was handed over: {type(fault).__name__}", False)
        if refusal is not None:
            return refusal
        try:
            return self._hand_over(self.smtp, content)
        except (OSError, smtplib.SMTPException) as fault:
            self.close()
            return Unanswered(f"connection lost before the answer: {type(fault).__name__}")

    def _announce(self, smtp: smtplib.SMTP, sender: str, recipient: str) -> Refused | None:
        if not recipient.isascii():
            local, _, domain = recipient.rpartition("@")
            recipient = f"{local}@{domain.encode('idna').decode()}"
        options = []
        if not recipient.isascii():
            if not smtp.has_extn("smtputf8"):
                return Refused("the mail server takes no addresses with other letters than ASCII", True)
            smtp.command_encoding = "utf-8"
            options = ["SMTPUTF8"]
        steps: tuple[tuple[tuple[int, ...], Callable[[], tuple[int, bytes]]], ...] = (
            ((250,), lambda: smtp.mail(sender, options)),
            ((250, 251), lambda: smtp.rcpt(recipient)),
            ((354,), lambda: smtp.docmd("DATA")),
        )
        for expected, step in steps:
            code, answer = step()
            if code not in expected:
                return self._refused(smtp, code, answer)
        return None

    def _hand_over(self, smtp: smtplib.SMTP, content: bytes) -> SmtpResult:
        assert smtp.sock is not None
        smtp.sock.settimeout(FINAL_TIMEOUT)
        body = LEADING_DOT.sub(b"..", LINE_END.sub(b"\r\n", content))
        smtp.send(body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n"))
        code, answer = smtp.getreply()
        smtp.sock.settimeout(TIMEOUT)
        if code == 250:
            return Accepted(_masked_answer(code, answer))
        return self._refused(smtp, code, answer)

    def _refused(self, smtp: smtplib.SMTP, code: int, answer: bytes) -> Refused:
        """The server said no, and is ready for the next letter unless it hangs up."""
        try:
            if code == 421 or smtp.rset()[0] != 250:
                self.close()
        except (OSError, smtplib.SMTPException) as fault:
            log.debug("the mail server hung up after its answer: %s", type(fault).__name__)
            self.close()
        return Refused(_masked_answer(code, answer), permanent=code >= 500)


def _masked_answer(code: int, answer: bytes) -> str:
    # Servers like to repeat the address they refuse.
    return mask(f"{code} {answer.decode('utf-8', 'replace')}")[:MAX_ANSWER]
