"""The plumbing that the four services share: transactions, events, HTTP, tokens, time.

No word of the programme's domain stands in here; each service brings its own.
"""

__version__ = "0.1.0"
