"""What was due on a day, before it is known to whom: a row for each rule and each thing that it is about.

How much there is of anything the planner can't know, and would read whole tables: `OFFSET 0` has it look each up.
Parameters: `day`, and its first and last moment, `start` and `end`. `is_required` is false where what was due was put
right within `overtaken` days and the due row was not settled until then: a reminder that had not gone out, as in an
outage, need not any more.
"""

# An event is announced when it is received.
OF_EVENTS = """
matter_of (condition, matter_kind) AS (
    VALUES ('filing_missing', 'filing'), ('vacancy_open', 'vacancy'), ('duty_report_missing', 'duty_report'),
        ('forwarding_missing', 'forwarding'), ('final_report_missing', 'final_report'),
        ('nomination_stands', 'nomination')
),
event AS MATERIALIZED (
    SELECT * FROM cause
    WHERE received_at >= :start AND received_at < :end AND type NOT LIKE 'planned:%' AND type NOT LIKE 'escalated:%'
),
event_claim AS (
    SELECT rule.kind, 'event:' || event.id AS about,
        (event.occurred_at AT TIME ZONE 'Asia/Shanghai')::date AS due_on, event.received_at AS not_before,
        event.id AS cause_id, event.data,
        event.type ~ '^(certificate[.]|contact_request[.]made)' AS follows_the_holder,
        rule.given -> 'audience' AS audience, rule.channels, rule.working_days_only, true AS is_required,
        rule.given ->> 'stands_while' AS condition, event.subject, rule.is_mandatory
    FROM event JOIN rule ON rule.version = event.ruleset AND rule.given -> 'events' ? event.type
    WHERE NOT rule.given ? 'due' AND (
        NOT rule.given ? 'when'
        OR event.data -> (rule.given #>> '{when,field}') = rule.given #> '{when,is}'
    )
)
"""

# A certificate as it was at times: the present row, and those that were. `since` and `until` are the programme's days
# on which it began and ceased to be so, NULL where it was always so, or still is.
CERTIFICATES = """
reminder AS (
    SELECT rule.kind, days::integer AS days, rule.given -> 'audience' AS audience, rule.channels,
        rule.working_days_only, rule.given -> 'events' AS events, rule.is_mandatory
    FROM rule CROSS JOIN LATERAL jsonb_array_elements_text(rule.given #> '{due,days}') AS days
    WHERE rule.is_in_force AND rule.given #>> '{due,field}' = 'valid_until'
        AND rule.given #>> '{events,0}' LIKE 'certificate.%'
),
-- Those with a threshold on the day, and those that became what they are on it: of these the tightest that has passed
-- is due.
touched AS (
    SELECT found.id FROM reminder CROSS JOIN LATERAL (
        SELECT id FROM certificate WHERE valid_until = :day - reminder.days OFFSET 0
    ) AS found
    UNION
    SELECT found.id FROM reminder CROSS JOIN LATERAL (
        SELECT id FROM former
        WHERE kind = 'certificate' AND content ->> 'valid_until' = to_char(:day - reminder.days, 'YYYY-MM-DD') OFFSET 0
    ) AS found
    UNION
    SELECT id FROM former WHERE kind = 'certificate' AND day = :day
),
version AS (
    SELECT touched.id, found.* FROM touched CROSS JOIN LATERAL (
        SELECT content, number, day AS until FROM former WHERE kind = 'certificate' AND former.id = touched.id OFFSET 0
    ) AS found
    UNION ALL
    SELECT touched.id, found.content, NULL, NULL FROM touched CROSS JOIN LATERAL (
        SELECT to_jsonb(certificate) AS content FROM certificate WHERE certificate.id = touched.id OFFSET 0
    ) AS found
),
term AS (
    SELECT id, content, (content ->> 'valid_until')::date AS valid_until, until,
        lag(until) OVER (PARTITION BY id ORDER BY number NULLS LAST) AS since
    FROM version
),
threshold AS (
    SELECT term.*, reminder.*, term.valid_until + reminder.days AS due_on,
        lead(term.valid_until + reminder.days) OVER (
            PARTITION BY term.id, term.since, term.until, reminder.kind ORDER BY reminder.days
        ) AS next_due_on
    FROM term CROSS JOIN reminder WHERE term.content ->> 'state' = 'valid'
),
certificate_claim AS (
    SELECT kind, 'certificate:' || id AS about, due_on,
        greatest(due_on, since)::timestamp AT TIME ZONE 'Asia/Shanghai' AS not_before,
        NULL::text AS cause_id, content AS data, true AS follows_the_holder, audience, channels, working_days_only,
        until IS NULL OR until > :day + :overtaken OR EXISTS (
            SELECT FROM due WHERE due.kind = 'notice.due' AND state = 'done'
                AND key = concat_ws(':', threshold.kind, 'certificate', threshold.id, valid_until, days) OFFSET 0
        ) AS is_required, 'certificate_in_force' AS condition, id AS subject, is_mandatory
    FROM threshold
    WHERE greatest(due_on, since) = :day AND :day <= valid_until AND (until IS NULL OR until >= :day)
        AND (
            since IS NULL OR due_on > since
            -- It came late: what had passed when it happened was never due, and of the rest the tightest is.
            OR ((next_due_on IS NULL OR next_due_on > since) AND due_on > (
                SELECT max((occurred_at AT TIME ZONE 'Asia/Shanghai')::date) FROM cause
                WHERE received_at >= :start AND received_at < :end AND cause.subject = threshold.id
                    AND threshold.events ? cause.type
            ))
        )
)
"""

