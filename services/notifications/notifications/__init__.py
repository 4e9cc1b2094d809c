"""Notices: who must know of what, on which channel, and the proof that they were told."""
