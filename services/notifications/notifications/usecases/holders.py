"""Who holds a row: a number that a database session keeps by an advisory lock as long as it lives."""


def is_gone(lock: int, column: str) -> str:
    """The SQL that says whether nobody holds the number in `column` any more; `lock` tells the kinds of holder apart.

    Both stand in the program and come from nobody else.
    """
    return (
        "NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 "
        f"AND classid = {lock} AND objid = {column} "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
    )
