from alembic import command
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.data import engine_for
from chassis.process import migrate
from training.domain.training_class import ClassKind, ClassStatus, TrainingClass

ISSUED = """
INSERT INTO certificate (id, version, division, number, person_id, name, issued_on, valid_from, valid_until, ruleset,
status)
    VALUES ('c', 3, '220102', 'n', 'p', '李明', '2026-03-13', '2026-03-13', '2032-03-12', 1, 'valid');
INSERT INTO certificate_status (certificate_id, "on", status, valid_until) VALUES
    ('c', '2026-03-13', 'valid', '2029-03-12'), ('c', '2029-03-13', 'expired', '2029-03-12'),
    ('c', '2029-03-14', 'valid', '2032-03-13');
"""


def test_the_migrations_make_what_the_models_describe(make_database):
    assert not migrate.check("training", make_database("training"))


def test_what_was_decided_before_the_grounds_were_kept_is_named_by_the_migration(make_database):
    url = make_database("training")
    engine = engine_for(url, "test")
    settings = migrate.alembic_config("training", url)
    command.downgrade(settings, "0001")
    with engine.begin() as connection:
        connection.execute(text(ISSUED))
    command.upgrade(settings, "head")

    with engine.connect() as connection:
        lines = connection.execute(
            text('SELECT decision, ruleset, grounds FROM certificate_status ORDER BY "on"')
        ).all()
    assert [tuple(line) for line in lines] == [("issued", 1, {}), ("expired", 1, {}), ("renewed", 1, {})]


BEFORE_KINDS = """
INSERT INTO education_year (id, version, division, person_id, year, total_hours, exempted_by) VALUES
    ('p:2026', 1, '220102', 'p', 2026, 16, NULL), ('q:2026', 1, '220102', 'q', 2026, 15, NULL),
    ('r:2026', 1, '220102', 'r', 2026, 0, '示例');
INSERT INTO education_entry (person_id, year, hours, document, "on") VALUES
    ('p', 2026, 10, 'a', '2026-05-01'), ('p', 2026, 6, 'b', '2026-06-01');
INSERT INTO certificate (id, version, division, number, person_id, name, issued_on, valid_from, valid_until, ruleset,
    status) VALUES ('c', 3, '220102', 'n', 'p', '李明', '2026-03-13', '2026-03-13', '2099-03-12', 1, 'valid'),
    ('d', 3, '220102', 'm', 'q', '李明', '2026-03-13', '2026-03-13', '2099-03-12', 1, 'revoked');
INSERT INTO due (kind, series, key, due_on, payload, state, settled_at)
    SELECT kind, id || ':2099-03-12', id || kind || day, day::date, '{}', 'cancelled', now()
    FROM (VALUES ('c'), ('d')) AS of (id), (VALUES ('certificate.expired', '2099-03-13'),
        ('certificate.expiring', '2099-03-01'), ('certificate.expiring', '2020-03-01')) AS planned (kind, day);
"""


def test_what_was_reached_before_stays_and_what_was_cancelled_by_a_fault_is_due_again(make_database):
    url = make_database("training")
    engine = engine_for(url, "test")
    settings = migrate.alembic_config("training", url)
    command.downgrade(settings, "0018")
    with engine.begin() as connection:
        connection.exec_driver_sql(BEFORE_KINDS)
    command.upgrade(settings, "head")

    with engine.connect() as connection:
        years = connection.execute(text("SELECT id, completed_on::text FROM education_year ORDER BY id")).all()
        due = connection.execute(
            text("SELECT kind, series FROM due WHERE kind LIKE 'cert%' AND state = 'planned'")
        ).all()
        kinds = set(connection.scalars(text("SELECT kind FROM education_entry")))
    assert [year.id for year in years if year.completed_on] == ["p:2026", "r:2026"]
    assert years[0].completed_on == "2026-06-01" and kinds == {"class"}
    assert sorted(due) == [("certificate.expired", "c:2099-03-12"), ("certificate.expiring", "c:2099-03-12")]


def test_the_version_before_goes_on_writing_classes_while_this_one_is_rolled_out(make_database):
    written = """
    INSERT INTO course (id, version, division, name, kind, starts_on, ends_on, capacity, blocks, status)
        VALUES ('k', 1, '220000', '示例班', 'continuing', '2026-03-09', '2026-03-13', 60, '[]', 'open');
    SELECT FROM course WHERE id = 'k' FOR UPDATE;
    UPDATE course SET status = 'closed', version = 2 WHERE id = 'k';
    """
    engine = engine_for(make_database("training"), "test")
    with engine.begin() as connection:
        connection.execute(text(written))

    with Session(engine) as session:
        found = session.get(TrainingClass, "k")
    assert (found.kind, found.status, found.quotas) == (ClassKind.CONTINUING, ClassStatus.CLOSED, {})
