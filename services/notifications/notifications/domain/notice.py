"""A notice, and its delivery on each channel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from chassis.errors import RuleBroken
from notifications.domain.language import Language
from notifications.domain.recipients import RecipientKind
from notifications.events import NoticeFailed, NoticeSent


class Channel(StrEnum):
    """How a notice reaches its recipient."""

    IN_APP = "in_app"  # shown in the recipient's inbox in this service
    EMAIL = "email"
    SMS = "sms"
    ROBOT = "robot"  # a message of a robot in the group chat of an office

    def reaches(self, recipient_kind: RecipientKind) -> bool:
        """Whether a recipient of that kind can be reached so: offices alone have a robot."""
        return self is not Channel.ROBOT or recipient_kind == RecipientKind.DIVISION


OUTWARD = (Channel.EMAIL, Channel.SMS, Channel.ROBOT)  # what leaves the house, by a sender


class State(StrEnum):
    """What has become of a delivery."""

    PENDING = "pending"
    SENDING = "sending"  # in a sender's hands
    SENT = "sent"
    FAILED = "failed"
    NO_ADDRESS = "no_address"
    DECLINED = "declined"  # the recipient wants none of its kind on this channel
    UNKNOWN = "unknown"  # handed over twice without an answer; a person decides whether it is sent again
    BOUNCED = "bounced"  # accepted, and given back later
    WITHDRAWN = "withdrawn"  # what it told was true no longer when it was to be sent


# Seconds until the next attempt; the last repeats until the attempts are used up, which takes about a day.
WAITS = (5, 30, 300, 3600)
MAX_ATTEMPTS = 26
# How often a message may have come twice before a person is asked. One more try bears the same identity, by which mail
# systems, gateways and readers recognise it; more would be sending again and again.
MAX_UNKNOWN = 2


class AlreadyDelivered(RuleBroken):
    """This delivery has not failed: it was made, or is still being tried."""

    zh = "该送达并未失败：已经送达，或仍在尝试中。"


@dataclass(frozen=True)
class Accepted:
    """The server took the message; its answer is the proof."""

    answer: str


@dataclass(frozen=True)
class Refused:
    """The message was not taken: not now, or never if `permanent`. Perhaps because nobody has this address."""

    answer: str
    permanent: bool
    address_is_bad: bool = False


@dataclass(frozen=True)
class Unanswered:
    """No answer came after the message was handed over: it may have been taken."""

    answer: str


Outcome = Accepted | Refused | Unanswered


@dataclass(eq=False)
class Notice:
    """What one recipient is told because of one event."""

    id: str
    cause_id: str
    kind: str
    about: str
    due_on: date
    recipient_kind: RecipientKind
    recipient_id: str
    division: str | None
    subject: str
    body: str
    created_at: datetime
    language: Language = Language.CHINESE
    short: str = ""  # for a text message or a group's robot
    digest: str = ""  # its line in a list
    seal: str | None = None
    deliveries: list[Delivery] = field(default_factory=list, repr=False)

    def identity_on(self, channel: Channel) -> str:
        """What tells this notice on that channel from all others; the same if it is written anew from its event."""
        to = (self.recipient_kind, self.recipient_id, channel)
        return digest_of([self.kind, self.about, self.due_on.isoformat(), *to])


def digest_of(parts: Sequence[str]) -> str:
    """32 hexadecimal digits that stand for `parts`."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@dataclass(eq=False)
