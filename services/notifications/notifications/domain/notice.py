"""A notice, and its delivery on each channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from chassis.errors import RuleBroken
from notifications.domain.recipients import RecipientKind
from notifications.events import NoticeFailed, NoticeSent


class Channel(StrEnum):
    """How a notice reaches its recipient."""

    IN_APP = "in_app"  # shown in the recipient's inbox in this service
    EMAIL = "email"


class State(StrEnum):
    """What has become of a delivery."""

    PENDING = "pending"
    SENDING = "sending"  # in a sender's hands
    SENT = "sent"
    FAILED = "failed"
    NO_ADDRESS = "no_address"


# Seconds until the next attempt; the last repeats until the attempts are used up, which takes about a day.
WAITS = (5, 30, 300, 3600)
MAX_ATTEMPTS = 26


class AlreadyDelivered(RuleBroken):
    """This delivery has not failed: it was made, or is still being tried."""

    zh = "该送达并未失败：已经送达，或仍在尝试中。"


@dataclass(frozen=True)
class Accepted:
    """The mail server took the letter; its answer is the proof."""

    answer: str


@dataclass(frozen=True)
class Refused:
    """The letter was not taken: not now, or never if `permanent`."""

    answer: str
    permanent: bool


@dataclass(frozen=True)
class Unanswered:
    """The connection ended after the letter was handed over and before the answer: it may have been taken."""

    answer: str


SmtpResult = Accepted | Refused | Unanswered


@dataclass(eq=False)
class Notice:
    """What one recipient is told because of one event."""

    id: str
    cause_id: str
    kind: str
    recipient_kind: RecipientKind
    recipient_id: str
    division: str | None
    subject: str
    body: str
    created_at: datetime
    deliveries: list[Delivery] = field(default_factory=list, repr=False)


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

    @property
    def division(self) -> str | None:
        """The division the delivery's events belong to."""
        return self.notice.division

    def show(self, at: datetime, on: date) -> NoticeSent:
        """Puts the notice into its recipient's inbox, where it can be read once the transaction has ended."""
        return self._sent("shown in the recipient's inbox", at, on)

    def begin(self, sender: int, address: str) -> None:
        """`sender` is about to hand the letter over to the mail server, for the sealed `address`."""
        self.state, self.sender, self.address = State.SENDING, sender, address
        self.attempts += 1

    def lacks_address(self, on: date) -> NoticeFailed:
        """The recipient has no e-mail address; the notice in its inbox has to do."""
        self.state, self.next_attempt_at = State.NO_ADDRESS, None
        return self._failed(State.NO_ADDRESS, on)

    def settle(self, result: SmtpResult, at: datetime, on: date) -> NoticeSent | None:
        """What came of the attempt. None if there will be another, which `wait` tells when."""
        self.sender = None
        if isinstance(result, Accepted):
            return self._sent(result.answer, at, on)
        self.answer = result.answer
        if isinstance(result, Unanswered):
            self.maybe_repeated += 1
        if self.attempts >= MAX_ATTEMPTS or (isinstance(result, Refused) and result.permanent):
            self.state, self.next_attempt_at = State.FAILED, None
            return self._failed(result.answer, on)
        self.state = State.PENDING
        return None

    @property
    def wait(self) -> int:
        """Seconds until the next attempt."""
        return WAITS[min(self.attempts, len(WAITS)) - 1]

    def retry(self) -> None:
        """Tries again what has failed."""
        if self.state not in (State.FAILED, State.NO_ADDRESS):
            raise AlreadyDelivered(state=self.state)
        self.state, self.attempts = State.PENDING, 0

    def _sent(self, answer: str, at: datetime, on: date) -> NoticeSent:
        self.state, self.answer, self.sent_at, self.next_attempt_at = State.SENT, answer, at, None
        return NoticeSent(*self._facts(), on)

    def _failed(self, reason: str, on: date) -> NoticeFailed:
        return NoticeFailed(*self._facts(), on, reason)

    def _facts(self) -> tuple[str, str, str, str, str, str, str]:
        of = self.notice
        return self.id, of.id, of.kind, self.channel, of.recipient_kind, of.recipient_id, of.cause_id
