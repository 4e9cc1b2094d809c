"""The plumbing that the four services share: transactions, events, HTTP, tokens, time.

No word of the programme's domain stands in here; each service brings its own.
"""

import os
import warnings

# Eventlet then leaves out its own resolver, which takes longer to load than all else that it brings.
os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
# It says at each import that it is in maintenance only. That is known: docs/architecture.md.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

__version__ = "0.2.0"
