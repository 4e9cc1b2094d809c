"""Notifications's configuration."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from chassis.settings import setting
from notifications.adapters.mail.server import MailServer, is_loopback, parse_url
from programme import settings
from programme.access import ACCESS

__all__ = ["ACCESS", "Settings"]


def check_url(url: str) -> str:
    """The URL, if it is one that messages may be sent to; ValueError if not: https://, or http:// on this machine."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("must be https://host/path")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("messages may not go over the network in clear; use https://")
    return url


def url_or_none(text: str) -> str | None:
    """The same; None for an empty text."""
    return check_url(text) if text else None


def hosts(text: str) -> tuple[str, ...]:
    """Names with commas between."""
    return tuple(each.strip().lower() for each in text.split(",") if each.strip())


DEFAULT_SCHEDULE = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)


def parse_schedule(text: str) -> tuple[float, ...]:
    """Positive seconds with commas between, at least one; ValueError for anything else."""
    waits = tuple(float(each) for each in text.split(","))
    if not all(0 < each < math.inf for each in waits):
        raise ValueError(f"{text!r} holds a wait that is not positive")
    return waits


@dataclass(frozen=True)
class Settings(settings.Settings):
    """The settings this service has beside the programme's."""

    pii_key: str = setting("32 bytes in base64 that encrypt contact points at rest", secret=True)
    pii_index_key: str = setting("32 bytes in base64 that key the index of contact points", secret=True)
    notice_key: str = setting("32 bytes in base64 that seal notices; or several, with commas between", secret=True)
    contact_private_key: str = setting("the JWK (JSON) with which contact points sealed for us are opened", secret=True)
    smtp_url: MailServer | None = setting(
        "the mail server: smtp://host:port in clear, smtp+starttls://user:password@host:port, "
        "smtps://user:password@host; or off: nothing is sent by e-mail",
        parse=parse_url,
        secret=True,
    )
    smtp_ca: Path | None = setting(
        "a file with the authority that signed the mail server's certificate, if not a public one", None
    )
    smtp_connections: int = setting("how many connections each worker opens to the mail server at most", 8)
    smtp_timeout: float = setting("seconds for each answer of the mail server but the last", 60.0)
    smtp_final_timeout: float = setting("seconds for its answer to a whole letter; RFC 5321 asks for 600", 600.0)
    bounces: Path | None = setting(
        "the Maildir folder, or the mbox file, into which letters that come back are put", None
    )
    sms_url: str | None = setting(
        "the gateway for text messages, https://…; without it none are sent", None, parse=url_or_none
    )
    sms_key: str | None = setting("the key that the gateway knows us by", None, secret=True)
    sms_signature: str | None = setting("the name in 【】 that text messages begin with", None)
    sms_template: str | None = setting("the template that the gateway knows them by, if it asks for one", None)
    sms_ca: Path | None = setting(
        "a file with the authority that signed the gateway's certificate, if not a public one", None
    )
    sms_timeout: float = setting("seconds for connecting to the gateway, and for its answer", 10.0)
    sms_parts: int = setting("the most parts of 67 characters that a text message may have", 3)
    sms_price: int = setting("what a part costs, in fen", 5)
    sms_daily_limit: int = setting("what may be spent on text messages in a day, in fen", 50_000)
    sms_daily_of_recipient: int = setting("the most text messages to one recipient in a day", 5)
    robot_hosts: tuple[str, ...] = setting(
        "the chat services whose robots may be used, with commas, as oapi.dingtalk.com,qyapi.weixin.qq.com; "
        "without any no robot is",
        (),
        parse=hosts,
    )
    robot_timeout: float = setting("seconds for connecting to a chat service, and for its answer", 10.0)
    notice_days: int = setting("for how many days notices, what became of them and their proof are kept", 400)
    mail_journal: Path | None = setting(
        "the folder in which the mail server keeps a copy of each message that it took: a Maildir, or *.eml", None
    )
    subscribers_amqp_url: str | None = setting(
        "where other systems' queues are filled, amqp://user:password@host:port/cqo-public; unset: there are none",
        None,
        secret=True,
    )
    subscribers_management_url: str | None = setting(
        "the HTTP API of that broker, http://user:password@host:15672, by which their queues and users are made",
        None,
        secret=True,
    )
    subscribers_broker: str | None = setting(
        "how subscribers reach that broker, amqps://host:port; unset: as we do ourselves", None
    )
    subscribers_queue_messages: int = setting(
        "events that a subscriber's queue holds; then it drops its oldest", 100_000
    )
    subscribers_queue_bytes: int = setting("the same in bytes", 200_000_000)
    webhook_schedule: tuple[float, ...] = setting(
        "seconds after which an event that an end point did not take is tried again, each time the next, with commas",
        DEFAULT_SCHEDULE,
        parse=parse_schedule,
    )
    webhook_seconds: float = setting("the longest an attempt may take, from the name to the answer's end", 15.0)
    webhook_open_after: int = setting("failures in a row after which an end point is spared, but for probes", 5)
    webhook_probe_seconds: float = setting("the longest wait between two probes of such an end point", 300.0)
    webhook_disable_days: float = setting("days without a success after which an end point is disabled", 5.0)
    webhook_end_points: int = setting("how many end points each worker delivers to at once", 100)
    webhook_log_days: int = setting("for how many days the log of attempts is kept", 7)
    subscription_days: int = setting("for how many days what a subscription was given is kept", 30)
    mail_from: str = setting("the address that letters come from", "no-reply@cqo.invalid")