class Delivery:
    """A notice on one channel. `sender` is the connection that is handing it over just now."""

    id: str
    notice: Notice
    channel: Channel
    state: State = State.PENDING
    version: int = 0
    attempts: int = 0
    maybe_repeated: int = 0
    sender: int | None = None
    address: str | None = None  # sealed
    answer: str | None = None
    next_attempt_at: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None  # when it came to the recipient, where the gateway says so
    message_id: str | None = None  # of the message that was handed over, the same on each attempt
    waits_for: str | None = None  # why it waits, where that is not another attempt: a limit's name
    gathers_at: datetime | None = None  # when it is gathered with others of its recipient into one message
    gather_key: str | None = None  # of which recipient and channel
    digest_id: str | None = None  # the message into which it was gathered
    seal: str | None = None
    # The text as it is sent, where it was written on another day than the notice's own.
    subject: str | None = None
    body: str | None = None
    short: str | None = None
    digest: str | None = None
    written_on: date | None = None

    @property
    def division(self) -> str | None:
        """The division the delivery's events belong to."""
        return self.notice.division

    def show(self, at: datetime, on: date) -> NoticeSent:
        """Puts the notice into its recipient's inbox, where it can be read once the transaction has ended."""
        return self._sent("shown in the recipient's inbox", at, on)

    def decline(self) -> None:
        """The recipient wants no notice of this kind on this channel; the one in its inbox has to do."""
        self.state = State.DECLINED

    def begin(self, sender: int, address: str) -> None:
        """`sender` is about to hand the message over for the sealed `address`."""
        self.state, self.sender, self.address, self.waits_for = State.SENDING, sender, address, None
        self.message_id = self.message_id or self.notice.identity_on(self.channel)
        self.attempts += 1

    def lacks_address(self, on: date, why: str | None = None) -> NoticeFailed:
        """The recipient has no address on this channel, or a bad one; the notice in its inbox has to do."""
        self.state, self.next_attempt_at, self.answer = State.NO_ADDRESS, None, why or self.answer
        return self._failed(State.NO_ADDRESS, on)

    def settle(self, outcome: Outcome, at: datetime, on: date) -> NoticeSent | None:
        """What came of the attempt. None if there will be another, which `wait` tells when."""
        self.sender = None
        if isinstance(outcome, Accepted):
            return self._sent(outcome.answer, at, on)
        self.answer = outcome.answer
        if isinstance(outcome, Unanswered):
            return self.lose_sight(on)
        if self.attempts >= MAX_ATTEMPTS or outcome.permanent:
            self.state, self.next_attempt_at = State.FAILED, None
            return self._failed(outcome.answer, on)
        self.state = State.PENDING
        return None

    def lose_sight(self, on: date) -> NoticeFailed | None:
        """Whether the message was taken nobody can know. It is sent once more; the second time a person has to say."""
        self.sender = None
        self.maybe_repeated += 1
        if self.maybe_repeated < MAX_UNKNOWN:
            self.state = State.PENDING
            return None
        self.state, self.next_attempt_at = State.UNKNOWN, None
        return self._failed(State.UNKNOWN, on)

    def bounce(self, reason: str, on: date) -> NoticeFailed | None:
        """The message came back, or the gateway could not deliver it. None if that is known already."""
        if self.state == State.BOUNCED:
            return None
        self.state, self.answer, self.next_attempt_at = State.BOUNCED, reason, None
        return self._failed(reason, on)

    def arrive(self, at: datetime, on: date) -> NoticeSent | None:
        """The gateway says that the recipient has it, which also ends all doubt. None if it counts as sent already."""
        self.delivered_at = self.delivered_at or at
        if self.state not in (State.PENDING, State.UNKNOWN):
            return None
        return self._sent("delivered, by the gateway's receipt", at, on)

    def follow(self, carrier: Delivery, on: date) -> NoticeSent:
        """Ends as `carrier` has, which was handed over in the same message."""
        for name in ("state", "answer", "address", "attempts", "maybe_repeated", "sent_at", "delivered_at"):
            setattr(self, name, getattr(carrier, name))
        self.next_attempt_at, self.waits_for = None, None
        if self.state == State.SENT:
            return NoticeSent(*self._facts(), on)
        return self._failed(self.state if self.state in (State.NO_ADDRESS, State.UNKNOWN) else self.answer or "", on)

    @property
    def key_to_gather(self) -> str:
        """With which other deliveries it may be gathered: those of the same recipient on the same channel."""
        return f"{self.channel}:{self.notice.recipient_kind}:{self.notice.recipient_id}"

    @property
    def wait(self) -> int:
        """Seconds until the next attempt."""
        return WAITS[min(max(self.attempts, 1), len(WAITS)) - 1]

    def withdraw(self, reason: str) -> None:
        """What it tells holds no longer: it is not sent, and says why."""
        self.state, self.answer, self.next_attempt_at = State.WITHDRAWN, reason, None

    def retry(self) -> None:
        """Tries again what has failed, or what nobody knows of."""
        if self.state not in (State.FAILED, State.NO_ADDRESS, State.UNKNOWN, State.BOUNCED):
            raise AlreadyDelivered(state=self.state)
        self.state, self.attempts, self.waits_for = State.PENDING, 0, None

    def _sent(self, answer: str, at: datetime, on: date) -> NoticeSent:
        self.state, self.answer, self.sent_at, self.next_attempt_at = State.SENT, answer, at, None
        return NoticeSent(*self._facts(), on)

    def _failed(self, reason: str, on: date) -> NoticeFailed:
        return NoticeFailed(*self._facts(), on, reason)

    def _facts(self) -> tuple[str, str, str, str, str, str, str]:
        of = self.notice
        return self.id, of.id, of.kind, self.channel, of.recipient_kind, of.recipient_id, of.cause_id
