"""What is asked of the four services: every list with its filters, every search, every proof, every operator's page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from asks import division, enterprise, of_one, one, plain
from cases_notifications import audits_and_subscriptions, notifications
from province import days
from samples import Ask, Case, Query, Samples


def _registry() -> list[Case]:
    of_county: dict[str, Any] = {"role": "division", "claims": division}  # Any: a text and a function

    def case(name: str, ask: Ask, **more: Any) -> Case:  # Any: the role and its claims
        return Case("registry", name, ask, **more)

    q = Samples.words
    return [
        case("enterprises", plain("/enterprises")),
        case("enterprises by county", plain("/enterprises", division=Samples.county)),
        case("enterprises by prefecture", plain("/enterprises", division=Samples.prefecture)),
        case("enterprises as county staff", plain("/enterprises"), **of_county),
        case("enterprises as county staff, q", plain("/enterprises", q=q), **of_county),
        case("enterprises, award contenders", plain("/enterprises", award_contender="true")),
        case("enterprises, large, by county", plain("/enterprises", above_threshold="true", division=Samples.county)),
        case("enterprises without a CQO", plain("/enterprises", has_cqo="false")),
        case("enterprises with a CQO", plain("/enterprises", has_cqo="true", division=Samples.prefecture)),
        case("enterprises by industry", plain("/enterprises", industry="C3825")),
        case("enterprises by credit code", plain("/enterprises", uscc=one("enterprise", 1))),
        case("enterprises, q of two characters", plain("/enterprises", q=q)),
        case("enterprises, q of three characters", plain("/enterprises", q="人参制")),
        case("enterprises, q that nothing has", plain("/enterprises", q="没有此名")),
        case("enterprises, q in a county", plain("/enterprises", q=q, division=Samples.county)),
        case("an enterprise", of_one("/enterprises/{}", "enterprise")),
        case("people", plain("/people")),
        case("people by county", plain("/people", division=Samples.county)),
        case("people of an enterprise", plain("/people", enterprise_id=one("enterprise"))),
        case("people, q is a name", plain("/people", q=one("person", 1))),
        case("people, q that nobody has", plain("/people", q="没有此人")),
        case("people as county staff", plain("/people"), **of_county),
        case("people as an enterprise", plain("/people"), role="enterprise", claims=enterprise),
        case("a person's eligibility", of_one("/people/{}/eligibility", "person")),
        case("talents", plain("/talents")),
        case("talents on a past day", plain("/talents", on=Samples.past)),
        case("talents by county", plain("/talents", division=Samples.county)),
        case("talents available in a prefecture", plain("/talents", available="true", division=Samples.prefecture)),
        case("talents lapsed", plain("/talents", status="lapsed")),
        case("talents, q is a name", plain("/talents", q=one("person", 1))),
        case("talents as county staff", plain("/talents"), **of_county),
        case("pool", plain("/pool"), role="enterprise", claims=enterprise),
        case("pool of a division", plain("/pool", division=Samples.county), **of_county),
        case("recommendations", plain("/recommendations")),
        case(
            "recommendations to be reviewed in a county",
            plain("/recommendations", status="recommended", division=Samples.county),
        ),
        case("recommendations overdue", plain("/recommendations", overdue="true")),
        case("recommendations of a person", plain("/recommendations", person_id=one("person"))),
        case("recommendations as county staff", plain("/recommendations"), **of_county),
        case("corrections", plain("/corrections")),
        case("corrections as county staff", plain("/corrections"), **of_county),
        case("an enterprise's recognitions", of_one("/enterprises/{}/recognitions", "enterprise")),
        case("an enterprise's leaders", of_one("/enterprises/{}/leaders", "enterprise")),
        case("calendar", plain("/calendar")),
        case("changes of divisions", plain("/divisions/changes")),
        case("posts", plain("/posts")),
        case("posts vacant", plain("/posts", vacant="true")),
        case("posts vacant in a county", plain("/posts", vacant="true", division=Samples.county)),
        case("posts of an enterprise", plain("/posts", enterprise_id=one("enterprise"))),
        case("appointments", plain("/appointments")),
        case("appointments on a past day", plain("/appointments", on=Samples.past)),
        case("appointments by county", plain("/appointments", division=Samples.county)),
        case("appointments suspended", plain("/appointments", status="suspended")),
        case("appointments ended in a county", plain("/appointments", status="ended", division=Samples.county)),
        case("appointments not filed", plain("/appointments", filed="false")),
        case("appointments filed late", plain("/appointments", filed_late="true")),
        case("appointments of a person", plain("/appointments", person_id=one("appointment", 2))),
        case("appointments to a post", plain("/appointments", post_id=one("appointment", 1))),
        case("appointments of an enterprise", plain("/appointments", enterprise_id=one("appointment", 3))),
        case("appointments as county staff", plain("/appointments"), **of_county),
        case("an appointment", of_one("/appointments/{}", "appointment")),
        case("divisions", plain("/divisions")),
        case("exclusions", plain("/exclusions")),
    ]


def _training() -> list[Case]:
    of_county: dict[str, Any] = {"role": "division", "claims": division}  # Any: a text and a function

    def case(name: str, ask: Ask, **more: Any) -> Case:  # Any: the role and its claims
        return Case("training", name, ask, **more)

    def verify(samples: Samples) -> tuple[str, Query]:
        _, number, name, _ = samples.rng.choice(samples.ids["certificate"])
        return "/certificates/verify", {"number": number, "name": name}

    soon = str(days.LAST + timedelta(days=60))
    return [
        case("certificates", plain("/certificates")),
        case("certificates on a past day", plain("/certificates", on=Samples.past)),
        case("certificates expired", plain("/certificates", status="expired")),
        case("certificates revoked", plain("/certificates", status="revoked")),
        case("certificates that end soon", plain("/certificates", status="valid", ends_by=soon)),
        case("certificates of a person", plain("/certificates", person_id=one("person"))),
        case("certificates of an enterprise", plain("/certificates", enterprise_id=one("enterprise"))),
        case("certificates by number", plain("/certificates", number=one("certificate", 1))),
        case("certificates as county staff", plain("/certificates"), **of_county),
        case("certificates expired in a county", plain("/certificates", status="expired"), **of_county),
        case("a certificate", of_one("/certificates/{}", "certificate")),
        case("a certificate explained", of_one("/certificates/{}/explain", "certificate")),
        case("a certificate verified", verify),
        case("reminders due", plain("/certificates/notices-due")),
        case("reminders due since a day", plain("/certificates/notices-due", since=Samples.past)),
        case("classes", plain("/classes")),
        case("classes open", plain("/classes", status="open")),
        case("classes continuing", plain("/classes", kind="continuing")),
        case("enrolments of a class", of_one("/classes/{}/enrolments", "class")),
        case("enrolments of a class as county staff", of_one("/classes/{}/enrolments", "class"), **of_county),
        case("nominations of a class", of_one("/classes/{}/nominations", "class")),
        case("nominations of a class as county staff", of_one("/classes/{}/nominations", "class"), **of_county),
        case("a class", of_one("/classes/{}", "class")),
        case("an enrolment explained", of_one("/enrolments/{}/explain", "enrolment")),
        case("a person's education", of_one("/people/{}/education", "person")),
        case("plans", plain("/plans")),
    ]


def _reporting() -> list[Case]:
    of_county: dict[str, Any] = {"role": "division", "claims": division}  # Any: a text and a function

    def case(name: str, ask: Ask, **more: Any) -> Case:  # Any: the role and its claims
        return Case("reporting", name, ask, **more)

    return [
        case("coverage, records", plain("/coverage/records")),
        case("coverage, records of a unit", plain("/coverage/records", unit=Samples.prefecture)),
        case("coverage, records without a CQO", plain("/coverage/records", unit=Samples.prefecture, state="none")),
        case("coverage, records on a past day", plain("/coverage/records", on=Samples.past, population="brand")),
        case("coverage, records as county staff", plain("/coverage/records"), **of_county),
        case("targets", plain("/targets")),
        case("targets of a year", plain("/targets", year=2026)),
    ]


def _of_every_service(service: str) -> list[Case]:
    def feed(**query: object) -> Ask:
        return plain("/events", **query)

    kinds = {
        "registry": "post.opened.v1",
        "training": "certificate.revoked.v1",
        "notifications": "notice.failed.v1",
        "reporting": "target.set.v1",
    }
    middle = {"after": lambda samples: samples.rng.randrange(samples.feed_ends[service])}
    return [
        Case(service, "feed", feed(limit=100), "auditor"),
        Case(service, "feed, from the middle", feed(limit=100, **middle), "auditor"),
        Case(service, "feed of a type", feed(limit=100, type=kinds[service]), "auditor"),
        Case(service, "feed of a county", feed(limit=100, division=Samples.county, **middle), "auditor"),
        Case(service, "feed as county staff", feed(limit=100), "division", division),
        Case(service, "operations: state", plain("/ops/state"), "ops"),
        Case(service, "operations: parked", plain("/ops/parked"), "ops"),
        Case(service, "operations: agreement", plain("/ops/agreement"), "ops"),
        Case(service, "audit", plain("/audit"), "auditor"),
        Case(service, "audit of a subject", plain("/audit", subject=one("enterprise")), "auditor"),
        Case(service, "audit of an actor", plain("/audit", actor="clerk-7"), "auditor"),
        Case(service, "audit of an action", plain("/audit", action="enterprise.excluded"), "auditor"),
        Case(service, "audit until a past day", plain("/audit", until=Samples.past_instant), "auditor"),
        Case(service, "rule sets", plain("/rulesets")),
    ]


def cases() -> list[Case]:
    """All of them."""
    common = [
        case
        for service in ("registry", "training", "notifications", "reporting")
        for case in _of_every_service(service)
    ]
    return [*_registry(), *_training(), *notifications(), *audits_and_subscriptions(), *_reporting(), *common]
