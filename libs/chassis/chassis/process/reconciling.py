"""`python -m chassis.process.cli <service> reconcile`: what it has applied beside what its publishers have announced.

The worker compares and fetches what is missing. What still differs is listed, aggregate by aggregate; with `--accept`
it is made equal to what the publisher holds.
"""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import click
from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from chassis.json_types import JsonValue
from chassis.messaging import feed_client
from chassis.messaging.envelope import JsonObject
from chassis.messaging.inbox import agreement, mending
from chassis.messaging.inbox.applying import Handler, handled_types, handlers_of
from chassis.messaging.inbox.comparing import ASKED_FOR_AT_ONCE, Comparison, chunks
from chassis.messaging.inbox.kept import Kept
from chassis.messaging.inbox.mending import Finding
from chassis.process.operating import Service

WITHIN = 300  # seconds that the worker's comparisons may take
LOOK_EVERY = 0.2
WIDEST = 400  # characters of what is shown of one aggregate


@dataclass
class Pair:
    """This service and one publisher: what was fetched, what differs, and what was made equal."""

    publisher: str
    fetched: int = 0
    problem: str | None = None
    agrees: bool = False
    kinds: list[str] = field(default_factory=list)  # that the publisher has, or had
    findings: list[Finding] = field(default_factory=list)
    mended: int = 0

    def to_dict(self) -> JsonObject:
        return {**vars(self), "findings": [each.to_dict() for each in self.findings]}


@click.command()
@click.option(
    "--accept", metavar="REASON", help="Make what differs equal to what its publisher holds; for the audit log."
)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.pass_obj
def reconcile(service: Service, accept: str | None, as_json: bool) -> None:
    """Compare with every publisher, fetch what is missing, list what differs; exit status 1 if anything does."""
    if accept is not None and len(accept.strip()) < 3:
        raise click.UsageError("say why: --accept takes at least three characters")
    worker = importlib.import_module(f"{service.settings.service}.worker").Worker
    kept: Mapping[str, Kept] = getattr(worker, "kept", {})
    pairs = _compare(service)
    _list_differences(service, pairs, worker, kept)
    if accept is not None:
        _mend(service, pairs, accept, handlers_of(worker()), kept)
        for pair, after in zip(pairs, _compare(service), strict=True):
            pair.agrees, pair.problem, pair.fetched = after.agrees, after.problem, pair.fetched + after.fetched
    if as_json:
        found = {"service": service.settings.service, "publishers": [pair.to_dict() for pair in pairs]}
        click.echo(json.dumps(found, ensure_ascii=False, default=str))
    else:
        for line in _lines(pairs, is_accepted=accept is not None):
            click.echo(line)
    if not all(pair.agrees for pair in pairs):
        raise SystemExit(1)


def _compare(service: Service) -> list[Pair]:
    """Has the worker compare with every publisher, which fetches and applies what is missing."""
    with service.begin() as session:
        agreement.want(session)
    deadline = time.monotonic() + WITHIN
    while True:
        with service.begin() as session:
            rows = agreement.pairs(session)
        if rows and all(_has_ended(row["wanted_at"], row["ended_at"]) for row in rows):
            return [_pair(row) for row in rows]
        if time.monotonic() > deadline:
            raise click.ClickException(f"no comparison within {WITHIN} s; does the worker of this service run?")
        time.sleep(LOOK_EVERY)


def _pair(row: RowMapping) -> Pair:
    fetched = sum(each["fetched"] for each in row["types"])
    return Pair(row["publisher"], fetched, row["problem"], row["agrees"], [each["type"] for each in row["types"]])


def _has_ended(wanted_at: datetime | None, ended_at: datetime | None) -> bool:
    return wanted_at is not None and ended_at is not None and ended_at >= wanted_at


def _list_differences(service: Service, pairs: list[Pair], worker: type, kept: Mapping[str, Kept]) -> None:
    """Fills in what differs, without a limit; nothing is changed."""
    kinds = agreement.kinds_of(handled_types(worker))
    for pair in pairs:
        if pair.agrees or pair.problem:
            continue
        comparison = Comparison(service.settings, service.engine, pair.publisher, None, time.sleep)
        try:
            comparison.compare(kinds, pair.kinds)
            for some in chunks(list(comparison.differences.values()), ASKED_FOR_AT_ONCE):
                with Session(service.engine) as session, session.begin():
                    pair.findings += mending.examine(session, service.settings, pair.publisher, some, kept)
        except feed_client.UNREADABLE as fault:
            pair.problem = f"{type(fault).__name__}: {fault}"


def _mend(
    service: Service, pairs: list[Pair], reason: str, handlers: Mapping[str, Handler], kept: Mapping[str, Kept]
) -> None:
    for pair in pairs:
        to_mend = sorted(filter(lambda each: each.is_to_be_mended, pair.findings), key=lambda each: each.aggregate)
        for some in chunks(to_mend, ASKED_FOR_AT_ONCE):
            with service.begin() as session:
                mended = mending.mend(session, some, handlers, kept)
                what: dict[str, JsonValue] = {each.aggregate: list(each.lost) for each in mended}
                service.record(session, "aggregates.reconciled", pair.publisher, {"reason": reason, "lost": what})
            pair.mended += len(mended)


def _lines(pairs: list[Pair], is_accepted: bool) -> Iterator[str]:
    """What a person reads."""
    for pair in pairs:
        verdict = "agrees" if pair.agrees else pair.problem or "differs"
        made_equal = f", {pair.mended} made equal" if is_accepted else ""
        yield f"{pair.publisher}: {verdict}; {pair.fetched} events fetched, {len(pair.findings)} differed{made_equal}"
        for finding in pair.findings:
            yield from _about(pair.publisher, finding)
    anew = sum(finding.is_to_be_entered_anew for pair in pairs for finding in pair.findings)
    if anew:
        yield f"{anew} of these must be entered anew at their publisher, if they still hold"
    if not is_accepted and any(finding.is_to_be_mended for pair in pairs for finding in pair.findings):
        yield 'to make them equal to what their publishers hold: … reconcile --accept "why"'


def _about(publisher: str, finding: Finding) -> Iterator[str]:
    found: dict[str, Any] = finding.to_dict()  # Any: JSON's values
    yield f"  {found['aggregate']}: {found['what']}, at {found['here']} here and {found['there']} at {publisher}"
    if finding.lost:
        yield f"    lost at {publisher}: {_versions(finding.lost)}"
    if not finding.is_given and finding.taken_from_parked is None:
        yield f"    {publisher} does not give this kind out: enter there anew what it holds"
    if found["again"]:
        yield f"    to be taken: {found['again']} new ones"
    for event in finding.lost_events:
        yield f"    was parked here: {_shortened(event)}"
    for row in finding.known:
        yield f"    known here: {_shortened(row)}"
    if finding.stays and finding.lost:
        yield f"    stays as it is here: {finding.stays}"


def _versions(lost: range) -> str:
    return f"version {lost[0]}" if len(lost) == 1 else f"versions {lost[0]} to {lost[-1]}"


def _shortened(what: JsonObject) -> str:
    text = json.dumps(what, ensure_ascii=False, default=str)
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"
