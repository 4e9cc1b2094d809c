"""training: classes, exams, certificates and the yearly education ledger."""

__version__ = "0.2.0"
