"""Routes of key quality posts."""

from __future__ import annotations

from chassis.http import Page, Response, http
from programme.http import Request
from registry.api.base import APPLICANTS, PEOPLE_READERS, Routes
from registry.domain.quality_post import (
    AlreadyLeft,
    CertificateEndsFirst,
    DaysOutOfOrder,
    PostClosed,
    SameCertificate,
    SamePost,
    ShownCertificate,
    StillHeld,
    TooManyOfThem,
)
from registry.queries import quality_post as queries
from registry.queries.quality_post import QualityPostFilters
from registry.schemas import quality_posts as schemas
from registry.usecases import quality_posts
from registry.usecases.quality_posts import FillQualityPost, NotYet, OpenQualityPost, WithLastDay


class QualityPostRoutes(Routes):
    """Key quality posts beside the CQO's, and the certificates with which they are held (R28)."""

    @http(
        "POST",
        "/enterprises/<enterprise_id>/quality-posts",
        body=schemas.NewQualityPost,
        returns=schemas.QualityPost,
        status=201,
        roles=APPLICANTS,
        problems=(SamePost, TooManyOfThem, NotYet),
        summary="Enter a key quality post with the certificate that it asks for (R28)",
    )
    def open_quality_post(self, request: Request[OpenQualityPost], enterprise_id: str) -> Response:
        with self.db.begin() as session:
            opened = quality_posts.open_post(session, request.caller, enterprise_id, request.body, self.clock)
            return request.reply(session, opened)

    @http(
        "GET",
        "/quality-posts",
        query=schemas.QualityPostFilters,
        returns=schemas.QualityPostOnDay,
        roles=PEOPLE_READERS,
        paged=True,
        summary="Key quality posts and who fills them on a day, with a valid certificate or without (R28)",
    )
    def list_quality_posts(self, request: Request[None, QualityPostFilters]) -> Page:
        with self.db.begin() as session:
            return queries.quality_posts(session, request.caller, request.query, self.clock.today(), request.page)

    @http(
        "POST",
        "/quality-posts/<quality_post_id>/holders",
        body=schemas.NewQualityPostHolder,
        returns=schemas.QualityPostHolder,
        status=201,
        roles=APPLICANTS,
        problems=(PostClosed, DaysOutOfOrder, CertificateEndsFirst, TooManyOfThem),
        summary="Somebody fills a key quality post from a day",
    )
    def fill_quality_post(self, request: Request[FillQualityPost], quality_post_id: str) -> Response:
        with self.db.begin() as session:
            filled = quality_posts.fill(session, request.caller, quality_post_id, request.body, self.clock)
            return request.reply(session, filled)

    @http(
        "POST",
        "/quality-post-holders/<holder_id>/certificates",
        body=schemas.NewHolderCertificate,
        returns=schemas.QualityPostHolder,
        status=201,
        roles=APPLICANTS,
        problems=(AlreadyLeft, SameCertificate, DaysOutOfOrder, CertificateEndsFirst, TooManyOfThem),
        summary="Enter a certificate of somebody who fills a key quality post",
    )
    def show_holder_certificate(self, request: Request[ShownCertificate], holder_id: str) -> Response:
        with self.db.begin() as session:
            holder = quality_posts.show_certificate(session, request.caller, holder_id, request.body, self.clock)
            return request.reply(session, holder)

    @http(
        "POST",
        "/quality-post-holders/<holder_id>/end",
        body=schemas.LastDay,
        returns=schemas.QualityPostHolder,
        roles=APPLICANTS,
        problems=(AlreadyLeft, DaysOutOfOrder),
        summary="Somebody leaves a key quality post",
    )
    def leave_quality_post(self, request: Request[WithLastDay], holder_id: str) -> Response:
        with self.db.begin() as session:
            left = quality_posts.leave(session, request.caller, holder_id, request.body, self.clock)
            return request.reply(session, left)

    @http(
        "POST",
        "/quality-posts/<quality_post_id>/closing",
        body=schemas.LastDay,
        returns=schemas.QualityPost,
        roles=APPLICANTS,
        problems=(PostClosed, DaysOutOfOrder, StillHeld),
        summary="Close a key quality post that nobody fills any more",
    )
    def close_quality_post(self, request: Request[WithLastDay], quality_post_id: str) -> Response:
        with self.db.begin() as session:
            closed = quality_posts.close(session, request.caller, quality_post_id, request.body, self.clock)
            return request.reply(session, closed)
