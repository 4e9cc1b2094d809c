"""Text messages by a gateway's HTTP interface (docs/operations.md, "Text messages").

    POST <CQO_SMS_URL>
    Authorization: Bearer <CQO_SMS_KEY>
    Idempotency-Key: <identity>

    {"id": "<identity>", "to": "13800000001", "signature": "…", "template": "…", "text": "…"}

The gateway answers with `{"errcode": 0, "errmsg": "…"}`. Another code is a refusal, even where the status is 200.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from chassis.clock import SHANGHAI
from notifications.adapters import texts
from notifications.adapters.http_connection import Answer, HttpConnection, NoAnswer, refusal
from notifications.adapters.sending.connection import Message, ServerDown
from notifications.domain.notice import Accepted, Channel, Outcome, Refused, Unanswered
from notifications.usecases.letters import Letter
from notifications.usecases.limits import Limit

# Characters in a message of one part, and in each part of a longer one (UCS-2, as any Chinese text is sent).
ONE_PART, EACH_PART = 70, 67
TAIL = "，详情请登录系统查看。"
MORE = "…"
# errcodes by which a gateway says that nobody has the number, and that it may take the message later.
BAD_NUMBER = ("bad_number", "no_such_number", "suspended_number")
LATER = ("busy", "rate_limited", "later", -1)


def parts(text: str) -> int:
    """In how many parts a text is sent, which is what is paid for."""
    return 1 if len(text) <= ONE_PART else -(-len(text) // EACH_PART)


def compose(signature: str, text: texts.Text, most: int) -> str:
    """The message of at most `most` parts: who sends it, and the notice's short form, which names nobody else.

    A notice from before it had a short form is told by its subject.
    """
    room = ONE_PART if most == 1 else most * EACH_PART
    said = f"【{signature}】{text.short or text.subject + TAIL}"
    return said if len(said) <= room else said[: room - len(MORE)] + MORE


@dataclass(frozen=True)
class Gateway:
    """Where the gateway is, under which name it sends, and what may be spent; money in fen (1/100 yuan)."""

    url: str
    key: str
    signature: str
    template: str | None = None
    timeout: float = 10
    authority: Path | None = None
    most_parts: int = 3
    price: int = 5  # of a part
    most_a_day: int = 50_000
    messages_a_day: int = 5  # to one recipient


class SmsConnection:
    """Hands text messages over to a gateway, one after the other."""

    channel = Channel.SMS
    at_once = 5

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.http = HttpConnection(gateway.url, gateway.timeout, gateway.authority)
        where = urlsplit(gateway.url)
        self.target = f"{where.path or '/'}{f'?{where.query}' if where.query else ''}"

    @property
    def is_open(self) -> bool:
        return self.http.is_connected

    def open(self) -> None:
        self.http.open()

    def close(self) -> None:
        self.http.close()

    def close_if_idle(self) -> None:
        self.http.close_if_idle()

    def limits_of(self, letter: Letter) -> Sequence[Limit]:
        """A letter counts on what is spent on the day, and on what its recipient gets on it."""
        since, until = day_of(datetime.now(UTC))
        of, gateway = letter.notice, self.gateway
        cost = parts(self._text(letter.text)) * gateway.price
        whose = f"sms:{of.recipient_kind}:{of.recipient_id}"
        return (
            Limit("sms_daily", "sms", since, until, cost, gateway.most_a_day),
            Limit("sms_daily_of_recipient", whose, since, until, 1, gateway.messages_a_day, of_recipient=True),
        )

    def send(self, message: Message) -> Outcome:
        """Hands one message over; a gateway that gets its identity a second time must not send it again."""
        content = {
            "id": message.identity,
            "to": message.address,
            "signature": self.gateway.signature,
            "template": self.gateway.template,
            "text": self._text(message.text),
        }
        headers = {"Authorization": f"Bearer {self.gateway.key}", "Idempotency-Key": message.identity}
        try:
            answer = self.http.post(self.target, json.dumps(content, ensure_ascii=False).encode(), headers)
        except ServerDown as fault:
            return Refused(f"connection lost before the message was handed over: {fault}", permanent=False)
        except NoAnswer as fault:
            return Unanswered(str(fault))
        return refusal(answer) or _read(answer)

    def _text(self, text: texts.Text) -> str:
        return compose(self.gateway.signature, text, self.gateway.most_parts)


def _read(answer: Answer) -> Outcome:
    code = answer.document().get("errcode")
    if code in (0, "0", "OK", "ok"):
        return Accepted(answer.text)
    if code is None:
        # It said yes, but not what we can read: it may have been taken.
        return Unanswered(answer.text)
    return Refused(answer.text, permanent=code not in LATER, address_is_bad=code in BAD_NUMBER)


def day_of(at: datetime) -> tuple[datetime, datetime]:
    """The day in Asia/Shanghai on which `at` falls: its beginning, and that of the next."""
    day: date = at.astimezone(SHANGHAI).date()
    begins = datetime.combine(day, time.min, SHANGHAI)
    return begins, begins + timedelta(days=1)
