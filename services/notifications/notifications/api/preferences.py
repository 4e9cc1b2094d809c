"""Routes of what a recipient chooses."""

from __future__ import annotations

from chassis.http import Response, http
from notifications import schemas, views
from notifications.api.base import RECIPIENTS, Routes
from notifications.domain.preferences import InboxStays, MandatoryNotice
from notifications.domain.rules import Rules
from notifications.queries.preferences import preferences_of, recipient_of
from notifications.usecases.prefer import Prefer, prefer
from notifications.views import PreferencesView
from programme import rulesets
from programme.http import Request


class PreferenceRoutes(Routes):
    """The language of the caller's notices, and what it does not want on which channel."""

    @http(
        "GET",
        "/preferences",
        returns=schemas.Preferences,
        roles=RECIPIENTS,
        summary="What the caller has chosen; of staff, their office",
    )
    def get_preferences(self, request: Request[None, None]) -> PreferencesView:
        with self.db.begin() as session:
            recipient = recipient_of(session, request.caller, self.clock.today())
            rules = rulesets.rules_on(session, self.clock.today(), Rules)
            return views.preferences_view(preferences_of(session, *recipient), rules.optional)

    @http(
        "PUT",
        "/preferences",
        body=schemas.Prefer,
        returns=schemas.Preferences,
        roles=RECIPIENTS,
        versioned=True,
        problems=(MandatoryNotice, InboxStays),
        summary="Choose the language, and which kinds of notice are not wanted on which channel",
    )
    def put_preferences(self, request: Request[Prefer]) -> Response:
        with self.db.begin() as session:
            chosen = prefer(session, request.caller, request.if_match, request.body, self.clock)
            rules = rulesets.rules_on(session, self.clock.today(), Rules)
            return request.reply(session, views.preferences_view(chosen, rules.optional))
