"""A candidate's, an appointment's and an enterprise's way through the API: each step by whom it is for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from registry_world import appointment_in_json, id_number, uscc
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from registry.handlers.certificates import CertificateIssued, certificate_issued
from registry.seed import seed
from testkit import Client, RunningService
from testkit.client import Refused

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
FINDINGS = [{"rule": rule, "met": True, "grounds": "核对原件"} for rule in ("R30", "R31", "R32")]


class Office:
    """The register over HTTP: the bureau of 长春, the province, and what is in it."""

    def __init__(self, service: RunningService, token: Callable[..., str]) -> None:
        self.service, self.token = service, token
        self.bureau = self.client("division", division="220100")
        self.province = self.client("province")
        self.serial = 0

    def client(self, role: str, **claims: str) -> Client:
        return Client(self.service.url, self.token(role, **claims))

    def firm(self) -> str:
        self.serial += 1
        content = {
            "uscc": uscc(self.serial),
            "name": f"示例企业{self.serial}",
            "division": "220102",
            "industry": "C36",
            "above_threshold": True,
            "legal_representative": "王强",
            "registered_on": "2010-05-04",
        }
        return str(self.bureau.post("/enterprises", content)["id"])

    def person(self, firm: str, **more: Any) -> str:
        self.serial += 1
        content = {"name": "李明", "id_number": id_number(self.serial), "enterprise_id": firm, "quality_years": 9}
        return str(self.bureau.post("/people", {**content, **more})["id"])

    def certify(self, person: str) -> None:
        """Has training announce a certificate."""
        url = make_url(self.service.settings["database_url"]).set(drivername="postgresql+psycopg")
        engine = create_engine(url)
        with Session(engine) as session, session.begin():
            issued = CertificateIssued(f"c-{person}", "CQO-1", person, TODAY, TODAY, date(2029, 3, 1))
            certificate_issued(session, issued, FixedClock(NOW))
        engine.dispose()

    def appointed(self, firm: str) -> tuple[str, str]:
        """A CQO of the firm, and their appointment."""
        person = self.person(firm, declaration=True)
        self.certify(person)
        post = self.bureau.post(f"/enterprises/{firm}/posts", {"title": "首席质量官"})["id"]
        made = self.bureau.post("/appointments", appointment_in_json(person, post, str(TODAY)))
        return person, str(made["id"])


@pytest.fixture
def office(running_service: Callable[..., RunningService], token: Callable[..., str], tmp_path: Any) -> Office:
    offset = tmp_path / "offset"
    offset.write_text(str((NOW - datetime.now(UTC)).total_seconds()))
    nowhere = "amqp://guest:guest@127.0.0.1:9/"
    service = running_service("registry", process="api", amqp_url=nowhere, clock_offset_file=offset)
    seed(service.settings["database_url"])
    return Office(service, token)


def refusal(ask: Callable[[], object]) -> tuple[int, str]:
    """The status and the kind of problem with which something is refused."""
    with pytest.raises(Refused) as refused:
        ask()
    return refused.value.status, refused.value.problem["type"].rpartition("/")[2]


def test_a_candidate_is_returned_completed_refused_and_recommended_anew(office: Office) -> None:
    firm = office.firm()
    person, owner = office.person(firm), office.client("enterprise", enterprise=firm)
    declaration = {"made_on": "2026-02-20", "document": "诚信承诺书"}
    made = owner.post(f"/people/{person}/recommendations", {"document": "示例荐〔2026〕1号"})
    path = f"/recommendations/{made['id']}"
    again = refusal(lambda: owner.post(f"/people/{person}/recommendations", {"document": "示例荐〔2026〕1号"}))
    assert again == (409, "already-recommended")
    assert refusal(lambda: owner.post(f"{path}/review", {"findings": FINDINGS, "outcome": "admit"}))[0] == 403

    unmet = [{**FINDINGS[0], "met": False}, *FINDINGS[1:]]
    admitted = {"findings": unmet, "outcome": "admit"}
    assert refusal(lambda: office.bureau.post(f"{path}/review", admitted)) == (409, "criteria-unmet")
    returned = office.bureau.post(f"{path}/review", {"findings": unmet, "outcome": "return", "remark": "缺承诺书"})
    assert (returned["status"], returned["remark"]) == ("returned", "缺承诺书")
    completed = owner.post(f"{path}/completion", {"document": "示例荐〔2026〕2号", "declaration": declaration})
    assert (completed["status"], completed["remark"]) == ("recommended", None)
    refused = office.bureau.post(f"{path}/review", {"findings": FINDINGS, "outcome": "refuse", "remark": "履历不实"})
    assert refused["status"] == "refused"
    assert refusal(lambda: owner.post(f"{path}/withdrawal", {"reason": "调离"})) == (409, "already-decided")

    second = owner.post(f"/people/{person}/recommendations", {"document": "示例荐〔2026〕3号"})
    office.bureau.post(f"/recommendations/{second['id']}/review", {"findings": FINDINGS, "outcome": "admit"})
    listed = owner.get("/recommendations", person_id=person)["items"]
    assert sorted(each["status"] for each in listed) == ["admitted", "refused"]
    full = owner.get(path)
    assert len(full["decisions"]) == 6 and full["evidence"][0]["document"] == "诚信承诺书"


def test_an_exclusion_suspends_and_its_end_gives_back(office: Office) -> None:
    person, appointment = office.appointed(office.firm())
    entry = {"person_id": person, "reason": "失信", "document": "示例〔2026〕9号", "valid_from": str(TODAY)}
    made = office.bureau.post("/exclusions", entry)

    excluded = office.bureau.get(f"/appointments/{appointment}")
    assert excluded["status"] == "suspended"
    assert office.province.get("/talents", q="李明")["items"][0]["status"] == "lapsed"
    assert [each["id"] for each in office.bureau.get("/worklists/excluded")["items"]] == [appointment]
    lifting = {"on": str(TODAY), "document": "示例〔2026〕10号"}
    assert refusal(lambda: office.bureau.post(f"/exclusions/{made['id']}/lift", lifting))[0] == 403
    early = {**lifting, "on": "2026-03-01"}
    assert refusal(lambda: office.province.post(f"/exclusions/{made['id']}/lift", early)) == (409, "lifted-too-early")

    lifted = office.province.post(f"/exclusions/{made['id']}/lift", lifting)
    assert (lifted["valid_to"], lifted["lifted_by"]) == (str(TODAY), "示例〔2026〕10号")
    assert refusal(lambda: office.province.post(f"/exclusions/{made['id']}/lift", lifting)) == (409, "already-lifted")
    # The last day still counts; the sweep gives the office back on the next.
    assert office.bureau.get(f"/appointments/{appointment}")["status"] == "suspended"


def test_an_enterprise_corrects_what_is_said_of_it_submits_and_is_merged(office: Office) -> None:
    firm, successor = office.firm(), office.firm()
    _, appointment = office.appointed(firm)
    owner = office.client("enterprise", enterprise=firm)
    proposal = {"reason": "更名", "name": "示例新名"}
    first = owner.post(f"/enterprises/{firm}/corrections", proposal)
    assert refusal(lambda: owner.post(f"/enterprises/{firm}/corrections", proposal)) == (409, "another-is-open")
    decision = f"/corrections/{first['id']}/decision"
    assert refusal(lambda: office.bureau.post(decision, {"accept": False}))[0] == 422
    office.bureau.post(decision, {"accept": False, "answer": "与营业执照不符"})
    second = owner.post(f"/enterprises/{firm}/corrections", proposal)
    office.bureau.post(f"/corrections/{second['id']}/decision", {"accept": True})
    assert owner.get(f"/enterprises/{firm}")["name"] == "示例新名"
    assert [each["state"] for each in owner.get("/corrections")["items"]] == ["refused", "accepted"]

    filing = f"/appointments/{appointment}/filing"
    owner.post(f"{filing}/submission", {})
    assert refusal(lambda: owner.post(f"{filing}/submission", {})) == (409, "already-submitted")
    assert office.bureau.post(f"{filing}/return", {"reason": "材料不全"})["return_reason"] == "材料不全"
    owner.post(f"{filing}/submission", {})
    filed = office.bureau.post(filing, {"filed_on": str(TODAY)})
    assert filed["filed_late"] is False and filed["filing_number"]

    gone = {"on": str(TODAY), "document": "示例〔2026〕7号", "successor_id": successor}
    assert refusal(lambda: owner.post(f"/enterprises/{firm}/deregistration", gone))[0] == 403
    merged = office.bureau.post(f"/enterprises/{firm}/deregistration", gone)
    assert (merged["deregistered_on"], merged["successor_id"]) == (str(TODAY), successor)
    assert office.bureau.get(f"/appointments/{appointment}")["ended_on"] == str(TODAY)
    assert refusal(lambda: office.bureau.post(f"/enterprises/{firm}/deregistration", gone))[0] == 409
