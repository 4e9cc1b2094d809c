"""Requests to be put in contact, as who asked, who is asked and their bureaus see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.http import Page, PageArguments, paginate
from programme.callers import Caller
from registry.domain.contact_request import ContactRequestState
from registry.queries.conditions import equal
from registry.storage import enterprise
from registry.storage.contact_requests import contact_request
from registry.usecases.contact_requests import seen

_name = select(enterprise.c.name).where(enterprise.c.id == contact_request.c.enterprise_id).scalar_subquery()
SHOWN = select(*contact_request.c, _name.label("enterprise_name"))


@dataclass(frozen=True)
class ContactRequestFilters:
    """Which requests are asked for."""

    state: ContactRequestState | None = None
    person_id: str | None = None
    enterprise_id: str | None = None


def contact_requests(
    session: Session, caller: Caller, filters: ContactRequestFilters, on: date, page: PageArguments
) -> Page:
    """A page of rows of `contact_request`, each with the name of the enterprise that asks."""
    wanted = {"state": filters.state, "person_id": filters.person_id, "enterprise_id": filters.enterprise_id}
    conditions = [seen(caller, on), *equal(contact_request, **wanted)]
    return paginate(session, SHOWN.where(*conditions), [contact_request.c.id], page)
