"""What the tests of the audit share: a world that was told, letters that were taken, and what an audit finds of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from notice_world import COUNTY
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from chassis.ids import new_id
from notifications.adapters.mail.message import compose
from notifications.domain.notice import Accepted, Channel
from notifications.storage import coverage_gap, coverage_run
from notifications.usecases import coverage, letters, mail_journal

AT_ONCE = timedelta(milliseconds=2)  # as exact as the moments in ids are
SENDER = "no-reply@cqo.invalid"
BEGUN, THRESHOLD = date(2026, 3, 2), date(2028, 12, 1)  # a certificate is issued, and ends in 90 days


@dataclass
class Told:
    """A world in a database, with a journal of what the mail server took."""

    session: Session
    clock: FixedClock
    journal: Path
    tell: Callable[..., None]
    sweep: Callable[[], int]
    number: int = 0
    runs: list[str] = field(default_factory=list)

    def come_to(self, day: date, hour: int = 9) -> None:
        """It is that hour of the day in Jilin, for the database's triggers too."""
        self.clock.at = datetime(day.year, day.month, day.day, hour - 8, tzinfo=UTC)
        self.session.execute(text("SELECT set_config('cqo.now', :now, true)"), {"now": self.clock.at.isoformat()})

    def certified(self, world: Any, people: int, firms: int = 6) -> list[Any]:  # Any: a World, and events
        """So many certificates, whose holders and their firms have an address each."""
        self.come_to(BEGUN)
        known = [world.firm() for _ in range(firms)]
        holders = [world.person(known[number % firms]) for number in range(people)]
        self.tell(*known, *holders)
        of = {"enterprise": known, "person": holders}
        self.tell(*(world.contact(kind, e.subject, f"a{n}@cqo.example") for kind in of for n, e in enumerate(of[kind])))
        self.tell(world.contact("division", COUNTY, "office@cqo.example"))
        issued = [world.certificate(holder) for holder in holders]
        self.tell(*issued)
        return issued

    def post(self, at_most: int = 10_000) -> int:
        """The mail server takes the letters that wait, and its journal has them."""
        taken = letters.take(self.session, Channel.EMAIL, 1, at_most, self.clock)
        for letter in taken:
            self.number += 1
            content = compose(
                letter.delivery.message_id or letter.id,
                letter.references[0],
                SENDER,
                "somebody@cqo.example",
                letter.text,
                self.clock.now(),
            )
            (self.journal / f"{self.number:08d}.eml").write_bytes(content)
        letters.settle(self.session, [(letter, Accepted("250 kept")) for letter in taken], 1, self.clock)
        return len(taken)

    def audit(self, days: Iterable[date], doubt: timedelta = AT_ONCE) -> list[Any]:  # Any: rows of `coverage_gap`
        """What an audit of these days finds; the journal is read before."""
        self.session.flush()
        settings: Any = SimpleNamespace(mail_journal=self.journal, mail_from=SENDER, notice_days=400, service="n")
        while mail_journal.read(self.session, self.clock.now(), self.journal):
            pass
        self.runs.append(run := new_id())
        row = {
            "id": run,
            "days": list(days),
            "done": 0,
            "nightly": False,
            "asked_by": "t",
            "asked_at": self.clock.now(),
        }
        self.session.execute(coverage_run.insert().values(row))
        for day in row["days"]:
            coverage.audit_day(self.session, run, day, self.clock.now(), settings, doubt)
        return self.found(run)

    def found(self, run: str) -> list[Any]:  # Any: rows
        wanted = select(coverage_gap).where(coverage_gap.c.run_id == run).order_by(coverage_gap.c.id)
        return list(self.session.execute(wanted))

    def rows(self, statement: str, **given: Any) -> Sequence[Any]:  # Any: values and rows
        return self.session.execute(text(statement), given).all()


def reasons(gaps: Iterable[Any]) -> dict[str, int]:  # Any: rows
    found: dict[str, int] = {}
    for gap in gaps:
        found[gap.reason] = found.get(gap.reason, 0) + 1
    return found
