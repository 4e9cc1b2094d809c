"""The objects of each side in the registry: firms, people, who is in office and what they do."""

from __future__ import annotations

import base64
from datetime import date

from matrix_world import NOW, TODAY, Side, World

from chassis.clock import FixedClock
from programme.callers import Role
from registry.handlers.certificates import CertificateIssued, certificate_issued
from registry.seed import seed

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SOUGHT, PHONE, EMAIL = "欧阳寻", "13843210987", "xun@sought.example"
DRAFT, UNCONFIRMED = "尚未提交的内容", "尚未认定的事实"
# Texts, and the roles that they are kept from though the object is their own.
KEPT_FROM = {
    DRAFT: frozenset(Role) - {Role.ENTERPRISE, Role.CQO},
    UNCONFIRMED: frozenset({Role.ENTERPRISE, Role.CQO}),
    **dict.fromkeys((SOUGHT, PHONE, EMAIL), frozenset({Role.ENTERPRISE, Role.CQO})),
}


def fill_registry(world: World, all_sides: tuple[Side, ...]) -> None:
    seed(world.api.running.settings["database_url"])
    for side in all_sides:
        _fill_register(world, side)
    sought = _sought(world, all_sides[0])
    for side in all_sides:
        _fill_office(world, side)
        _fill_enterprise(world, side, sought)


def _fill_register(world: World, side: Side) -> None:
    province, known, mark = world.call(side), side.known, side.mark
    known["enterprise_id"] = firm = province.post("/enterprises", side.firm())["id"]
    known["person_id"], side.second["person_id"] = (province.post("/people", side.person(n))["id"] for n in (0, 1))
    holder, candidate = known["person_id"], side.second["person_id"]
    known |= {"uscc": side.uscc, "id_number": side.id_numbers[0], "division": side.county, "code": side.county}
    known["post_id"] = province.post(f"/enterprises/{firm}/posts", {"title": f"{mark}首席质量官"})["id"]
    _certify(world, holder, mark)
    terms = {
        "post_id": known["post_id"],
        "person_id": holder,
        "appointed_on": str(TODAY),
        "appointed_by": {"name": f"{mark}王强", "capacity": "法定代表人"},
        "document": {"number": f"{mark}任〔2026〕1号", "date": str(TODAY)},
        "authorisation": f"{mark}授权书",
        "position": f"{mark}副总经理",
        "decision_level": True,
    }
    known["appointment_id"] = appointment = province.post("/appointments", terms)["id"]
    paper = {"paper": "authorisation", "name": f"{mark}.pdf", "content": base64.b64encode(PDF).decode()}
    known["document_id"] = province.post(f"/appointments/{appointment}/documents", paper)["id"]
    letter = {"document": f"{mark}荐〔2026〕1号"}
    known["recommendation_id"] = province.post(f"/people/{candidate}/recommendations", letter)["id"]
    excluded = {"person_id": candidate, "reason": mark, "document": f"{mark}〔2026〕9号", "valid_from": "2030-01-01"}
    known["exclusion_id"] = province.post("/exclusions", excluded)["id"]
    times = {"occurred_at": "2026-03-01T00:00:00Z", "known_at": "2026-03-02T01:00:00Z"}
    incident = {"grade": "III", "subject": mark, "content": f"{mark}三台不合格", **times}
    known["incident_id"] = province.post(f"/enterprises/{firm}/incidents", incident)["id"]
    owner = world.call(side, "enterprise")
    correction = {"reason": mark, "name": f"{mark}新名"}
    known["correction_id"] = owner.post(f"/enterprises/{firm}/corrections", correction)["id"]
    listed = owner.call("POST", "/imports/people", 202, data=f"{mark}\n".encode(), headers={"Content-Type": "text/csv"})
    known["import_id"] = listed["id"]


def _certify(world: World, person: str, mark: str) -> None:
    """The person has a certificate, and is in the pool."""
    with world.session() as session, session.begin():
        since, until = date(2026, 1, 10), date(2029, 1, 9)
        issued = CertificateIssued(f"c-{person}", f"CQO-{mark}", person, since, since, until)
        certificate_issued(session, issued, FixedClock(NOW))


def _fill_office(world: World, side: Side) -> None:
    """What the CQO of the side does, and is found to have done: a draft, a breach that nobody has confirmed yet."""
    known, mark, day = side.known, side.mark, str(TODAY)
    province, owner = world.call(side), world.call(side, "enterprise")
    of_office = f"/appointments/{known['appointment_id']}"
    sections = [{"duty": "quality_culture", "text": f"{mark}{DRAFT}"}]
    draft = {"year": 2026, "paper": "report", "sections": sections}
    proposal = {"made_on": day, "addressed_to": f"{mark}总经理办公会", "content": mark}
    hazard = {"kind": "hazard", "found_on": day, "description": f"{mark}来料未检"}
    service = {"activity": f"{mark}质量咨询", "served_on": day, "hours": 2, "evidence": f"{mark}签到表"}
    breach = {"kind": "secrecy", "happened_on": day, "facts": f"{mark}{UNCONFIRMED}", "document": mark}
    owner.post(f"{of_office}/public-service", service)
    owner.post(f"{of_office}/grades", {"year": 2026, "grade": "good", "document": f"{mark}评〔2026〕1号"})
    known |= {
        "duty_report_id": owner.put(f"{of_office}/duty-reports", draft)["id"],
        "proposal_id": owner.post(f"{of_office}/proposals", proposal)["id"],
        "hazard_id": province.post(f"{of_office}/hazards", hazard)["id"],
        "breach_id": province.post(f"{of_office}/breaches", breach)["id"],
    }


def _fill_enterprise(world: World, side: Side, sought: str) -> None:
    """A key quality post that somebody fills, and a request to be put in contact with who is sought."""
    known, mark, owner = side.known, side.mark, world.call(side, "enterprise")
    asked = {"kind": "inspector", "title": f"{mark}检验员", "certificate_name": f"{mark}质量检验员证"}
    post = owner.post(f"/enterprises/{known['enterprise_id']}/quality-posts", asked)["id"]
    shown = {"number": f"{mark}证1号", "valid_from": "2025-01-01", "valid_until": "2026-01-01"}
    filled = {"name": f"{mark}张伟", "certificate": shown}
    known |= {
        "quality_post_id": post,
        "holder_id": owner.post(f"/quality-posts/{post}/holders", filled)["id"],
        "contact_request_id": owner.post(f"/pool/{sought}/contact-requests", {"purpose": f"{mark}招聘"})["id"],
    }


def _sought(world: World, side: Side) -> str:
    """The id of somebody in the pool who belongs to nobody's division here, and has not said yes to anybody."""
    firm = {**side.firm(), "uscc": "91220102000000043Q", "name": "丙企业", "division": "220502", "email": None}
    province = world.call(side)
    person = {"name": SOUGHT, "id_number": "220102197001010077", "quality_years": 9, "declaration": True}
    person |= {"enterprise_id": province.post("/enterprises", firm)["id"], "phone": PHONE, "email": EMAIL}
    made = str(province.post("/people", person)["id"])
    _certify(world, made, "丙")
    return made
