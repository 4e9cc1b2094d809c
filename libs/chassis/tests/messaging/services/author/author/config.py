"""The author's own settings: none."""

EXTRA = ()
