"""Key quality posts: who fills one, with which certificate, and who is without a valid one on a day (R28)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from registry_world import CHANGCHUN, PROVINCE, SIPING, Register, uscc
from sqlalchemy import text

from chassis.errors import NotFound
from chassis.http import PageArguments
from programme.callers import Caller
from registry import queries
from registry.domain import quality_post as domain
from registry.domain.quality_post import QualityPostKind, ShownCertificate
from registry.queries import Worklist
from registry.queries import quality_post as posts
from registry.queries.quality_post import QualityPostFilters
from registry.seed import seed
from registry.usecases import quality_posts
from registry.usecases.quality_posts import FillQualityPost, NotYet, OpenQualityPost, WithLastDay
from testkit import Client
from testkit.plans import rows_read

TODAY = date(2026, 3, 2)


@pytest.fixture
def firm(register: Register):
    return register.firm()


def owner(firm) -> Caller:
    return Caller("clerk", "enterprise", enterprise_id=firm.id)


def opened(register, firm, title="成品检验员", **more):
    words = {"kind": QualityPostKind.INSPECTOR, "certificate_name": "质量检验员证", "opened_on": date(2026, 1, 1)}
    command = OpenQualityPost(title=title, **{**words, **more})
    return quality_posts.open_post(register.session, owner(firm), firm.id, command, register.clock)


def filled(register, firm, post, until=date(2026, 6, 30), name="王芳"):
    shown = ShownCertificate("检2026-1", date(2026, 1, 1), until) if until else None
    command = FillQualityPost(name, date(2026, 1, 5), shown)
    return quality_posts.fill(register.session, owner(firm), post.id, command, register.clock)


def listed(register, caller=PROVINCE, **filters):
    register.session.flush()
    today = register.clock.today()
    return posts.quality_posts(register.session, caller, QualityPostFilters(**filters), today, PageArguments(50)).items


def uncertified(register, caller=PROVINCE):
    page = queries.worklist(register.session, caller, Worklist.UNCERTIFIED, register.clock.today(), PageArguments(50))
    return [(item.id, item.day, item.person_name) for item in page.items]


def test_a_post_is_filled_with_a_certificate_that_runs_out_on_its_day_without_a_sweep(register, firm):
    post = opened(register, firm)
    holder = filled(register, firm, post)
    [shown] = listed(register, enterprise_id=firm.id)
    assert shown.holders[0].certified and shown.holders[0].certificate_valid_until == date(2026, 6, 30)
    assert listed(register, uncertified=True) == [] == uncertified(register)

    register.clock.move(days=(date(2026, 6, 30) - TODAY).days)
    assert uncertified(register) == []
    register.clock.move(days=1)
    assert uncertified(register) == [(holder.id, date(2026, 7, 1), "王芳")]
    assert [item.post.id for item in listed(register, uncertified=True)] == [post.id]
    # As of a past day, and of a day to come.
    assert listed(register, uncertified=True, on=date(2026, 6, 30)) == []
    assert len(listed(register, uncertified=True, on=date(2026, 12, 31))) == 1

    renewed = ShownCertificate("检2026-2", date(2026, 7, 1), None)
    quality_posts.show_certificate(register.session, owner(firm), holder.id, renewed, register.clock)
    assert uncertified(register) == [] == listed(register, uncertified=True, on=date(2036, 1, 1))
    [shown] = listed(register)
    assert (shown.holders[0].certificate_number, shown.holders[0].certificate_valid_until) == ("检2026-2", None)


def test_a_gap_that_is_past_stays_one_and_a_certificate_entered_late_closes_it(register, firm):
    post = opened(register, firm)
    holder = filled(register, firm, post, until=date(2026, 1, 31))
    of_march = ShownCertificate("检2026-2", date(2026, 3, 1), date(2027, 2, 28))
    quality_posts.show_certificate(register.session, owner(firm), holder.id, of_march, register.clock)

    assert len(listed(register, uncertified=True, on=date(2026, 2, 10))) == 1
    assert listed(register, uncertified=True) == []
    of_february = ShownCertificate("检2026-3", date(2026, 2, 1), date(2026, 2, 28))
    quality_posts.show_certificate(register.session, owner(firm), holder.id, of_february, register.clock)
    assert listed(register, uncertified=True, on=date(2026, 2, 10)) == []


def test_who_shows_none_is_listed_from_their_first_day_and_no_more_when_they_have_left(register, firm):
    post = opened(register, firm)
    holder = filled(register, firm, post, until=None)
    assert uncertified(register) == [(holder.id, date(2026, 1, 5), "王芳")]
    assert listed(register, vacant=True) == []
    with pytest.raises(domain.StillHeld):
        quality_posts.close(register.session, owner(firm), post.id, WithLastDay(TODAY), register.clock)
    quality_posts.leave(register.session, owner(firm), holder.id, WithLastDay(date(2026, 3, 1)), register.clock)

    assert uncertified(register) == []
    assert [item.post.id for item in listed(register, vacant=True)] == [post.id]
    assert len(listed(register, uncertified=True, on=date(2026, 3, 1))) == 1
    with pytest.raises(domain.StillHeld):
        quality_posts.close(register.session, owner(firm), post.id, WithLastDay(date(2026, 2, 1)), register.clock)
    quality_posts.close(register.session, owner(firm), post.id, WithLastDay(date(2026, 3, 1)), register.clock)
    assert listed(register) == [] and len(listed(register, on=date(2026, 3, 1))) == 1
    for refused in (
        lambda: filled(register, firm, post),
        lambda: quality_posts.close(register.session, owner(firm), post.id, WithLastDay(TODAY), register.clock),
    ):
        with pytest.raises(domain.PostClosed):
            refused()


def test_what_can_not_be_is_refused(register, firm):
    post = opened(register, firm)
    session, clock = register.session, register.clock
    holder = filled(register, firm, post)
    ahead = TODAY + timedelta(days=1)
    show = quality_posts.show_certificate
    for refusal, act in (
        (domain.SamePost, lambda: opened(register, firm)),
        (NotYet, lambda: opened(register, firm, title="计量员", opened_on=ahead)),
        (
            domain.DaysOutOfOrder,
            lambda: quality_posts.fill(
                session, owner(firm), post.id, FillQualityPost("李娜", date(2025, 12, 31)), clock
            ),
        ),
        (domain.DaysOutOfOrder, lambda: show(session, owner(firm), holder.id, ShownCertificate("x", ahead), clock)),
        (
            domain.SameCertificate,
            lambda: show(session, owner(firm), holder.id, ShownCertificate("检2026-1", date(2026, 1, 1)), clock),
        ),
        (
            domain.CertificateEndsFirst,
            lambda: show(session, owner(firm), holder.id, ShownCertificate("y", TODAY, date(2026, 3, 1)), clock),
        ),
        (
            domain.DaysOutOfOrder,
            lambda: quality_posts.leave(session, owner(firm), holder.id, WithLastDay(date(2026, 1, 4)), clock),
        ),
    ):
        with pytest.raises(refusal):
            act()


def test_an_enterprise_has_a_bounded_number_of_them(register, firm, monkeypatch):
    monkeypatch.setattr(quality_posts, "MOST_POSTS", 1)
    opened(register, firm)
    with pytest.raises(domain.TooManyOfThem):
        opened(register, firm, title="计量员")


def test_the_enterprise_enters_its_own_and_the_bureaus_of_its_division_see_them(register, firm):
    post = opened(register, firm)
    holder = filled(register, firm, post, until=None)
    stranger = register.firm()

    for caller, seen in ((owner(firm), 1), (owner(stranger), 0), (CHANGCHUN, 1), (SIPING, 0), (PROVINCE, 1)):
        assert len(listed(register, caller)) == len(uncertified(register, caller)) == seen
    assert listed(register, division="220300") == [] and len(listed(register, division="220100")) == 1
    for act in (
        lambda: filled(register, stranger, post),
        lambda: quality_posts.leave(register.session, owner(stranger), holder.id, WithLastDay(TODAY), register.clock),
    ):
        with pytest.raises(NotFound):
            act()


FILL = """
INSERT INTO enterprise (id, version, uscc, name, division, industry, above_threshold, award_contender, brand_contender,
    legal_representative, registered_on)
