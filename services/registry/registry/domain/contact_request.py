"""An enterprise asks to be put in contact with a member of the pool (R23), and that person says yes or no.

The pool shows its members masked. Only the person's own yes gives the enterprise their name and contact points, and a
later no takes that back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from chassis.errors import RuleBroken
from registry.domain.enterprise import Enterprise
from registry.domain.rules import Rules
from registry.events import ContactAnswered, ContactRequested, ContactRequestExpired

EventT = TypeVar("EventT")


class ContactRequestState(StrEnum):
    """What became of a request."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"


class YourOwnPerson(RuleBroken):
    """This person belongs to your enterprise; you see them anyhow."""

    zh = "该人员是本企业人员，无需申请对接。"


class AskedAlready(RuleBroken):
    """You have asked for this person; wait for the answer, or until `again_on` where it was no or none came."""

    zh = "已经申请过与该人员对接；请等待答复，未获同意的，在 again_on 之后方可再次申请。"


class TooManyOpen(RuleBroken):
    """As many of your requests wait for an answer as the rule set allows."""

    zh = "未答复的对接申请已达规定数量。"


class NoLongerOpen(RuleBroken):
    """This request can't be answered so any more."""

    zh = "该对接申请已经答复或者过期。"


class NoContactPoint(RuleBroken):
    """There is no telephone number or e-mail address to be given; enter one first."""

    zh = "尚未登记电话或者电子邮箱，请先登记后再同意。"


class NotAgreedTo(RuleBroken):
    """The person has not agreed to be put in contact, or agrees no longer."""

    rule = "R23"
    zh = "该人员尚未同意对接，或者已经撤回同意。"


@dataclass
class ContactRequest:
    """An enterprise's request; `division` is the enterprise's."""

    id: str
    division: str
    enterprise_id: str
    person_id: str
    purpose: str
    asked_on: date
    answer_by: date  # the last day
    ruleset: int
    state: ContactRequestState = ContactRequestState.OPEN
    answered_on: date | None = None
    answer_document: str | None = None  # the person's written answer, where the bureau entered it
    version: int = 0

    @classmethod
    def ask(
        cls, request_id: str, enterprise: Enterprise, person_id: str, purpose: str, on: date, rules: Rules
    ) -> tuple[ContactRequest, ContactRequested]:
        """Asks for a person, who has the rule set's days to answer."""
        enterprise.require_standing()
        asked = cls(
            id=request_id,
            division=enterprise.division,
            enterprise_id=enterprise.id,
            person_id=person_id,
            purpose=purpose,
            asked_on=on,
            answer_by=on + timedelta(days=rules.contact_request_days),
            ruleset=rules.version,
        )
        more = {"asking_enterprise_name": enterprise.name, "answer_by": asked.answer_by, "ruleset": rules.version}
        return asked, asked._event(ContactRequested, on, **more)

    def forbids_another(self, on: date, rules: Rules) -> AskedAlready | None:
        """Why the same enterprise can't ask for the same person again on that day, if it can't."""
        if self.state in (ContactRequestState.OPEN, ContactRequestState.ACCEPTED):
            return AskedAlready()
        again_on = (self.answered_on or self.answer_by) + timedelta(days=rules.contact_request_again_days)
        return AskedAlready(again_on=again_on.isoformat()) if on < again_on else None

    def answer(self, accept: bool, has_contact: bool, document: str | None, on: date) -> ContactAnswered:
        """Says yes or no while it is open; after a yes, no."""
        open_for = (ContactRequestState.OPEN,) if accept else (ContactRequestState.OPEN, ContactRequestState.ACCEPTED)
        if self.state not in open_for or (self.state == ContactRequestState.OPEN and on > self.answer_by):
            raise NoLongerOpen()
        if accept and not has_contact:
            raise NoContactPoint()
        self.state = ContactRequestState.ACCEPTED if accept else ContactRequestState.REFUSED
        self.answered_on, self.answer_document = on, document
        return self._event(ContactAnswered, on, accepted=accept)

    def expire(self, on: date) -> ContactRequestExpired | None:
        """Notes that no answer came; None if one did."""
        if self.state != ContactRequestState.OPEN:
            return None
        self.state = ContactRequestState.EXPIRED
        return self._event(ContactRequestExpired, on, answer_by=self.answer_by)

    def require_agreed(self) -> None:
        """Refuses to give a contact point without the person's yes."""
        if self.state != ContactRequestState.ACCEPTED:
            raise NotAgreedTo()

    def _event(self, event: Callable[..., EventT], on: date, **more: object) -> EventT:
        return event(
            contact_request_id=self.id,
            person_id=self.person_id,
            asking_enterprise_id=self.enterprise_id,
            on=on,
            **more,
        )
