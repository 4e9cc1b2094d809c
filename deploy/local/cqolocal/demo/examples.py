"""The synthetic people, classes and documents of the scenario, and the days on which it plays."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from cqolocal.demo.client import Item

BEGIN = date(2026, 2, 27)
CLASS_DAYS = (date(2026, 3, 9), date(2026, 3, 13))
APPOINTED, FILED, FILED_LATE = date(2026, 3, 16), date(2026, 3, 27), date(2026, 5, 8)
BLOCKS = {"cqo_system": 16, "quality_safety_law": 12, "advanced_methods": 12}
PLACES = 24  # in the class, for 210 candidates
WAITING = 2  # on its waiting list
REFUSED = 1  # recommended, and not admitted
APPOINTMENTS = 15
LEAVE_TO_EXPIRE = 12  # certificates that nobody renews in time
RENEW_LATE = 5
Given = TypeVar("Given")


def spread(items: list[Given], number: int) -> list[Given]:
    """`number` of the items, evenly from the first to the last: they come county by county."""
    return [items[place * len(items) // number] for place in range(min(number, len(items)))]


def mail_of(code: str) -> dict[str, str]:
    """Where notices to the staff of the division `code` go."""
    return {"email": f"zljd-{code.lower()}@gov.example"}


def training_class(name: str, capacity: int) -> Item:
    """What the training centre enters for a class of initial training."""
    blocks = [{"name": block, "hours": hours, "trainer": "示例讲师"} for block, hours in BLOCKS.items()]
    days = {"starts_on": str(CLASS_DAYS[0]), "ends_on": str(CLASS_DAYS[1])}
    return {"name": name, "kind": "initial", "venue": "示例市示例路1号", "capacity": capacity, "blocks": blocks, **days}


def appointment(person: Item, post_id: str, day: date) -> Item:
    """What an enterprise enters to appoint `person` on `day`."""
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
