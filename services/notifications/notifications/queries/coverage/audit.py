"""One day's audit: whom each claim is for, what was accepted for them, and the differences.

Whom a claim is for is looked up as it was known when its notices were written, give or take `doubt`: a change that was
being written at that moment may have been seen or not. Where nothing was written, as it is known now.
"""

from __future__ import annotations

from sqlalchemy import text

from notifications.queries.coverage import claims, days

# What was written by claim, and when.
WRITTEN = """
written AS MATERIALIZED (
    SELECT found.*, written_at(found.id) AS written_at
    FROM (SELECT DISTINCT kind, about, due_on FROM claim) AS claimed CROSS JOIN LATERAL (
        SELECT * FROM notice
        WHERE (notice.kind, notice.about, notice.due_on) = (claimed.kind, claimed.about, claimed.due_on) OFFSET 0
    ) AS found
),
moment AS (
    SELECT DISTINCT kind, about, due_on, written_at + shift AS at,
        shift <> interval '0' OR written_at > min(written_at) OVER (PARTITION BY kind, about, due_on) AS is_doubtful
    FROM written CROSS JOIN LATERAL (VALUES (interval '0'), (:doubt), (-:doubt)) AS shifts (shift)
    WHERE written_at IS NOT NULL
    UNION ALL
    SELECT kind, about, due_on, clock_timestamp(), false FROM claim
    WHERE NOT EXISTS (
        SELECT FROM written
        WHERE (written.kind, written.about, written.due_on) = (claim.kind, claim.about, claim.due_on)
            AND written_at IS NOT NULL
    )
)
"""

# Whom each claim concerns: a certificate's events concern the holder's present employer, the enterprise that appointed
# them or the one that they belong to, and its division; others the enterprise that the event names.
PARTIES = """
party AS (
    SELECT claim.kind, claim.about, claim.due_on, moment.is_doubtful, claim.data ->> 'person_id' AS person_id,
        employer.enterprise_id, home.code AS home, home.place AS home_rank
    FROM claim JOIN moment USING (kind, about, due_on)
    CROSS JOIN LATERAL (SELECT was('person', claim.data ->> 'person_id', moment.at) AS known) AS person
    LEFT JOIN LATERAL (
        SELECT held.known ->> 'enterprise_id' AS enterprise_id
        FROM appointment CROSS JOIN LATERAL (SELECT was('appointment', appointment.id, moment.at) AS known) AS held
        WHERE claim.follows_the_holder AND appointment.person_id = claim.data ->> 'person_id'
            AND held.known IS NOT NULL
            AND ((held.known ->> 'ended_on') IS NULL OR (held.known ->> 'ended_on')::date >= :day)
        ORDER BY held.known ->> 'made_on' DESC, appointment.id DESC LIMIT 1
    ) AS appointing ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN claim.follows_the_holder
            THEN coalesce(
                appointing.enterprise_id, person.known ->> 'enterprise_id', claim.data ->> 'enterprise_id'
            )
            ELSE coalesce(
                claim.data ->> 'enterprise_id', claim.data ->> 'asking_enterprise_id', person.known ->> 'enterprise_id'
            )
        END AS enterprise_id
    ) AS employer
    CROSS JOIN LATERAL (SELECT was('enterprise', employer.enterprise_id, moment.at) AS known) AS firm
    -- The division in an event's envelope is that of the enterprise or of the person, as they were then.
    CROSS JOIN LATERAL (
        SELECT 1 AS place,
            coalesce(claim.data ->> 'division', firm.known ->> 'division', person.known ->> 'division') AS code
        UNION ALL
        SELECT 2, person.known ->> 'division' WHERE NOT claim.follows_the_holder
        UNION ALL
        SELECT 3, content ->> 'division' FROM former
        WHERE NOT claim.follows_the_holder AND former.kind = 'enterprise' AND former.id = employer.enterprise_id
        UNION ALL
        SELECT 4, content ->> 'division' FROM former
        WHERE NOT claim.follows_the_holder AND former.kind = 'person' AND former.id = claim.data ->> 'person_id'
    ) AS home
),
addressed AS (
    SELECT party.kind, party.about, party.due_on, audience.name AS audience, audience.place AS audience_place,
        CASE audience.name WHEN 'person' THEN 'person' WHEN 'enterprise' THEN 'enterprise' ELSE 'division' END
            AS recipient_kind,
        CASE audience.name
            WHEN 'person' THEN person_id WHEN 'enterprise' THEN enterprise_id
            WHEN 'division' THEN coalesce(place.present, home) WHEN 'prefecture' THEN place.prefecture
            WHEN 'province' THEN (SELECT code FROM province) WHEN 'centre' THEN 'training_centre'
        END AS id,
        coalesce(place.present, home) AS division, is_doubtful::integer * 10 + home_rank AS rank
    FROM party JOIN claim USING (kind, about, due_on)
    CROSS JOIN LATERAL jsonb_array_elements_text(claim.audience) WITH ORDINALITY AS audience (name, place)
    LEFT JOIN place ON place.code = home
),
-- An office that is several of the audiences is told once; where nobody is concerned `recipient_id` is NULL.
recipient AS MATERIALIZED (
    SELECT DISTINCT ON (kind, about, due_on, recipient_kind, recipient_id) * FROM (
        SELECT kind, about, due_on, recipient_kind, audience_place,
            array_remove(array_agg(DISTINCT id), NULL) AS accepted_ids,
            -- The county in which the enterprise lies, or lay, may have no such office above it.
            bool_or(id IS NULL AND rank % 10 IN (1, 3)) AS may_be_nobody,
            (array_agg(id ORDER BY rank))[1] AS recipient_id, (array_agg(division ORDER BY rank))[1] AS division
        FROM addressed GROUP BY kind, about, due_on, recipient_kind, audience_place
    ) AS found
    ORDER BY kind, about, due_on, recipient_kind, recipient_id, audience_place
)
"""

