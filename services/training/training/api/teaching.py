"""The pool of trainers, and the venues."""

from __future__ import annotations

from chassis.data import load
from chassis.http import Page, Response, http
from programme.http import Request
from training import queries, schemas
from training.api.base import CENTRE, PEOPLE_READERS, Routes
from training.domain.trainer import LeavesBeforeEntering
from training.domain.venue import ClosesBeforeOpening, Venue, VenueHasClasses
from training.queries.teaching import TrainerWithHours
from training.usecases import trainers, venues


class TeachingRoutes(Routes):
    """Who teaches (R6), and where."""

    @http(
        "POST",
        "/trainers",
        body=schemas.NewTrainer,
        returns=schemas.Trainer,
        roles=CENTRE,
        status=201,
        problems=(LeavesBeforeEntering,),
        summary="Enter a trainer into the pool (R6)",
    )
    def enter_trainer(self, request: Request[trainers.EnterTrainer]) -> Response:
        with self.db.begin() as session:
            return request.reply(session, trainers.enter(session, request.caller, request.body, self.clock))

    @http(
        "GET",
        "/trainers",
        query=schemas.TrainerFilters,
        returns=schemas.Trainer,
        roles=PEOPLE_READERS,
        paged=True,
        summary="The pool of trainers (R6)",
    )
    def list_trainers(self, request: Request[None, queries.TrainerFilters]) -> Page:
        with self.db.begin() as session:
            return queries.list_trainers(session, request.query, request.page)

    @http(
        "GET",
        "/trainers/<trainer_id>",
        returns=schemas.TrainerWithHours,
        roles=PEOPLE_READERS,
        summary="A trainer, with the hours taught by year",
    )
    def get_trainer(self, request: Request[None], trainer_id: str) -> TrainerWithHours:
        with self.db.begin() as session:
            return queries.get_trainer(session, trainer_id)

    @http(
        "PATCH",
        "/trainers/<trainer_id>",
        body=schemas.TrainerChanges,
        returns=schemas.Trainer,
        versioned=True,
        roles=CENTRE,
        problems=(LeavesBeforeEntering,),
        summary="Change a trainer's entry, on a document; needs If-Match",
    )
    def change_trainer(self, request: Request[trainers.ChangeTrainer], trainer_id: str) -> Response:
        with self.db.begin() as session:
            version, command = request.if_match, request.body
            changed = trainers.change(session, request.caller, trainer_id, version, command, self.clock)
            return request.reply(session, changed)

    @http(
        "POST",
        "/venues",
        body=schemas.NewVenue,
        returns=schemas.Venue,
        roles=CENTRE,
        status=201,
        problems=(ClosesBeforeOpening,),
        summary="Enter a venue",
    )
    def enter_venue(self, request: Request[venues.EnterVenue]) -> Response:
        with self.db.begin() as session:
            return request.reply(session, venues.enter(session, request.caller, request.body, self.clock))

    @http(
        "GET",
        "/venues",
        query=schemas.VenueFilters,
        returns=schemas.Venue,
        roles=PEOPLE_READERS,
        paged=True,
        summary="The venues",
    )
    def list_venues(self, request: Request[None, queries.VenueFilters]) -> Page:
        with self.db.begin() as session:
            return queries.list_venues(session, request.query, request.page)

    @http("GET", "/venues/<venue_id>", returns=schemas.Venue, roles=PEOPLE_READERS, summary="A venue")
    def get_venue(self, request: Request[None], venue_id: str) -> Venue:
        with self.db.begin() as session:
            return load(session, Venue, venue_id)

    @http(
        "PATCH",
        "/venues/<venue_id>",
        body=schemas.VenueChanges,
        returns=schemas.Venue,
        versioned=True,
        roles=CENTRE,
        problems=(ClosesBeforeOpening, VenueHasClasses),
        summary="Change a venue; needs If-Match",
    )
    def change_venue(self, request: Request[venues.ChangeVenue], venue_id: str) -> Response:
        with self.db.begin() as session:
            version, command = request.if_match, request.body
            changed = venues.change(session, request.caller, venue_id, version, command, self.clock)
            return request.reply(session, changed)
