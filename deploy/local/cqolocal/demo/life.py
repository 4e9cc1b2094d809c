"""What happens beside the main line: a correction, reviews, a duty record, an incident, an exclusion."""

from __future__ import annotations

from datetime import timedelta

from cqolocal.demo.client import Caller, Item, Json
from cqolocal.demo.examples import BEGIN, FILED_LATE
from cqolocal.demo.requiring import require
from cqolocal.demo.scenario import Scenario
from cqolocal.language import tr

CRITERIA = ("R30", "R31", "R32")
DUTIES = (
    "law_and_policy",
    "strategy_and_planning",
    "inspection_and_rewards",
    "management_system",
    "methods_and_statistics",
    "training_and_satisfaction",
    "quality_culture",
    "proposals",
    "responsibility_of_posts",
    "checks_of_production",
)
NEW_HEAD = "示例李新民"
EXCLUDED_FOR = timedelta(days=180)


def correct_the_register(play: Scenario) -> None:
    """An enterprise proposes a correction of its own entry, and its county accepts it."""
    firm, bureau = _firm_and_bureau(play, play.nominees[0])
    enterprise_id = play.nominees[0]["enterprise_id"]
    change = {"legal_representative": NEW_HEAD, "leads_since": str(BEGIN), "reason": "示例：法定代表人变更登记"}
    proposed = firm.post("registry", f"/enterprises/{enterprise_id}/corrections", change)
    bureau.post("registry", f"/corrections/{proposed['id']}/decision", {"accept": True})
    entry = firm.get("registry", f"/enterprises/{enterprise_id}")
    require(entry["legal_representative"] == NEW_HEAD, tr("an accepted correction did not take effect"))
    play.say(tr("an enterprise corrects its legal representative; its county accepts: {name}", name=NEW_HEAD))


def recommend(play: Scenario) -> None:
    """Enterprises recommend candidates; the county decides each criterion, and returns what is incomplete."""
    first, second, third = play.nominees[:3]
    results = [_review(play, first, _recommend(play, first), "admit")]
    returned = _review(play, second, _recommend(play, second), "return", remark="示例：请补充质量工作经历证明")
    firm, _ = _firm_and_bureau(play, second)
    again = firm.post("registry", f"/recommendations/{returned['id']}/completion", _letter("示例推荐〔2026〕2号"))
    results.append(_review(play, second, again, "admit"))
    why = "示例：质量工作年限不足"
    results.append(_review(play, third, _recommend(play, third), "refuse", unmet="R32", remark=why))
    found = [result["status"] for result in results]
    require(found == ["admitted", "admitted", "refused"], tr("the reviews did not end as they were decided"))
    play.nominees.remove(third)
    play.say(
        tr(
            "3 candidates recommended: 1 admitted, 1 returned, completed and admitted, 1 refused: {why}",
            why=why,
        )
    )


def _recommend(play: Scenario, person: Item) -> Json:
    firm, _ = _firm_and_bureau(play, person)
    return firm.post("registry", f"/people/{person['id']}/recommendations", _letter("示例推荐〔2026〕1号"))


def _letter(document: str) -> Item:
    return {
        "document": document,
        "declaration": {"made_on": str(BEGIN), "document": "示例诚信承诺书"},
        "evidence": [{"rule": "R32", "statement": "2018年起从事质量管理工作", "document": "示例劳动合同"}],
    }


def _review(
    play: Scenario, person: Item, recommendation: Json, outcome: str, *, unmet: str = "", remark: str | None = None
) -> Json:
    _, bureau = _firm_and_bureau(play, person)
    findings = [{"rule": rule, "met": rule != unmet, "grounds": "示例：查阅材料"} for rule in CRITERIA]
    review = {"findings": findings, "outcome": outcome, "remark": remark}
    return bureau.post("registry", f"/recommendations/{recommendation['id']}/review", review)


def keep_a_duty_record(play: Scenario) -> None:
    """A CQO submits the plan of the year, by duty, and the county takes note of it."""
    held = play.appointments[1]
    cqo = Caller(play.system, "cqo", enterprise=held["enterprise_id"], person=held["person_id"])
    bureau = Caller(play.system, "division", division=held["division"])
    sections = [{"duty": duty, "text": "示例：按季度组织实施并考核。"} for duty in DUTIES]
    plan = {"year": BEGIN.year, "paper": "plan", "sections": sections}
    draft = cqo.put("registry", f"/appointments/{held['id']}/duty-reports", plan)
    path = f"/duty-reports/{draft['id']}"
    cqo.post("registry", f"{path}/submission")
    bureau.post("registry", f"{path}/noting")
    found = cqo.get("registry", path)
    require(found["status"] == "noted", tr("the county has not taken note of the duty record"))
    play.say(tr("a CQO's plan of the year, by {count} duties: submitted, and the county takes note", count=len(DUTIES)))


def report_an_incident(play: Scenario) -> None:
    """A CQO reports an incident within the hour, adds a stage report, and the final one after it is closed."""
    held = play.appointments[0]
    cqo = Caller(play.system, "cqo", enterprise=held["enterprise_id"], person=held["person_id"])
    first = {
        "grade": "III",
        "subject": "示例：一批次产品出厂检验项目漏检",
        "occurred_at": f"{FILED_LATE}T08:30:00+08:00",
        "known_at": f"{FILED_LATE}T09:20:00+08:00",  # it is 10:00
        "content": "示例：已封存同批产品，通知用户停用。",
    }
    incident = cqo.post("registry", f"/enterprises/{held['enterprise_id']}/incidents", first)
    path = f"/incidents/{incident['id']}"
    cqo.post("registry", f"{path}/reports", {"kind": "stage", "content": "示例：召回完成，原因为检验工位交接遗漏。"})
    cqo.post("registry", f"{path}/closing", {"on": str(FILED_LATE)})
    cqo.post("registry", f"{path}/reports", {"kind": "final", "content": "示例：整改完成，检验放行双人复核。"})
    reports = cqo.get("registry", path)["reports"]
    kinds, late = [report["kind"] for report in reports], any(report["late"] for report in reports)
    require(kinds == ["first", "stage", "final"] and not late, tr("the incident's reports are not all there in time"))
    play.say(tr("an incident of grade III: first report after 40 minutes, a stage report, closed, the final report"))


def exclude_a_cqo(play: Scenario) -> None:
    """A CQO is excluded for half a year: the appointment is suspended at once, and restored when the term is over."""
    held = play.appointments[-1]
    entry = {"person_id": held["person_id"], "reason": "示例：提供虚假材料", "document": "示例文号〔2026〕11号"}
    days = {"valid_from": str(FILED_LATE), "valid_to": str(FILED_LATE + EXCLUDED_FOR)}
    play.province.post("registry", "/exclusions", entry | days)
    found = play.province.get("registry", f"/appointments/{held['id']}")["status"]
    require(found == "suspended", tr("the appointment of an excluded person is not suspended"))
    play.say(tr("a CQO is excluded until {day}; the appointment is suspended at once", day=days["valid_to"]))


def _firm_and_bureau(play: Scenario, person: Item) -> tuple[Caller, Caller]:
    """The enterprise of a candidate, and the staff of its county."""
    firm = Caller(play.system, "enterprise", enterprise=person["enterprise_id"])
    return firm, Caller(play.system, "division", division=person["division"])
