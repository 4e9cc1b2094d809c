"""Whether the training for a first certificate asks that its participants were admitted as candidates (R9, R17).

The registry admits: an enterprise recommends a person as its CQO, and the bureau reviews them criterion by criterion.
"""

from __future__ import annotations

from chassis.errors import RuleBroken
from training.domain.rules import WithoutAdmission


class NotAdmitted(RuleBroken):
    """The enterprise's recommendation of this person has not been reviewed and admitted (R9, R17)."""

    zh = "该人员未经所在企业推荐并审核准予参加任职培训（R9、R17）。"
    rule = "R17"


def admitted_or_warned(is_admitted: bool, rule: WithoutAdmission) -> NotAdmitted | None:
    """None for who was admitted; else the warning, or by the rule set it is raised as a refusal."""
    if is_admitted or rule == WithoutAdmission.OFF:
        return None
    if rule == WithoutAdmission.REFUSE:
        raise NotAdmitted()
    return NotAdmitted()
