"""The scenario's last step: certificates come up to expiry, are renewed, revoked or expire, and appointments follow."""

from __future__ import annotations

from datetime import date, timedelta

from cqolocal.demo.client import Item, Json
from cqolocal.demo.examples import LEAVE_TO_EXPIRE, RENEW_LATE
from cqolocal.demo.requiring import require
from cqolocal.demo.scenario import Scenario
from cqolocal.language import tr


def let_time_pass(play: Scenario) -> None:
    """Step 6: certificates come up to expiry; some are renewed, one is revoked, some expire; a renewal restores."""
    play.settle()  # prefecture and province are told of the late filing only where nobody knows yet that it was made
    ends = date.fromisoformat(next(iter(play.certificates.values()))["valid_until"])
    for year in (ends.year - 2, ends.year - 1):
        _record_education(play, year)
    holders = [a["person_id"] for a in play.appointments]
    expiring, revoked = holders[:LEAVE_TO_EXPIRE], holders[LEAVE_TO_EXPIRE]
    for days in (90, 60, 30, 7, 0):
        _come_to(play, ends - timedelta(days=days), tr("{days} days before the certificates end", days=days))
        if days == 90:
            _renew(play, [who for who in play.certificates if who not in (*expiring, revoked)])
        if days == 60:
            revoke(play, revoked)
            play.settle()
    _come_to(play, ends + timedelta(days=1), tr("{count} certificates have expired", count=len(expiring)))
    suspended_then = play.province.all("registry", "/appointments", status="suspended")
    _renew(play, expiring[:RENEW_LATE])
    _come_to(play, ends + timedelta(days=2), tr("{count} of them were renewed late", count=RENEW_LATE))
    suspended = play.province.all("registry", "/appointments", status="suspended")
    restored = len(suspended_then) - len(suspended)
    play.say(
        tr(
            "suspended by the rule set: {suspended} appointments; restored by renewal: {restored}",
            suspended=len(suspended_then),
            restored=restored,
        )
    )
    are_those = len(suspended_then) == LEAVE_TO_EXPIRE + 1
    require(are_those, tr("not those appointments are suspended whose certificate ended"))
    require(restored == RENEW_LATE, tr("a renewal did not restore the appointment"))


def _come_to(play: Scenario, day: date, what: str) -> None:
    play.system.move_clock(day)
    play.settle()
    play.say(f"{day}: {what}")


def _record_education(play: Scenario, year: int) -> None:
    items = [
        {"person_id": who, "year": year, "hours": 16, "document": f"示例继续教育〔{year}〕"}
        for who in play.certificates
    ]
    play.system.move_clock(date(year, 9, 15))
    play.centre.post("training", "/education", {"items": items})


def _renew(play: Scenario, people: list[str]) -> None:
    current = {c["person_id"]: c for c in play.centre.all("training", "/certificates")}
    play.each(people, lambda who: _change(play, current[who], "renew"))
    play.settle()  # who is reminded on the next day depends on what has come of the renewals


def revoke(play: Scenario, person: str) -> None:
    current = play.centre.all("training", "/certificates", person_id=person)[0]
    _change(play, current, "revoke", {"reason": "示例：申报材料不实", "document": "示例文号〔2028〕9号"})


def _change(play: Scenario, certificate: Item, what: str, body: Item | None = None) -> Json:
    return play.centre.post("training", f"/certificates/{certificate['id']}/{what}", body, certificate["version"])
