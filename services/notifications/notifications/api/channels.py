"""Routes of the channels: what became of one recipient's deliveries, receipts of a gateway, and offices' robots."""

from __future__ import annotations

from chassis.http import Page, Response, http
from notifications import schemas, views
from notifications.api.base import READERS, Routes
from notifications.domain.robots import Robot
from notifications.queries import recipients
from notifications.usecases import returns, robots
from notifications.usecases.returns import Entered, Receipts
from notifications.usecases.robots import RobotView, SecretOfDingtalk, UnknownChatService
from programme.callers import Role
from programme.http import Request

OFFICES = (Role.PROVINCE, Role.DIVISION, Role.TRAINING_CENTRE)


class ChannelRoutes(Routes):
    """Recipients, receipts and robots."""

    @http(
        "GET",
        "/recipients/<recipient_kind>/<string:recipient_id>/deliveries",
        returns=schemas.DeliveryOfRecipient,
        roles=READERS,
        paged=True,
        summary="What became of all that was sent to one person, enterprise or division, the newest first",
    )
    def list_deliveries(self, request: Request[None, None], recipient_kind: str, recipient_id: str) -> Page:
        with self.db.begin() as session:
            page = recipients.deliveries(
                session, request.caller, recipient_kind, recipient_id, self.clock.today(), request.page
            )
            return views.deliveries_page(page, self.personal_data)

    @http(
        "POST",
        "/deliveries/receipts",
        body=schemas.NewReceipts,
        returns=schemas.EnteredReceipts,
        roles=(Role.OPS,),
        summary="Enter what the gateway says became of text messages; entering a receipt twice changes nothing",
    )
    def enter_receipts(self, request: Request[Receipts]) -> Response:
        with self.db.begin() as session:
            entered: Entered = returns.enter_receipts(
                session, request.caller, request.body, self.personal_data, self.clock
            )
            return request.reply(session, entered)

    @http(
        "PUT",
        "/robots/<division>",
        body=schemas.NewRobot,
        returns=schemas.Robot,
        roles=OFFICES,
        problems=(UnknownChatService, SecretOfDingtalk),
        summary="Have an office's notices announced in its group chat, by a robot of DingTalk or WeCom",
    )
    def put_robot(self, request: Request[Robot], division: str) -> Response:
        hosts = self.settings.robot_hosts
        with self.db.begin() as session:
            robot = robots.put(session, request.caller, division, request.body, hosts, self.personal_data, self.clock)
            return request.reply(session, robot)

    @http("GET", "/robots/<division>", returns=schemas.Robot, roles=OFFICES, summary="An office's robot")
    def get_robot(self, request: Request[None, None], division: str) -> RobotView:
        with self.db.begin() as session:
            return robots.get(session, request.caller, division, self.personal_data, self.clock)

    @http(
        "POST",
        "/robots/<division>/remove",
        returns=schemas.Robot,
        roles=OFFICES,
        summary="Send an office's robot no more; the answer is what it was",
    )
    def remove_robot(self, request: Request[None, None], division: str) -> Response:
        with self.db.begin() as session:
            robot = robots.get(session, request.caller, division, self.personal_data, self.clock)
            robots.remove(session, request.caller, division, self.clock)
            return request.reply(session, robot)
