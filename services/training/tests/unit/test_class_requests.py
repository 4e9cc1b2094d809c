"""What a request for a class must say of its sessions."""

import pytest
from marshmallow import ValidationError

from training import schemas

CLASS = {
    "name": "继续教育班（示例）",
    "kind": "continuing",
    "starts_on": "2026-12-30",
    "ends_on": "2027-01-04",
    "capacity": 60,
    "blocks": [{"name": "update", "hours": 12, "trainer": "示例讲师"}],
}


def session(on, hours=6, block="update"):
    return {"on": on, "block": block, "hours": hours}


def test_a_class_comes_with_the_sessions_of_its_days():
    loaded = schemas.NewClass().load({**CLASS, "sessions": [session("2026-12-30"), session("2027-01-04")]})

    assert [(each.on.isoformat(), each.block, each.hours) for each in loaded.sessions] == [
        ("2026-12-30", "update", 6),
        ("2027-01-04", "update", 6),
    ]


@pytest.mark.parametrize(
    "sessions",
    [
        [],  # over the turn of a year hours must say when they are taken
        [session("2026-12-29"), session("2027-01-04")],
        [session("2026-12-30")],
        [session("2026-12-30"), session("2027-01-04"), session("2027-01-04", block="cooking")],
    ],
)
def test_sessions_that_do_not_make_up_the_class_are_refused(sessions):
    with pytest.raises(ValidationError) as refused:
        schemas.NewClass().load({**CLASS, "sessions": sessions})

    assert "sessions" in refused.value.messages


def test_a_class_within_a_year_and_an_initial_one_need_no_sessions():
    assert schemas.NewClass().load({**CLASS, "ends_on": "2026-12-31"}).sessions == ()


@pytest.mark.parametrize("where", [{}, {"block": "update", "session": 1}])
def test_hours_are_entered_for_a_block_or_for_a_session(where):
    with pytest.raises(ValidationError):
        schemas.Attendance().load({"person_id": "p", "hours": 1, **where})
