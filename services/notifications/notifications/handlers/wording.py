"""In whose words recipients are told: in the language that each has chosen, by the templates in force today."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from notifications.adapters import texts
from notifications.domain.notice import Channel
from notifications.domain.recipients import RecipientKind
from notifications.domain.rules import Rules
from notifications.queries import editions
from notifications.queries.preferences import Choices


@dataclass(frozen=True)
class Wording:
    """What some recipients have chosen, and which templates are edited."""

    rules: Rules
    chosen: Choices
    edited: texts.Edited

    @classmethod
    def read(cls, session: Session, rules: Rules, recipient_ids: Collection[str | None], on: date) -> Wording:
        """For those recipients, in two statements however many they are."""
        return cls(rules, Choices.read(session, recipient_ids), editions.in_force(session, on))

    def text(
        self, kind: str, recipient_kind: RecipientKind, recipient_id: str, facts: Mapping[str, object]
    ) -> texts.Text:
        """What a recipient is told."""
        language = self.chosen.of(recipient_kind, recipient_id).language
        return texts.render(kind, recipient_kind, facts, self.rules.body_of(kind), language, self.edited)

    def declines(self, kind: str, recipient_kind: RecipientKind, recipient_id: str, channel: Channel) -> bool:
        """Whether a recipient wants no notice of that kind on that channel, and need not have it."""
        return self.chosen.of(recipient_kind, recipient_id).declines(kind, channel, self.rules.optional)
