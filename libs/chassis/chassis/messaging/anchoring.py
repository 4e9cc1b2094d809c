"""Anchoring: what a service does that keeps the checkpoints of others' audit logs.

@subscribe_batch("registry_audit.sealed.v1", ChainSealed)
def chains_sealed(self, session, events):
    keep_checkpoints(session, events)
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from chassis.messaging.envelope import Envelope
from chassis.security import audit

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChainSealed:
    """The hash at the place `seal` of the chain of the service that announced it; signed."""

    seal: int
    hash: str
    signed: str


def keep_checkpoints(session: Session, events: Sequence[Envelope[ChainSealed]]) -> None:
    """Keeps each checkpoint; one that contradicts one kept before is kept beside it, and told."""
    for event in events:
        service = event.source.removeprefix("/")
        checkpoint = audit.Checkpoint(service, event.sequence, event.data.seal, event.data.hash, event.time)
        if not audit.keep(session, checkpoint, event.data.signed):
            log.error(
                "the checkpoint %d of the audit log of %s, of entry %d, contradicts one that is kept; was the log "
                "written anew, or its database put back to an earlier moment?",
                event.sequence,
                service,
                event.data.seal,
            )
