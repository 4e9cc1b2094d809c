"""What an import asks of the database: so many statements for each batch of rows, and none for a row."""

from __future__ import annotations

import pytest
from registry_world import uscc
from test_imports import person_row, row, run, run_people

from registry.usecases.entering import BATCH
from testkit.statements import statements

FEW, MANY = 500, 1000


def cost(register, bring_in, rows):
    register.session.flush()  # what came before
    with statements(register.session.connection()) as found:
        report = bring_in(register, rows)
        register.session.flush()
    return len(found), report


def firms(count, first, **changes):
    return [row(serial, **changes) for serial in range(first, first + count)]


def people(count, first, **changes):
    return [person_row(serial, uscc(1), **changes) for serial in range(first, first + count)]


@pytest.mark.parametrize(
    ("bring_in", "rows", "for_a_new_batch"),
    [
        (run, firms, 3),  # events, enterprises, contacts
        (run_people, people, 4),  # the same, and the facts about people
    ],
)
def test_an_import_takes_some_statements_for_a_batch_and_none_for_a_row(register, bring_in, rows, for_a_new_batch):
    run(register, firms(1, 1))
    few, first = cost(register, bring_in, rows(FEW, 10))
    many, second = cost(register, bring_in, rows(MANY, 10 + FEW))
    more = (MANY - FEW) // BATCH

    assert (first.created, second.created) == (FEW, MANY)
    assert many - few == more * for_a_new_batch


def test_to_find_that_nothing_has_changed_takes_a_statement_for_a_batch(register):
    run(register, firms(MANY, 10))
    few, first = cost(register, run, firms(FEW, 10))
    many, second = cost(register, run, firms(MANY, 10))

    assert (first.unchanged, second.unchanged) == (FEW, MANY)
    assert many - few == (MANY - FEW) // BATCH  # the contacts


def test_changed_contacts_are_written_together(register):
    run(register, firms(MANY, 10))
    few, first = cost(register, run, firms(FEW, 10, 联系电话="13800000002"))
    many, second = cost(register, run, firms(MANY, 10, 联系电话="13800000003"))

    assert (first.updated, second.updated) == (FEW, MANY)
    assert many - few == 3 * (MANY - FEW) // BATCH  # the contacts read, their events, the contacts written
    assert register.gaps() == []


def test_a_contact_that_changes_with_its_enterprises_division_is_announced_there(register):
    run(register, firms(1, 1))
    run(register, firms(1, 1, 所属区划代码="220302", 联系电话="13800000002"))
    found = register.session.connection().exec_driver_sql(
        "SELECT outbox.division, contact.division FROM outbox JOIN contact ON contact.id = aggregate_id "
        "WHERE type = 'contact.changed.v1' ORDER BY seq"
    )

    assert found.all() == [("220102", "220302"), ("220302", "220302")]
