"""A letter as a mail message (RFC 5322)."""

from __future__ import annotations

from datetime import datetime
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime

from notifications import texts

POLICY = compat32.clone(linesep="\r\n")


def message_id(delivery_id: str, sender: str) -> str:
    """The same for each attempt, so that a letter that came twice can be recognised as one."""
    return f"<{delivery_id}@{sender.rpartition('@')[2]}>"


def compose(delivery_id: str, notice_id: str, sender: str, recipient: str, text: texts.Text, at: datetime) -> bytes:
    """The message's bytes, as plain text and as HTML. Raises ValueError if a header would break."""
    if not (recipient.isprintable() and text.subject.isprintable()):
        raise ValueError("a header may not hold control characters")
    # The older of the standard library's two ways: ten times as fast, and these headers need no more.
    message = MIMEMultipart("alternative", policy=POLICY)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = Header(text.subject, "utf-8")
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(delivery_id, sender)
    message["Content-Language"] = "zh-CN"
    # RFC 3834: absence replies to a machine help nobody.
    message["Auto-Submitted"] = "auto-generated"
    message["CQO-Notice"] = notice_id
    message.attach(MIMEText(text.body, "plain", "utf-8", policy=POLICY))
    message.attach(MIMEText(texts.as_html(text), "html", "utf-8", policy=POLICY))
    return message.as_bytes()