# What came of each recipient and channel. A notice that went to somebody whom nothing says stands beside the one that
# is missing, if one is.
JUDGED = """
matched AS MATERIALIZED (
    SELECT recipient.*, written.id AS notice_id, written.recipient_id <> recipient.recipient_id AS is_another
    FROM recipient CROSS JOIN LATERAL unnest(accepted_ids) AS accepted (id)
    JOIN written ON (written.kind, written.about, written.due_on, written.recipient_kind, written.recipient_id)
        = (recipient.kind, recipient.about, recipient.due_on, recipient.recipient_kind, accepted.id)
),
told AS (
    SELECT DISTINCT ON (kind, about, due_on, recipient_kind, recipient_id) * FROM matched
    ORDER BY kind, about, due_on, recipient_kind, recipient_id, is_another
),
misdirected AS MATERIALIZED (
    SELECT * FROM written WHERE NOT EXISTS (SELECT FROM matched WHERE matched.notice_id = written.id)
),
expected AS (
    SELECT recipient.*, told.notice_id, claim.cause_id, claim.not_before, claim.is_required, claim.stands,
        claim.is_mandatory,
        channel.name AS channel, (
            SELECT min(day) FROM worked
            WHERE day >= :day AND (is_worked OR NOT claim.working_days_only ? channel.name)
        ) AS sent_by
    FROM recipient JOIN claim USING (kind, about, due_on)
    LEFT JOIN told USING (kind, about, due_on, recipient_kind, recipient_id)
    CROSS JOIN LATERAL jsonb_array_elements_text(claim.channels) AS channel (name)
    -- A group's robot reaches offices alone.
    WHERE (channel.name <> 'robot' OR recipient_kind = 'division') AND recipient_id IS NOT NULL
),
judged AS (
    SELECT expected.*, delivery.id AS delivery_id, delivery.state, delivery.answer, CASE
        WHEN expected.notice_id IS NULL AND (kind, about, due_on, recipient_kind) IN (
            SELECT kind, about, due_on, recipient_kind FROM misdirected
        ) THEN 'other_recipient'
        WHEN delivery.id IS NULL THEN 'never_planned'
        WHEN delivery.state = 'sent' AND delivery.sent_at < expected.not_before THEN 'sent_early'
        WHEN delivery.state IN ('pending', 'sending') AND expected.sent_by < :today - 1 THEN 'not_sent'
        WHEN delivery.state IN ('failed', 'bounced') THEN 'failed'
        WHEN delivery.state IN ('unknown', 'no_address') THEN delivery.state
        -- Who has never chosen anything can't have declined it, and nobody can decline what is mandatory.
        WHEN delivery.state = 'declined' AND (is_mandatory OR NOT EXISTS (
            SELECT FROM preference
            WHERE preference.recipient_id = expected.recipient_id
                AND preference.recipient_kind = expected.recipient_kind
        )) THEN 'withdrawn_though_it_stood'
        WHEN delivery.state = 'withdrawn' AND expected.is_required AND expected.stands
            THEN 'withdrawn_though_it_stood'
    END AS reason
    FROM expected LEFT JOIN LATERAL (
        SELECT * FROM delivery
        WHERE delivery.notice_id = expected.notice_id AND delivery.channel = expected.channel OFFSET 0
    ) AS delivery ON true
    WHERE (expected.is_required AND NOT expected.may_be_nobody) OR expected.notice_id IS NOT NULL
)
"""

