"""Posts (R22): the place of a CQO in an enterprise, separate from who holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from registry.domain.departments import DEPARTMENTS, Directed, directed, named
from registry.domain.enterprise import Enterprise
from registry.domain.rules import Rules
from registry.events import PostOpened, PostVacancyOverdue


@dataclass(frozen=True)
class Vacancy:
    """A post is vacant from the day `since`, for which a rule set gives so many days of grace."""

    post_id: str
    since: date
    grace_days: int
    ruleset: int

    @property
    def overdue_on(self) -> date:
        """The first day after the grace."""
        return self.since + timedelta(days=self.grace_days)


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
    department_keys: Directed = field(default_factory=dict)
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
        department_keys: Mapping[str, str],
        on: date,
    ) -> tuple[Post, PostOpened]:
        """Opens a post in an enterprise; it directs all three departments unless others are named."""
        if departments is None:
            departments = [] if department_keys else list(DEPARTMENTS)
        post = cls(
            id=post_id,
            enterprise_id=enterprise.id,
            division=enterprise.division,
            title=title,
            decision_level=decision_level,
            opened_on=on,
            departments=named(departments, department_keys),
            department_keys=directed(departments, department_keys),
        )
        return post, PostOpened(
            post_id=post.id,
            enterprise_id=post.enterprise_id,
            title=post.title,
            decision_level=post.decision_level,
            departments=list(post.departments),
            on=on,
        )

    def leave_vacant(self, since: date, rules: Rules) -> Vacancy:
        """A vacancy begins with the day `since`; what follows from it is by the rule set of that day."""
        return Vacancy(self.id, since, rules.vacancy_grace_days, rules.version)

    def miss_vacancy(self, vacancy: Vacancy, on: date) -> PostVacancyOverdue:
        """Notes that nobody was appointed within the grace."""
        return PostVacancyOverdue(
            self.id, self.enterprise_id, self.title, vacancy.since, vacancy.grace_days, on, vacancy.ruleset
        )
