"""What all tables of the service belong to."""

from __future__ import annotations

from chassis.data import new_metadata

metadata = new_metadata()
