"""Robots in the group chats of offices: DingTalk's and WeCom's, by the URL that the office's staff has set.

A group has many readers, so a message says how many notices there are and by which numbers they are found, and nothing
of what they say.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus, urlsplit

from notifications.adapters.http_connection import Answer, HttpConnection, NoAnswer, refusal
from notifications.adapters.sending.connection import CannotCompose, Message, ServerDown
from notifications.config import check_url
from notifications.domain.notice import Accepted, Channel, Outcome, Refused, Unanswered
from notifications.domain.robots import Robot
from notifications.usecases.letters import Letter
from notifications.usecases.limits import Limit

A_MINUTE = 20  # messages that both take of one robot
NAMED = 10  # notices whose numbers a message names
# Too fast or too busy; to be tried again. WeCom: -1, 45009; DingTalk: -1, 130101, 302033, 410100.
LATER = (-1, 45009, 130101, 302033, 410100)
# There is no such robot (any more). WeCom: 93000; DingTalk: 300001, 300005, 400101, 400102.
GONE = (93000, 300001, 300005, 400101, 400102)


def is_known_host(url: str, hosts: Sequence[str]) -> bool:
    """Whether messages may be sent there: nobody is to have the system knock at doors inside."""
    try:
        return urlsplit(check_url(url)).netloc.lower() in hosts
    except ValueError:
        return False


def signed_url(robot: Robot, at: float) -> str:
    """The URL of a request at that moment (seconds); DingTalk's with a signature that is good for an hour."""
    if robot.secret is None:
        return robot.url
    timestamp = str(round(at * 1000))
    digest = hmac.new(robot.secret.encode(), f"{timestamp}\n{robot.secret}".encode(), hashlib.sha256).digest()
    separator = "&" if urlsplit(robot.url).query else "?"
    return f"{robot.url}{separator}timestamp={timestamp}&sign={quote_plus(base64.b64encode(digest))}"


def text_of(references: Sequence[str]) -> str:
    """Counts and numbers only."""
    named = "、".join(references[:NAMED])
    more = f"等{len(references)}件" if len(references) > NAMED else ""
    return f"首席质量官管理系统：本单位有{len(references)}件新通知（编号：{named}{more}），请登录系统查看。"


class RobotConnection:
    """Hands messages over to robots; a connection to each chat service is kept."""

    channel = Channel.ROBOT
    at_once = 1
    is_open = True

    def __init__(self, hosts: Sequence[str], timeout: float = 10) -> None:
        self.hosts = hosts
        self.timeout = timeout
        self.connections: dict[str, HttpConnection] = {}

    def open(self) -> None:
        """Nothing to do: where a message goes is known with it."""

    def close(self) -> None:
        for connection in self.connections.values():
            connection.close()

    def close_if_idle(self) -> None:
        for connection in self.connections.values():
            connection.close_if_idle()

    def limits_of(self, letter: Letter) -> Sequence[Limit]:
        """A robot is heard so many times in a minute."""
        since = datetime.now(UTC).replace(second=0, microsecond=0)
        of_robot = f"robot:{letter.notice.recipient_id}"
        return (Limit("robot_minute", of_robot, since, since + timedelta(minutes=1), 1, A_MINUTE, of_recipient=True),)

    def send(self, message: Message) -> Outcome:
        """Hands one message over."""
        try:
            robot = Robot.from_text(message.address)
        except ValueError as fault:
            raise CannotCompose(str(fault)) from fault
        if not is_known_host(robot.url, self.hosts):
            return Refused("the robot's URL leads to no chat service of CQO_ROBOT_HOSTS", permanent=True)
        parts = urlsplit(signed_url(robot, time.time()))
        target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        content = {"msgtype": "text", "text": {"content": text_of(message.references)}}
        try:
            connection = self._connection(robot.url)
            answer = connection.post(target, json.dumps(content, ensure_ascii=False).encode(), {})
        except ServerDown as fault:
            return Refused(f"connection lost before the message was handed over: {fault}", permanent=False)
        except NoAnswer as fault:
            return Unanswered(str(fault))
        return refusal(answer) or _read(answer)

    def _connection(self, url: str) -> HttpConnection:
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if origin not in self.connections:
            self.connections[origin] = HttpConnection(origin, self.timeout)
        return self.connections[origin]


def _read(answer: Answer) -> Outcome:
    """Both answer with 200, and say in `errcode` whether they took it."""
    code = answer.document().get("errcode")
    if code == 0:
        return Accepted(answer.text)
    if code is None:
        return Unanswered(answer.text)
    return Refused(answer.text, permanent=code not in LATER, address_is_bad=code in GONE)
