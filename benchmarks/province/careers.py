"""A person's way to the certificate: registered, nominated, trained, judged."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from chassis.security import Cipher
from province import days, words
from province.books import Books, Parties, as_json
from province.certificates import Certificate, Change, Holder
from province.classes import Classes, TrainingClass
from province.numbers import Numbers
from province.tree import Tree
from training.adapters import numbers


class Career(NamedTuple):
    """What the person's enterprise must know."""

    person_id: str
    name: str
    certificate_id: str | None
    certified_on: date | None
    changes: list[Change]


class Careers:
    """Writes people's ways into the books."""

    def __init__(self, books: Books, classes: Classes, tree: Tree, cipher: Cipher, numbers: Numbers) -> None:
        self.books, self.classes, self.tree, self.cipher, self.numbers = books, classes, tree, cipher, numbers
        self.person = 0

    def live(self, person_id: str, enterprise_id: str, division: str, entered_on: date) -> Career:
        """A person of an enterprise, which was entered on that day."""
        name = words.person(self.books.rng)
        registered_on = min(days.LAST, entered_on + timedelta(days=self.books.rng.randrange(1, 90)))
        self._register(person_id, name, enterprise_id, division, registered_on)
        person = Holder(person_id, name, enterprise_id, division, Parties(person_id, enterprise_id))
        passed = self._train(person, registered_on)
        if passed is None:
            return Career(person_id, name, None, None, [])
        enrolment_id, training_class = passed
        issued_on = training_class.ends_on + timedelta(days=3)
        number = self.certificate_number(division, issued_on)
        certificate = Certificate(self.books, person, number, issued_on, enrolment_id)
        certificate.live()
        return Career(person_id, name, certificate.id, issued_on, certificate.changes)

    def _register(self, person_id: str, name: str, enterprise_id: str, division: str, on: date) -> None:
        self.person = self.numbers.after(self.person)
        books, number = self.books, words.id_number(self.person, division)
        index = self.cipher.index(number)
        books.put(
            "registry",
            "person",
            id=person_id,
            version=1,
            division=division,
            enterprise_id=enterprise_id,
            name=name,
            id_number=self.cipher.seal(number, f"id_number:{index}"),
            id_number_index=index,
            degree=books.rng.choice(("大专", "本科", "硕士")),
            registered_on=on,
        )
        for kind, value in (("experience", str(books.rng.randrange(3, 20))), ("declaration", "true")):
            books.put(
                "registry",
                "person_fact",
                person_id=person_id,
                kind=kind,
                value=value,
                valid_from=on,
                valid_to=None,
                recorded_on=on,
            )
        for service in ("training", "notifications"):
            books.put(service, "person", id=person_id, name=name, division=division, enterprise_id=enterprise_id)
        data = {"person_id": person_id, "name": name, "division": division, "enterprise_id": enterprise_id}
        books.announce("registry", "person.registered.v1", person_id, {**data, "on": str(on)}, division, on)

    def _train(self, person: Holder, after: date) -> tuple[str, TrainingClass] | None:
        """The enrolment that was passed, and its class; one in twenty-five needed two."""
        rng = self.books.rng
        if rng.random() < 0.04 and (first := self.classes.after(after, rng)):
            self._enrol(person, first, passed=False)
            after = first.ends_on
        training_class = self.classes.after(after, rng)
        return None if training_class is None else (self._enrol(person, training_class, passed=True), training_class)

    def _enrol(self, person: Holder, training_class: TrainingClass, passed: bool) -> str:
        books, nomination_id, enrolment_id = self.books, self.books.new_id(), self.books.new_id()
        on = max(days.FIRST, training_class.starts_on - timedelta(days=books.rng.randrange(0, 30)))
        keys = {"class_id": training_class.id, "enterprise_id": person.enterprise_id, "person_id": person.id}
        books.put(
            "training",
            "nomination",
            id=nomination_id,
            version=1,
            division=person.division,
            submitted_on=on,
            **keys,
        )
        data = {"nomination_id": nomination_id, "class_name": training_class.name, **keys, "on": str(on)}
        books.announce("training", "nomination.submitted.v1", nomination_id, data, person.division, on, person.parties)
        score, ends_on = (
            float(books.rng.randrange(60, 99) if passed else books.rng.randrange(30, 59)),
            training_class.ends_on,
        )
        books.put(
            "training",
            "enrolment",
            id=enrolment_id,
            version=1,
            division=person.division,
            hours=as_json({"cqo_system": 16, "quality_safety_law": 16, "advanced_methods": 16}),
            scores=as_json({"1": score}),
            passed=passed,
            shortfalls="[]" if passed else as_json([f"score 60, {score:g}"]),
            completed_on=ends_on,
            ruleset=1,
            **keys,
        )
        judged = {
            "enrolment_id": enrolment_id,
            **keys,
            "hours": 48.0,
            "attendance_percent": 100.0,
            "score": score,
            "passed": passed,
            "on": str(ends_on),
            "ruleset": 1,
        }
        books.announce(
            "training", "enrolment.completed.v1", enrolment_id, judged, person.division, ends_on, person.parties
        )
        self.books.counts.outcomes[training_class.id, passed] += 1
        return enrolment_id

    def certificate_number(self, division: str, on: date) -> str:
        """The next number of the year and the reporting unit."""
        place, given = (on.year, self.tree.unit(division, on)), self.books.counts.certificates
        given[place] = self.numbers.after(given[place])
        return numbers.number_of(*place, given[place])
