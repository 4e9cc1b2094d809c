"""Runs a service: `python -m chassis.run <service> [api|worker]`, both in one process when neither is named.

SIGTERM and SIGINT let what is under way end, and end the process after 25 s whatever happens.
"""

import os
import sys
import warnings

# Set before the modules they concern are loaded: the driver then waits in a way that eventlet can see, and eventlet
# leaves out its own resolver, which takes longer to load than all else that it brings.
os.environ["PSYCOPG_WAIT_FUNC"] = "wait_select"
os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")

# Eventlet says at each import that it is in maintenance only, which is known: docs/architecture.md.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet

eventlet.monkey_patch()

from chassis.runner import main  # noqa: E402 - what it loads has to find the standard library patched

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