# What nothing asks for: because of an event by no rule, or for a day on which no certificate has a threshold.
UNASKED = """
unasked AS (
    SELECT notice.* FROM event CROSS JOIN LATERAL (
        SELECT * FROM notice WHERE notice.cause_id = event.id OFFSET 0
    ) AS notice
    -- That an address is bad is told because of a server's answer, by no rule.
    WHERE notice.kind <> 'address_failed'
        AND NOT EXISTS (SELECT FROM claim WHERE (claim.kind, claim.about) = (notice.kind, notice.about))
    UNION ALL
    -- The day's first: an index would also have all that are about certificates.
    SELECT notice.* FROM (
        SELECT * FROM notice WHERE created_at >= :start AND created_at < :end OFFSET 0
    ) AS notice
    WHERE about LIKE 'certificate:%' AND NOT EXISTS (
        SELECT FROM rule CROSS JOIN LATERAL jsonb_array_elements_text(rule.given #> '{due,days}') AS days
        CROSS JOIN LATERAL (
            SELECT valid_until FROM certificate WHERE certificate.id = split_part(notice.about, ':', 2)
            UNION ALL
            SELECT (content ->> 'valid_until')::date FROM former
            WHERE former.kind = 'certificate' AND former.id = split_part(notice.about, ':', 2)
        ) AS known
        WHERE rule.kind = notice.kind AND known.valid_until + days::integer = notice.due_on
    )
)
"""

FOUND = """
counted AS (
    INSERT INTO coverage_figure (run_id, kind, channel, due, accepted)
    SELECT :run, kind, channel, count(*) FILTER (WHERE is_required AND state IS DISTINCT FROM 'declined'),
        count(*) FILTER (WHERE state = 'sent' AND is_required)
    FROM judged GROUP BY kind, channel
    ON CONFLICT (run_id, kind, channel) DO UPDATE
    SET due = coverage_figure.due + excluded.due, accepted = coverage_figure.accepted + excluded.accepted
    RETURNING 1
),
found AS (
    SELECT kind, reason, about, due_on, recipient_kind, recipient_id, channel, division, cause_id, notice_id,
        delivery_id, answer AS detail
    FROM judged WHERE reason IS NOT NULL
    UNION ALL
    SELECT kind, astray.reason, about, due_on, recipient_kind, recipient_id, channel, division, cause_id, notice.id,
        delivery.id, NULL
    FROM (SELECT id, 'other_recipient' FROM misdirected UNION SELECT id, 'not_due' FROM unasked) AS astray (id, reason)
    CROSS JOIN LATERAL (SELECT * FROM notice WHERE notice.id = astray.id OFFSET 0) AS notice
    CROSS JOIN LATERAL (
        SELECT * FROM delivery WHERE notice_id = notice.id AND state <> 'withdrawn' OFFSET 0
    ) AS delivery
)
INSERT INTO coverage_gap (
    run_id, day, due_on, kind, reason, subject, recipient_kind, recipient_id, channel, division, cause_id, notice_id,
    delivery_id, detail, found_at
)
SELECT :run, :day, due_on, kind, reason, about, recipient_kind, recipient_id, channel, division, cause_id, notice_id,
    delivery_id, detail, :now
FROM found
ON CONFLICT DO NOTHING
"""

AUDIT = text(
    "WITH RECURSIVE "
    + ",".join(
        (
            days.PLACES,
            days.WORKED,
            days.RULES,
            claims.OF_EVENTS,
            claims.CERTIFICATES,
            claims.STAGES,
            claims.ALL,
            WRITTEN,
            PARTIES,
            JUDGED,
            UNASKED,
            FOUND,
        )
    )
)
