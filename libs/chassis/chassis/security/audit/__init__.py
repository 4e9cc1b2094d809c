"""The audit log: append-only, chained, and anchored in another service's database.

    audit.record(session, caller, "person.revealed", person.id, {"reason": reason}, clock)      # in a use case

`record` enters. The worker's sealer (`chassis.messaging.Sealer`) chains what was entered, some at a time: each entry
gets its place, and a hash over the one before. Now and then it signs the last hash, a checkpoint, and announces it;
another service keeps that. `verify` follows the chain and compares it with what the other service keeps.
"""

from chassis.security.audit.anchor import Kept, kept_checkpoints, opened
from chassis.security.audit.checkpoints import (
    CHECKPOINTS_AT_ONCE,
    HIGHEST,
    Checkpoint,
    KeptRow,
    SigningKeys,
    audit_checkpoint,
    checkpoints_of,
    contradictions,
    keep,
    last_checkpoint,
)
from chassis.security.audit.log import audit_head, audit_log, record
from chassis.security.audit.sealing import Stand, Unsealed, seal, stand_of, unsealed
from chassis.security.audit.verification import LARGEST_PART, Verification, verify
from chassis.security.signing import Unsigned

__all__ = [
    "CHECKPOINTS_AT_ONCE",
    "HIGHEST",
    "LARGEST_PART",
    "Checkpoint",
    "Kept",
    "KeptRow",
    "SigningKeys",
    "Stand",
    "Unsealed",
    "Unsigned",
    "Verification",
    "audit_checkpoint",
    "audit_head",
    "audit_log",
    "checkpoints_of",
    "contradictions",
    "keep",
    "kept_checkpoints",
    "last_checkpoint",
    "opened",
    "record",
    "seal",
    "stand_of",
    "unsealed",
    "verify",
]
