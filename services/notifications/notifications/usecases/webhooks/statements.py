"""The statements of an exchange, built once; the rows that they write are locked by the end point's."""

from __future__ import annotations

from sqlalchemy import ARRAY, Text, bindparam, text

MOST_WAITING = 10_000  # events of one subscription; above that nothing new is begun until some were delivered

HELD = text(
    "SELECT e.position, e.failures, e.failing_since, e.resume_at, e.is_open, e.certificate, s.state, s.way, s.target, "
    "s.next_sequence, "
    "(SELECT count(*) FROM (SELECT FROM webhook_waiting w WHERE w.subscription_id = s.id LIMIT :most) w) AS waiting, "
    "(SELECT json_agg(json_build_array(k.id, k.scheme, k.key) ORDER BY k.made_at DESC) FROM webhook_key k "
    "WHERE k.subscription_id = s.id AND (k.ends_at IS NULL OR k.ends_at > :now)) AS keys "
    "FROM webhook_endpoint e JOIN subscription s ON s.id = e.subscription_id "
    "WHERE e.subscription_id = :subscription AND e.holder = :holder AND e.claim = :claim FOR UPDATE OF e"
).bindparams(most=MOST_WAITING)
DUE = text(
    "SELECT w.sequence, w.ordering_key, w.attempts, e.event_id, e.body FROM webhook_waiting w "
    "JOIN subscription_event e ON e.subscription_id = w.subscription_id AND e.sequence = w.sequence "
    "WHERE w.subscription_id = :subscription AND w.state <> 'given_up' AND w.ordering_key IN ("
    "SELECT ordering_key FROM webhook_waiting WHERE subscription_id = :subscription AND next_attempt_at <= :now "
    "ORDER BY next_attempt_at LIMIT :room) ORDER BY w.sequence LIMIT :room"
)
LEAST_TRIED = text(
    "SELECT w.sequence, w.ordering_key, w.attempts, e.event_id, e.body FROM webhook_waiting w "
    "JOIN subscription_event e ON e.subscription_id = w.subscription_id AND e.sequence = w.sequence "
    "WHERE w.subscription_id = :subscription AND w.state <> 'behind' ORDER BY w.attempts, w.sequence LIMIT 1"
)
NEW = text(
    "SELECT e.sequence, e.partitionkey AS ordering_key, 0 AS attempts, e.event_id, e.body, EXISTS ("
    "SELECT FROM webhook_waiting w WHERE w.subscription_id = :subscription AND w.ordering_key = e.partitionkey"
    ") AS is_behind "
    "FROM subscription_event e WHERE e.subscription_id = :subscription AND e.sequence > :position "
    "ORDER BY e.sequence LIMIT :room"
)
WAIT = text(
    "INSERT INTO webhook_waiting (subscription_id, sequence, ordering_key, state, attempts, next_attempt_at) "
    "SELECT :subscription, new.sequence, new.ordering_key, new.state, new.attempts, new.next_attempt_at FROM "
    "json_to_recordset(:rows) AS new (sequence bigint, ordering_key text, state text, attempts integer, "
    "next_attempt_at timestamptz) ON CONFLICT (subscription_id, sequence) DO UPDATE SET state = EXCLUDED.state, "
    "attempts = EXCLUDED.attempts, next_attempt_at = EXCLUDED.next_attempt_at"
)
WAITS_NO_MORE = text(
    "DELETE FROM webhook_waiting WHERE subscription_id = :subscription AND sequence IN "
    "(SELECT value::bigint FROM json_array_elements_text(:sequences))"
)
# The first of a ordering_key is to be tried, now that none is before it.
FIRST_OF_KEY = text(
    "UPDATE webhook_waiting w SET state = 'retrying', next_attempt_at = :now WHERE subscription_id = :subscription "
    "AND ordering_key = ANY(:ordering_keys) AND state = 'behind' AND NOT EXISTS (SELECT FROM webhook_waiting o "
    "WHERE o.subscription_id = w.subscription_id AND o.ordering_key = w.ordering_key AND o.sequence < w.sequence)"
).bindparams(bindparam("ordering_keys", type_=ARRAY(Text)))
# What waits for events that are kept no more; asked where nothing else was found.
FORGET = text(
    "DELETE FROM webhook_waiting w WHERE subscription_id = :subscription AND (next_attempt_at <= :now "
    "OR state = 'given_up') AND NOT EXISTS (SELECT FROM subscription_event e "
    "WHERE e.subscription_id = w.subscription_id AND e.sequence = w.sequence) RETURNING ordering_key"
)
ALL_AGAIN = text(
    "UPDATE webhook_waiting SET state = 'retrying', attempts = 0, next_attempt_at = :now "
    "WHERE subscription_id = :subscription AND state <> 'behind'"
)
LOG = text(
    "INSERT INTO webhook_log (id, subscription_id, written_at, first_sequence, last_sequence, attempts) "
    "SELECT new.id, :subscription, :now, new.first, new.last, new.attempts FROM json_to_recordset(:rows) "
    "AS new (id text, first bigint, last bigint, attempts jsonb)"
)
SUM = text(
    "INSERT INTO webhook_sum AS s (subscription_id, day, attempts, delivered, milliseconds) "
    "VALUES (:subscription, :day, :attempts, :delivered, :milliseconds) ON CONFLICT (subscription_id, day) DO UPDATE "
    "SET attempts = s.attempts + EXCLUDED.attempts, delivered = s.delivered + EXCLUDED.delivered, "
    "milliseconds = s.milliseconds + EXCLUDED.milliseconds"
)
ENTER = text(
    "UPDATE webhook_endpoint SET position = :position, holder = :holder, in_hand = :in_hand, failures = :failures, "
    "failing_since = :failing_since, resume_at = :resume_at, is_open = :is_open WHERE subscription_id = :subscription"
)
