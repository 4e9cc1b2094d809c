"""The programme's main job, step by step, through the services' own HTTP APIs. Everything in it is synthetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TypeVar

from cqolocal import paths
from cqolocal.demo.client import Caller, Item, Json, Refused
from cqolocal.demo.reconcile import is_settled, settle, under_way
from cqolocal.system import System

BEGIN = date(2026, 3, 2)
CLASS_DAYS = (date(2026, 3, 9), date(2026, 3, 13))
APPOINTED, FILED, FILED_LATE = date(2026, 3, 16), date(2026, 3, 27), date(2026, 5, 8)
BLOCKS = {"cqo_system": 16, "quality_safety_law": 12, "advanced_methods": 12}
PLACES = 60  # in the class, for 210 candidates
APPOINTMENTS = 30
LEAVE_TO_EXPIRE = 12  # certificates that nobody renews in time
RENEW_LATE = 5
CALLERS = 4  # requests under way at once
Say = Callable[[str], None]
Given = TypeVar("Given")
Made = TypeVar("Made")


class Scenario:
    """One play of the programme; `system` must be freshly started."""

    def __init__(self, system: System, say: Say) -> None:
        self.system, self.say = system, say
        self.province = Caller(system, "province")
        self.centre = Caller(system, "training_centre")
        self.ops = Caller(system, "ops")
        self.figures: dict[str, int] = {}
        self.certificates: dict[str, Item] = {}  # by person
        self.appointments: list[Item] = []
        self.certified_on = CLASS_DAYS[1]

    def play(self) -> None:
        """All steps, in order."""
        self.system.move_clock(BEGIN)
        self.set_up_divisions()
        self.import_workbooks()
        self.set_targets()
        self.hold_class()
        self.certify()
        self.appoint()
        self.refuse()
        self.file()
        self.let_time_pass()

    def set_up_divisions(self) -> None:
        """Where notices to the counties' staff go, and what is mailed."""
        # What needs nobody's act goes to the inbox only; everything else is mailed as well.
        rules = self.province.get("notifications", "/rulesets")["items"][0]["parameters"]
        quiet = ("nomination_received", "enrolment_result", "appointment_filed", "certificate_renewed")
        rules["channels_by_kind"] = {kind: ["in_app"] for kind in quiet}
        published = {"effective_from": str(BEGIN), "document": "示例文号〔2026〕3号", "parameters": rules}
        self.province.post("notifications", "/rulesets", published)
        places = self.province.get("registry", "/divisions")["items"]
        staffed = [place["code"] for place in places if place["level"] in ("province", "county")]
        self._each(staffed, lambda code: self.province.put("registry", f"/divisions/{code}/contact", _mail_of(code)))
        self.say(f"the staff of {len(staffed)} divisions have an address for notices")

    def import_workbooks(self) -> None:
        """Step 1: each bad row is reported, the good ones land, importing again changes nothing."""
        for path, name in (("/enterprises/import", "enterprises"), ("/people/import", "candidates")):
            workbook = (paths.PROJECT / "examples" / f"{name}.xlsx").read_bytes()
            first = self.province.upload("registry", path, workbook)
            again = self.province.upload("registry", path, workbook)
            self.say(
                f"{name}.xlsx: {first['created']} imported, {first['rejected_rows']} rows rejected; "
                f"a second time: {again['created']} imported, {again['unchanged']} unchanged"
            )
            for fault in first["rejected"][:14]:
                self.say(f"    row {fault['row']}, column {fault['letter']} {fault['column']}: {fault['reason']}")
            _require(again["created"] == 0 and again["updated"] == 0, f"importing {name} twice changed something")
            self.figures[name] = first["created"]

    def set_targets(self) -> None:
        """The province's targets, once the province is known to have an address."""
        self._settle()
        for population, percent in (("award", 100), ("brand", 100), ("above_threshold", 80)):
            for year in (2026, 2028, 2029):
                goal = {"division": "220000", "year": year, "population": population, "percent": percent}
                self.province.post("reporting", "/targets", goal | {"document": f"示例文号〔{year}〕1号"})

    def hold_class(self) -> None:
        """Step 2: the counties nominate their enterprises' candidates; the centre keeps hours and scores."""
        course = self.centre.post("training", "/classes", _class("2026年第一期首席质量官任职培训班（示例）", PLACES))
        self.people = _spread(self.province.all("registry", "/people"), PLACES)
        by_division: dict[str, list[dict[str, str]]] = {}
        for person in self.people:
            nominee = {"enterprise_id": person["enterprise_id"], "person_id": person["id"]}
            by_division.setdefault(person["division"], []).append(nominee)
        accepted = 0
        for division, nominees in by_division.items():
            staff = Caller(self.system, "division", division=division)
            accepted += staff.post("training", f"/classes/{course['id']}/nominations", {"items": nominees})["accepted"]
        self.system.move_clock(self.certified_on)
        ids = [person["id"] for person in self.people]
        hours = [
            {"person_id": who, "block": name, "hours": self._hours(index, full)}
            for index, who in enumerate(ids)
            for name, full in BLOCKS.items()
        ]
        scores = [
            {"person_id": who, "score": 45 if index % 25 == 7 else 62 + index % 35} for index, who in enumerate(ids)
        ]
        resits = [{"person_id": who, "sitting": 2, "score": 71} for index, who in enumerate(ids) if index % 50 == 7]
        self.centre.put("training", f"/classes/{course['id']}/attendance", {"items": hours})
        self.centre.put("training", f"/classes/{course['id']}/exam", {"items": scores})
        self.centre.put("training", f"/classes/{course['id']}/exam", {"items": resits})
        closed = self.centre.post("training", f"/classes/{course['id']}/close")
        self.say(
            f"class held: {accepted} nominated, {closed['passed']} passed, {closed['failed']} failed, "
            f"{len(resits)} of those who passed at the second sitting"
        )
        self.figures["certificates"] = closed["passed"]

    def certify(self) -> None:
        """Step 3: numbered certificates; their holders enter the pool by the event alone."""
        self._settle()
        self.certificates = {c["person_id"]: c for c in self.centre.all("training", "/certificates")}
        pool = self.province.all("registry", "/talents", status="in_pool")
        first = min(self.certificates.values(), key=lambda certificate: certificate["number"])
        checked = self.province.get("training", "/certificates/verify", number=first["number"], name=first["name"])
        self.say(
            f"{len(self.certificates)} certificates, the first {first['number']} ({checked['status']}); "
            f"{len(pool)} people entered the talent pool by the event"
        )
        _require(len(pool) == len(self.certificates), "the pool is not those who hold a certificate")

    def appoint(self) -> None:
        """Step 4: enterprises appoint from the pool; who, on what document, decision level, departments."""
        self.system.move_clock(APPOINTED)
        self.chosen: list[Item] = []
        firms: set[str] = set()
        for person in self.people:
            if person["id"] in self.certificates and person["enterprise_id"] not in firms:
                firms.add(person["enterprise_id"])
                self.chosen.append(person)
        self.chosen = _spread(self.chosen, APPOINTMENTS)
        self.posts: dict[str, str] = {}
        self.appointments = self._each(self.chosen, self._appoint)
        explained = self.province.get("registry", f"/people/{self.chosen[0]['id']}/eligibility", on=str(APPOINTED))
        met = sum(bool(criterion["met"]) for criterion in explained["criteria"])
        self.say(
            f"{len(self.appointments)} CQOs appointed; eligibility of one explained: {met} of "
            f"{len(explained['criteria'])} criteria met by rule set {explained['ruleset']['version']}"
        )
        self.figures["appointments"] = len(self.appointments)

    def refuse(self) -> None:
        """Step 4, the other way: each refusal with the rule's own sentence."""
        failed = next(p for p in self.people if p["id"] not in self.certificates)
        rest = [p for p in self.people if p["id"] in self.certificates and p not in self.chosen]
        colleague = next(p for p in rest if p["enterprise_id"] in self.posts)
        free = next(p for p in rest if p["enterprise_id"] not in self.posts)
        taken, held = self.posts[colleague["enterprise_id"]], self.chosen[0]
        vacant = self._post(free["enterprise_id"])
        attempts = (
            ("not in the pool", failed, vacant, APPOINTED),
            ("no certificate valid that day", free, vacant, self.certified_on - timedelta(days=3)),
            ("already CQO elsewhere", held, vacant, APPOINTED),
            ("the post is taken", colleague, taken, APPOINTED),
        )
        for what, person, post_id, day in attempts:
            try:
                self.province.post("registry", "/appointments", _appointment(person, post_id, day))
            except Refused as refusal:
                _require(refusal.status == 409, f"{what}: refused with {refusal}")
                self.say(f"refused, {what}: {refusal.problem['detail']}")
            else:
                raise RuntimeError(f"an appointment was accepted that breaks a rule: {what}")

    def file(self) -> None:
        """Step 5: filed in time, but for one that is filed late and flagged."""
        self.system.move_clock(FILED)
        *in_time, late = self.appointments
        self._each(in_time, lambda a: self._file(a["id"], FILED))
        self.system.move_clock(FILED_LATE)
        self._settle()
        filed = self._file(late["id"], FILED_LATE)
        self.say(
            f"{len(in_time)} appointments filed in time; one on {FILED_LATE}, due {late['filing_due_on']}: "
            f"late is {filed['filed_late']}"
        )
        _require(filed["filed_late"] is True, "the late filing was not flagged")

    def let_time_pass(self) -> None:
        """Step 6: certificates come up to expiry; some are renewed, one is revoked, some expire; a renewal restores."""
        ends = date.fromisoformat(next(iter(self.certificates.values()))["valid_until"])
        self._record_education(ends.year - 1)
        holders = [a["person_id"] for a in self.appointments]
        expiring, revoked = holders[:LEAVE_TO_EXPIRE], holders[LEAVE_TO_EXPIRE]
        for days in (90, 60, 30, 7, 0):
            self._come_to(ends - timedelta(days=days), f"{days} days before the certificates end")
            if days == 90:
                self._renew([who for who in self.certificates if who not in (*expiring, revoked)])
            if days == 60:
                self._revoke(revoked)
        self._come_to(ends + timedelta(days=1), f"{len(expiring)} certificates have expired")
        self.suspended = self.province.all("registry", "/appointments", status="suspended")
        self._renew(expiring[:RENEW_LATE])
        self._come_to(ends + timedelta(days=2), f"{RENEW_LATE} of them were renewed late")
        suspended = self.province.all("registry", "/appointments", status="suspended")
        self.say(
            f"suspended by the rule set: {len(self.suspended)} appointments; restored by renewal: "
            f"{len(self.suspended) - len(suspended)}"
        )
        _require(
            len(self.suspended) == LEAVE_TO_EXPIRE + 1, "not those appointments are suspended whose certificate ended"
        )
        _require(len(suspended) == LEAVE_TO_EXPIRE + 1 - RENEW_LATE, "a renewal did not restore the appointment")

    def _settle(self) -> None:
        result = settle(self.ops)
        _require(is_settled(result), f"it does not come to rest: {under_way(result)}; {'; '.join(result['differing'])}")

    def _come_to(self, day: date, what: str) -> None:
        self.system.move_clock(day)
        self._settle()
        self.say(f"{day}: {what}")

    def _record_education(self, year: int) -> None:
        items = [
            {"person_id": who, "year": year, "hours": 16, "document": f"示例再教育〔{year}〕"}
            for who in self.certificates
        ]
        self.system.move_clock(date(year, 10, 15))
        self.centre.post("training", "/education", {"items": items})

    def _renew(self, people: list[str]) -> None:
        current = {c["person_id"]: c for c in self.centre.all("training", "/certificates")}
        self._each(people, lambda who: self._change(current[who], "renew"))

    def _revoke(self, person: str) -> None:
        current = self.centre.all("training", "/certificates", person_id=person)[0]
        self._change(current, "revoke", {"reason": "示例：申报材料不实", "document": "示例文号〔2028〕9号"})

    def _change(self, certificate: Item, what: str, body: Item | None = None) -> Json:
        return self.centre.post("training", f"/certificates/{certificate['id']}/{what}", body, certificate["version"])

    def _appoint(self, person: Item) -> Json:
        post_id = self.posts[person["enterprise_id"]] = self._post(person["enterprise_id"])
        firm = Caller(self.system, "enterprise", enterprise=person["enterprise_id"])
        return firm.post("registry", "/appointments", _appointment(person, post_id, APPOINTED))

    def _post(self, enterprise_id: str) -> str:
        content = {"title": "首席质量官", "departments": ["质量管理部", "质量检验部", "质量安全部"]}
        return str(self.province.post("registry", f"/enterprises/{enterprise_id}/posts", content)["id"])

    def _file(self, appointment_id: str, day: date) -> Json:
        return self.province.post("registry", f"/appointments/{appointment_id}/filing", {"filed_on": str(day)})

    def _hours(self, index: int, full: int) -> float:
        return full / 2 if index % 40 == 11 else full

    def _each(self, items: Iterable[Given], call: Callable[[Given], Made]) -> list[Made]:
        with ThreadPoolExecutor(CALLERS) as pool:
            return list(pool.map(call, items))

    def notices(self) -> Counter[tuple[str, str]]:
        """Notices delivered, by kind and channel."""
        found: Counter[tuple[str, str]] = Counter()
        for item in self.ops.get("notifications", "/notices/proof")["items"]:
            found[item["kind"], item["channel"]] += item["sent"]
        return found


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise RuntimeError(what)


def _spread(items: list[Given], number: int) -> list[Given]:
    """`number` of the items, evenly from the first to the last: they come county by county."""
    return [items[place * len(items) // number] for place in range(min(number, len(items)))]


def _mail_of(code: str) -> dict[str, str]:
    return {"email": f"zljd-{code.lower()}@gov.example"}


def _class(name: str, capacity: int) -> Item:
    blocks = [{"name": block, "hours": hours, "trainer": "示例讲师"} for block, hours in BLOCKS.items()]
    days = {"starts_on": str(CLASS_DAYS[0]), "ends_on": str(CLASS_DAYS[1])}
    return {"name": name, "kind": "initial", "capacity": capacity, "blocks": blocks, **days}


def _appointment(person: Item, post_id: str, day: date) -> Item:
    return {
        "post_id": post_id,
        "person_id": person["id"],
        "appointed_on": str(day),
        "appointed_by": {"name": "示例法人", "capacity": "法定代表人"},
        "document": {"number": "示例任〔2026〕1号", "date": str(day)},
        "authorisation": "示例授权书〔2026〕1号",
        "position": "副总经理",
        "decision_level": True,
    }
