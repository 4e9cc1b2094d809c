"""Runs a service: `python -m chassis.main <service> [api|worker]`, both in one process when neither is named.

SIGTERM and SIGINT let what is under way end, and end the process after 25 s whatever happens.
"""

import gc
import importlib
import os
import pkgutil
import sys
from types import ModuleType

# What is loaded stays: the collector, which would go through it again and again, waits until the service has started.
gc.disable()
# Set before the driver is loaded: it then waits in a way that eventlet can see.
os.environ["PSYCOPG_WAIT_FUNC"] = "wait_select"
# What libraries load where it is installed and a service has no use for: structlog a console's colours, 11 MB, and
# kombu another form of messages, 1 MB. None says that there is no such module.
for unused in ("rich", "yaml"):
    sys.modules[unused] = None  # type: ignore[assignment]
# What libraries load in any case, and a service never calls: SQLAlchemy what it says to drivers that are not ours, and
# nameko all of Python's help for one function, which finds an object by its name. 0.7 MB, and 20 ms of the start.
for uncalled in ("pydoc", "sqlalchemy.dialects.postgresql.asyncpg", "sqlalchemy.dialects.postgresql.pg8000"):
    sys.modules[uncalled] = ModuleType(uncalled)
sys.modules["pydoc"].locate = pkgutil.resolve_name  # type: ignore[attr-defined]

eventlet = importlib.import_module("eventlet")
eventlet.monkey_patch()

# What this loads has to find the standard library patched.
main = importlib.import_module("chassis.process.process").main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
