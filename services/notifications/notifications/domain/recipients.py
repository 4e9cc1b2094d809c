"""Those whom an event concerns, and those whom a rule has told of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

CENTRE_ID = "training_centre"  # the training centre as a recipient: an office, as divisions are


class RecipientKind(StrEnum):
    """Whom a notice is for; a division is its office, and so is the training centre."""

    PERSON = "person"
    ENTERPRISE = "enterprise"
    DIVISION = "division"


class Audience(StrEnum):
    """Whom a rule names; who that is, is looked up when the notice is written."""

    PERSON = "person"
    ENTERPRISE = "enterprise"
    DIVISION = "division"  # the office that looks after the matter: of the county, as a rule
    PREFECTURE = "prefecture"  # the office above it, or itself where it is one
    PROVINCE = "province"
    CENTRE = "centre"

    @property
    def recipient_kind(self) -> RecipientKind:
        """The kind of recipient that it is: all but a person and an enterprise are offices."""
        own = {Audience.PERSON: RecipientKind.PERSON, Audience.ENTERPRISE: RecipientKind.ENTERPRISE}
        return own.get(self, RecipientKind.DIVISION)


@dataclass(frozen=True)
class Mentions:
    """The ids that an event mentions; None where it mentions none of that kind."""

    person_id: str | None = None
    enterprise_id: str | None = None
    division: str | None = None
    appointment_id: str | None = None
    class_id: str | None = None
    # A certificate outlives jobs: what happens to it concerns its holder's present employer.
    concerns_present_employer: bool = False


@dataclass(frozen=True)
class Recipient:
    """Who gets a notice, and as which audience: an office is told other things of its county than of itself."""

    kind: RecipientKind
    id: str
    audience: Audience


@dataclass(frozen=True)
class Parties:
    """The person, the enterprise and the offices an event concerns; None where there is none."""

    person_id: str | None = None
    enterprise_id: str | None = None
    division: str | None = None
    prefecture: str | None = None
    province: str | None = None

    def recipients(self, audiences: Iterable[Audience]) -> list[Recipient]:
        """Those of `audiences` whom there are, each once: a prefecture may itself be the office that looks after it."""
        found: dict[tuple[RecipientKind, str], Recipient] = {}
        for audience in audiences:
            kind, recipient_id = audience.recipient_kind, self._of(audience)
            if recipient_id is not None:
                found.setdefault((kind, recipient_id), Recipient(kind, recipient_id, audience))
        return list(found.values())

    def _of(self, audience: Audience) -> str | None:
        match audience:
            case Audience.PERSON:
                return self.person_id
            case Audience.ENTERPRISE:
                return self.enterprise_id
            case Audience.DIVISION:
                return self.division
            case Audience.PREFECTURE:
                return self.prefecture
            case Audience.PROVINCE:
                return self.province
            case Audience.CENTRE:
                return CENTRE_ID
