"""Lists that are imported as jobs: asked for, taken by a worker, ended, forgotten.

A job is done in one transaction, which also marks it done. So one that was cut short is done again, from the start,
and nothing comes in twice. What is told of it meanwhile goes by transactions of its own.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import NamedTuple

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import NotFound
from chassis.ids import new_id
from chassis.json_types import JsonObject
from chassis.security import audit
from chassis.settings import Settings
from chassis.turns import in_turns
from programme.callers import Caller, Role
from registry.adapters import candidate_list, enterprise_list
from registry.adapters.personal_data import PersonalDataCipher
from registry.adapters.refusal import Refusal
from registry.adapters.upload import RawRow
from registry.adapters.workbook import List, Rejection, Sheet
from registry.domain.bilingual import Violation
from registry.domain.import_job import (
    GIVEN_UP,
    UNFINISHED,
    ImportJob,
    ImportKind,
    ImportState,
    NotImportedYet,
    TooManyImports,
)
from registry.storage import enterprise, import_file, import_job, import_rejected
from registry.usecases.import_enterprises import import_enterprises
from registry.usecases.import_people import import_people
from registry.usecases.import_report import MOST_REJECTIONS, ImportReport, Tell

CHANNEL = "cqo_imports"  # notified by a trigger when a job has been asked for (migration 0025)
MOST_WAITING, MOST_WAITING_OF_ONE = 20, 5  # of the service, of one sender
MOST_ATTEMPTS = 5
KEPT_FOR = timedelta(days=30)
FORGOTTEN_AT_ONCE = 100
LISTS: dict[ImportKind, List] = {ImportKind.ENTERPRISES: enterprise_list.LIST, ImportKind.PEOPLE: candidate_list.LIST}
IMPORTS: dict[ImportKind, Callable[..., ImportReport]] = {
    ImportKind.ENTERPRISES: import_enterprises,
    ImportKind.PEOPLE: import_people,
}

# Held as long as the transaction that does a job, so one is done at a time and a dead worker's lock goes with it.
MY_TURN = text("SELECT pg_try_advisory_xact_lock(hashtext('registry.imports'))")
# While the child reads the list nothing is asked of the database.
LONG_TRANSACTION = text("SET LOCAL idle_in_transaction_session_timeout = '180s'")
UNFINISHED_JOBS = select(ImportJob).where(import_job.c.state.in_(UNFINISHED)).order_by(import_job.c.id)


@dataclass(frozen=True)
class RequestImport:
    """Have a list imported: the file as it was sent, and the request's correlation id."""

    kind: ImportKind
    content: bytes
    correlation_id: str


class RejectedRow(NamedTuple):
    """A row as it came, and what speaks against it: the column and the violation."""

    cells: list[object]
    why: list[tuple[str, Violation]]


def request(
    session: Session, caller: Caller, command: RequestImport, cipher: PersonalDataCipher, clock: Clock
) -> ImportJob:
    """Enters the job; TooManyImports if too many wait."""
    waiting = session.scalars(select(import_job.c.caller).where(import_job.c.state.in_(UNFINISHED))).all()
    own = sum(_is_sender(caller, sent_by) for sent_by in waiting)
    if len(waiting) >= MOST_WAITING or own >= MOST_WAITING_OF_ONE:
        raise TooManyImports()
    job = ImportJob(
        new_id(),
        command.kind,
        asdict(caller),
        _division_of(session, caller),
        caller.enterprise_id,
        command.correlation_id,
        clock.now(),
    )
    session.add(job)
    session.flush()
    sealed = cipher.seal_list(job.id, command.content)
    session.execute(insert(import_file), {"job_id": job.id, "content": sealed})
    details: JsonObject = {"bytes": len(command.content), "sha256": hashlib.sha256(command.content).hexdigest()}
    audit.record(session, caller, f"{job.kind}.import_requested", job.id, details, clock)
    return job


def _is_sender(caller: Caller, sent_by: Mapping[str, str | None]) -> bool:
    """Whether it is the same person in the same role, whatever the token."""
    return {**asdict(caller), "token_id": None} == {**sent_by, "token_id": None}


def _division_of(session: Session, caller: Caller) -> str | None:
    if caller.role != Role.ENTERPRISE:
        return caller.division
    return session.scalar(select(enterprise.c.division).where(enterprise.c.id == caller.enterprise_id))


def take(session: Session) -> ImportJob | None:
    """The oldest job that is not finished, as long as this transaction lasts; None if there is none to do now.

    It is outside the session, so that it is still there when the transaction has been undone.
    """
    if not session.scalar(MY_TURN):
        return None
    session.execute(LONG_TRANSACTION)
    job = session.scalars(UNFINISHED_JOBS.limit(1)).one_or_none()
    if job is not None:
        session.expunge(job)
    return job


