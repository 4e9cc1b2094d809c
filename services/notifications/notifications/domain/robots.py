"""Robots in group chats: whose they are, and how one is reached."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit


class RobotKind(StrEnum):
    """Which chat service's robot it is."""

    DINGTALK = "dingtalk"
    WECOM = "wecom"


@dataclass(frozen=True)
class Robot:
    """How a robot is reached; `secret` signs DingTalk's messages, if it was given one."""

    kind: RobotKind = field(metadata={"by_value": True})
    url: str
    secret: str | None = None

    @property
    def host(self) -> str:
        """What of its URL may be shown: the rest holds its key."""
        return urlsplit(self.url).netloc

    def to_text(self) -> str:
        """As it is sealed."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Robot:
        """As it was sealed; ValueError for anything else."""
        try:
            found = json.loads(text)
            return cls(RobotKind(found["kind"]), found["url"], found["secret"])
        except (KeyError, TypeError) as fault:
            raise ValueError("what is kept of the robot can't be read") from fault
