"""The pilot's API: health, and a route that shows what the log makes of personal data."""

import logging

from sqlalchemy import text

from chassis.data.database import Database
from chassis.http import PUBLIC, HttpService, Request, http
from chassis.process.health import HealthRoutes

log = logging.getLogger(__name__)


class Api(HttpService, HealthRoutes):
    """What the tests ask for."""

    name = "pilot-api"
    db = Database()

    @http("GET", "/people", roles=PUBLIC, summary="Log a person, then answer")
    def people(self, request: Request) -> dict[str, object]:
        log.info("looked for %s", "220102199001010017", extra={"contact": {"phone": "13800138000"}})
        return {"correlation_id": request.correlation_id}

    @http("GET", "/effects", roles=PUBLIC, summary="Count the effects")
    def effects(self, request: Request) -> dict[str, int]:
        with self.db.begin() as session:
            return {"effects": session.scalar(text("SELECT count(*) FROM effect")) or 0}

    @http("GET", "/held", roles=PUBLIC, summary="Wait for a lock that the test holds")
    def held(self, request: Request) -> dict[str, bool]:
        with self.db.begin() as session:
            session.execute(text("SELECT pg_advisory_xact_lock_shared(1)"))
        return {"done": True}

    @http("GET", "/slow", roles=PUBLIC, summary="Take two seconds in the database")
    def slow(self, request: Request) -> dict[str, bool]:
        with self.db.begin() as session:
            session.execute(text("SELECT pg_sleep(2)"))
        return {"done": True}
