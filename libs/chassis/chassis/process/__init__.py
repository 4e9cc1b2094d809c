"""A service as a process: it starts, says whether it is ready, and ends in time.

`python -m chassis.process.main` runs one, `python -m chassis.process.migrate` its migrations, and
`python -m chassis.process.cli` an operator's commands.
"""

from chassis.process.health import HealthRoutes

__all__ = ["HealthRoutes"]
