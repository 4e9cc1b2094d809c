"""Lists as files for others: their columns, and their rows, read page by page while the file is on its way.

Each page is as of its own moment, so a row that is entered meanwhile may be in the file or not; none is in it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Generic, TypeVar, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import Database
from chassis.http import Page, PageArguments
from chassis.json_types import JsonObject
from chassis.security import audit
from programme.callers import Caller
from registry import queries, views
from registry.adapters import candidate_list, enterprise_list
from registry.adapters.list_out import Cell, Format, Rows
from registry.adapters.personal_data import PersonalDataCipher
from registry.domain.appointment import AppointmentStatus
from registry.queries import AppointmentFilters, EnterpriseFilters, PersonFilters
from registry.storage import enterprise, person
from registry.usecases.import_jobs import RejectedRow

FiltersT = TypeVar("FiltersT")
Columns = Mapping[str, Callable[[Mapping[str, object]], Cell]]  # by header; the cell of a view

PAGE = 500  # rows
REASON = "退回原因"
STATUSES = {AppointmentStatus.ACTIVE: "在任", AppointmentStatus.SUSPENDED: "中止", AppointmentStatus.ENDED: "终止"}


@dataclass(frozen=True)
class Export(Generic[FiltersT]):
    """Which rows are wanted, and as what."""

    filters: FiltersT
    format: Format


def of(field: str) -> Callable[[Mapping[str, object]], Cell]:
    """The cell that shows this field."""
    return lambda view: view[field]


def yes_no(field: str) -> Callable[[Mapping[str, object]], Cell]:
    """The cell that shows whether this field is true, as lists are filled in."""
    return lambda view: {None: None, True: "是", False: "否"}[cast("bool | None", view[field])]


# The headers are those of the lists that are imported, so that what was exported can be sent back.
ENTERPRISES: Columns = {
    enterprise_list.USCC.header: of("uscc"),
    enterprise_list.NAME.header: of("name"),
    enterprise_list.DIVISION.header: of("division"),
    enterprise_list.INDUSTRY.header: of("industry"),
    enterprise_list.ABOVE_THRESHOLD.header: yes_no("above_threshold"),
    enterprise_list.AWARD_CONTENDER.header: yes_no("award_contender"),
    enterprise_list.BRAND_CONTENDER.header: yes_no("brand_contender"),
    enterprise_list.LEGAL_REPRESENTATIVE.header: of("legal_representative"),
    enterprise_list.RESPONSIBLE_PERSON.header: of("responsible_person"),
    enterprise_list.REGISTERED_ON.header: of("registered_on"),
    "联系电话（部分隐去）": of("phone"),
    "电子邮箱（部分隐去）": of("email"),
    "注销日期": of("deregistered_on"),
    "企业编号": of("id"),
}
PEOPLE: Columns = {
    candidate_list.NAME.header: of("name"),
    "身份证号（部分隐去）": of("id_number"),
    "手机（部分隐去）": lambda view: view.get("phone"),
    "电子邮箱（部分隐去）": lambda view: view.get("email"),
    "所属区划代码": of("division"),
    candidate_list.USCC.header: of("uscc"),
    "企业名称": of("enterprise"),
    candidate_list.QUALITY_YEARS.header: of("quality_years"),
    candidate_list.TITLE.header: of("title"),
    candidate_list.DECLARATION.header: yes_no("declaration"),
    candidate_list.DEGREE.header: of("degree"),
    "登记日期": of("registered_on"),
    "人员编号": of("id"),
}
APPOINTMENTS: Columns = {
    "企业名称": of("enterprise"),
    enterprise_list.USCC.header: of("uscc"),
    enterprise_list.DIVISION.header: of("division"),
    "首席质量官": of("person"),
    "职务": of("position"),
    "聘任日期": of("appointed_on"),
    "聘任文号": of("document_number"),
    "状态": lambda view: STATUSES[cast(AppointmentStatus, view["status"])],
    "状态起始日期": of("since"),
    "备案期限": of("filing_due_on"),
    "提交日期": of("submitted_on"),
    "退回日期": of("returned_on"),
    "备案日期": of("filed_on"),
    "备案编号": of("filing_number"),
    "是否逾期备案": yes_no("filed_late"),
    "终止日期": of("ended_on"),
    "终止原因": of("end_reason"),
    "聘任编号": of("id"),
}


def record(session: Session, caller: Caller, what: str, export: Export[FiltersT], clock: Clock) -> None:
    """Enters in the audit log who asks for which list; not the words of a search, which may be somebody's name."""
    filters = asdict(export.filters)  # type: ignore[call-overload]  # filters are dataclasses
    given = {name: value if name != "q" else "…" for name, value in filters.items() if value is not None}
    details: JsonObject = {"format": str(export.format), "filters": {name: str(value) for name, value in given.items()}}
    audit.record(session, caller, f"{what}.exported", what, details, clock)


