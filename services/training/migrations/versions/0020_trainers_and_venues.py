"""The pool of trainers (R6), and venues with seats, which classes may name.

Adds only, with defaults, so that the version before can go on writing while this one is rolled out.

Revision ID: 0020
Revises: 0019
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ADDED = """
CREATE TABLE trainer (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    name TEXT NOT NULL,
    employer TEXT NOT NULL,
    title TEXT,
    blocks JSONB NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    status TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_trainer PRIMARY KEY (id)
);
CREATE TABLE venue (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    division TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    seats INTEGER NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    CONSTRAINT pk_venue PRIMARY KEY (id)
);
ALTER TABLE training_class ADD COLUMN venue_id TEXT CONSTRAINT fk_training_class_venue_id REFERENCES venue (id),
    ADD COLUMN link TEXT, ADD COLUMN trainers JSONB NOT NULL DEFAULT '{}',
    ADD COLUMN warnings JSONB NOT NULL DEFAULT '[]';
CREATE INDEX ix_training_class_venue_id ON training_class (venue_id, starts_on) WHERE venue_id IS NOT NULL;
UPDATE training_class SET link = venue, venue = NULL WHERE mode = 'online';
UPDATE ruleset SET parameters = parameters || '{"trainer_outside_pool": "warn", "venue_taken": "refuse"}';
"""

REMOVED = """
UPDATE ruleset SET parameters = parameters - 'trainer_outside_pool' - 'venue_taken';
UPDATE training_class SET venue = link WHERE mode = 'online';
DROP INDEX ix_training_class_venue_id;
ALTER TABLE training_class DROP COLUMN venue_id, DROP COLUMN link, DROP COLUMN trainers, DROP COLUMN warnings;
DROP TABLE trainer, venue;
"""


def upgrade() -> None:
    op.execute(ADDED)


def downgrade() -> None:
    op.execute(REMOVED)
