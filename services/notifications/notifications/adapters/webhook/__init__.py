"""Deliveries to other systems by webhook: how they are signed, where they may go, and who sends them."""
