"""The running APIs, what is in their databases, and the objects that requests may name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.clock import SystemClock
from registry.handlers.certificates import CertificateIssued, certificate_issued
from registry.seed import seed
from testkit import Client, RunningService, divisions
from testkit.secrets import TokenSigner

NO_BROKER = "amqp://guest:guest@127.0.0.1:9/"
SERVICES = ("registry", "training", "notifications", "reporting")
DIVISION, PERSON, ENTERPRISE = "220102", "01990f3a-6c1d-7b0e-9a44-0d4f0c6a7b21", "01990f3a-6c1d-7b0e-9a44-0d4f0c6a7b22"
# Not JSON: files, pages for browsers, the metrics.
FILES = {"/people/import", "/enterprises/import", "/imports/people", "/imports/enterprises"}
FILES |= {"/imports/{import_id}/rejected", "/people/export", "/enterprises/export", "/appointments/export"}
OTHERS = {"/docs", "/docs/{name}", "/problems/{name}", "/metrics", *FILES}
SHARED = ("/audit", "/events", "/ops", "/health", "/openapi")
# The claim without which a role is refused.
CLAIMS = {
    "division": {"division": "220100"},
    "enterprise": {"enterprise": ENTERPRISE},
    "cqo": {"person": PERSON},
}


def is_tried(path: str, service: str) -> bool:
    """Whether requests are made up for an address; for those that all services have, at the first one alone."""
    return path not in OTHERS and (service == SERVICES[0] or not path.startswith(SHARED))


class Api:
    """A running API: its description, its callers, and the ids of objects that it has, by the name of a field."""

    def __init__(self, running: RunningService, signer: TokenSigner) -> None:
        self.running, self.signer = running, signer
        self.known: dict[str, str] = {"code": DIVISION, "division": DIVISION}

    @cached_property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = Client(self.running.url).get("/openapi.json")
        return found

    def token(self, role: str) -> str:
        return self.signer.token(role, **CLAIMS.get(role, {}))

    def with_known(self, sent: Any) -> Any:  # Any: what is to be sent, of any shape
        """The same, with fields that name an object naming one that is there."""
        if isinstance(sent, dict):
            return {
                name: self.known[name] if name in self.known and isinstance(value, str) else self.with_known(value)
                for name, value in sent.items()
            }
        return [self.with_known(item) for item in sent] if isinstance(sent, list) else sent

    def client(self, role: str = "province") -> Client:
        return Client(self.running.url, self.token(role))


def start_all(
    make_database: Callable[[str], str], signer: TokenSigner, secrets: dict[str, str], folder: Path
) -> dict[str, Api]:
    """Starts the four APIs, and enters something into each."""
    apis = start(make_database, signer, secrets, folder)
    for service, api in apis.items():
        api.running.wait_until_ready()
        FILL[service](api)
        publish(api)
    return apis


def start(
    make_database: Callable[[str], str], signer: TokenSigner, settings: dict[str, str], folder: Path
) -> dict[str, Api]:
    """Starts the four APIs without their workers, each with an empty database; they may not be ready yet."""
    apis = {}
    for service in SERVICES:
        own = {"database_url": make_database(service), "amqp_url": NO_BROKER, "jwks": signer.jwks}
        own |= {
            "feed_token": signer.token("service"),
            "smtp_url": "smtp://127.0.0.1:9",
            "robot_hosts": "oapi.dingtalk.com",
        }
        own |= settings
        running = RunningService(service, "api", own, folder / f"{service}.log")
        apis[service] = Api(running.start(ready=False), signer)
    return apis


def _engine(api: Api) -> Any:
    return create_engine(make_url(api.running.settings["database_url"]).set(drivername="postgresql+psycopg"))


def _fill_registry(api: Api) -> None:
    seed(api.running.settings["database_url"])
    province = api.client()
    firm = {
        "uscc": "91220101MA0Y12340Q",
        "name": "示例企业",
        "division": DIVISION,
        "industry": "C36",
        "above_threshold": True,
        "legal_representative": "王强",
        "registered_on": "2010-05-04",
    }
    enterprise = province.post("/enterprises", firm)["id"]
    person = {"name": "李明", "id_number": "220102199001010017", "enterprise_id": enterprise, "quality_years": 5}
    person |= {"declaration": True}
    person_id = province.post("/people", person)["id"]
    post = province.post(f"/enterprises/{enterprise}/posts", {"title": "首席质量官"})["id"]
    exclusion = {"person_id": person_id, "reason": "示例", "document": "示例〔2026〕9号", "valid_from": "2030-01-01"}
    api.known |= {
        "enterprise_id": enterprise,
        "person_id": person_id,
        "post_id": post,
        "exclusion_id": province.post("/exclusions", exclusion)["id"],
        "recommendation_id": province.post(f"/people/{person_id}/recommendations", {"document": "示例荐〔2026〕1号"})[
            "id"
        ],
    }
    _fill_office(api, person_id, post)


def _fill_office(api: Api, person_id: str, post_id: str) -> None:
    """Somebody in office, and what belongs to that."""
    province, today = api.client(), SystemClock().today()
    with Session(_engine(api)) as session, session.begin():
        until = today + timedelta(days=1000)
        issued = CertificateIssued("k-1", "CQO-JL-1", person_id, today, today, until)
        certificate_issued(session, issued, SystemClock())
    day = today.isoformat()
    terms = {"position": "副总经理", "decision_level": True, "authorisation": "授权书〔2026〕1号", "appointed_on": day}
    terms |= {"appointed_by": {"name": "王强", "capacity": "法定代表人"}}
    terms |= {"document": {"number": "示例任〔2026〕1号", "date": day}}
    made = province.post("/appointments", {**terms, "person_id": person_id, "post_id": post_id})["id"]
    holder = Client(api.running.url, api.signer.token("cqo", person=person_id))
    breach = {"kind": "secrecy", "happened_on": day, "facts": "示例", "document": "示例查〔2026〕3号"}
    paper = {"year": today.year, "paper": "report", "sections": [{"duty": "quality_culture", "text": "质量月活动"}]}
    hazard = {"kind": "problem", "found_on": day, "description": "来料未检"}
    proposal = {"made_on": day, "addressed_to": "总经理办公会", "content": "增设出厂检验岗位"}
    api.known |= {
        "appointment_id": made,
        "breach_id": province.post(f"/appointments/{made}/breaches", breach)["id"],
        "duty_report_id": holder.put(f"/appointments/{made}/duty-reports", paper)["id"],
        "hazard_id": holder.post(f"/appointments/{made}/hazards", hazard)["id"],
        "proposal_id": holder.post(f"/appointments/{made}/proposals", proposal)["id"],
    }


def _fill_training(api: Api) -> None:
    engine = _engine(api)
    with Session(engine) as session, session.begin():
        divisions.place(session)
        values = {"person": PERSON, "firm": ENTERPRISE, "division": DIVISION}
        session.execute(text("INSERT INTO enterprise VALUES (:firm, '示例企业', :division)"), values)
        session.execute(text("INSERT INTO person VALUES (:person, '李明', :division, :firm)"), values)
        # No worker runs here that would make one.
        session.execute(text("INSERT INTO status_list VALUES (0, '', false, 'a.b.c', now())"))
    blocks = [{"name": name, "hours": 16, "trainer": "示例讲师"} for name in ("a", "b")]
    content = {"name": "示例培训班", "kind": "continuing", "starts_on": "2026-03-09", "ends_on": "2026-03-13"}
    made = api.client().post("/classes", {**content, "venue": "示例市示例路1号", "capacity": 50, "blocks": blocks})
    since = {"valid_from": "2026-01-01"}
    trainer = {"name": "示例讲师", "employer": "示例大学", "blocks": ["a"], "document": "示例聘〔2026〕1号", **since}
    venue = {"name": "示例厅", "division": DIVISION, "address": "示例路1号", "seats": 60, **since}
    api.known |= {
        "person_id": PERSON,
        "enterprise_id": ENTERPRISE,
        "class_id": made["id"],
        "trainer_id": api.client().post("/trainers", trainer)["id"],
        "venue_id": api.client().post("/venues", venue)["id"],
    }


def _fill_tree(api: Api) -> None:
    with Session(_engine(api)) as session, session.begin():
        divisions.place(session)


def _fill_notifications(api: Api) -> None:
    _fill_tree(api)
    asked = {
        "name": "示例订阅",
        "subscriber": "test-system",
        "contact_email": "ops@system.example",
        "legal_basis": "示例〔2026〕7号",
        "purpose": "示例用途",
        "events": {"certificate.issued.v1": ["number"]},
        "ends_on": (SystemClock().today() + timedelta(days=365)).isoformat(),
    }
    made = api.client().post("/subscriptions", asked)
    submitted = api.client().post(f"/subscriptions/{made['id']}/submission")
    api.client().post(f"/subscriptions/{made['id']}/approval", version=submitted["version"])
    api.known |= {"subscription_id": made["id"], "event_type": "certificate.issued.v1"}


def _fill_reporting(api: Api) -> None:
    _fill_tree(api)
    target = {"division": DIVISION, "year": 2026, "population": "award", "percent": 50, "document": "示例〔2026〕1号"}
    measures = [{"name": "示例措施", "due_on": "2026-06-30"}]
    plan = {"division": DIVISION, "year": 2026, "document": "示例〔2026〕2号", "measures": measures}
    days = {"starts_on": "2026-04-01", "ends_on": "2026-04-30"}
    campaign = {"division": DIVISION, "kind": "exchange", "title": "经验交流", "document": "示例〔2026〕3号", **days}
    api.known |= {
        "target_id": api.client().post("/targets", target)["id"],
        "plan_id": api.client().post("/rollout-plans", plan)["id"],
        "campaign_id": api.client().post("/campaigns", campaign)["id"],
    }


FILL: dict[str, Callable[[Api], None]] = {
    "registry": _fill_registry,
    "training": _fill_training,
    "notifications": _fill_notifications,
    "reporting": _fill_reporting,
}


def publish(api: Api) -> None:
    """Gives what was announced its place in the feed, as a relay would."""
    with _engine(api).begin() as connection:
        connection.execute(text("UPDATE outbox SET published_at = now(), feed_position = seq"))
