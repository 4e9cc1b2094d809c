"""Runs the scenario and says what happened; the exit status is 0 only if everything reconciles."""

from __future__ import annotations

import json
import sys
import time

import click
from rich.console import Console

from cqolocal import agreement
from cqolocal.demo import plot
from cqolocal.demo.chaos import Chaos
from cqolocal.demo.client import NoAnswer, Refused
from cqolocal.demo.reconcile import Reconciliation, is_settled, settle
from cqolocal.demo.report import Summary, show
from cqolocal.demo.scenario import Scenario
from cqolocal.language import tr
from cqolocal.names import SERVICES
from cqolocal.progress import clear
from cqolocal.system import System


def run(system: System, as_json: bool, chaos: bool) -> int:
    """Plays the programme on `system`, which it starts and stops; returns the exit status."""
    started = time.monotonic()
    console = Console(stderr=as_json, highlight=False, soft_wrap=True)

    def say(text: str) -> None:
        clear(sys.stderr)
        console.print(f"[dim]{time.monotonic() - started:5.1f} {tr('s')}[/dim]  {text}", markup=True)

    system.report = say
    try:
        system.start(fresh=True)
        say(tr("ready: everything below goes through the services' HTTP APIs; all people and firms are synthetic"))
        scenario = Scenario(system, say)
        harm = Chaos(system) if chaos else None
        if harm:
            harm.start()
        try:
            plot.play(scenario)
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
    except (NoAnswer, Refused) as fault:
        raise click.ClickException(str(fault)) from fault
    finally:
        system.stop(keep=False)  # the next run begins anew


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
