"""How the events of other services are applied: recipients are kept up to date, and what they must know is announced.

A module has the records that are read of one kind of event, and the functions that apply them. A record has the fields
that this service uses; the publisher's others are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, TypeVar

from chassis.messaging import Envelope

RecordT = TypeVar("RecordT")
Batch: TypeAlias = Sequence[Envelope[RecordT]]  # events of one type, in the order in which they are to be applied
