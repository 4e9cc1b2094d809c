"""Corrections that an enterprise proposes to what the register says of it; the bureau accepts or refuses them (R7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.errors import RuleBroken


class CorrectionState(StrEnum):
    """What became of a proposal."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class AlreadyDecided(RuleBroken):
    """This correction has already been accepted or refused."""

    zh = "该更正申请已经办理。"


class NothingToCorrect(RuleBroken):
    """The correction names no field, or only what the register says already."""

    zh = "更正申请未填写任何与登记不同的内容。"


class AnotherIsOpen(RuleBroken):
    """The enterprise has proposed a correction that is not decided yet."""

    zh = "该企业尚有未办理的更正申请。"


@dataclass
class Correction:
    """A proposal: the fields that are to change, as JSON has them, and what was decided."""

    id: str
    enterprise_id: str
    division: str
    changes: dict[str, str | None]
    reason: str
    proposed_on: date
    state: CorrectionState = CorrectionState.PROPOSED
    decided_on: date | None = None
    answer: str | None = None

    def decide(self, accept: bool, answer: str | None, on: date) -> None:
        """Accepts or refuses it, once."""
        if self.state is not CorrectionState.PROPOSED:
            raise AlreadyDecided()
        self.state = CorrectionState.ACCEPTED if accept else CorrectionState.REFUSED
        self.decided_on, self.answer = on, answer
