"""What the scenario begins with: addresses, what is mailed, the enterprises and candidates from workbooks."""

from __future__ import annotations

from cqolocal import paths
from cqolocal.demo.client import Item
from cqolocal.demo.examples import BEGIN, mail_of
from cqolocal.demo.requiring import require
from cqolocal.demo.scenario import Scenario
from cqolocal.language import tr

# What needs nobody's act goes to the inbox only; everything else is mailed as well.
IN_APP_ONLY = (
    "nomination_received",
    "enrolment_result",
    "appointment_filing_submitted",
    "appointment_filed",
    "certificate_renewed",
)
NEVER = 400  # days: nobody is in office so long in one year


def publish_rules(play: Scenario) -> None:
    """What is mailed, and that duty records may be kept and are not asked for yet."""
    _publish(play, "notifications", channels_by_kind={kind: ["in_app"] for kind in IN_APP_ONLY})
    _publish(play, "registry", duty_least_days=NEVER)


def _publish(play: Scenario, service: str, **parameters: object) -> None:
    rules = play.province.get(service, "/rulesets")["items"][0]["parameters"] | parameters
    # The demo begins on this very day, so its rules are entered as a correction.
    why = {"document": "示例文号〔2026〕3号", "correction": "示例：系统启用当日调整。"}
    play.province.post(service, "/rulesets", {"effective_from": str(BEGIN), "parameters": rules, **why})


def set_up_divisions(play: Scenario) -> None:
    """Where notices to the staff of the province, its prefectures and counties go."""
    staffed = [place["code"] for place in play.province.get("registry", "/divisions")["items"]]
    play.each(staffed, lambda code: play.province.put("registry", f"/divisions/{code}/contact", mail_of(code)))
    play.say(tr("the staff of {count} divisions have an address for notices", count=len(staffed)))


def import_workbooks(play: Scenario) -> None:
    """Step 1: each bad row is reported, the good ones land, importing again changes nothing."""
    for path, name in (("/enterprises/import", "enterprises"), ("/people/import", "candidates")):
        workbook = (paths.PROJECT / "examples" / f"{name}.xlsx").read_bytes()
        first = play.province.upload("registry", path, workbook)
        again = play.province.upload("registry", path, workbook)
        _say_imported(play, name, first, again)
        is_unchanged = again["created"] == 0 and again["updated"] == 0
        require(is_unchanged, tr("importing {name} twice changed something", name=name))
        play.figures[name] = first["created"]


def _say_imported(play: Scenario, name: str, first: Item, again: Item) -> None:
    play.say(
        tr(
            "{name}.xlsx: {created} imported, {rejected} rows rejected; "
            "a second time: {again} imported, {unchanged} unchanged",
            name=name,
            created=first["created"],
            rejected=first["rejected_rows"],
            again=again["created"],
            unchanged=again["unchanged"],
        )
    )
    for fault in first["rejected"][:14]:
        where = {"row": fault["row"], "letter": fault["letter"], "column": fault["column"]}
        play.say(tr("    row {row}, column {letter} {column}: {reason}", **where, reason=fault["reason"]))
