"""Routes of what the rules would have told: the dry run."""

from __future__ import annotations

from chassis.errors import NotFound
from chassis.http import Page, http
from notifications import schemas
from notifications.api.base import Routes
from notifications.domain.rules import Rules
from notifications.queries.due import as_rules
from notifications.queries.filters import PlanFilters
from notifications.queries.plan import plan
from notifications.schemas.plan import DryRun
from programme import rulesets
from programme.callers import Role
from programme.http import Request
from programme.rulesets import RuleSet

STAFF = (Role.PROVINCE, Role.DIVISION)


class PlanRoutes(Routes):
    """Who would get what on a day, by which channel, and why not where not."""

    @http(
        "GET",
        "/notices/plan",
        query=schemas.PlanFilters,
        returns=schemas.PlanItem,
        roles=STAFF,
        paged=True,
        summary="Who would get what on a day, by the rule set of that day or another",
    )
    def show_plan(self, request: Request[None, PlanFilters]) -> Page:
        with self.db.begin() as session:
            on, version = request.query.on, request.query.ruleset
            if version is None:
                rules = rulesets.rules_on(session, on, Rules)
            else:
                found = next((each for each in rulesets.all_versions(session) if each.version == version), None)
                if found is None:
                    raise NotFound()
                rules = as_rules(found)
            return plan(session, request.caller, rules, on, self.clock.today(), request.page)

    @http(
        "POST",
        "/notices/plan",
        body=schemas.NewDryRun,
        returns=schemas.PlanItem,
        roles=STAFF,
        paged=True,
        confidential=True,
        summary="The same by a draft of a rule set's parameters, of which nothing is kept",
    )
    def try_plan(self, request: Request[DryRun]) -> Page:
        with self.db.begin() as session:
            draft = as_rules(RuleSet(0, request.body.on, "draft", request.body.parameters))
            return plan(session, request.caller, draft, request.body.on, self.clock.today(), request.page)
