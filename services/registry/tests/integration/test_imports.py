import time
from datetime import date

import pytest
from joserfc import jwe
from marshmallow import ValidationError
from registry_world import CHANGCHUN, CONTACT_KEY, PROVINCE, id_number, uscc, workbook
from sqlalchemy import text

from chassis.errors import InvalidInput
from registry import schemas
from registry.adapters import candidate_list, enterprise_list, upload
from registry.usecases.import_enterprises import import_enterprises
from registry.usecases.import_people import import_people

HEADERS = [column.header for column in enterprise_list.COLUMNS]
PEOPLE_HEADERS = [column.header for column in candidate_list.COLUMNS]


def row(serial, **changes):
    values = [
        uscc(serial),
        f"示例企业{serial}",
        "220102",
        "C36",
        "是",
        "否",
        "否",
        "王强",
        "",
        "13800000001",
        f"q{serial}@firm.example",
        date(2010, 5, 4),
    ]
    for header, value in changes.items():
        values[HEADERS.index(header)] = value
    return values


def person_row(serial, firm, **changes):
    values = [f"李明{serial}", id_number(serial), "13900000001", f"p{serial}@ren.example", firm, 5, "", "是", "本科"]
    for header, value in changes.items():
        values[PEOPLE_HEADERS.index(header)] = value
    return values


def run(register, rows, caller=PROVINCE, headers=HEADERS):
    sheet = upload.read(workbook(headers, rows), enterprise_list.LIST)
    return import_enterprises(register.session, caller, sheet, register.cipher, register.clock)


def run_people(register, rows, caller=PROVINCE):
    sheet = upload.read(workbook(PEOPLE_HEADERS, rows), candidate_list.LIST)
    return import_people(register.session, caller, sheet, register.cipher, register.clock)


def places(outcome):
    return [(rejection.row, rejection.letter, rejection.column) for rejection in outcome.rejections]


def test_a_row_of_another_industry_marked_above_the_threshold_is_rejected_at_the_mark(register):
    outcome = run(register, [row(1, 行业代码="I65"), row(2, 行业代码="I65", 是否规模以上="否"), row(3)])

    assert outcome.created == 2
    assert places(outcome) == [(2, "E", "是否规模以上")]
    assert "I65" in outcome.rejections[0].violation.zh


def test_importing_the_same_workbook_again_changes_and_announces_nothing(register):
    rows = [row(serial) for serial in range(1, 6)]
    first = run(register, rows)
    announced = len(register.announced("enterprise.registered", "enterprise.changed", "contact.changed"))

    again = run(register, rows)

    assert (first.created, again.created, again.unchanged, again.updated) == (5, 0, 5, 0)
    assert len(register.announced("enterprise.registered", "enterprise.changed", "contact.changed")) == announced == 10
    assert register.gaps() == []


def test_each_bad_row_is_reported_with_row_column_and_reason_and_the_good_ones_come_in(register):
    outcome = run(
        register,
        [
            row(1),
            row(2, 统一社会信用代码="1" * 18),
            row(3, 所属区划代码="229999"),
            row(1),
            row(4, 法定代表人=""),
            row(5, 登记日期="二〇一九年三月"),
            row(6, 是否规模以上="大概是"),
            row(7, 行业代码="机械"),
            row(8, 登记日期=date(2031, 5, 1)),
            row(9, 电子邮箱="quality at firm.example"),
            row(10, 所属区划代码="220381"),
            row(11),
        ],
    )

    assert (outcome.created, outcome.rejected_rows) == (2, 10)
    assert places(outcome) == [
        (3, "A", "统一社会信用代码"),
        (4, "C", "所属区划代码"),
        (5, "A", "统一社会信用代码"),
        (6, "H", "法定代表人"),
        (7, "L", "登记日期"),
        (8, "E", "是否规模以上"),
        (9, "D", "行业代码"),
        (10, "L", "登记日期"),
        (11, "K", "电子邮箱"),
        (12, "C", "所属区划代码"),
    ]
    by_row = {rejection.row: rejection.violation for rejection in outcome.rejections}
    assert "第 2 行" in by_row[5].zh and "220184" in by_row[12].en


def test_all_violations_of_a_row_are_reported_at_once(register):
    outcome = run(register, [row(1), row(2, 企业名称="", 行业代码="x", 联系电话="12")])

    assert [letter for _, letter, _ in places(outcome)] == ["B", "D", "J"]


def test_a_changed_row_updates_and_a_changed_contact_is_sealed_anew_for_notifications(register):
    run(register, [row(1), row(2)])
    outcome = run(register, [row(1, 企业名称="示例改名企业"), row(2, 电子邮箱="new@firm.example")])

    assert (outcome.updated, outcome.unchanged) == (2, 0)
    assert [data["name"] for data in register.announced("enterprise.changed")] == ["示例改名企业"]
    [*_, last] = register.announced("contact.changed")
    opened = jwe.decrypt_compact(last["jwe"], CONTACT_KEY, algorithms=["ECDH-ES+A256KW", "A256GCM"])
    assert opened.plaintext == b'{"email": "new@firm.example", "phone": "13800000001"}'


def test_no_contact_point_or_id_number_is_stored_or_announced_in_clear(register):
    run(register, [row(1)])
    run_people(register, [person_row(1, uscc(1))])
    session = register.session
    session.flush()
    tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    dump = "".join(str(session.execute(text(f'SELECT each::text FROM "{table}" AS each')).all()) for table in tables)

    assert uscc(1) in dump
    for secret in ("13800000001", "q1@firm.example", id_number(1), "13900000001", "p1@ren.example"):
        assert secret not in dump


