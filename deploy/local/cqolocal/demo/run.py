"""Runs the scenario and says what happened; the exit status is 0 only if everything reconciles."""

from __future__ import annotations

import json
import time
from datetime import date, timedelta
from typing import NotRequired, TypedDict

import click
from rich.console import Console
from rich.table import Table

from cqolocal import agreement
from cqolocal.demo.chaos import Chaos
from cqolocal.demo.reconcile import Reconciliation, is_settled, settle
from cqolocal.demo.scenario import APPOINTED, FILED_LATE, Scenario
from cqolocal.names import SERVICES
from cqolocal.system import System

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


def run(system: System, as_json: bool, chaos: bool) -> int:
    """Plays the programme on `system`, which it starts and stops; returns the exit status."""
    started = time.monotonic()
    console = Console(stderr=as_json, highlight=False, soft_wrap=True)

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:5.1f} s[/dim]  {text}", markup=True)

    system.report = say
    try:
        system.start(fresh=True)
        say("ready: everything below goes through the services' HTTP APIs; all people and firms are synthetic")
        scenario = Scenario(system, say)
        harm = Chaos(system) if chaos else None
        if harm:
            harm.start()
        try:
            scenario.play()
        finally:
            done = harm.stop() if harm else {}
        result = settle(scenario.ops)
        pairs = agreement.compare({service: system.url(service) for service in SERVICES}, system.token("ops"))
        seconds = round(time.monotonic() - started, 1)
        summary = summarise(scenario, result, seconds)
        if harm:
            summary["killed"] = dict(done)
        show(console, scenario, result, summary)
        console.print(agreement.show(pairs))
        if as_json:
            click.echo(json.dumps(summary, ensure_ascii=False))
        is_equal = is_settled(result) and all(pair.agrees for pair in pairs)
        return 0 if is_equal and summary["notices_missing"] == 0 else 1
    finally:
        system.stop()


def summarise(scenario: Scenario, result: Reconciliation, seconds: float) -> Summary:
    """The figures of the whole run; `seconds` is how long it took."""
    proof = scenario.ops.get("notifications", "/notices/proof")
    return {
        "enterprises": scenario.figures["enterprises"],
        "candidates": scenario.figures["candidates"],
        "certificates": scenario.figures["certificates"],
        "appointments": scenario.figures["appointments"],
        "events_published": sum(count for kind, count in result["published"].items() if not _is_checkpoint(kind)),
        "events_applied": sum(
            sum(readers.values()) for kind, readers in result["applied"].items() if not _is_checkpoint(kind)
        ),
        "checkpoints": sum(count for kind, count in result["published"].items() if _is_checkpoint(kind)),
        "cursor_only": sum(sum(readers.values()) for readers in result["cursor_only"].values()),
        "notices": proof["total"]["sent"],
        "notices_due": proof["total"]["due"],
        "notices_missing": proof["total"]["missing"],
        "lost": result["lost"],
        "applied_twice": result["applied_twice"],
        "parked": result["parked"],
        "seconds": seconds,
    }


def _is_checkpoint(kind: str) -> bool:
    return kind.endswith("_audit.sealed.v1")


def show(console: Console, scenario: Scenario, result: Reconciliation, summary: Summary) -> None:
    """The end of the demo, for a person."""
    console.print(_events(result))
    console.print(_notices(scenario))
    _one_notice(console, scenario)
    console.print(_expiry(scenario))
    for population in POPULATIONS:
        console.print(_coverage(scenario, population))
    for difference in result["differing"]:
        console.print(f"[bold]Not the same:[/bold] {difference}")
    if "killed" in summary:
        console.print(
            "Killed meanwhile: " + ", ".join(f"{count} × {what}" for what, count in summary["killed"].items())
        )
    console.print(
        f"[bold]Reconciliation[/bold], read back from the four databases through the services: "
        f"{summary['events_published']} events published, {summary['events_applied']} applications by their readers' "
        f"handlers, compared by the events' ids; {summary['cursor_only']} seen by readers without a handler; "
        f"lost {summary['lost']}, applied twice {summary['applied_twice']}, parked {summary['parked']}; "
        f"notices due {summary['notices_due']}, sent {summary['notices']}, missing {summary['notices_missing']}; "
        f"{summary['seconds']} s."
    )


def _events(result: Reconciliation) -> Table:
    table = Table("event", "published", "applied", "cursor only", title="Events", title_justify="left")
    for kind, count in sorted(result["published"].items()):
        applied = _by_reader(result["applied"].get(kind, {}))
        moved = _by_reader(result["cursor_only"].get(kind, {}))
        table.add_row(kind, str(count), applied or "by nobody here: in the feed for subscribers", moved)
    table.caption = "Cursor only: the reader has no handler for it, and only noted that it has come."
    return table


def _by_reader(counts: dict[str, int]) -> str:
    return ", ".join(f"{service} {count}" for service, count in sorted(counts.items()))


def _notices(scenario: Scenario) -> Table:
    table = Table("notice", "in-app", "e-mail", title="Notices delivered", title_justify="left")
    found = scenario.notices()
    for kind in sorted({kind for kind, _ in found}):
        table.add_row(kind, str(found[kind, "in_app"]), str(found[kind, "email"]))
    files = sum(1 for _ in scenario.system.mail_folder.glob("*.eml"))
    table.caption = f"{files} letters lie as .eml files in {scenario.system.mail_folder}"
    return table


def _one_notice(console: Console, scenario: Scenario) -> None:
    found = scenario.province.get("notifications", "/notices", kind="appointment_suspended", limit=1)["items"]
    if found:
        notice = scenario.province.get("notifications", f"/notices/{found[0]['id']}")
        console.print(f"[bold]One notice in full[/bold] (to the {notice['recipient_kind']})\n{notice['subject']}\n")
        console.print(notice["body"], markup=False)


def _expiry(scenario: Scenario) -> Table:
    due = scenario.ops.all("training", "/certificates/notices-due")
    table = Table(
        "days left", "due", "announced", "overtaken", "cancelled", title="Expiry notices", title_justify="left"
    )
    for days in (90, 60, 30, 7, 0):
        rows = [row for row in due if row["days_left"] == days]
        announced = sum(row["event_id"] is not None for row in rows)
        states = [sum(row["state"] == state for row in rows) for state in ("superseded", "cancelled")]
        table.add_row(str(days), str(len(rows)), str(announced), *map(str, states))
    return table


def _coverage(scenario: Scenario, population: str) -> Table:
    days = (APPOINTED - timedelta(days=1), FILED_LATE, _today(scenario))
    figures = [scenario.province.get("reporting", "/coverage", population=population, on=str(day)) for day in days]
    table = Table("reporting unit", "enterprises", *map(str, days), "target", title_justify="left")
    table.title = f"Coverage of {POPULATIONS[population]}: those with an active CQO, as of three days"
    for rows in zip(*([*figure["units"], figure["total"]] for figure in figures), strict=True):
        shown = ["–" if row["percent"] is None else f"{row['percent']:.1f} %" for row in rows]
        target = rows[-1]["target_percent"]
        table.add_row(
            rows[-1]["name"], str(rows[-1]["enterprises"]), *shown, "–" if target is None else f"{target:g} %"
        )
    return table


def _today(scenario: Scenario) -> date:
    return date.fromisoformat(scenario.province.get("reporting", "/coverage")["on"])
