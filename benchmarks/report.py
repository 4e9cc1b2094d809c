"""What all benchmarks share: the rows of figures, the goals, how they are shown, and whether the machine was free.

A benchmark prints its rows for people. With `--json` its last line is

    {"bench": NAME, "rows": [{"name", "value", "unit", "reference", "ratio", "goal", "met"}], "load": {…}}

where `reference` is what the value is compared with, `ratio` the value by it, `goal` the text of the goal, and each of
these, with `met`, null where there is none. The exit status is 1 where a goal was missed.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

BUSY = 0.5  # processes that wait for a processor or run, for each processor, before the benchmark has begun


@dataclass(frozen=True)
class Row:
    """A figure, and its goal if it has one."""

    name: str
    value: float
    unit: str
    reference: float | None = None
    ratio: float | None = None
    goal: str | None = None
    met: bool | None = None


@dataclass(frozen=True)
class Machine:
    """How busy the machine was when the benchmark began: the load of the last minute, and its processors."""

    load: float
    processors: int

    @classmethod
    def now(cls) -> Machine:
        return cls(round(os.getloadavg()[0], 2), os.cpu_count() or 1)

    @property
    def busy(self) -> bool:
        return self.load > BUSY * self.processors


def at_most(name: str, value: float, unit: str, limit: float, reference: float | None = None) -> Row:
    """A figure that is to be `limit` or less."""
    return Row(name, round(value, 3), unit, reference, _ratio(value, reference), f"≤ {limit:g} {unit}", value <= limit)


def at_least(name: str, value: float, unit: str, reference: float, times: float, ratio: float | None = None) -> Row:
    """A figure that is to be so many times its reference, or more; `ratio` where it was taken within rounds."""
    found = value / reference if ratio is None else ratio
    goal = f"≥ {times:g} × reference"
    return Row(name, round(value, 3), unit, round(reference, 3), round(found, 3), goal, found >= times)


def within(name: str, value: float, unit: str, reference: float, times: float, ratio: float | None = None) -> Row:
    """A figure that is to be at most so many times its reference; `ratio` where it was taken within rounds."""
    found = value / reference if ratio is None else ratio
    goal = f"≤ {times:g} × reference"
    return Row(name, round(value, 3), unit, round(reference, 3), round(found, 3), goal, found <= times)


def plain(name: str, value: float, unit: str) -> Row:
    """A figure without a goal."""
    return Row(name, round(value, 3), unit)


def _ratio(value: float, reference: float | None) -> float | None:
    return round(value / reference, 3) if reference else None


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of the values do not pass."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def finish(bench: str, rows: Sequence[Row], machine: Machine, as_json: bool) -> int:
    """Shows the rows; returns the process's exit status."""
    width = max((len(row.name) for row in rows), default=0)
    for row in rows:
        sys.stdout.write(f"{row.name:<{width}}  {_figure(row):>18}  {_remark(row)}".rstrip() + "\n")
    if machine.busy:
        sys.stdout.write(
            f"The machine was busy when this began (load {machine.load:g} on {machine.processors} processors): "
            "the figures are worse than those of a free one, and differ from run to run.\n"
        )
    if as_json:
        sys.stdout.write(
            json.dumps({"bench": bench, "rows": [asdict(row) for row in rows], "load": asdict(machine)}) + "\n"
        )
    return int(any(row.met is False for row in rows))


def _figure(row: Row) -> str:
    shown = f"{row.value:,.0f}" if abs(row.value) >= 1000 else f"{row.value:,.1f}"
    return f"{shown} {row.unit}"


def _remark(row: Row) -> str:
    parts = []
    if row.reference is not None:
        times = f", {row.ratio:.2f} × that" if row.ratio is not None else ""
        parts.append(f"reference {row.reference:,.1f}{times}")
    if row.goal is not None:
        parts.append(f"goal {row.goal}: {'met' if row.met else 'MISSED'}")
    return "; ".join(parts)


def say(text: str) -> None:
    """A line about what is going on, beside the figures."""
    sys.stderr.write(f"bench: {text}\n")


def progress(text: str) -> None:
    """The same, of which only the last line matters."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[Kbench: {text}")
