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
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from chassis.logging import mask
from notifications.adapters.mail.message import compose
from notifications.adapters.mail.server import MailServer
from notifications.adapters.sending.connection import CannotCompose, Message, ServerDown
from notifications.domain.notice import Accepted, Channel, Outcome, Refused, Unanswered

log = logging.getLogger(__name__)

LETTERS_PER_CONNECTION = 200
IDLE = 5.0  # seconds after which a connection is closed, before the server does
LINE_END = re.compile(rb"\r\n|\r|\n")
LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
MAX_ANSWER = 500
# Nobody has the address (RFC 3463: bad mailbox, bad system, mailbox disabled), said by an enhanced status code, or, of
# a server that gives none, by its answer to RCPT.
BAD_ADDRESS = re.compile(r"5\.(1\.(0|1|2|3|6|10)|2\.1)$")
STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
BAD_RECIPIENT = (550, 551, 553)


def is_bad_address(status: str) -> bool:
    """Whether an enhanced status code, as 5.1.1, says that nobody has the address."""
    return BAD_ADDRESS.match(status) is not None


class Answered(NamedTuple):
    """A command, the codes that were expected, and what the server said."""

    command: str
    expected: Collection[int]
    code: int
    answer: bytes


class MailConnection:
    """Hands letters over by SMTP, one after the other."""

    channel = Channel.EMAIL
    # A commit for each would cost more than the sending; of so many the outcome is in doubt where a worker dies.
    at_once = 25
    limits_of = None

    def __init__(
        self,
        server: MailServer,
        sender: str,
        authority: Path | None = None,
        timeout: float = 60,
        final_timeout: float = 600,
    ) -> None:
        """`timeout`: seconds for each answer but the last, for which there are `final_timeout`.

        RFC 5321 §4.5.3.2.6 asks for patience there: who hangs up too early gets the letter delivered twice.
        """
        self.server = server
        self.sender = sender
        self.mail_from = f"MAIL FROM:{smtplib.quoteaddr(sender)}"
        self.authority = authority
        self.timeout, self.final_timeout = timeout, final_timeout
        self.smtp: smtplib.SMTP | None = None
        self.handed_over = 0
        self.used_at = 0.0

    def open(self) -> None:
        """Connects, unless a usable connection is open; raises ServerDown."""
        if self.is_open:
            return
        self.close()
        try:
            self.smtp = self._connect()
        except (OSError, smtplib.SMTPException) as fault:
            raise ServerDown(f"{type(fault).__name__} at {self.server.host}:{self.server.port}") from fault
        self.handed_over, self.used_at = 0, time.monotonic()

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        context = ssl.create_default_context(cafile=self.authority) if server.security != "smtp" else None
        if server.security == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=self.timeout, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=self.timeout)
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

    def send(self, message: Message) -> Outcome:
        """Hands one letter over; the connection must be open. CannotCompose; what else breaks is in the outcome."""
        assert self.smtp is not None
        try:
            told, text = message.references[0], message.text
            content = compose(message.identity, told, self.sender, message.address, text, message.at)
        except ValueError as fault:
            raise CannotCompose(str(fault)) from fault
        self.handed_over += 1
        self.used_at = time.monotonic()
        try:
            refusal = self._announce(self.smtp, message.address)
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

    def _announce(self, smtp: smtplib.SMTP, recipient: str) -> Refused | None:
        if not recipient.isascii():
            local, _, domain = recipient.rpartition("@")
            recipient = f"{local}@{domain.encode('idna').decode()}"
        option = ""
        if not recipient.isascii():
            if not smtp.has_extn("smtputf8"):
                return Refused("the mail server takes no addresses with other letters than ASCII", True)
            smtp.command_encoding = "utf-8"
            option = " SMTPUTF8"
        mail, rcpt = f"{self.mail_from}{option}", f"RCPT TO:{smtplib.quoteaddr(recipient)}"
        answers = self._say(smtp, ((mail, (250,)), (rcpt, (250, 251)), ("DATA", (354,))))
        for command, expected, code, answer in answers:
            if code not in expected:
                # A server that took the commands together may wait for a text all the same: it gets none (RFC 2920).
                if answers[-1].code == 354:
                    smtp.docmd(".")
                return self._refused(smtp, code, answer, at_recipient=command == rcpt)
        return None

    @staticmethod
    def _say(smtp: smtplib.SMTP, commands: Sequence[tuple[str, Collection[int]]]) -> list[Answered]:
        """The answers up to the first that was not expected; all commands go out together where the server allows it,
        which saves two ways there and back."""
        together, answers = smtp.has_extn("pipelining"), list[Answered]()
        if together:
            smtp.send("".join(f"{command}\r\n" for command, _ in commands))
        for command, expected in commands:
            if not together:
                smtp.putcmd(command)
            answers.append(Answered(command, expected, *smtp.getreply()))
            hangs_up = answers[-1].code == 421
            if hangs_up or (not together and answers[-1].code not in expected):
                break
        return answers

    def _hand_over(self, smtp: smtplib.SMTP, content: bytes) -> Outcome:
        assert smtp.sock is not None
        smtp.sock.settimeout(self.final_timeout)
        body = LEADING_DOT.sub(b"..", LINE_END.sub(b"\r\n", content))
        smtp.send(body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n"))
        code, answer = smtp.getreply()
        smtp.sock.settimeout(self.timeout)
        if code == 250:
            return Accepted(_masked_answer(code, answer))
        return self._refused(smtp, code, answer)

    def _refused(self, smtp: smtplib.SMTP, code: int, answer: bytes, at_recipient: bool = False) -> Refused:
        """The server said no, and is ready for the next letter unless it hangs up."""
        try:
            if code == 421 or smtp.rset()[0] != 250:
                self.close()
        except (OSError, smtplib.SMTPException) as fault:
            log.debug("the mail server hung up after its answer: %s", type(fault).__name__)
            self.close()
        status = STATUS.match(answer.decode("utf-8", "replace"))
        is_bad = is_bad_address(status[1]) if status else at_recipient and code in BAD_RECIPIENT
        return Refused(_masked_answer(code, answer), permanent=code >= 500, address_is_bad=is_bad)


def _masked_answer(code: int, answer: bytes) -> str:
    # Servers like to repeat the address they refuse.
    return mask(f"{code} {answer.decode('utf-8', 'replace')}")[:MAX_ANSWER]
