"""The programme's main job through the services' own HTTP APIs: a class, certificates, appointments and their filing.

Everything in it is synthetic.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TypeVar

from cqolocal.demo.client import Caller, Item, Json, Refused
from cqolocal.demo.examples import (
    APPOINTED,
    APPOINTMENTS,
    BLOCKS,
    CLASS_DAYS,
    FILED,
    FILED_LATE,
    PLACES,
    REFUSED,
    WAITING,
    appointment,
    spread,
    training_class,
)
from cqolocal.demo.reconcile import is_settled, settle, under_way
from cqolocal.demo.requiring import require
from cqolocal.language import tr
from cqolocal.system import System

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

    def set_targets(self) -> None:
        """The province's targets, once the province is known to have an address."""
        self.settle()
        for population, percent in (("award", 100), ("brand", 100), ("above_threshold", 80)):
            for year in (2026, 2028, 2029):
                goal = {"division": "220000", "year": year, "population": population, "percent": percent}
                self.province.post("reporting", "/targets", goal | {"document": f"示例文号〔{year}〕1号"})

    @functools.cached_property
    def nominees(self) -> list[Item]:
        """Those who are to be CQO: more than the class has places, from all over the province, two of one firm."""
        people = self.province.all("registry", "/people")
        chosen = spread(people, PLACES + WAITING + REFUSED - 1)
        firm = chosen[0]["enterprise_id"]
        return [*chosen, *[person for person in people[1:] if person["enterprise_id"] == firm][:1]]

    def hold_class(self) -> None:
        """Step 2: the counties nominate their enterprises' candidates; the centre keeps hours and scores."""
        course = self.centre.post(
            "training", "/classes", training_class("2026年第一期首席质量官任职培训班（示例）", PLACES)
        )
        nominated = self._nominate(course)
        self._fill_places(course)
        self.system.move_clock(CLASS_DAYS[0])
        self.settle()  # the nominees are invited before the class begins, not while it is closed
        self.system.move_clock(self.certified_on)
        resits = self._enter_results(course)
        closed = self.centre.post("training", f"/classes/{course['id']}/close")
        self.say(
            tr(
                "class held: {nominated} nominated, {passed} passed, {failed} failed, "
                "{resits} of those who passed at the second sitting",
                nominated=nominated,
                passed=closed["passed"],
                failed=closed["failed"],
                resits=resits,
            )
        )
        self.figures["certificates"] = closed["passed"]

    def _nominate(self, course: Item) -> int:
        """How many found a place or wait for one."""
        by_division: dict[str, list[dict[str, str]]] = {}
        for person in self.nominees:
            nominee = {"enterprise_id": person["enterprise_id"], "person_id": person["id"]}
            by_division.setdefault(person["division"], []).append(nominee)
        nominated = 0
        for division, nominees in by_division.items():
            staff = Caller(self.system, "division", division=division)
            answer = staff.post("training", f"/classes/{course['id']}/nominations", {"items": nominees, "wait": True})
            nominated += answer["accepted"] + answer["waiting"]
        return nominated

    def _fill_places(self, course: Item) -> None:
        """Somebody withdraws, and who waits longest moves up; `people` are those who have a place then."""
        path = f"/classes/{course['id']}/nominations"
        waiting = self.centre.all("training", path, status="waiting")
        if waiting:
            enrolled = self.centre.all("training", path, status="enrolled")[-1]
            reason = {"reason": "示例：工作调整，不能参加本期培训"}
            self.province.post("training", f"/nominations/{enrolled['id']}/withdraw", reason)
        with_place = {found["person_id"] for found in self.centre.all("training", path, status="enrolled")}
        self.people = [person for person in self.nominees if person["id"] in with_place]
        moved_up = [found for found in waiting if found["person_id"] in with_place]
        require(len(moved_up) == min(1, len(waiting)), tr("nobody moved up from the waiting list"))
        self.say(
            tr(
                "{places} places, {waiting} waited for one; one nominee withdrew, and {moved_up} moved up",
                places=PLACES,
                waiting=len(waiting),
                moved_up=len(moved_up),
            )
        )

    def _enter_results(self, course: Item) -> int:
        """Hours, scores and second sittings; how many sat a second time."""
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
        for items in (scores, resits):
            self.centre.put("training", f"/classes/{course['id']}/exam", {"items": items})
        return len(resits)

    def certify(self) -> None:
        """Step 3: numbered certificates; their holders enter the pool by the event alone."""
        self.settle()
        self.certificates = {c["person_id"]: c for c in self.centre.all("training", "/certificates")}
        pool = self.province.all("registry", "/talents", status="in_pool")
        first = min(self.certificates.values(), key=lambda certificate: certificate["number"])
        checked = self.province.get("training", "/certificates/verify", number=first["number"], name=first["name"])
        self.say(
            tr(
                "{count} certificates, the first {number} ({status}); "
                "{admitted} people entered the talent pool by the event",
                count=len(self.certificates),
                number=first["number"],
                status=tr("valid") if checked["status"] == "valid" else checked["status"],
                admitted=len(pool),
            )
        )
        require(len(pool) == len(self.certificates), tr("the pool is not those who hold a certificate"))

    def appoint(self) -> None:
        """Step 4: enterprises appoint from the pool; who, on what document, decision level, departments."""
        self.system.move_clock(APPOINTED)
        self.chosen: list[Item] = []
        firms: set[str] = set()
        for person in self.people:
            if person["id"] in self.certificates and person["enterprise_id"] not in firms:
                firms.add(person["enterprise_id"])
                self.chosen.append(person)
        self.chosen = spread(self.chosen, APPOINTMENTS)
        self.posts: dict[str, str] = {}
        self.appointments = self.each(self.chosen, self._appoint)
        explained = self.province.get("registry", f"/people/{self.chosen[0]['id']}/eligibility", on=str(APPOINTED))
        met = sum(bool(criterion["met"]) for criterion in explained["criteria"])
        self.say(
            tr(
                "{count} CQOs appointed; eligibility of one explained: "
                "{met} of {criteria} criteria met by rule set {version}",
                count=len(self.appointments),
                met=met,
                criteria=len(explained["criteria"]),
                version=explained["ruleset"]["version"],
            )
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
            (tr("not in the pool"), failed, vacant, APPOINTED),
            (tr("no certificate valid that day"), free, vacant, self.certified_on - timedelta(days=3)),
            (tr("already CQO elsewhere"), held, vacant, APPOINTED),
            (tr("the post is taken"), colleague, taken, APPOINTED),
        )
        for what, person, post_id, day in attempts:
            try:
                self.province.post("registry", "/appointments", appointment(person, post_id, day))
            except Refused as refusal:
                require(refusal.status == 409, f"{what}: {refusal}")
                self.say(tr("refused, {what}: {detail}", what=what, detail=refusal.problem["detail"]))
            else:
                require(False, tr("an appointment was accepted that breaks a rule: {what}", what=what))

    def file(self) -> None:
        """Step 5: submitted by the enterprises and filed by the bureau, one of them late and flagged."""
        self.system.move_clock(FILED)
        *in_time, late = self.appointments
        self.each(in_time, lambda made: self._file(made, FILED))
        self.system.move_clock(FILED_LATE)
        self.settle()
        filed = self._file(late, FILED_LATE)
        self.say(
            tr(
                "{count} appointments filed in time; one on {day}, due {due}: late is {late}",
                count=len(in_time),
                day=FILED_LATE,
                due=late["filing_due_on"],
                late=tr("True") if filed["filed_late"] else tr("False"),
            )
        )
        require(filed["filed_late"] is True, tr("the late filing was not flagged"))

    def settle(self) -> None:
        """Waits until nothing is under way any more; the demo fails if that never comes."""
        result = settle(self.ops)
        differing = "; ".join(result["differing"])
        require(
            is_settled(result),
            tr("it does not come to rest: {waiting}; {differing}", waiting=under_way(result), differing=differing),
        )

    def _appoint(self, person: Item) -> Json:
        post_id = self.posts[person["enterprise_id"]] = self._post(person["enterprise_id"])
        firm = Caller(self.system, "enterprise", enterprise=person["enterprise_id"])
        return firm.post("registry", "/appointments", appointment(person, post_id, APPOINTED))

    def _post(self, enterprise_id: str) -> str:
        content = {"title": "首席质量官", "departments": ["质量管理部", "质量检验部", "质量安全部"]}
        return str(self.province.post("registry", f"/enterprises/{enterprise_id}/posts", content)["id"])

    def _file(self, appointment: Json, day: date) -> Json:
        firm = Caller(self.system, "enterprise", enterprise=appointment["enterprise_id"])
        firm.post("registry", f"/appointments/{appointment['id']}/filing/submission", {})
        return self.province.post("registry", f"/appointments/{appointment['id']}/filing", {"filed_on": str(day)})

    def _hours(self, index: int, full: int) -> float:
        return full / 2 if index % 40 == 11 else full

    def each(self, items: Iterable[Given], call: Callable[[Given], Made]) -> list[Made]:
        """What `call` gives for each item, a few of them at once."""
        with ThreadPoolExecutor(CALLERS) as pool:
            return list(pool.map(call, items))

    def notices(self) -> Counter[tuple[str, str]]:
        """Notices delivered, by kind and channel."""
        found: Counter[tuple[str, str]] = Counter()
        for item in self.ops.get("notifications", "/notices/proof")["items"]:
            found[item["kind"], item["channel"]] += item["sent"]
        return found
