"""reporting: targets, coverage and statistics, as of any day."""
