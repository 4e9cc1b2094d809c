"""What holds of a day: the offices, the rule set, and which days around it are worked."""

# Each division with the code that it goes by on that day, and the prefecture above it. Codes that hold no longer stand
# for their successors.
PLACES = """
placed AS (
    SELECT code, parent, level FROM division WHERE valid_from <= :day AND coalesce(valid_to, :day) >= :day
),
standing (code, present, steps) AS (
    SELECT DISTINCT code, code, 0 FROM division
    UNION ALL
    SELECT standing.code, latest.successor, standing.steps + 1
    FROM standing CROSS JOIN LATERAL (
        SELECT successor FROM division WHERE division.code = standing.present ORDER BY valid_from DESC LIMIT 1
    ) AS latest
    WHERE standing.steps < 5 AND latest.successor IS NOT NULL
        AND NOT EXISTS (SELECT FROM placed WHERE placed.code = standing.present)
),
above (code, upper, level, parent) AS (
    SELECT code, code, level, parent FROM placed
    UNION ALL
    SELECT above.code, placed.code, placed.level, placed.parent FROM above JOIN placed ON placed.code = above.parent
),
place AS MATERIALIZED (
    SELECT DISTINCT ON (standing.code) standing.code, present, above.upper AS prefecture
    FROM standing LEFT JOIN above ON above.code = present AND above.level = 'prefecture'
    ORDER BY standing.code, steps DESC
),
province AS (SELECT code FROM placed WHERE parent IS NULL ORDER BY code LIMIT 1)
"""

# The days around it, with whether each is worked: by the year as it had been entered until then, else by the library's
# days, which come as parameters, else from Monday to Friday.
WORKED = """
worked AS (
    SELECT day::date AS day, CASE
        WHEN calendar_year.year IS NOT NULL AND isodow < 6 THEN NOT days_off ? to_char(day, 'YYYY-MM-DD')
        WHEN calendar_year.year IS NOT NULL THEN days_worked ? to_char(day, 'YYYY-MM-DD')
        WHEN date_part('year', day)::integer <> ALL (:known_years) THEN isodow < 6
        WHEN isodow < 6 THEN day::date <> ALL (:known_days_off)
        ELSE day::date = ANY (:known_days_worked)
    END AS is_worked
    FROM generate_series(:day - 100, :day + 30, interval '1 day') AS day
    CROSS JOIN LATERAL date_part('isodow', day) AS isodow
    LEFT JOIN calendar_year ON calendar_year.year = date_part('year', day) AND calendar_year.entered_on <= :day
)
"""

# The rules of the set in force on that day, and those of the sets by which the day's events were announced.
RULES = """
in_force AS (
    SELECT version FROM ruleset WHERE effective_from <= :day ORDER BY version DESC LIMIT 1
),
rule AS (
    SELECT ruleset.version, given ->> 'key' AS kind, given,
        coalesce(
            given -> 'channels', parameters -> 'channels_by_kind' -> (given ->> 'key'), parameters -> 'channels'
        ) AS channels,
        coalesce(parameters #> '{timing,working_days_only}', '[]') AS working_days_only,
        coalesce((given ->> 'mandatory')::boolean, false) AS is_mandatory,
        ruleset.version = (SELECT version FROM in_force) AS is_in_force
    FROM ruleset CROSS JOIN LATERAL jsonb_array_elements(parameters -> 'notices') AS given
)
"""
