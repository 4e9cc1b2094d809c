"""The settings this service has beside the common ones: none."""

from chassis.config import Setting

EXTRA: tuple[Setting, ...] = ()
