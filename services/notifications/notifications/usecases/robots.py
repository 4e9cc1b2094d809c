"""An office's staff set, look at and remove the robot of its group chat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import NotFound, RuleBroken
from chassis.security import audit
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.adapters.robot import is_known_host
from notifications.domain.notice import Channel
from notifications.domain.recipients import RecipientKind
from notifications.domain.robots import Robot, RobotKind
from notifications.storage import bad_address, robot
from notifications.usecases.bad_addresses import take_off
from programme import scope
from programme.callers import Caller, Role
from programme.tables import division as divisions

TRAINING_CENTRE = "training_centre"  # an office, too, which lies in no division

IS_DIVISION = select(divisions.c.code).where(divisions.c.code == bindparam("code")).limit(1)


class UnknownChatService(RuleBroken):
    """The URL leads to no chat service whose robots this installation may use; ask its operators."""

    zh = "该地址不属于本系统允许使用的群机器人服务，请联系系统运维人员。"


class SecretOfDingtalk(RuleBroken):
    """WeCom's robots have no secret; leave it out."""

    zh = "企业微信群机器人不使用加签密钥，请勿填写。"


@dataclass(frozen=True)
class RobotView:
    """A robot as answers show it: its URL holds its key, so only the host is shown."""

    division: str
    kind: RobotKind
    host: str
    signed: bool
    set_by: str
    set_at: datetime
    fault: str | None  # why nothing is sent to it


def _require_office(session: Session, caller: Caller, division: str, clock: Clock) -> None:
    """The caller's own office or one below it; the training centre's staff, the centre's."""
    if division == TRAINING_CENTRE and caller.role == Role.TRAINING_CENTRE:
        return
    if caller.role == Role.TRAINING_CENTRE:
        raise scope.OutsideDivision(division=division)
    scope.require_within(session, division, caller, clock.today())


def put(
    session: Session,
    caller: Caller,
    division: str,
    given: Robot,
    hosts: tuple[str, ...],
    personal_data: PersonalDataCipher,
    clock: Clock,
) -> RobotView:
    """Sets the office's robot, in place of the one it had."""
    _require_office(session, caller, division, clock)
    if division != TRAINING_CENTRE and session.scalar(IS_DIVISION, {"code": division}) is None:
        raise NotFound()
    if not is_known_host(given.url, hosts):
        raise UnknownChatService()
    if given.secret is not None and given.kind is RobotKind.WECOM:
        raise SecretOfDingtalk()
    sealed = personal_data.seal_address(Channel.ROBOT, division, given.to_text())
    row = insert(robot).values(division=division, sealed=sealed, set_by=caller.subject, set_at=clock.now())
    changes = {name: row.excluded[name] for name in ("sealed", "set_by", "set_at")}
    session.execute(row.on_conflict_do_update(index_elements=["division"], set_=changes))
    take_off(session, RecipientKind.DIVISION, division, Channel.ROBOT)
    audit.record(session, caller, "robot.set", division, {"kind": given.kind}, clock)
    return get(session, caller, division, personal_data, clock)


def get(session: Session, caller: Caller, division: str, personal_data: PersonalDataCipher, clock: Clock) -> RobotView:
    """The office's robot; NotFound if it has none."""
    _require_office(session, caller, division, clock)
    of_bad = and_(
        bad_address.c.owner_kind == RecipientKind.DIVISION,
        bad_address.c.owner_id == robot.c.division,
        bad_address.c.channel == Channel.ROBOT,
    )
    wanted = select(robot, bad_address.c.reason).outerjoin(bad_address, of_bad).where(robot.c.division == division)
    row = session.execute(wanted).one_or_none()
    if row is None:
        raise NotFound()
    kept = Robot.from_text(personal_data.open_address(Channel.ROBOT, division, row.sealed))
    return RobotView(division, kept.kind, kept.host, kept.secret is not None, row.set_by, row.set_at, row.reason)


def remove(session: Session, caller: Caller, division: str, clock: Clock) -> None:
    """Takes the office's robot away; NotFound if it has none."""
    _require_office(session, caller, division, clock)
    if session.scalar(delete(robot).where(robot.c.division == division).returning(robot.c.division)) is None:
        raise NotFound()
    take_off(session, RecipientKind.DIVISION, division, Channel.ROBOT)
    audit.record(session, caller, "robot.removed", division, {}, clock)
