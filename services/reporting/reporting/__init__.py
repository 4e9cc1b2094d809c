"""reporting: targets, progress and statistics, as of any day."""

__version__ = "0.1.0"
