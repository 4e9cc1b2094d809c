"""Lists as text, rejected rows to send back, and exports: what goes out comes in again, and never runs."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from python_calamine import CalamineWorkbook
from registry_world import CHANGCHUN, PROVINCE, Register, make_cipher, uscc, workbook
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from test_import_jobs import all_of, ended, send
from test_imports import HEADERS, PEOPLE_HEADERS, person_row, places, row, run

from registry.adapters import enterprise_list, list_out, upload
from registry.adapters.comma_text import protected, unprotected
from registry.adapters.limits import REQUEST
from registry.adapters.list_out import Format, written
from registry.api import exports
from registry.seed import seed
from registry.usecases.import_enterprises import import_enterprises
from testkit import Client

SIGNS = ["=1+1", "+861", "-1", "@SUM(A1)", "\tx", "\rx", "'=1", "''@x", "'plain"]


@pytest.fixture
def service(running_service):
    started = running_service("registry")
    seed(started.settings["database_url"])
    return started


def text_list(rows, encoding="utf-8-sig", headers=HEADERS):
    written_to = io.StringIO(newline="")
    csv.writer(written_to).writerows([headers, *rows])
    return written_to.getvalue().encode(encoding)


def run_text(register, content):
    sheet = upload.read(content, enterprise_list.LIST)
    return import_enterprises(register.session, PROVINCE, sheet, register.cipher, register.clock)


def table(content):
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_same_list_as_text_changes_nothing_whatever_its_encoding(register, encoding):
    rows = [row(serial) for serial in range(1, 4)]
    run(register, rows)

    assert run_text(register, text_list(rows, encoding)).unchanged == 3


def test_in_text_a_day_is_written_with_the_year_first_and_bad_cells_are_reported_alike(register):
    good = [row(1, 登记日期="2010-05-04"), row(2, 登记日期="2010/5/4")]
    bad = [row(3, 登记日期="4/5/2010"), row(4, 登记日期="2010-2-30"), row(5, 是否规模以上="TRUE"), row(6)[:5]]
    outcome = run_text(register, text_list([*good, *bad]))

    assert outcome.created == 2
    assert [(number, letter) for number, letter, _ in places(outcome)][:3] == [(4, "L"), (5, "L"), (6, "E")]
    assert {number for number, _, _ in places(outcome)} == {4, 5, 6, 7}
    days = register.session.scalars(text("SELECT registered_on FROM enterprise")).all()
    assert days == [date(2010, 5, 4)] * 2


def test_a_text_of_too_many_rows_columns_or_characters_is_refused():
    for content, code in [
        (text_list([[]] * (REQUEST.rows + 1)), "too_many_rows"),
        (text_list([], headers=[*HEADERS, *"x" * 40]), "too_many_columns"),
        (text_list([row(1, 企业名称="长" * 40_000)]), "too_long"),
    ]:
        with pytest.raises(upload.InvalidInput) as refusal:
            upload.read(content, enterprise_list.LIST)
        assert refusal.value.facts["errors"][0]["code"] == code


def test_no_text_that_was_exported_begins_like_a_formula():
    for sign in SIGNS:
        assert not protected(sign).startswith(list_out.FORMULA_SIGNS) and unprotected(protected(sign)) == sign
    content = b"".join(written([["名称"], *([sign] for sign in SIGNS)], Format.CSV))
    cells = [cells[0] for cells in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))]
    assert [unprotected(cell) for cell in cells[1:]] == SIGNS
    assert not any(cell.startswith(list_out.FORMULA_SIGNS) for cell in cells)
    book = b"".join(written([["名称"], *([sign] for sign in SIGNS)], Format.XLSX))
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0)
    assert [cells[0] for cells in sheet.to_python()[1:]] == SIGNS
    assert b"<f>" not in book


def test_each_kind_of_cell_comes_back_as_it_went_out():
    cells = ["<&>\"'", "a\nb", "_x0041_", 5, 2.5, True, date(2010, 5, 4), date(1899, 1, 1), "尾 ", None, "x"]

    [out] = table(b"".join(written([cells], Format.XLSX)))

    assert out == ["<&>\"'", "a\nb", "_x0041_", 5, 2.5, True, date(2010, 5, 4), "1899-01-01", "尾 ", "", "x"]


def test_a_long_list_goes_out_in_blocks_while_it_is_read():
    given = []

    def rows():
        for number in range(20_000):
            given.append(number)
            yield [f"吉林示例制造有限公司{number}", number]

    blocks = written(rows(), Format.XLSX)
    first = next(blocks)

    assert len(given) < 10_000 and len(first) < 2 * list_out.BLOCK


def test_only_so_many_files_are_written_at_once_and_one_that_is_left_makes_room(monkeypatch):
    written_now = [exports._file([["a"]], Format.CSV, "x") for _ in range(exports.AT_ONCE)]
    with pytest.raises(exports.TooManyExports):
        exports._file([["a"]], Format.CSV, "x")
    written_now.pop().close()
    written_now.append(exports._file(([number] for number in range(100_000)), Format.CSV, "x"))
    monkeypatch.setattr(exports, "LONGEST", -1)

    with pytest.raises(TimeoutError):
        list(written_now[-1].iter_encoded())
    for response in written_now:
        response.close()


@pytest.mark.parametrize("as_format", ["xlsx", "csv"])
def test_what_was_exported_can_be_imported_again_and_changes_nothing(service, token, wait_until, as_format):
    province = Client(service.url, token("province"))
    rows = [row(1, 企业名称="=HYPERLINK(1)"), row(2), row(3, 所属区划代码="220302")]
    ended(province, send(province, "/imports/enterprises", workbook(HEADERS, rows)), wait_until)

    answer = province.send("GET", f"/enterprises/export?format={as_format}")
    media_type = answer.headers["Content-Type"].partition(";")[0]
    sent_back = province.send(
        "POST", "/enterprises/import", data=answer.content, headers={"Content-Type": media_type}
    ).json()

    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    assert (sent_back["unchanged"], sent_back["rejected"], sent_back["rejected_rows"]) == (3, [], 0)
    of_changchun = Client(service.url, token("division", division="220100"))
    narrowed = of_changchun.send("GET", "/enterprises/export?format=csv&q=示例").content.decode("utf-8-sig")
    assert [cells[0] for cells in csv.reader(io.StringIO(narrowed))] == ["统一社会信用代码", uscc(2)]
    assert "13800000001" not in narrowed and "138****0001" in narrowed
    entries = all_of(service.settings["database_url"], "SELECT entry FROM audit_log WHERE action LIKE '%exported'")
    assert len(entries) == 2 and "示例" not in str(entries)
    assert province.send("GET", "/enterprises/export?format=pdf").status_code == 422


def test_people_go_out_masked_with_their_enterprises(service, token, wait_until):
    province = Client(service.url, token("province"))
    ended(province, send(province, "/imports/enterprises", workbook(HEADERS, [row(1)])), wait_until)
    people = workbook(PEOPLE_HEADERS, [person_row(serial, uscc(1)) for serial in range(600)])
    ended(province, send(province, "/imports/people", people), wait_until)

    headers, *rows = table(province.send("GET", "/people/export").content)

    assert len(rows) == 600 and len({cells[-1] for cells in rows}) == 600
    shown = dict(zip(headers, rows[0], strict=True))
    assert shown["企业名称"] == "示例企业1" and shown["所在企业统一社会信用代码"] == uscc(1)
    assert shown["身份证号（部分隐去）"].startswith("220*") and shown["手机（部分隐去）"] == "139****0001"


def test_appointments_go_out_with_names_and_the_status_of_the_day(service, token, clock):
    engine = create_engine(make_url(service.settings["database_url"]).set(drivername="postgresql+psycopg"))
    with Session(engine, expire_on_commit=False) as session, session.begin():
        register = Register(session, clock, make_cipher())
        person = register.person(firm := register.firm())
        register.issue(person)
        register.appoint(person, register.post(firm))
    engine.dispose()
    bureau = Client(service.url, token("division", division="220100"))

    headers, row = table(bureau.send("GET", "/appointments/export?on=2026-03-02").content)

    shown = dict(zip(headers, row, strict=True))
    assert (shown["企业名称"], shown["首席质量官"], shown["状态"]) == (firm.name, person.name, "在任")
    assert (shown["聘任日期"], shown["备案日期"], shown["是否逾期备案"]) == (date(2026, 3, 1), "", "")
    elsewhere = Client(service.url, token("division", division="220300"))
    assert len(table(elsewhere.send("GET", "/appointments/export").content)) == 1


def test_rejected_rows_come_back_as_they_came_with_the_reason_and_corrected_are_taken(service, token, wait_until):
    sender = Client(service.url, token("division", division="220100", subject="li"), language="zh")
    extra = [*HEADERS, "备注"]
    bad = [[*row(2, 所属区划代码="220302"), "二"], [*row(3, 行业代码="机械", 登记日期="昨天"), "+3 件"]]
    rows = [[*row(1), "一"], *bad]
    job = send(sender, "/imports/enterprises", workbook(extra, rows))
    assert ended(sender, job, wait_until)["report"]["rejected_rows"] == 2

    answer = sender.send("GET", f"/imports/{job['id']}/rejected")
    headers, *came = table(answer.content)

    assert headers == [*extra, "退回原因"]
    assert [[str(cell) for cell in cells[:-1]] for cells in came] == [[str(cell) for cell in each] for each in bad]
    assert "管辖范围" in came[0][-1] and came[1][-1].startswith("行业代码：") and "登记日期：" in came[1][-1]
    came[0][2], came[1][3], came[1][11] = "220102", "C36", date(2010, 5, 4)
    again = ended(sender, send(sender, "/imports/enterprises", workbook(headers, came)), wait_until)
    assert again["report"] == {"created": 2, "unchanged": 0, "updated": 0, "rejected_rows": 0}
    assert table(sender.send("GET", f"/imports/{again['id']}/rejected").content) == [["退回原因"]]
    for other in (token("province"), token("division", division="220100", subject="another")):
        assert Client(service.url, other).send("GET", f"/imports/{job['id']}/rejected").status_code == 404
    assert sender.send("GET", f"/imports/{job['id']}").json()["rejected"][0]["row"] == 3


def test_a_list_without_contact_points_leaves_them_alone(register):
    run(register, [row(1)])
    left_out = {HEADERS.index("联系电话"), HEADERS.index("电子邮箱")}
    shorter = [header for place, header in enumerate(HEADERS) if place not in left_out]
    cells = [[cell for place, cell in enumerate(row(serial)) if place not in left_out] for serial in (1, 2)]

    outcome = run(register, cells, CHANGCHUN, headers=shorter)

    assert (outcome.created, outcome.unchanged) == (1, 1)
    assert len(register.announced("contact.changed")) == 1
