"""A subscription: what another government system is given of the events, on what legal basis, and until when.

draft → submitted → approved → live ⇄ paused → ended
                             live → disabled (deliveries fail) → live

Nothing is given before the province has approved it. What widens it waits for another approval, and what holds goes on
meanwhile; what narrows it holds at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from chassis.errors import RuleBroken


class Way(StrEnum):
    """How a subscriber receives its events."""

    WEBHOOK = "webhook"
    AMQP = "amqp"
    FEED = "feed"  # it fetches them


class State(StrEnum):
    """How far a subscription has come."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"  # its target is still to be proved
    LIVE = "live"
    PAUSED = "paused"
    DISABLED = "disabled"  # deliveries have failed for too long
    ENDED = "ended"


# States in which events are kept for it, from its approval on; but for LIVE none is handed over.
COLLECTING = (State.APPROVED, State.LIVE, State.PAUSED, State.DISABLED)


class NotInThisState(RuleBroken):
    """The subscription is not in a state in which this can be done."""

    zh = "该订阅当前的状态不允许此项操作。"


class EndsInThePast(RuleBroken):
    """A subscription ends on a day from today on."""

    zh = "订阅的截止日期不得早于今天。"


class PausedByTheProvince(RuleBroken):
    """The province has paused the subscription; it alone can resume it."""

    zh = "该订阅由省级主管部门暂停，只能由其恢复。"


