"""training: classes, exams, certificates and the yearly education ledger."""
