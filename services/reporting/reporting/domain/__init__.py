"""The rules of targets and coverage, without any I/O."""