def test_staff_import_only_into_their_own_division(register):
    register.firm(division="220302", uscc=uscc(900))
    outcome = run(register, [row(1), row(2, 所属区划代码="220302"), row(3, 统一社会信用代码=uscc(900))], CHANGCHUN)

    assert (outcome.created, places(outcome)) == (1, [(3, "C", "所属区划代码"), (4, "A", "统一社会信用代码")])


@pytest.mark.parametrize(
    "name",
    ["示例\u202e企业", "示例\u0085企业", "示例\u2028企业", "\u200b\u200b", "\u3164", "示例\u2066企业", "长" * 201],
)
def test_a_text_that_the_api_would_refuse_is_refused_in_a_cell(register, name):
    outcome = run(register, [row(1), row(2, 企业名称=name)])

    assert (outcome.created, places(outcome)) == (1, [(3, "B", "企业名称")])
    with pytest.raises(ValidationError) as refused:
        schemas.NewEnterprise(only=["name"]).load({"name": name})
    assert outcome.rejections[0].violation.en in refused.value.messages["name"][0]


def test_a_cell_is_stored_in_the_form_in_which_texts_are_compared(register):
    assert run(register, [row(1, 企业名称="Cafe\u0301 企业")]).created == 1

    assert register.announced("enterprise.registered")[0]["name"] == "Caf\u00e9 企业"


def test_a_day_that_the_api_would_refuse_is_refused_in_a_cell(register):
    outcome = run(register, [row(1), row(2, 登记日期=date(1899, 12, 31)), row(3, 登记日期=date(9999, 12, 31))])

    assert (outcome.created, places(outcome)) == (1, [(3, "L", "登记日期"), (4, "L", "登记日期")])


def test_a_long_code_typed_as_a_number_is_reported_as_such(register):
    outcome = run(register, [row(1), row(2, 统一社会信用代码=912201020000000123)])

    assert "typed as text" in outcome.rejections[0].violation.en


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"name,code\n1,2\n", "lacks these headers"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "neither an .xlsx"),
        ("名称,代码\n".encode("utf-16"), "neither an .xlsx"),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n\x01", "neither an .xlsx"),
        (b'name,"code\n1,2\n', "quotes or commas of line"),
        (workbook(HEADERS[1:], []), "lacks these headers"),
        (workbook(HEADERS, []), "no rows"),
        (workbook([], []), "empty"),
        (workbook(HEADERS, [[""] * 11 + ["x"]] * 20_001), "More than 20000 rows"),
    ],
)
def test_a_file_that_cannot_be_used_at_all_is_refused_as_a_whole(content, why):
    with pytest.raises(InvalidInput) as refusal:
        upload.read(content, enterprise_list.LIST)

    assert why in refusal.value.facts["errors"][0]["reason"]


def test_an_optional_column_may_be_left_out_and_then_leaves_its_field_alone(register):
    run(register, [row(1, 主要负责人="赵宁")])
    position = HEADERS.index("主要负责人")
    shorter = [header for header in HEADERS if header != "主要负责人"]
    cells = row(1)

    assert run(register, [cells[:position] + cells[position + 1 :]], headers=shorter).unchanged == 1


def test_candidates_come_in_once_and_each_bad_one_is_reported(register):
    run(register, [row(1), row(2)])
    rows = [
        person_row(1, uscc(1)),
        person_row(2, uscc(1), 身份证号="220102199001010018"),
        person_row(3, uscc(77)),
        person_row(4, uscc(1), 质量工作年限="五年"),
        person_row(1, uscc(1)),
        person_row(5, uscc(2), 技术职称="质量工程师"),
    ]
    first, again = run_people(register, rows), run_people(register, rows)

    assert (first.created, again.created, again.unchanged, again.updated) == (2, 0, 2, 0)
    assert [letter for _, letter, _ in places(first)] == ["B", "E", "F", "B"]
    assert len(register.announced("person.registered")) == 2 and register.announced("person.changed") == []


def test_the_same_candidates_a_year_later_are_still_unchanged(register):
    run(register, [row(1)])
    run_people(register, [person_row(1, uscc(1))])
    register.clock.move(days=400)

    assert run_people(register, [person_row(1, uscc(1))]).unchanged == 1


def test_a_candidate_who_moved_to_another_firm_is_updated(register):
    run(register, [row(1), row(2, 所属区划代码="220302")])
    run_people(register, [person_row(1, uscc(1))])

    assert run_people(register, [person_row(1, uscc(2), 技术职称="工程师")]).updated == 1
    assert register.announced("person.changed")[0]["division"] == "220302"


def test_three_hundred_enterprises_and_two_hundred_people_are_imported_in_bulk(register):
    firms = [row(serial) for serial in range(1, 301)]
    began = time.perf_counter()
    assert run(register, firms).created == 300
    register.session.flush()
    enterprises_took = time.perf_counter() - began
    began = time.perf_counter()
    assert run_people(register, [person_row(serial, uscc(serial)) for serial in range(1, 201)]).created == 200
    register.session.flush()
    people_took = time.perf_counter() - began

    # The bound is generous: it is there to catch a query per row, not to measure the machine.
    assert enterprises_took < 4 and people_took < 4, (enterprises_took, people_took)
