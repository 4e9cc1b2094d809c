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
