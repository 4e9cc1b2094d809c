"""What an operator's command works with: the service that it is about, and how values are printed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import click
from sqlalchemy import Engine
from sqlalchemy import exc as database
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import CqoError
from chassis.json_types import JsonObject
from chassis.security import Access, Caller, audit
from chassis.settings import Settings


@dataclass
class Service:
    """The service that the commands are about."""

    settings: Settings
    engine: Engine
    clock: Clock
    caller: Caller
    access: Access

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A session in one transaction; what can't be done ends the command with the reason."""
        try:
            with Session(self.engine) as session, session.begin():
                yield session
        except CqoError as refused:
            raise click.ClickException(str(refused)) from refused
        except database.OperationalError as fault:
            raise click.ClickException(f"the database of {self.settings.service}: {fault.orig}") from fault

    def record(self, session: Session, action: str, subject: str, details: JsonObject) -> None:
        """Enters a change in the audit log."""
        audit.record(session, self.caller, action, subject, details, self.clock)


def plain(value: object) -> str:
    """A value as people read it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)