def content_of(session: Session, job: ImportJob, cipher: PersonalDataCipher) -> bytes:
    """The file of a job, in clear."""
    sealed = session.scalars(select(import_file.c.content).where(import_file.c.job_id == job.id)).one()
    return cipher.open_list(job.id, sealed)


def note(session: Session, job_id: str, **values: object) -> None:
    """Notes how far a job is, unless it has ended."""
    is_under_way = (import_job.c.id == job_id) & import_job.c.state.in_(UNFINISHED)
    session.execute(update(import_job).where(is_under_way).values(**values))


def carry_out(
    session: Session, job: ImportJob, sheet: Sheet, cipher: PersonalDataCipher, clock: Clock, tell: Tell
) -> ImportReport:
    """Imports the list, as whoever asked for it, and marks the job done."""
    caller = Caller(**job.caller)  # type: ignore[arg-type]  # as `request` has written it
    report = IMPORTS[job.kind](session, caller, sheet, cipher, clock, subject=job.id, tell=tell)
    shown = [_told(rejection) for rejection in report.rejections[:MOST_REJECTIONS]]
    values = {"rows": len(sheet.rows), "rows_done": len(sheet.rows), "report": report.figures(), "rejections": shown}
    _end(session, job, ImportState.DONE, clock.now(), **values)
    return report


def keep_rejected(
    session: Session, job: ImportJob, rows: Iterable[RawRow], report: ImportReport, cipher: PersonalDataCipher
) -> None:
    """Keeps the headers and the rejected rows as they came, each with what speaks against it, to be fetched."""
    reasons: dict[int, list[Rejection]] = defaultdict(list)
    for rejection in report.rejections:
        reasons[rejection.row].append(rejection)
    packed = BytesIO()
    with gzip.open(packed, "wt", compresslevel=1, encoding="utf-8") as lines:
        for row in in_turns(rows):
            why = [[each.column, *each.violation] for each in reasons[row.number]]
            lines.write(json.dumps([row.cells, why], ensure_ascii=False, default=_day) + "\n")
    sealed = cipher.seal_list(job.id, packed.getvalue())
    session.execute(insert(import_rejected), {"job_id": job.id, "content": sealed})


def rejected_rows(
    session: Session, caller: Caller, job: ImportJob, cipher: PersonalDataCipher, clock: Clock
) -> Iterator[RejectedRow]:
    """The headers, then the rejected rows, in clear; it is entered in the audit log.

    They are for whoever sent the list: NotFound for anybody else. NotImportedYet where there are none yet.
    """
    if not _is_sender(caller, job.caller):
        raise NotFound()
    if job.state is not ImportState.DONE:
        raise NotImportedYet()
    sealed = session.scalar(select(import_rejected.c.content).where(import_rejected.c.job_id == job.id))
    audit.record(session, caller, f"{job.kind}.rejected_rows_read", job.id, {}, clock)
    return iter(()) if sealed is None else _opened(cipher.open_list(job.id, sealed))


def _opened(packed: bytes) -> Iterator[RejectedRow]:
    with gzip.open(BytesIO(packed), "rt", encoding="utf-8") as lines:
        for line in lines:
            cells, why = json.loads(line)
            opened = [date.fromisoformat(cell["day"]) if isinstance(cell, dict) else cell for cell in cells]
            yield RejectedRow(opened, [(column, Violation(zh, en)) for column, zh, en in why])


def _day(value: object) -> object:
    assert isinstance(value, date), type(value)
    return {"day": value.isoformat()}


def refuse(session: Session, job: ImportJob, refusal: Refusal, clock: Clock) -> None:
    """Ends a job whose file can't be used as a whole."""
    reason = {"code": refusal.code, "en": refusal.en, "zh": refusal.zh}
    _end(session, job, ImportState.REFUSED, clock.now(), reason=reason)


def give_up(session: Session, job: ImportJob, clock: Clock) -> None:
    """Ends a job that broke off again and again."""
    reason = {"code": "given_up", "en": GIVEN_UP.en, "zh": GIVEN_UP.zh}
    _end(session, job, ImportState.FAILED, clock.now(), reason=reason)


def forget_imports(session: Session, now: datetime, settings: Settings) -> int:
    """Removes some jobs that were asked for long ago; returns how many."""
    old = select(import_job.c.id).where(import_job.c.requested_at < now - KEPT_FOR)
    some = old.order_by(import_job.c.requested_at).limit(FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    return len(session.scalars(delete(import_job).where(import_job.c.id.in_(some)).returning(import_job.c.id)).all())


def _end(session: Session, job: ImportJob, state: ImportState, at: datetime, **values: object) -> None:
    session.execute(delete(import_file).where(import_file.c.job_id == job.id))
    session.execute(update(import_job).where(import_job.c.id == job.id).values(state=state, ended_at=at, **values))


def _told(rejection: Rejection) -> dict[str, object]:
    place = {"row": rejection.row, "column": rejection.column, "letter": rejection.letter}
    return {**place, "en": rejection.violation.en, "zh": rejection.violation.zh}
