"""Deliveries by webhook: who works on which end point, what is taken and settled, and what its subscriber may ask."""