def enterprises(db: Database, caller: Caller, filters: EnterpriseFilters, on: date, cipher: PersonalDataCipher) -> Rows:
    """The enterprises that the list with these filters has."""
    pages = _pages(lambda page: queries.enterprises(db, caller, filters, on, page))
    return _rows(ENTERPRISES, ([views.enterprise_view(row, cipher) for row in page] for page in pages))


def people(db: Database, caller: Caller, filters: PersonFilters, on: date, cipher: PersonalDataCipher) -> Rows:
    """The people that the list with these filters has, masked."""

    def read(page: PageArguments) -> Page:
        with db.begin() as session:
            found = queries.people(session, caller, filters, on, page)
            shown = views.person_views(session, found.items, cipher)
            return Page(_with_enterprises(session, shown), found.next_cursor)

    return _rows(PEOPLE, _pages(read))


def appointments(db: Database, caller: Caller, filters: AppointmentFilters, on: date) -> Rows:
    """The appointments that the list with these filters has, as of a day."""

    def read(page: PageArguments) -> Page:
        with db.begin() as session:
            found = queries.appointments(session, caller, filters, on, page)
            shown = [views.appointment_on_day_view(row, "zh") for row in found.items]
            wanted = select(person.c.id, person.c.name).where(person.c.id.in_([each["person_id"] for each in shown]))
            names = dict(session.execute(wanted).tuples().all())
            named = [{**each, "person": names[str(each["person_id"])]} for each in shown]
            return Page(_with_enterprises(session, named), found.next_cursor)

    return _rows(APPOINTMENTS, _pages(read))


def rejected(rows: Iterator[RejectedRow], language: str) -> Rows:
    """The rows of an import that were rejected, as they came, with a column that says why; to be corrected and sent."""
    headers = next(rows, None)
    if headers is None:
        yield [REASON]
        return
    yield [*headers.cells, REASON]
    for cells, why in rows:
        reasons = (f"{column}：{violation.sentence(language)}" for column, violation in why)
        yield [*cells, "\n".join(reasons)]


def _pages(read: Callable[[PageArguments], Page]) -> Iterator[list[Mapping[str, object]]]:
    cursor: str | None = None
    while True:
        page = read(PageArguments(PAGE, cursor))
        yield page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _rows(columns: Columns, pages: Iterable[Iterable[Mapping[str, object]]]) -> Rows:
    yield list(columns)
    cells = tuple(columns.values())
    for page in pages:
        for view in page:
            yield [cell(view) for cell in cells]


def _with_enterprises(session: Session, shown: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    """The same with the names and codes of their enterprises."""
    ids = {each["enterprise_id"] for each in shown}
    columns = enterprise.c
    wanted = select(columns.id, columns.name, columns.uscc).where(columns.id.in_(ids))
    known = {row.id: {"enterprise": row.name, "uscc": row.uscc} for row in session.execute(wanted)}
    nothing = {"enterprise": None, "uscc": None}
    return [{**each, **known.get(each["enterprise_id"], nothing)} for each in shown]
