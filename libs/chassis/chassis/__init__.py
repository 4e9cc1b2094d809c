"""The plumbing that the four services share: transactions, events, HTTP, tokens, time.

No word of the programme's domain stands in here; each service brings its own.
"""

import warnings

# Eventlet says at each import that it is in maintenance only. That is known: docs/architecture.md.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

__version__ = "0.1.0"
