"""What is asked of notifications: notices and their proof, plans, audits, and all that subscribers see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from asks import division, enterprise, of_one, one, person, plain
from province import days
from samples import Ask, Case, Query, Samples


def notifications() -> list[Case]:
    """Inboxes, notices, what became of them, and what is to come."""
    of_county: dict[str, Any] = {"role": "division", "claims": division}  # Any: a text and a function

    def case(name: str, ask: Ask, **more: Any) -> Case:  # Any: the role and its claims
        return Case("notifications", name, ask, **more)

    day = days.LAST - timedelta(days=30)
    month = {"from": str(day - timedelta(days=30)), "to": str(day)}
    of_a_day = {"from": str(day), "to": str(day)}
    return [
        case("the inbox of an enterprise", plain("/inbox"), role="enterprise", claims=enterprise),
        case("the inbox of a person", plain("/inbox"), role="cqo", claims=person),
        case("the inbox of a county", plain("/inbox"), **of_county),
        case("the inbox of a county, unread", plain("/inbox", unread="true"), **of_county),
        case("the inbox of a county, read", plain("/inbox", unread="false"), **of_county),
        case("notices", plain("/notices")),
        case("notices of a kind", plain("/notices", kind="certificate_revoked")),
        case("notices by state", plain("/notices", state="no_address", channel="email")),
        case("notices that failed", plain("/notices", state="failed")),
        case("notices of a recipient", plain("/notices", recipient_kind="person", recipient_id=one("person"))),
        case("notices of a cause", plain("/notices", cause_id=one("notice", 1))),
        case("notices of a month", plain("/notices", **month)),
        case("notices as county staff", plain("/notices"), **of_county),
        case("a notice", of_one("/notices/{}", "notice")),
        case("the summary", plain("/notices/summary")),
        case("the summary of a day", plain("/notices/summary", **of_a_day)),
        case("the summary as county staff", plain("/notices/summary"), **of_county),
        case("the proof", plain("/notices/proof")),
        case("the proof of a day", plain("/notices/proof", **of_a_day)),
        case("the proof of a month", plain("/notices/proof", **month)),
        case("the proof as county staff", plain("/notices/proof"), **of_county),
        case("notices that came back", plain("/notices", state="bounced")),
        case("notices withdrawn, by text message", plain("/notices", state="withdrawn", channel="sms")),
        case("deliveries to a person", of_one("/recipients/person/{}/deliveries", "person")),
        case("deliveries to an enterprise", of_one("/recipients/enterprise/{}/deliveries", "enterprise")),
        case("deliveries to an office", lambda samples: (_office(samples), {})),
        case("preferences of a person", plain("/preferences"), role="cqo", claims=person),
        case("preferences of an office", plain("/preferences"), **of_county),
        case("an office's robot", lambda samples: (f"/robots/{samples.county()}", {})),
        case("templates", plain("/templates")),
        case("plan of a day to come", plain("/notices/plan", on=str(days.LAST + days.A_WEEK))),
        case("plan of a past day", plain("/notices/plan", on=str(day))),
        case(
            "plan of a day to come as county staff",
            plain("/notices/plan", on=str(days.LAST + days.A_WEEK)),
            **of_county,
        ),
        case("dry run of a draft", plain("/notices/plan"), body=_draft),
    ]


def _office(samples: Samples) -> str:
    return f"/recipients/division/{samples.county()}/deliveries"


def _draft(samples: Samples) -> Query:
    return {"on": str(days.LAST + days.A_WEEK), "parameters": samples.rng.choice(samples.ids["ruleset"])[0]}


def audits_and_subscriptions() -> list[Case]:
    """What audits of coverage found, and what subscribers and the province see of subscriptions."""
    of_county: dict[str, Any] = {"role": "division", "claims": division}  # Any: a text and a function
    yesterday = days.LAST - days.ONE_DAY

    def case(name: str, ask: Ask, **more: Any) -> Case:  # Any: the role and its claims
        return Case("notifications", name, ask, **more)

    def of(path: str, what: str, subscriber: int | None = None, **query: object) -> Ask:
        """One thing of a subscription, and who asks for it, where that is its subscriber."""

        def ask(samples: Samples) -> tuple[str, Query]:
            found = samples.rng.choice(samples.ids[what])
            named = {} if subscriber is None else {"subscriber": found[subscriber]}
            after = {"after": samples.rng.randrange(found[2])} if path.endswith("/events") else {}
            return path.format(*found, day=yesterday), {**query, **after, **named}

        return ask

    subscription = "/subscriptions/{0}"
    return [
        case("audits", plain("/coverage")),
        case("an audit", of_one("/coverage/{}", "audit")),
        case("differences of a night", of_one("/coverage/{}/gaps", "audit")),
        case("differences of a month", of_one("/coverage/{}/gaps", "long audit")),
        case("differences of a month, of a kind", of("/coverage/{0}/gaps", "long audit", kind="appointment_made")),
        case("differences of a month, by reason", of("/coverage/{0}/gaps", "long audit", reason="no_address")),
        case("differences of a month as county staff", of_one("/coverage/{}/gaps", "long audit"), **of_county),
        case("catalogue", plain("/catalogue")),
        case("subscriptions", plain("/subscriptions")),
        case("subscriptions that wait", plain("/subscriptions", waiting="true")),
        case("a subscription", of(subscription, "subscription")),
        case("a subscription's status", of(f"{subscription}/status", "subscription")),
        case("a subscription's manifest", of(f"{subscription}/manifests/{{day}}", "subscription")),
        case("a subscription's events", of(f"{subscription}/events", "subscription", 1, limit=500), role="system"),
        case("an end point's keys", of(f"{subscription}/keys", "key")),
        case("an end point's attempts", of(f"{subscription}/deliveries", "end point")),
        case("an end point's attempts that failed", of(f"{subscription}/deliveries", "end point", failed="true")),
        case("an event on its way", of(f"{subscription}/deliveries/{{1}}", "waiting", 2), role="system"),
        case("an end point's statistics", of(f"{subscription}/delivery-statistics", "end point")),
        case("a test of an end point", of(f"{subscription}/errands/{{1}}", "errand")),
    ]
