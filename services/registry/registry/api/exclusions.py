"""Routes of the exclusion list."""

from __future__ import annotations

from chassis.http import Page, Response, http
from programme.callers import Role
from programme.http import Request
from registry import queries, schemas
from registry.api.base import STAFF, Routes
from registry.usecases import exclusions
from registry.usecases.exclusions import Exclude, LiftExclusion


class ExclusionRoutes(Routes):
    """People who may not be appointed."""

    @http(
        "POST",
        "/exclusions",
        body=schemas.NewExclusion,
        returns=schemas.Exclusion,
        status=201,
        roles=STAFF,
        summary="Exclude a person from appointment (R30)",
    )
    def exclude(self, request: Request[Exclude]) -> Response:
        with self.db.begin() as session:
            entry = exclusions.exclude(session, request.caller, request.body, self.cipher, self.clock)
            return request.reply(session, entry)

    @http(
        "GET",
        "/exclusions",
        returns=schemas.Exclusion,
        roles=(Role.PROVINCE, Role.AUDITOR),
        paged=True,
        summary="The exclusion list",
    )
    def list_exclusions(self, request: Request[None]) -> Page:
        with self.db.begin() as session:
            return queries.exclusions(session, request.caller, request.page)

    @http(
        "POST",
        "/exclusions/<exclusion_id>/lift",
        body=schemas.Lifting,
        returns=schemas.Exclusion,
        roles=(Role.PROVINCE,),
        summary="End an exclusion",
    )
    def lift_exclusion(self, request: Request[LiftExclusion], exclusion_id: str) -> Response:
        with self.db.begin() as session:
            entry = exclusions.lift(session, request.caller, exclusion_id, request.body, self.clock)
            return request.reply(session, entry)
