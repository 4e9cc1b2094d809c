"""The parameters of this service's rule sets: what is announced to whom, when, by which channels, and who signs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from notifications.domain.notice import Channel
from notifications.domain.recipients import Audience
from notifications.domain.timing import Timing

OFFICE = "office"  # the body that signs where a kind names no other
# What a cause's type begins with where no event is the cause, but a day that was planned for.
PLANNED, ESCALATED = "planned:", "escalated:"


@dataclass(frozen=True)
class Body:
    """Who signs a letter; `document_number` is the number under which its letters go out, where there is one."""

    name: str
    telephone: str | None = None
    document_number: str | None = None


@dataclass(frozen=True)
class When:
    """A rule is for those events only whose `field` has this value."""

    field: str
    value: bool


@dataclass(frozen=True)
class Due:
    """Days counted from the day in an event's `field`: -30 is thirty days before it."""

    field: str
    days: Sequence[int]


@dataclass(frozen=True)
class Stage:
    """Who is told as well, if the matter is still open so many working days after it was opened; numbered from 1."""

    number: int
    working_days: int
    audience: Sequence[Audience]


@dataclass(frozen=True)
class NoticeRule:
    """Which events are announced to whom. `key` is also the kind of the notice, and the name of its template."""

    key: str
    events: Sequence[str]
    audience: Sequence[Audience]
    when: When | None = None
    channels: Sequence[Channel] | None = None
    due: Due | None = None
    stands_while: str | None = None
    escalations: Sequence[Stage] = ()
    digest: Sequence[Audience] = ()  # whose letters are gathered into one

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> NoticeRule:  # Any: JSON's values
        """The rule that a rule set's `notices` say by this object."""
        when, due, channels = given.get("when"), given.get("due"), given.get("channels")
        return cls(
            key=given["key"],
            events=tuple(given["events"]),
            audience=_audience(given["audience"]),
            when=When(when["field"], when["is"]) if when else None,
            channels=tuple(map(Channel, channels)) if channels else None,
            due=Due(due["field"], tuple(due["days"])) if due else None,
            stands_while=given.get("stands_while"),
            escalations=tuple(
                Stage(number, each["working_days"], _audience(each["audience"]))
                for number, each in enumerate(given.get("escalations", ()), start=1)
            ),
            digest=_audience(given.get("digest", ())),
        )

    def applies(self, event: str, data: Mapping[str, object]) -> bool:
        """Whether the rule is for an event of that type with that data."""
        return event in self.events and (self.when is None or data.get(self.when.field) is self.when.value)

    def audience_of(self, cause: str) -> Sequence[Audience]:
        """Who is told because of a cause of that type: an event, a day that was planned for, or a stage."""
        if not cause.startswith(ESCALATED):
            return self.audience
        number = int(cause.rpartition(":")[2])
        return next((each.audience for each in self.escalations if each.number == number), ())


def _audience(names: Sequence[str]) -> tuple[Audience, ...]:
    return tuple(map(Audience, names))


def planned_type(rule: str) -> str:
    """The type of the cause of a notice that was due on a day."""
    return f"{PLANNED}{rule}"


def escalated_type(rule: str, stage: int) -> str:
    """The type of the cause of a stage's notices."""
    return f"{ESCALATED}{rule}:{stage}"


@dataclass(frozen=True)
class Rules:
    """A rule set; channels are named as its document has them."""

    version: int
    effective_from: date
    document: str
    notices: Sequence[Mapping[str, Any]]  # Any: JSON's values; each as a NoticeRule
    timing: Mapping[str, Any]  # Any: JSON's values; as a Timing
    channels: Sequence[str]
    channels_by_kind: Mapping[str, Sequence[str]]  # for kinds of notice that go out by others
    address_wait_days: int  # for which a letter without an address waits for one
    bodies: Mapping[str, Mapping[str, str | None]]  # who may sign, by key; each as a Body
    body_by_kind: Mapping[str, str]  # for kinds of notice that another than the office signs
    # What a revocation's letter says of remedies: 行政复议 and 行政诉讼.
    review_body: str
    review_days: int
    court: str
    court_months: int
    english_names: Mapping[str, str]  # of bodies and courts, by their Chinese names; those without stay Chinese

    def rules_for(self, event: str) -> list[NoticeRule]:
        """The rules that an event of that type may set off. The others are not looked at: there are many."""
        return [NoticeRule.of(each) for each in self.notices if event in each["events"]]

    def rule(self, key: str) -> NoticeRule | None:
        """The rule of that key, if this rule set has one."""
        return next((NoticeRule.of(each) for each in self.notices if each["key"] == key), None)

    @cached_property
    def optional(self) -> frozenset[str]:
        """The kinds of notice that a recipient may switch off: all others it must have."""
        return frozenset(each["key"] for each in self.notices if not each.get("mandatory"))

    @cached_property
    def planning(self) -> list[NoticeRule]:
        """The rules by which something is planned for later days."""
        return [NoticeRule.of(each) for each in self.notices if "due" in each or "escalations" in each]

    @cached_property
    def schedule(self) -> Timing:
        """At what times of the day, and on which days, notices go out."""
        return Timing.of(self.timing)

    def channels_of(self, kind: str) -> list[Channel]:
        """The channels by which a kind of notice goes out: the rule's own, else the kind's, else those of all."""
        own = next((each.get("channels") for each in self.notices if each["key"] == kind), None)
        return [Channel(name) for name in own or self.channels_by_kind.get(kind, self.channels)]

    def body_of(self, kind: str) -> Body:
        """Who signs a kind of notice."""
        found = self.bodies[self.body_by_kind.get(kind, OFFICE)]
        return Body(str(found["name"]), found.get("telephone"), found.get("document_number"))

    def english_name(self, name: str) -> str:
        """What an English letter calls a body."""
        return self.english_names.get(name, name)

    def in_english(self) -> Rules:
        """The same with the names that an English letter cites."""
        return replace(self, review_body=self.english_name(self.review_body), court=self.english_name(self.court))
