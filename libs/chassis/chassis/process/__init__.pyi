# For mypy: `__init__.py` loads them at their first use.
from chassis.process.health import HealthRoutes as HealthRoutes
