"""The pilot's own settings."""

from chassis.config import Setting

EXTRA = (Setting("threshold", "a number that the pilot asks for", 3, int),)
