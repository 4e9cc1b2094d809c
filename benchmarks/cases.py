"""What is asked of the four services: every list with its filters, every search, every proof, every operator's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from province import days
from samples import Ask, Case, Query, Samples


def _plain(path: str, **query: object) -> Ask:
    """The same query each time, or with values that are drawn: `division=Samples.county`."""

    def ask(samples: Samples) -> tuple[str, Query]:
        return path, {name: value(samples) if callable(value) else value for name, value in query.items()}

    return ask


def _of(path: str, what: str) -> Ask:
    """One thing by its id."""
    return lambda samples: (path.format(samples.one(what)), {})


def _one(what: str, column: int = 0) -> Callable[[Samples], str]:
    return lambda samples: samples.one(what, column)


def _division(samples: Samples) -> dict[str, str]:
    return {"division": samples.county()}


def _enterprise(samples: Samples) -> dict[str, str]:
    return {"enterprise": samples.one("enterprise")}


def _person(samples: Samples) -> dict[str, str]:
    return {"person": samples.one("person")}


def _registry() -> list[Case]:
    of_county: dict[str, Any] = {"role": "division", "claims": _division}  # Any: a text and a function

    def case(name: str, ask: Ask, **more: Any) -> Case:  # Any: the role and its claims
        return Case("registry", name, ask, **more)

    q = Samples.words
    return [
        case("enterprises", _plain("/enterprises")),
        case("enterprises by county", _plain("/enterprises", division=Samples.county)),
        case("enterprises by prefecture", _plain("/enterprises", division=Samples.prefecture)),
        case("enterprises as county staff", _plain("/enterprises"), **of_county),
        case("enterprises as county staff, q", _plain("/enterprises", q=q), **of_county),
        case("enterprises, award contenders", _plain("/enterprises", award_contender="true")),
        case("enterprises, large, by county", _plain("/enterprises", above_threshold="true", division=Samples.county)),
        case("enterprises without a CQO", _plain("/enterprises", has_cqo="false")),
        case("enterprises with a CQO", _plain("/enterprises", has_cqo="true", division=Samples.prefecture)),
        case("enterprises by industry", _plain("/enterprises", industry="C3825")),
        case("enterprises by credit code", _plain("/enterprises", uscc=_one("enterprise", 1))),
        case("enterprises, q of two characters", _plain("/enterprises", q=q)),
        case("enterprises, q of three characters", _plain("/enterprises", q="人参制")),
        case("enterprises, q that nothing has", _plain("/enterprises", q="没有此名")),
        case("enterprises, q in a county", _plain("/enterprises", q=q, division=Samples.county)),
        case("an enterprise", _of("/enterprises/{}", "enterprise")),
        case("people", _plain("/people")),
        case("people by county", _plain("/people", division=Samples.county)),
        case("people of an enterprise", _plain("/people", enterprise_id=_one("enterprise"))),
        case("people, q is a name", _plain("/people", q=_one("person", 1))),
        case("people, q that nobody has", _plain("/people", q="没有此人")),
        case("people as county staff", _plain("/people"), **of_county),
        case("people as an enterprise", _plain("/people"), role="enterprise", claims=_enterprise),
        case("a person's eligibility", _of("/people/{}/eligibility", "person")),
        case("talents", _plain("/talents")),
        case("talents on a past day", _plain("/talents", on=Samples.past)),
        case("talents by county", _plain("/talents", division=Samples.county)),
        case("talents available in a prefecture", _plain("/talents", available="true", division=Samples.prefecture)),
        case("talents lapsed", _plain("/talents", status="lapsed")),
        case("talents, q is a name", _plain("/talents", q=_one("person", 1))),
        case("talents as county staff", _plain("/talents"), **of_county),
        case("pool", _plain("/pool"), role="enterprise", claims=_enterprise),
        case("pool of a division", _plain("/pool", division=Samples.county), **of_county),
        case("recommendations", _plain("/recommendations")),
        case(
            "recommendations to be reviewed in a county",
            _plain("/recommendations", status="recommended", division=Samples.county),
        ),
        case("recommendations overdue", _plain("/recommendations", overdue="true")),
        case("recommendations of a person", _plain("/recommendations", person_id=_one("person"))),
        case("recommendations as county staff", _plain("/recommendations"), **of_county),
        case("corrections", _plain("/corrections")),
        case("corrections as county staff", _plain("/corrections"), **of_county),
        case("an enterprise's recognitions", _of("/enterprises/{}/recognitions", "enterprise")),
        case("an enterprise's leaders", _of("/enterprises/{}/leaders", "enterprise")),
        case("calendar", _plain("/calendar")),
        case("changes of divisions", _plain("/divisions/changes")),
        case("posts", _plain("/posts")),
        case("posts vacant", _plain("/posts", vacant="true")),
        case("posts vacant in a county", _plain("/posts", vacant="true", division=Samples.county)),
        case("posts of an enterprise", _plain("/posts", enterprise_id=_one("enterprise"))),
        case("appointments", _plain("/appointments")),
        case("appointments on a past day", _plain("/appointments", on=Samples.past)),
        case("appointments by county", _plain("/appointments", division=Samples.county)),
        case("appointments suspended", _plain("/appointments", status="suspended")),
        case("appointments ended in a county", _plain("/appointments", status="ended", division=Samples.county)),
        case("appointments not filed", _plain("/appointments", filed="false")),
        case("appointments filed late", _plain("/appointments", filed_late="true")),
        case("appointments of a person", _plain("/appointments", person_id=_one("appointment", 2))),
        case("appointments to a post", _plain("/appointments", post_id=_one("appointment", 1))),
        case("appointments of an enterprise", _plain("/appointments", enterprise_id=_one("appointment", 3))),
        case("appointments as county staff", _plain("/appointments"), **of_county),
        case("an appointment", _of("/appointments/{}", "appointment")),
        case("divisions", _plain("/divisions")),
        case("exclusions", _plain("/exclusions")),
    ]


def _training() -> list[Case]:
    of_county: dict[str, Any] = {"role": "division", "claims": _division}  # Any: a text and a function

    def case(name: str, ask: Ask, **more: Any) -> Case:  # Any: the role and its claims
        return Case("training", name, ask, **more)

    def verify(samples: Samples) -> tuple[str, Query]:
        _, number, name, _ = samples.rng.choice(samples.ids["certificate"])
        return "/certificates/verify", {"number": number, "name": name}

    soon = str(days.LAST + timedelta(days=60))
    return [
        case("certificates", _plain("/certificates")),
        case("certificates on a past day", _plain("/certificates", on=Samples.past)),
        case("certificates expired", _plain("/certificates", status="expired")),
        case("certificates revoked", _plain("/certificates", status="revoked")),
        case("certificates that end soon", _plain("/certificates", status="valid", ends_by=soon)),
        case("certificates of a person", _plain("/certificates", person_id=_one("person"))),
        case("certificates of an enterprise", _plain("/certificates", enterprise_id=_one("enterprise"))),
        case("certificates by number", _plain("/certificates", number=_one("certificate", 1))),
        case("certificates as county staff", _plain("/certificates"), **of_county),
        case("certificates expired in a county", _plain("/certificates", status="expired"), **of_county),
        case("a certificate", _of("/certificates/{}", "certificate")),
        case("a certificate explained", _of("/certificates/{}/explain", "certificate")),
        case("a certificate verified", verify),
        case("reminders due", _plain("/certificates/notices-due")),
        case("reminders due since a day", _plain("/certificates/notices-due", since=Samples.past)),
        case("classes", _plain("/classes")),
        case("classes open", _plain("/classes", status="open")),
        case("classes continuing", _plain("/classes", kind="continuing")),
        case("enrolments of a class", _of("/classes/{}/enrolments", "class")),
        case("enrolments of a class as county staff", _of("/classes/{}/enrolments", "class"), **of_county),
        case("nominations of a class", _of("/classes/{}/nominations", "class")),
        case("nominations of a class as county staff", _of("/classes/{}/nominations", "class"), **of_county),
        case("a class", _of("/classes/{}", "class")),
        case("an enrolment explained", _of("/enrolments/{}/explain", "enrolment")),
        case("a person's education", _of("/people/{}/education", "person")),
        case("plans", _plain("/plans")),
    ]


def _notifications() -> list[Case]:
    of_county: dict[str, Any] = {"role": "division", "claims": _division}  # Any: a text and a function

    def case(name: str, ask: Ask, **more: Any) -> Case:  # Any: the role and its claims
        return Case("notifications", name, ask, **more)

    day = days.LAST - timedelta(days=30)
    month = {"from": str(day - timedelta(days=30)), "to": str(day)}
    of_a_day = {"from": str(day), "to": str(day)}
    return [
        case("the inbox of an enterprise", _plain("/inbox"), role="enterprise", claims=_enterprise),
        case("the inbox of a person", _plain("/inbox"), role="cqo", claims=_person),
        case("the inbox of a county", _plain("/inbox"), **of_county),
        case("the inbox of a county, unread", _plain("/inbox", unread="true"), **of_county),
        case("the inbox of a county, read", _plain("/inbox", unread="false"), **of_county),
        case("notices", _plain("/notices")),
        case("notices of a kind", _plain("/notices", kind="certificate_revoked")),
        case("notices by state", _plain("/notices", state="no_address", channel="email")),
        case("notices that failed", _plain("/notices", state="failed")),
        case("notices of a recipient", _plain("/notices", recipient_kind="person", recipient_id=_one("person"))),
        case("notices of a cause", _plain("/notices", cause_id=_one("notice", 1))),
        case("notices of a month", _plain("/notices", **month)),
        case("notices as county staff", _plain("/notices"), **of_county),
        case("a notice", _of("/notices/{}", "notice")),
        case("the summary", _plain("/notices/summary")),
        case("the summary of a day", _plain("/notices/summary", **of_a_day)),
        case("the summary as county staff", _plain("/notices/summary"), **of_county),
        case("the proof", _plain("/notices/proof")),
        case("the proof of a day", _plain("/notices/proof", **of_a_day)),
        case("the proof of a month", _plain("/notices/proof", **month)),
        case("the proof as county staff", _plain("/notices/proof"), **of_county),
    ]


def _reporting() -> list[Case]:
    of_county: dict[str, Any] = {"role": "division", "claims": _division}  # Any: a text and a function

    def case(name: str, ask: Ask, **more: Any) -> Case:  # Any: the role and its claims
        return Case("reporting", name, ask, **more)

    return [
        case("coverage, records", _plain("/coverage/records")),
        case("coverage, records of a unit", _plain("/coverage/records", unit=Samples.prefecture)),
        case("coverage, records without a CQO", _plain("/coverage/records", unit=Samples.prefecture, state="none")),
        case("coverage, records on a past day", _plain("/coverage/records", on=Samples.past, population="brand")),
        case("coverage, records as county staff", _plain("/coverage/records"), **of_county),
        case("targets", _plain("/targets")),
        case("targets of a year", _plain("/targets", year=2026)),
    ]


def _of_every_service(service: str) -> list[Case]:
    def feed(**query: object) -> Ask:
        return _plain("/events", **query)

    kinds = {
        "registry": "post.opened.v1",
        "training": "certificate.revoked.v1",
        "notifications": "notice.failed.v1",
        "reporting": "target.set.v1",
    }
    middle = {"after": lambda samples: samples.rng.randrange(samples.feed_ends[service])}
    return [
        Case(service, "feed", feed(limit=100), "system"),
        Case(service, "feed, from the middle", feed(limit=100, **middle), "system"),
        Case(service, "feed of a type", feed(limit=100, type=kinds[service]), "system"),
        Case(service, "feed of a county", feed(limit=100, division=Samples.county, **middle), "system"),
        Case(service, "feed as county staff", feed(limit=100), "division", _division),
        Case(service, "operations: state", _plain("/ops/state"), "ops"),
        Case(service, "operations: parked", _plain("/ops/parked"), "ops"),
        Case(service, "operations: agreement", _plain("/ops/agreement"), "ops"),
        Case(service, "audit", _plain("/audit"), "auditor"),
        Case(service, "audit of a subject", _plain("/audit", subject=_one("enterprise")), "auditor"),
        Case(service, "audit of an actor", _plain("/audit", actor="clerk-7"), "auditor"),
        Case(service, "audit of an action", _plain("/audit", action="enterprise.excluded"), "auditor"),
        Case(service, "audit until a past day", _plain("/audit", until=Samples.past_instant), "auditor"),
        Case(service, "rule sets", _plain("/rulesets")),
    ]


def cases() -> list[Case]:
    """All of them."""
    common = [
        case
        for service in ("registry", "training", "notifications", "reporting")
        for case in _of_every_service(service)
    ]
    return [*_registry(), *_training(), *_notifications(), *_reporting(), *common]
