"""What this service keeps of the registry's aggregates."""

from chassis.messaging import Kept, Rows
from programme.tables import division
from training import storage

KEPT = {
    "division": Kept((Rows.by(division.c.code),)),
    "enterprise": Kept((Rows.by(storage.enterprise.c.id),)),
    "person": Kept((Rows.by(storage.person.c.id),)),
    "recommendation": Kept((Rows.by(storage.admission.c.id),)),
}
