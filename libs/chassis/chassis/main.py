"""Runs a service: `python -m chassis.main <service> [api|worker]`, both in one process when neither is named.

SIGTERM and SIGINT let what is under way end, and end the process after 25 s whatever happens.
"""

import gc
import importlib
import os
import sys

# What is loaded stays: the collector, which would go through it again and again, waits until the service has started.
gc.disable()
# Set before the driver is loaded: it then waits in a way that eventlet can see.
os.environ["PSYCOPG_WAIT_FUNC"] = "wait_select"
# What libraries load where it is installed and a service has no use for: structlog a console's colours, 11 MB, and
# kombu another form of messages, 1 MB. None says that there is no such module.
for unused in ("rich", "yaml"):
    sys.modules[unused] = None  # type: ignore[assignment]

eventlet = importlib.import_module("eventlet")
eventlet.monkey_patch()

# What this loads has to find the standard library patched.
main = importlib.import_module("chassis.process.process").main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