# What was opened so many working days ago and is open still.
STAGES = """
stage AS (
    SELECT rule.kind, rule.given -> 'events' AS events, rule.given ->> 'stands_while' AS condition,
        (each ->> 'working_days')::integer AS working_days, each -> 'audience' AS audience, number,
        rule.channels, rule.working_days_only, rule.is_mandatory
    FROM rule
    CROSS JOIN LATERAL jsonb_array_elements(rule.given -> 'escalations') WITH ORDINALITY AS stages (each, number)
    WHERE rule.is_in_force
),
opening AS (
    SELECT worked.day,
        (SELECT count(*) FROM worked AS later WHERE later.day > worked.day AND later.day <= :day AND later.is_worked)
        AS working_days
    FROM worked WHERE worked.day < :day AND (SELECT is_worked FROM worked WHERE day = :day)
),
stage_claim AS (
    SELECT stage.kind, split_part(cause.type, '.', 1) || ':' || cause.subject AS about, :day AS due_on,
        :start AS not_before, NULL::text AS cause_id, cause.data, false AS follows_the_holder,
        stage.audience, stage.channels, stage.working_days_only,
        matter.closed_on IS NULL OR matter.closed_on > :day + :overtaken OR EXISTS (
            SELECT FROM due WHERE due.kind = 'notice.escalated' AND state = 'done' AND key = concat_ws(
                ':', stage.kind, split_part(cause.type, '.', 1), cause.subject, matter.opened_on, stage.number
            ) OFFSET 0
        ) AS is_required, stage.condition, cause.subject, stage.is_mandatory
    FROM stage
    JOIN opening ON opening.working_days = stage.working_days
    CROSS JOIN LATERAL (
        SELECT * FROM matter WHERE opened_on = opening.day AND (closed_on IS NULL OR closed_on >= :day) OFFSET 0
    ) AS matter
    CROSS JOIN LATERAL (SELECT * FROM cause WHERE cause.id = matter.opened_by OFFSET 0) AS cause
    WHERE stage.events ? cause.type
)
"""

# `stands`: whether what a notice waits on is still so now.
ALL = """
every_claim AS (
    SELECT * FROM event_claim UNION ALL SELECT * FROM certificate_claim UNION ALL SELECT * FROM stage_claim
),
claim AS MATERIALIZED (
    SELECT every_claim.*, CASE
        WHEN condition = 'certificate_in_force' THEN EXISTS (
            SELECT FROM certificate WHERE certificate.id = every_claim.subject AND state = 'valid'
                AND valid_until = coalesce((data ->> 'valid_until')::date, valid_until)
        )
        WHEN condition IS NULL THEN true
        ELSE NOT EXISTS (
            SELECT FROM matter_of CROSS JOIN LATERAL (
                SELECT FROM matter WHERE matter.kind = matter_kind AND closed_on IS NOT NULL
                    AND matter.subject IN (every_claim.subject, every_claim.subject || ':' || (data ->> 'paper'))
                OFFSET 0
            ) AS closed
            WHERE matter_of.condition = every_claim.condition
        ) AND NOT EXISTS (
            SELECT FROM appointment
            WHERE condition = 'vacancy_open' AND post_id = every_claim.subject AND coalesce(ended_on, :today) >= :today
        )
    END AS stands
    FROM every_claim
)
"""