SELECT 'e' || n, 1, 'u' || n, '示例企业' || n, '220102', 'C36', true, false, false, '王强', date '2010-05-04'
FROM generate_series(0, 1999) AS n;
INSERT INTO quality_post SELECT 'q' || n, 'e' || n % 2000, 'inspector', '检验员', '检验员证', NULL, NULL, NULL,
    date '2025-01-01', NULL FROM generate_series(1, 20000) AS n;
INSERT INTO quality_post_holder SELECT 'h' || n, 'q' || n, '王芳', date '2025-01-01',
    CASE WHEN n % 2000 = 0 THEN date '2026-01-31' ELSE date '2027-01-31' END, NULL FROM generate_series(1, 20000) AS n
"""


def test_the_worklist_reads_those_who_are_without_and_not_all_who_fill_a_post(register):
    for statement in FILL.split(";"):
        register.session.execute(text(statement))
    register.session.execute(text("ANALYZE"))

    def read():
        assert len(uncertified(register)) == 10

    assert rows_read(register.session, read) < 200


def test_the_life_of_a_key_quality_post_over_http(running_service, token):
    service = running_service("registry", "api")
    seed(service.settings["database_url"])
    province = Client(service.url, token("province"))
    firm = {
        "uscc": uscc(1),
        "name": "示例企业",
        "division": "220102",
        "industry": "C36",
        "above_threshold": True,
        "legal_representative": "王强",
        "registered_on": "2010-05-04",
    }
    firm_id = province.post("/enterprises", firm)["id"]
    own = Client(service.url, token("enterprise", enterprise=firm_id))
    post = own.post(
        f"/enterprises/{firm_id}/quality-posts",
        {
            "kind": "metrologist",
            "title": "计量员",
            "certificate_name": "计量员证",
            "department": "质量部",
            "department_key": "quality_inspection",
        },
    )
    holder = own.post(f"/quality-posts/{post['id']}/holders", {"name": "王芳"})
    work = Client(service.url, token("division", division="220100")).get("/worklists/uncertified")["items"]
    assert [(item["id"], item["post_id"], item["person_name"]) for item in work] == [(holder["id"], post["id"], "王芳")]
    elsewhere = Client(service.url, token("division", division="220300"))
    assert elsewhere.get("/worklists/uncertified")["items"] == elsewhere.get("/quality-posts")["items"] == []

    path = f"/quality-post-holders/{holder['id']}"
    own.post(f"{path}/certificates", {"number": "计1", "valid_from": "2020-01-01", "valid_until": None})
    [shown] = own.get("/quality-posts?uncertified=false&kind=metrologist")["items"]
    assert shown["holders"][0]["certificate_number"] == "计1" and shown["post"]["department"] == "质量部"
    assert own.get("/worklists/uncertified")["items"] == []
    today = holder["from_on"]
    own.call("POST", f"{path}/end", 200, json={"on": today})
    own.call("POST", f"/quality-posts/{post['id']}/closing", 200, json={"on": today})
    refused = own.call("POST", f"/quality-posts/{post['id']}/holders", 409, json={"name": "李娜"})
    assert "撤销" in refused["detail"] or "closed" in refused["detail"]