class NothingToDecide(RuleBroken):
    """Nothing was submitted that waits for an approval."""

    zh = "没有待审批的内容。"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is granted. `fields` names, of each type, the fields of its data; `division` None is the province."""

    legal_basis: str
    purpose: str
    types: list[str]
    fields: dict[str, list[str]]
    ends_on: date
    division: str | None = None
    way: Way = Way.FEED
    target: dict[str, Any] = field(default_factory=dict)  # Any: what the way needs to know

    def widens(self, other: Terms, division_widens: bool) -> bool:
        """Whether it grants anything that `other` does not, to anybody else, or for anything else."""
        more_fields = any(set(names) - set(other.fields.get(kind, ())) for kind, names in self.fields.items())
        return bool(
            set(self.types) - set(other.types)
            or more_fields
            or division_widens
            or self.ends_on > other.ends_on
            or (self.way, self.target) != (other.way, other.target)
            or (self.legal_basis, self.purpose) != (other.legal_basis, other.purpose)
        )

    def to_json(self) -> dict[str, Any]:  # Any: JSON's values
        """As it is kept."""
        return asdict(self) | {"ends_on": self.ends_on.isoformat(), "way": str(self.way)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Terms:  # Any: JSON's values
        """Reads what `to_json` wrote."""
        return cls(**{**kept, "ends_on": date.fromisoformat(kept["ends_on"]), "way": Way(kept["way"])})


@dataclass
class Subscription:
    """A subscription. `contact_email` and `pseudonym_key` are sealed."""

    id: str
    name: str
    subscriber: str
    contact_email: str
    legal_basis: str
    purpose: str
    ends_on: date
    types: list[str]
    division: str | None
    fields: dict[str, list[str]]
    way: Way
    target: dict[str, Any]  # Any: what the way needs to know
    pseudonym_key: str
    entered_by: str
    entered_at: datetime
    proposed: dict[str, Any] | None = None  # Any: JSON's values
    state: State = State.DRAFT
    reason: str | None = None
    stopped_by: str | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    kept_since: datetime | None = None  # its first approval; events are kept for it from then on
    ended_at: datetime | None = None
    next_sequence: int = 1
    version: int = 0

    @property
    def terms(self) -> Terms:
        """What is granted now, or asked for as long as nothing was."""
        return Terms(
            legal_basis=self.legal_basis,
            purpose=self.purpose,
            types=self.types,
            fields=self.fields,
            ends_on=self.ends_on,
            division=self.division,
            way=self.way,
            target=self.target,
        )

    @property
    def proposed_terms(self) -> Terms | None:
        """What is to be granted once it is approved."""
        return None if self.proposed is None else Terms.from_json(self.proposed)

    def submit(self) -> None:
        """The draft is to be decided."""
        self._require(State.DRAFT)
        self.state, self.reason = State.SUBMITTED, None

    def change(self, terms: Terms, division_widens: bool, today: date) -> bool:
        """Changes what is granted; returns whether that waits for an approval."""
        if terms.ends_on < today:
            raise EndsInThePast()
        self._require(State.DRAFT, State.SUBMITTED, *COLLECTING)
        if self.state in (State.DRAFT, State.SUBMITTED):
            self._set(terms)
        elif terms.widens(self.terms, division_widens):
            self.proposed = terms.to_json()
            return True
        else:
            self._set(terms)
            self.proposed = None
        return False

    def approve(self, by: str, now: datetime, today: date) -> None:
        """The province grants what was submitted; a feed is live at once, other ways after their target is proved."""
        proposed = self.proposed_terms
        if self.state == State.SUBMITTED:
            proposed = self.terms
        elif proposed is None or self.state == State.ENDED:
            raise NothingToDecide()
        if proposed.ends_on < today:
            raise EndsInThePast()
        is_elsewhere = self.state == State.SUBMITTED or (proposed.way, proposed.target) != (self.way, self.target)
        self._set(proposed)
        self.proposed, self.reason = None, None
        self.approved_by, self.approved_at = by, now
        self.kept_since = self.kept_since or now
        if is_elsewhere:
            self.state = State.APPROVED
            if self.way == Way.FEED:
                self.go_live()

    def refuse(self, reason: str) -> None:
        """The province does not grant it: a draft again; of one that is approved, what holds goes on."""
        if self.state == State.SUBMITTED:
            self.state = State.DRAFT
        elif self.proposed is None:
            raise NothingToDecide()
        self.proposed, self.reason = None, reason

    def go_live(self) -> None:
        """Its target was proved, or none is needed: what was kept since its approval is handed over."""
        self._require(State.APPROVED, State.DISABLED)
        self.state, self.reason, self.stopped_by = State.LIVE, None, None

    def pause(self, by_role: str, reason: str | None) -> None:
        """Nothing is handed over until it is resumed; what comes meanwhile is kept for as long as ever."""
        self._require(State.LIVE, State.DISABLED)
        self.state, self.reason, self.stopped_by = State.PAUSED, reason, by_role

    def resume(self, is_province: bool) -> None:
        """Goes on where it was paused."""
        self._require(State.PAUSED, State.DISABLED)
        if self.state == State.PAUSED and self.stopped_by == "province" and not is_province:
            raise PausedByTheProvince()
        self.state, self.reason, self.stopped_by = State.LIVE, None, None

    def disable(self, reason: str) -> None:
        """Deliveries have failed for too long, or the target wants none."""
        self._require(State.LIVE)
        self.state, self.reason = State.DISABLED, reason

    def end(self, reason: str, now: datetime) -> None:
        """Ends it for good; with its key goes what made its pseudonyms."""
        if self.state == State.ENDED:
            raise NotInThisState(state=self.state)
        self.state, self.reason, self.ended_at, self.proposed = State.ENDED, reason, now, None
        self.pseudonym_key = ""

    def _set(self, terms: Terms) -> None:
        self.legal_basis, self.purpose = terms.legal_basis, terms.purpose
        self.types, self.fields, self.division = terms.types, terms.fields, terms.division
        self.ends_on, self.way, self.target = terms.ends_on, terms.way, terms.target

    def _require(self, *states: State) -> None:
        if self.state not in states:
            raise NotInThisState(state=self.state, states=[str(each) for each in states])


def kinds_of(types: Sequence[str]) -> list[str]:
    """The kinds of aggregate that these types of event are about, in order."""
    return sorted({kind.partition(".")[0] for kind in types})
