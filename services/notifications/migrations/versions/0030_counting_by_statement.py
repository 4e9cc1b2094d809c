"""What changes by the hundred is counted once for each statement, and not once for each row.

Revision ID: 0030
Revises: 0029
"""

from alembic import context, op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

COUNTED = ("cause", "notice", "delivery")
DAY = "({} AT TIME ZONE 'Asia/Shanghai')::date"
# Which office each is, of the division's, the prefecture's and the province's: 0 none, else the first that is the same.
OFFICES = """CASE WHEN division IS NULL THEN '0' ELSE '1' END
            || CASE WHEN prefecture IS NULL THEN '0' WHEN prefecture = division THEN '1' ELSE '2' END
            || CASE WHEN province IS NULL THEN '0' WHEN province = division THEN '1'
                    WHEN province = prefecture THEN '2' ELSE '3' END"""
# What is noted of some rows; {rows}: those of the statement, with the `number` by which each counts.
NOTED = {
    "cause": f"""
        INSERT INTO cause_change (day, division, type, ruleset, person, enterprise, late, offices, number)
        SELECT {DAY.format("occurred_at")}, division, type, ruleset, person_id IS NOT NULL, enterprise_id IS NOT NULL,
            coalesce(data ->> 'late', ''), {OFFICES}, sum(number)
        FROM ({{rows}}) AS changed GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(number) <> 0;""",
    "notice": f"""
        INSERT INTO delivery_change (written, division, kind, channel, state, number, maybe_repeated)
        SELECT {DAY.format("created_at")}, division, kind, '', '', sum(number), 0
        FROM ({{rows}}) AS changed GROUP BY 1, 2, 3 HAVING sum(number) <> 0;""",
    "delivery": f"""
        INSERT INTO delivery_change (occurred, written, division, kind, channel, state, number, maybe_repeated)
        SELECT {DAY.format("occurred_at")}, {DAY.format("created_at")}, notice.division, kind, channel, state,
            sum(number), sum(number * maybe_repeated)
        FROM ({{rows}}) AS changed JOIN notice ON notice.id = notice_id JOIN cause ON cause.id = cause_id
        GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(number) <> 0 OR sum(number * maybe_repeated) <> 0;""",
}
NEW, OLD = "SELECT *, 1 AS number FROM new_rows", "SELECT *, -1 AS number FROM old_rows"
OPERATIONS = {
    "INSERT": (NEW, "NEW TABLE AS new_rows"),
    "UPDATE": (f"{NEW} UNION ALL {OLD}", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
    "DELETE": (OLD, "OLD TABLE AS old_rows"),
}
# The rows of a statement are looked up by their keys, whatever the statistics of the day say of a table that grows.
FUNCTION = """
CREATE OR REPLACE FUNCTION count_{table}() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN {INSERT}
    ELSIF TG_OP = 'UPDATE' THEN {UPDATE}
    ELSE {DELETE}
    END IF;
    RETURN NULL;
END$$
"""
TRIGGER = """
CREATE TRIGGER {table}_{operation}_counted AFTER {operation} ON {table} REFERENCING {tables}
    FOR EACH STATEMENT EXECUTE FUNCTION count_{table}()
"""


def upgrade() -> None:
    op.execute("DROP TRIGGER delivery_counted ON delivery; DROP TRIGGER delivery_counted_anew ON delivery")
    op.execute("DROP TRIGGER notice_counted ON notice; DROP TRIGGER cause_counted ON cause")
    for table in COUNTED:
        noted = {name: NOTED[table].format(rows=rows) for name, (rows, _) in OPERATIONS.items()}
        op.execute(FUNCTION.format(table=table, **noted))
        for name, (_, tables) in OPERATIONS.items():
            op.execute(TRIGGER.format(table=table, operation=name.lower(), tables=tables))


def downgrade() -> None:
    for table in COUNTED:
        for name in OPERATIONS:
            op.execute(f"DROP TRIGGER {table}_{name.lower()}_counted ON {table}")
        op.execute(f"DROP FUNCTION count_{table}()")
    earlier = {number: context.script.get_revision(number).module for number in ("0011", "0018")}
    op.execute(earlier["0011"].TRIGGERS)
    op.execute(earlier["0018"]._count_cause(with_offices=True))
