"""Routes of posts."""

from __future__ import annotations

from chassis.http import ANYONE, Page, Response, http
from programme.http import Request
from registry import queries, schemas, views
from registry.api.base import APPLICANTS, Routes
from registry.queries import PostFilters
from registry.usecases.open_post import OpenPost, open_post


class PostRoutes(Routes):
    """CQO's posts in enterprises."""

    @http(
        "POST",
        "/enterprises/<enterprise_id>/posts",
        body=schemas.NewPost,
        returns=schemas.Post,
        status=201,
        roles=APPLICANTS,
        summary="Open a CQO's post (R22)",
    )
    def open_post(self, request: Request[OpenPost], enterprise_id: str) -> Response:
        with self.db.begin() as session:
            post = open_post(session, request.caller, enterprise_id, request.body, self.clock)
            return request.reply(session, views.post_view(post))

    @http(
        "GET",
        "/posts",
        query=schemas.PostFilters,
        returns=schemas.Post,
        roles=ANYONE,
        paged=True,
        summary="Posts, vacant or held",
    )
    def list_posts(self, request: Request[None, PostFilters]) -> Page:
        with self.db.begin() as session:
            found = queries.posts(session, request.caller, request.query, self.clock.today(), request.page)
            return Page([views.post_view(*row) for row in found.items], found.next_cursor)
