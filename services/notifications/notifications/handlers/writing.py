"""From a cause, an event or a planned day that has come, to its notices and a delivery of each on each channel.

Recipients are those of the moment, and so is the text. All of it happens in the transaction that settles the cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from chassis.clock import Clock
from chassis.data import insert_new, insert_rows
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.turns import in_turns
from notifications.adapters.working_days import WorkingDays
from notifications.domain.notice import Channel, Delivery, Notice, State, digest_of
from notifications.domain.recipients import CENTRE_ID, Audience, Parties, Recipient, RecipientKind
from notifications.domain.rules import ESCALATED, PLANNED, NoticeRule, Rules
from notifications.handlers.directory import Directory, Names
from notifications.handlers.wording import Wording
from notifications.storage import cause, delivery, notice, sealing

TOGETHER = 100  # causes that are written by the same statements; in between others of the process go on
# Seconds of work until others go on: a letter goes to and fro with its server twice, and waits so long each time.
TURN = 0.002
CENTRE = "training_centre"  # its name stands among the bodies that sign, where a rule set has it there
CENTRE_NAME = "省质量技术监督培训中心"


@dataclass(frozen=True)
class Cause:
    """Why something is announced, whom it concerns, and what a text may say of it."""

    id: str
    type: str  # of the event, or of what was planned
    subject: str  # the id of the aggregate
    about: str  # for the notice's identity, as `due_on`
    due_on: date
    occurred_at: datetime
    data: Mapping[str, object]  # of the event, by the names of its fields
    parties: Parties
    names: Names
    rules: Sequence[NoticeRule]  # by which it is announced
    more: Mapping[str, object]  # what a text may say beside that
    correlation_id: str | None = None
    withdrawn: str | None = None  # why it holds no longer, where that is so


def write(session: Session, causes: Sequence[Cause], rules: Rules, directory: Directory, clock: Clock) -> set[str]:
    """Writes the causes that are not there yet, with their notices and deliveries; the ids of those causes."""
    if not causes:
        return set()
    # One that is there was announced before its publisher was put back, and is taken a second time.
    added = insert_new(session, cause, [row_of(each, rules, clock) for each in causes])
    told = [each_id for each in causes for each_id in (*vars(each.parties).values(), CENTRE_ID)]
    writer = Writer(session, Wording.read(session, rules, told, clock.today()), directory, clock)
    for each in in_turns(causes, TURN):
        if each.id in added:
            with bound_contextvars(correlation_id=each.correlation_id or new_id()):
                writer.add(each)
    writer.write()
    return added


def facts_of(data: Mapping[str, object], names: Names, rules: Rules, today: date) -> dict[str, object]:
    """What a text may say: the event's fields, the names of those concerned, and what the rule set adds.

    A mapping and not a record, since each template names the fields of its own event; a name that is missing is a
    fault.
    """
    return {
        **vars(names),
        **data,
        "today": today,
        "document": data.get("document") or rules.document,
        "basis": rules.document,
        "remedies": rules,
    }


def facts_for(
    facts: Mapping[str, object], recipient: Recipient, rules: Rules, directory: Directory
) -> dict[str, object]:
    """The same for one recipient: an office is addressed by its own name, whichever division the matter lies in."""
    added = {"audience": recipient.audience.value, "addressee": None, "county_name": facts["division_name"]}
    if recipient.id == CENTRE_ID:
        added["addressee"] = str(rules.bodies.get(CENTRE, {}).get("name") or CENTRE_NAME)
    elif recipient.kind == RecipientKind.DIVISION and recipient.audience != Audience.DIVISION:
        added["addressee"] = directory.office_name(recipient.id)
    return {**facts, **added}


def said_on(rule: NoticeRule, cause_type: str, data: Mapping[str, object], today: date) -> dict[str, object]:
    """What a text says of the day on which it is written, where it was planned for that day."""
    if not cause_type.startswith((PLANNED, ESCALATED)):
        return {}
    day = data.get(rule.due.field) if rule.due else None
    return {"on": today, **({"days_left": (day - today).days} if isinstance(day, date) else {})}


class Writer:
    """Collects the rows of notices and deliveries, and adds the events of those that are shown at once."""

    def __init__(
        self, session: Session, wording: Wording, directory: Directory, clock: Clock, made_for: str | None = None
    ) -> None:
        """`made_for`: the id of what was found missing. A message may have gone out before its notice was lost, so what
        is written for that is another message."""
        self.made_for = made_for
        self.session, self.wording, self.directory, self.clock = session, wording, directory, clock
        self.rules = wording.rules
        self.now, self.today = clock.now(), clock.today()
        self.calendar = WorkingDays(session)
        self.notices: list[dict[str, object]] = []
        self.deliveries: list[dict[str, object]] = []
        self.waits: dict[tuple[Channel, bool], timedelta] = {}

    def add(self, cause: Cause) -> None:
        facts = facts_of(cause.data, cause.names, self.rules, self.today)
        for rule in cause.rules:
            for recipient in cause.parties.recipients(rule.audience_of(cause.type)):
                own = facts_for({**facts, **cause.more}, recipient, self.rules, self.directory)
                self.tell(cause, rule.key, recipient, own, is_gathered=recipient.audience in rule.digest)

    def tell(
        self, cause: Cause, kind: str, recipient: Recipient, facts: Mapping[str, object], is_gathered: bool = False
    ) -> None:
        """Adds a notice to one recipient, and a delivery of it on each channel of its kind."""
        written = self._notice(cause, kind, recipient, facts)
        written.seal = sealing.seal_of_notice(written)
        # An object's __dict__ holds the columns, and the objects beside it.
        self.notices.append({name: value for name, value in vars(written).items() if name != "deliveries"})
        for channel in self.rules.channels_of(kind):
            self._deliver(written, channel, cause.withdrawn, is_gathered and channel == Channel.EMAIL)

    def write(self) -> None:
        """Writes what was added, by two statements."""
        insert_rows(self.session, notice, self.notices)
        insert_rows(self.session, delivery, self.deliveries)

    def _notice(self, cause: Cause, kind: str, recipient: Recipient, facts: Mapping[str, object]) -> Notice:
        text = self.wording.text(kind, recipient.kind, recipient.id, facts)
        return Notice(
            id=new_id(),
            cause_id=cause.id,
            kind=kind,
            about=cause.about,
            due_on=cause.due_on,
            recipient_kind=recipient.kind,
            recipient_id=recipient.id,
            division=cause.parties.division,
            subject=text.subject,
            body=text.body,
            created_at=self.now,
            language=text.language,
            short=text.short,
            digest=text.digest,
        )

    def _deliver(self, of: Notice, channel: Channel, withdrawn: str | None, is_gathered: bool) -> None:
        if not channel.reaches(of.recipient_kind):
            return
        made = Delivery(new_id(), of, channel)
        if self.made_for is not None:
            made.message_id = digest_of([of.identity_on(channel), self.made_for])
        if withdrawn is not None:
            made.state, made.answer = State.WITHDRAWN, withdrawn
        elif self.wording.declines(of.kind, of.recipient_kind, of.recipient_id, channel):
            made.decline()
        elif channel == Channel.IN_APP:
            outbox.add(self.session, made, made.show(self.now, self.today), self.clock)
        elif is_gathered:
            made.gathers_at = datetime.now(UTC) + self.wait(channel, gathers=True)
            made.gather_key = made.key_to_gather
        else:
            made.next_attempt_at = datetime.now(UTC) + self.wait(channel)
        made.seal = sealing.seal_of_delivery(made)
        columns = {name: value for name, value in vars(made).items() if name != "notice"}
        self.deliveries.append({**columns, "notice_id": of.id})

    def wait(self, channel: Channel, gathers: bool = False) -> timedelta:
        """How long a letter waits that is written now, until it may go out. It is real time, whatever the clock."""
        if (channel, gathers) not in self.waits:
            schedule = self.rules.schedule
            next_moment = schedule.next_digest if gathers else schedule.next_allowed
            self.waits[channel, gathers] = next_moment(channel, self.now, self.calendar.is_working) - self.now
        return self.waits[channel, gathers]


def row_of(cause: Cause, rules: Rules, clock: Clock) -> dict[str, object]:
    """The row of a cause."""
    parties = cause.parties
    return {
        "id": cause.id,
        "type": cause.type,
        "subject": cause.subject,
        "occurred_at": cause.occurred_at,
        "received_at": clock.now(),
        "division": parties.division,
        "person_id": parties.person_id,
        "enterprise_id": parties.enterprise_id,
        "prefecture": parties.prefecture,
        "province": parties.province,
        "data": plain(cause.data),
        "ruleset": rules.version,
    }


def plain(data: Mapping[str, object]) -> dict[str, object]:
    """An event's data as they are kept."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in data.items()}
