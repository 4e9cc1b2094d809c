"""A list that is imported as a job: somebody asks for it, a worker does it, and what came of it is kept for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.errors import CqoError, RuleBroken
from registry.domain.bilingual import Violation


class ImportKind(StrEnum):
    """What the list holds."""

    ENTERPRISES = "enterprises"
    PEOPLE = "people"


class ImportState(StrEnum):
    """How far the job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"  # the file as a whole can't be used
    FAILED = "failed"  # given up


UNFINISHED = (ImportState.WAITING, ImportState.RUNNING)


class TooManyImports(CqoError):
    """Too many lists wait to be imported; send yours again in some minutes."""

    status = 503
    zh = "等待导入的名单过多，请过几分钟后重新提交。"


class NotImportedYet(RuleBroken):
    """The list has not been imported yet, or was refused as a whole; there are no rejected rows to fetch."""

    zh = "名单尚未导入完毕，或已被整体退回，没有可下载的退回行。"


GIVEN_UP = Violation(
    "导入多次中断，已放弃，未登记任何行；请重新提交，并将 correlation_id 告知运维人员。",
    "The import broke off again and again and was given up; no row has come in. Send it again, and give its "
    "correlation_id to those who run the service.",
)


@dataclass
class ImportJob:
    """`caller` is who asked: the job is done in that scope. `reason` says why it was refused or given up."""

    id: str
    kind: ImportKind
    caller: dict[str, str | None]
    division: str | None  # the caller's
    enterprise_id: str | None  # the caller's
    correlation_id: str
    requested_at: datetime
    state: ImportState = ImportState.WAITING
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    rows: int | None = None  # of the list, once it has been read
    rows_done: int = 0
    report: dict[str, int] | None = None
    rejections: list[dict[str, object]] | None = None  # the first ones
    reason: dict[str, str] | None = None
