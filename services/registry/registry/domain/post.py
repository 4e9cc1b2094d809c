"""Posts (R22): the place of a CQO in an enterprise, separate from who holds it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from registry.domain.enterprise import Enterprise
from registry.events import PostOpened

# R27: what a CQO directs.
DEPARTMENTS = ("质量管理", "质量检验", "质量安全")


@dataclass
class Post:
    """A CQO's post in an enterprise; it is vacant or held."""

    id: str
    enterprise_id: str
    division: str
    title: str
    decision_level: bool
    opened_on: date
    departments: list[str]
    version: int = 0

    @classmethod
    def open(
        cls,
        post_id: str,
        enterprise: Enterprise,
        *,
        title: str,
        decision_level: bool,
        departments: list[str] | None,
        on: date,
    ) -> tuple[Post, PostOpened]:
        """Opens a post in an enterprise; it directs all three departments unless others are named."""
        departments = list(DEPARTMENTS) if departments is None else departments
        post = cls(post_id, enterprise.id, enterprise.division, title, decision_level, on, departments)
        return post, PostOpened(
            post_id=post.id,
            enterprise_id=post.enterprise_id,
            title=post.title,
            decision_level=post.decision_level,
            departments=list(departments),
            on=on,
        )
