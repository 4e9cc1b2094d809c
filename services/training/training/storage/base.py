"""What all tables of the service are made in."""

from chassis.data import new_metadata

metadata = new_metadata()
