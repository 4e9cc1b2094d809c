"""Runs a service: `python -m chassis.run <service> [api|worker]`, both in one process when neither is named.

SIGTERM and SIGINT let what is under way end, and end the process after 25 s whatever happens.
"""

import importlib
import os
import sys

# Set before the modules they concern are loaded: the driver then waits in a way that eventlet can see, and eventlet
# leaves out its own resolver, which takes longer to load than all else that it brings.
os.environ["PSYCOPG_WAIT_FUNC"] = "wait_select"
os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")

eventlet = importlib.import_module("eventlet")
eventlet.monkey_patch()

# What this loads has to find the standard library patched.
main = importlib.import_module("chassis.runner").main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
