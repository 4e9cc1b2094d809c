"""From which division an event has moved its aggregate: version 8 of the chassis's tables.

The feed of a division tells what has left it. Without this, each event of another division would be looked up in all
earlier months for where its aggregate was before.
"""

TABLES = """
CREATE TABLE outbox_move (
    feed_position BIGINT NOT NULL,
    division TEXT NOT NULL,
    CONSTRAINT pk_outbox_move PRIMARY KEY (feed_position)
);
"""
# For what is taken in already; what is published later is noted as it is taken in (messaging/outbox/moves.py).
FILL = """
INSERT INTO outbox_move (feed_position, division)
SELECT feed_position, before FROM (
    SELECT feed_position, division,
        lag(division) OVER (PARTITION BY aggregate_type, aggregate_id ORDER BY aggregate_version) AS before
    FROM outbox
    WHERE feed_position <= (SELECT position FROM outbox_digested)
        AND (aggregate_type, aggregate_id) IN (SELECT aggregate_type, aggregate_id FROM outbox_head WHERE version > 1)
) AS events
WHERE before <> division
"""
DOWN = "DROP TABLE outbox_move"
