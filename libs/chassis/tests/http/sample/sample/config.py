"""The sample has no settings of its own."""

EXTRA = ()
