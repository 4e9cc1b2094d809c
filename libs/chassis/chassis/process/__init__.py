"""A service as a process: it starts, says whether it is ready, and ends in time.

`python -m chassis.main` runs one, `python -m chassis.process.migrate` its migrations, and
`python -m chassis.process.cli` an operator's commands.
"""

__all__ = ["HealthRoutes"]


def __getattr__(name: str) -> object:
    """HealthRoutes when they are first asked for: the jobs of this package do without all that a web server loads."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from chassis.process.health import HealthRoutes

    return HealthRoutes
