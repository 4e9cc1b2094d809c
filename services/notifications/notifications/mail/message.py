"""A letter as a mail message (RFC 5322)."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from notifications import texts


def message_id(delivery_id: str, sender: str) -> str:
    """The same for each attempt, so that a letter that came twice can be recognised as one."""
    return f"<{delivery_id}@{sender.rpartition('@')[2]}>"


def compose(delivery_id: str, notice_id: str, sender: str, recipient: str, text: texts.Text, at: datetime) -> bytes:
    """The message's bytes, as plain text and as HTML."""
    message = EmailMessage(policy=SMTP if recipient.isascii() else SMTPUTF8)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = text.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(delivery_id, sender)
    message["Content-Language"] = "zh-CN"
    # RFC 3834: absence replies to a machine help nobody.
    message["Auto-Submitted"] = "auto-generated"
    message["CQO-Notice"] = notice_id
    message.set_content(text.body)
    message.add_alternative(texts.as_html(text), subtype="html")
    return message.as_bytes()
