"""Asking to be put in contact with a member of the pool, answering that, and what a yes discloses (R23)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock
from chassis.data import load
from chassis.due import DueRow
from chassis.errors import InvalidInput, NotFound
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import rulesets, scope
from programme.callers import Caller, Role
from registry import storage
from registry.adapters.personal_data import PersonalDataCipher
from registry.domain.contact import ContactPoints
from registry.domain.contact_request import ContactRequest, ContactRequestState, TooManyOpen, YourOwnPerson
from registry.domain.person import Person
from registry.domain.rules import Rules
from registry.domain.talent import TalentStatus
from registry.storage.contact_requests import contact_request
from registry.usecases.access import OutsideEnterprise, load_contact, load_enterprise, visible

EXPIRY = "contact_request.expiry"
_asked, _person = contact_request.c, storage.person.c
IN_POOL = select(_person.enterprise_id).where(
    _person.id == bindparam("person_id"),
    exists().where(storage.talent.c.id == _person.id, storage.talent.c.status == TalentStatus.IN_POOL),
)
LAST_ASKED = (
    select(ContactRequest)
    .where(_asked.enterprise_id == bindparam("enterprise_id"), _asked.person_id == bindparam("person_id"))
    .order_by(_asked.id.desc())
    .limit(1)
)
OPEN = select(func.count()).where(
    _asked.enterprise_id == bindparam("enterprise_id"), _asked.state == ContactRequestState.OPEN
)


@dataclass(frozen=True)
class AskForContact:
    """Ask for a person in the pool, and say what for."""

    purpose: str


@dataclass(frozen=True)
class AnswerContactRequest:
    """Say yes or no; the bureau enters a person's written answer by its document."""

    accept: bool
    document: str | None = None


@dataclass(frozen=True)
class DisclosedContact:
    """Who said yes, and how they are reached."""

    person_id: str
    name: str
    phone: str | None
    email: str | None


def ask(session: Session, caller: Caller, person_id: str, command: AskForContact, clock: Clock) -> ContactRequest:
    """Asks for a member of the pool; who is not in it is as if they were not there."""
    today = clock.today()
    if caller.enterprise_id is None:
        raise OutsideEnterprise()
    # The lock lets an enterprise ask one at a time, so that its open requests can be counted.
    enterprise = load_enterprise(session, caller, caller.enterprise_id, today, lock=True)
    found = session.execute(IN_POOL, {"person_id": person_id}).one_or_none()
    if found is None:
        raise NotFound()
    if found.enterprise_id == enterprise.id:
        raise YourOwnPerson()
    rules = rulesets.rules_on(session, today, Rules)
    of = {"enterprise_id": enterprise.id, "person_id": person_id}
    last = session.scalars(LAST_ASKED, of).one_or_none()
    refusal = last.forbids_another(today, rules) if last else None
    if refusal:
        raise refusal
    if (session.scalar(OPEN, {"enterprise_id": enterprise.id}) or 0) >= rules.contact_requests_open:
        raise TooManyOpen(most=rules.contact_requests_open)
    asked, event = ContactRequest.ask(new_id(), enterprise, person_id, command.purpose, today, rules)
    session.add(asked)
    outbox.add(session, asked, event, clock)
    payload = {"contact_request_id": asked.id}
    due.plan(session, EXPIRY, asked.id, asked.id, asked.answer_by + timedelta(days=1), payload)
    audit.record(session, caller, "contact_request.made", asked.id, {"person_id": person_id}, clock)
    return asked


def answer(
    session: Session, caller: Caller, request_id: str, command: AnswerContactRequest, clock: Clock
) -> ContactRequest:
    """The person answers; or the bureau that sees the person enters what they have written."""
    today = clock.today()
    if caller.role != Role.CQO and not command.document:
        reason = "Name the document in which the person has answered."
        raise InvalidInput.at("/document", reason, "请填写本人书面答复的文件名称或者编号。")
    due.cancel(session, request_id)  # before the request, in the order in which the sweep locks
    asked = load(session, ContactRequest, request_id, _for_somebody_seen(caller, today), lock=True)
    contact = load_contact(session, asked.person_id)
    has_contact = contact is not None and bool(contact.phone or contact.email)
    document = None if caller.role == Role.CQO else command.document
    outbox.add(session, asked, asked.answer(command.accept, has_contact, document, today), clock)
    details = {"accepted": command.accept, "document": document}
    audit.record(session, caller, "contact_request.answered", asked.id, details, clock)
    return asked


def disclose(
    session: Session, caller: Caller, request_id: str, cipher: PersonalDataCipher, clock: Clock
) -> DisclosedContact:
    """Gives the enterprise that asked the name and contact points of who said yes; each time is on record."""
    own = _asked.enterprise_id == caller.enterprise_id
    asked = load(session, ContactRequest, request_id, own)
    asked.require_agreed()
    person = load(session, Person, asked.person_id)
    contact = load_contact(session, person.id)
    points = cipher.open_contact(contact) if contact else ContactPoints()
    audit.record(session, caller, "contact_request.disclosed", asked.id, {"person_id": person.id}, clock)
    return DisclosedContact(person.id, person.name, points.phone, points.email)


def expire(session: Session, rows: Sequence[DueRow], clock: Clock) -> None:
    """Closes the requests to which no answer came."""
    for request_id in sorted(row.payload["contact_request_id"] for row in rows):
        asked = load(session, ContactRequest, request_id, lock=True)
        event = asked.expire(clock.today())
        if event:
            outbox.add(session, asked, event, clock)


def _for_somebody_seen(caller: Caller, on: date) -> ColumnElement[bool]:
    return exists().where(_person.id == _asked.person_id, visible(storage.person, caller, on))


def seen(caller: Caller, on: date) -> ColumnElement[bool]:
    """The requests that the caller may see: its own, those for people whom it sees, or its division's."""
    theirs = _for_somebody_seen(caller, on)
    if caller.role == Role.ENTERPRISE:
        return or_(_asked.enterprise_id == caller.enterprise_id, theirs)
    if caller.role == Role.CQO:
        return _asked.person_id == caller.person_id
    return or_(scope.within(_asked.division, caller, on), theirs)
