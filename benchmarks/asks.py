"""The parts of which the benchmarks' questions are made: a path with a query, and who asks."""

from __future__ import annotations

from collections.abc import Callable

from samples import Ask, Query, Samples


def plain(path: str, **query: object) -> Ask:
    """The same query each time, or with values that are drawn: `division=Samples.county`."""

    def ask(samples: Samples) -> tuple[str, Query]:
        return path, {name: value(samples) if callable(value) else value for name, value in query.items()}

    return ask


def of_one(path: str, what: str) -> Ask:
    """One thing by its id."""
    return lambda samples: (path.format(samples.one(what)), {})


def one(what: str, column: int = 0) -> Callable[[Samples], str]:
    """An id of a kind, or another of its columns."""
    return lambda samples: samples.one(what, column)


def division(samples: Samples) -> dict[str, str]:
    """The claims of a county's staff."""
    return {"division": samples.county()}


def enterprise(samples: Samples) -> dict[str, str]:
    """The claims of an enterprise."""
    return {"enterprise": samples.one("enterprise")}


def person(samples: Samples) -> dict[str, str]:
    """The claims of a person."""
    return {"person": samples.one("person")}
