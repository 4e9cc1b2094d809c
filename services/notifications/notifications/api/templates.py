"""Routes of the templates of notices."""

from __future__ import annotations

from chassis.http import Response, http
from notifications import schemas, views
from notifications.api.base import READERS, Routes
from notifications.queries import templates
from notifications.queries.filters import PreviewFilters
from notifications.queries.templates import TemplateInFull
from notifications.usecases import edit_template
from notifications.usecases.edit_template import Draft, EditTemplate, TooEarly, TooLate
from programme.callers import Role
from programme.http import Request


class TemplateRoutes(Routes):
    """What notices say, in each language: looked at, edited by the province, and returned to what is built in."""

    @http("GET", "/templates", returns=schemas.ListedTemplates, roles=READERS, summary="All templates of notices")
    def list_templates(self, request: Request[None, None]) -> dict[str, object]:
        with self.db.begin() as session:
            return {"items": templates.listed(session, self.clock.today())}

    @http(
        "GET",
        "/templates/<kind>/<language>",
        returns=schemas.Template,
        roles=READERS,
        summary="A template with its editions, and what it may name",
    )
    def get_template(self, request: Request[None, None], kind: str, language: str) -> TemplateInFull:
        place = templates.place_of(kind, language)
        with self.db.begin() as session:
            return templates.in_full(session, *place, self.clock.today())

    @http(
        "PUT",
        "/templates/<kind>/<language>",
        body=schemas.EditTemplate,
        returns=schemas.Edition,
        roles=(Role.PROVINCE,),
        versioned=True,
        problems=(TooEarly, TooLate),
        summary="Edit a template from a day on; it is tried on every example first",
    )
    def edit_template(self, request: Request[EditTemplate], kind: str, language: str) -> Response:
        return self._edit(request, kind, language)

    @http(
        "POST",
        "/templates/<kind>/<language>/restore",
        body=schemas.RestoreTemplate,
        returns=schemas.Edition,
        roles=(Role.PROVINCE,),
        versioned=True,
        problems=(TooEarly, TooLate),
        summary="Return to the template that is built in, from a day on",
    )
    def restore_template(self, request: Request[EditTemplate], kind: str, language: str) -> Response:
        return self._edit(request, kind, language)

    def _edit(self, request: Request[EditTemplate], kind: str, language: str) -> Response:
        place = templates.place_of(kind, language)
        with self.db.begin() as session:
            made = edit_template.edit(session, request.caller, place, request.if_match, request.body, self.clock)
            return request.reply(session, made)

    @http(
        "GET",
        "/templates/<kind>/<language>/preview",
        query=schemas.PreviewFilters,
        returns=schemas.Previews,
        roles=READERS,
        summary="What the template says of each example to each kind of recipient",
    )
    def preview_template(self, request: Request[None, PreviewFilters], kind: str, language: str) -> dict[str, object]:
        place, today = templates.place_of(kind, language), self.clock.today()
        with self.db.begin() as session:
            template = templates.compiled_on(session, *place, today)
            rules = edit_template.rules_for(session, request.query.ruleset, today)
        return views.previews(edit_template.shown(template, *place, rules, today), request.query.recipient_kind)

    @http(
        "POST",
        "/templates/<kind>/<language>/preview",
        body=schemas.Draft,
        query=schemas.PreviewFilters,
        returns=schemas.Previews,
        roles=(Role.PROVINCE,),
        summary="The same of a draft, which is not kept",
    )
    def preview_draft(self, request: Request[Draft, PreviewFilters], kind: str, language: str) -> dict[str, object]:
        place, today = templates.place_of(kind, language), self.clock.today()
        with self.db.begin() as session:
            rules = edit_template.rules_for(session, request.query.ruleset, today)
        tried = edit_template.tried(request.body.source, *place, rules, today)
        return views.previews(tried, request.query.recipient_kind)
