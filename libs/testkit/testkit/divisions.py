"""One tree of divisions for all tests: part of Jilin's, with the moves that matter to the rules.

公主岭 moved from 四平 to 长春 in 2020, and got another code; 梅河口 reports to the province since 2022;
长白山 is a peer of the prefectures since 2006. The codes and the days are the real ones,
but for 长白山, which has no code of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from chassis.ids import new_id
from chassis.messaging import Envelope
from programme import scope
from programme.scope import Placement

PROVINCE = "220000"
CHANGCHUN, JILIN_CITY, SIPING, TONGHUA, YANBIAN = "220100", "220200", "220300", "220500", "222400"
CHANGBAISHAN = "JL-CBS"
NANGUAN, CHUANYING, TIEXI, CHIBEI = "220102", "220204", "220302", "JL-CBS-CB"
GONGZHULING_IN_SIPING, GONGZHULING = "220381", "220184"
MEIHEKOU = "220581"
ALWAYS = date(2000, 1, 1)
LAST_DAY_IN_SIPING, FIRST_DAY_IN_CHANGCHUN = date(2020, 6, 18), date(2020, 6, 19)
LAST_DAY_IN_TONGHUA, FIRST_DAY_UNDER_THE_PROVINCE = date(2021, 12, 31), date(2022, 1, 1)
PLACED_AT = datetime(2026, 3, 2, 1, tzinfo=UTC)


TREE = (
    Placement(PROVINCE, "吉林省", "province", None, ALWAYS),
    Placement(CHANGCHUN, "长春市", "prefecture", PROVINCE, ALWAYS),
    Placement(NANGUAN, "南关区", "county", CHANGCHUN, ALWAYS),
    Placement(JILIN_CITY, "吉林市", "prefecture", PROVINCE, ALWAYS),
    Placement(CHUANYING, "船营区", "county", JILIN_CITY, ALWAYS),
    Placement(SIPING, "四平市", "prefecture", PROVINCE, ALWAYS),
    Placement(TIEXI, "铁西区", "county", SIPING, ALWAYS),
    Placement(GONGZHULING_IN_SIPING, "公主岭市", "county", SIPING, ALWAYS, LAST_DAY_IN_SIPING, GONGZHULING),
    Placement(GONGZHULING, "公主岭市", "county", CHANGCHUN, FIRST_DAY_IN_CHANGCHUN),
    Placement(TONGHUA, "通化市", "prefecture", PROVINCE, ALWAYS),
    Placement(MEIHEKOU, "梅河口市", "county", TONGHUA, ALWAYS, LAST_DAY_IN_TONGHUA),
    Placement(MEIHEKOU, "梅河口市", "county", PROVINCE, FIRST_DAY_UNDER_THE_PROVINCE),
    Placement(YANBIAN, "延边朝鲜族自治州", "prefecture", PROVINCE, ALWAYS),
    Placement(CHANGBAISHAN, "长白山", "prefecture", PROVINCE, date(2006, 1, 1)),
    Placement(CHIBEI, "池北区", "county", CHANGBAISHAN, date(2006, 1, 1)),
)


def data_of(placement: Placement) -> dict[str, str | None]:
    """The data of `division.placed.v1`."""
    days = {"valid_from": placement.valid_from, "valid_to": placement.valid_to}
    return {**vars(placement), **{name: None if day is None else day.isoformat() for name, day in days.items()}}


def place(session: Session, placements: Iterable[Placement] = TREE) -> None:
    """Enters the placements into the service's tree."""
    scope.upsert_placements(session, placements)


def placed_events(placements: Iterable[Placement] = TREE) -> list[Envelope]:
    """The events by which the registry announces the placements; each code's versions are 1, 2, 3 …"""
    versions: Counter[str] = Counter()
    events = []
    for placement in placements:
        code = placement.code
        versions[code] += 1
        data = data_of(placement)
        kind = "division.placed.v1"
        events.append(Envelope(new_id(), "/registry", kind, code, PLACED_AT, versions[code], data, code))
    return events
