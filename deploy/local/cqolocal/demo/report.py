"""What the demo shows at its end: events, notices, expiry, coverage and the reconciliation."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NotRequired, TypedDict

from rich.console import Console
from rich.table import Table

from cqolocal.demo.examples import APPOINTED, FILED_LATE
from cqolocal.demo.reconcile import Reconciliation
from cqolocal.demo.scenario import Scenario
from cqolocal.language import tr

POPULATIONS = {
    "award": "contenders for the quality award",
    "brand": "名牌 contenders",
    "above_threshold": "enterprises above the size threshold",
}


class Summary(TypedDict):
    """What `--json` prints."""

    enterprises: int
    candidates: int
    certificates: int
    appointments: int
    events_published: int  # without checkpoints
    events_applied: int  # the same, by a handler, at all readers together
    checkpoints: int  # of audit logs, published; how many depends on the time that it takes
    cursor_only: int  # that a reader has no handler for, at all readers together
    notices: int
    notices_due: int
    notices_missing: int
    lost: int
    applied_twice: int
    parked: int
    seconds: float
    killed: NotRequired[dict[str, int]]


def show(console: Console, scenario: Scenario, result: Reconciliation, summary: Summary) -> None:
    """The end of the demo, for a person."""
    console.print(_events(result))
    console.print(_notices(scenario))
    _one_notice(console, scenario)
    console.print(_expiry(scenario))
    for population in POPULATIONS:
        console.print(_coverage(scenario, population))
    for difference in result["differing"]:
        console.print(tr("[bold]Not the same:[/bold] {difference}", difference=difference))
    if "killed" in summary:
        killed = ", ".join(f"{count} × {tr(what)}" for what, count in summary["killed"].items())
        console.print(tr("Killed meanwhile: {killed}", killed=killed))
    console.print(
        tr(
            "[bold]Reconciliation[/bold], read back from the four databases through the services: "
            "{events_published} events published, {events_applied} applications by their readers' "
            "handlers, compared by the events' ids; {cursor_only} seen by readers without a handler; "
            "lost {lost}, applied twice {applied_twice}, parked {parked}; "
            "notices due {notices_due}, sent {notices}, missing {notices_missing}; {seconds} s.",
            **summary,
        )
    )


def _events(result: Reconciliation) -> Table:
    table = Table(
        tr("event"), tr("published"), tr("applied"), tr("cursor only"), title=tr("Events"), title_justify="left"
    )
    for kind, count in sorted(result["published"].items()):
        applied = _by_reader(result["applied"].get(kind, {}))
        moved = _by_reader(result["cursor_only"].get(kind, {}))
        table.add_row(kind, str(count), applied or tr("by nobody here: in the feed for subscribers"), moved)
    table.caption = tr("Cursor only: the reader has no handler for it, and only noted that it has come.")
    return table


def _by_reader(counts: dict[str, int]) -> str:
    return ", ".join(f"{service} {count}" for service, count in sorted(counts.items()))


def _notices(scenario: Scenario) -> Table:
    table = Table(tr("notice"), tr("in-app"), tr("e-mail"), title=tr("Notices delivered"), title_justify="left")
    found = scenario.notices()
    for kind in sorted({kind for kind, _ in found}):
        table.add_row(kind, str(found[kind, "in_app"]), str(found[kind, "email"]))
    files = sum(1 for _ in scenario.system.mail_folder.glob("*.eml"))
    folder = scenario.system.mail_folder
    table.caption = tr("{count} letters lie as .eml files in {folder}", count=files, folder=folder)
    return table


def _one_notice(console: Console, scenario: Scenario) -> None:
    found = scenario.province.get("notifications", "/notices", kind="appointment_suspended", limit=1)["items"]
    if found:
        notice = scenario.province.get("notifications", f"/notices/{found[0]['id']}")
        kind = notice["recipient_kind"]
        console.print(tr("[bold]One notice in full[/bold] (to the {recipient})", recipient=tr(kind)))
        console.print(f"{notice['subject']}\n", markup=False)
        console.print(notice["body"], markup=False)


def _expiry(scenario: Scenario) -> Table:
    due = scenario.ops.all("training", "/certificates/notices-due")
    headings = (tr("days left"), tr("due"), tr("announced"), tr("overtaken"), tr("cancelled"))
    table = Table(*headings, title=tr("Expiry notices"), title_justify="left")
    for days in (90, 60, 30, 7, 0):
        rows = [row for row in due if row["days_left"] == days]
        announced = sum(row["event_id"] is not None for row in rows)
        states = [sum(row["state"] == state for row in rows) for state in ("superseded", "cancelled")]
        table.add_row(str(days), str(len(rows)), str(announced), *map(str, states))
    return table


def _coverage(scenario: Scenario, population: str) -> Table:
    days = (APPOINTED - timedelta(days=1), FILED_LATE, _today(scenario))
    figures = [scenario.province.get("reporting", "/coverage", population=population, on=str(day)) for day in days]
    table = Table(tr("reporting unit"), tr("enterprises"), *map(str, days), tr("target"), title_justify="left")
    counted = tr(POPULATIONS[population])
    table.title = tr("Coverage of {population}: those with an active CQO, as of three days", population=counted)
    for rows in zip(*([*figure["units"], figure["total"]] for figure in figures), strict=True):
        shown = ["–" if row["percent"] is None else f"{row['percent']:.1f} %" for row in rows]
        target = rows[-1]["target_percent"]
        table.add_row(
            rows[-1]["name"], str(rows[-1]["enterprises"]), *shown, "–" if target is None else f"{target:g} %"
        )
    return table


def _today(scenario: Scenario) -> date:
    return date.fromisoformat(scenario.province.get("reporting", "/coverage")["on"])
