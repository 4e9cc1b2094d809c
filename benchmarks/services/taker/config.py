"""No settings of its own."""

EXTRA = ()
