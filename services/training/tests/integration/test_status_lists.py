"""The status lists: what became of certificates is in them, complete before the first is signed, and cheap to keep."""

from __future__ import annotations

import base64
import json
import random
import zlib
from datetime import UTC, date, datetime, timedelta

import pytest
from joserfc.jwk import OKPKey
from sqlalchemy import text
from sqlalchemy.orm import Session
from training_world import CENTRE, Centre

from chassis.data import engine_for
from chassis.errors import NotFound
from chassis.security import KeyRing
from programme.callers import Caller
from programme.statements import PART
from testkit import divisions
from testkit.statements import statements
from training import queries
from training.adapters.issuer import LIST_KIND, Issuer
from training.config import Settings
from training.domain.certificate_refusals import IsReplaced, IsRevoked, IsSuspended
from training.domain.status_list import Standing, changed, empty
from training.queries.statements import ListNotReady
from training.usecases import certificates, status_lists, suspensions
from training.usecases.certificates import Reinstate, Revoke

KEYS = json.dumps({"keys": [OKPKey.generate_key("Ed25519", auto_kid=True).as_dict(private=True)]})
ISSUER = Issuer("https://cqo.example/training", "示例中心", KeyRing(KEYS, "test"))
DOCUMENT = Revoke(reason="示例", document="示例文号〔2027〕1号")
VALID, INVALID, SUSPENDED, EXPIRED = range(4)


def work(session, clock):
    """Has the worker's job come to its end, half a minute after it did so last."""
    clock.move(seconds=30)
    while status_lists.take_changes(session) or status_lists.sign_next(session, ISSUER, clock.now()):
        pass


def content_of(session, part=0):
    signed = queries.status_list(session, part, frozenset()).signed
    return json.loads(ISSUER.keys.open(signed, LIST_KIND))


def standing(session, certificate):
    """What the list says of a certificate, read as the standard says."""
    index = session.scalar(text("SELECT status_index FROM certificate WHERE id = :id"), {"id": certificate.id})
    packed = content_of(session, index // PART)["status_list"]["lst"]
    bits = zlib.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    return bits[index % PART // 4] >> index % PART % 4 * 2 & 3


def version(session, certificate):
    return session.scalar(text("SELECT version FROM certificate WHERE id = :id"), {"id": certificate.id})


def act(centre, do, certificate, command=DOCUMENT):
    centre.session.flush()
    do(centre.session, CENTRE, certificate.id, version(centre.session, certificate), command, centre.clock)
    centre.session.flush()


def test_the_first_list_is_there_before_the_first_certificate_and_not_before_it_is_signed(centre):
    with pytest.raises(ListNotReady):
        queries.status_list(centre.session, 0, frozenset())
    work(centre.session, centre.clock)

    content = content_of(centre.session)
    assert (content["sub"], content["ttl"]) == ("https://cqo.example/training/certificates/status-list?part=0", 60)
    assert content["exp"] - content["iat"] == 24 * 3600
    with pytest.raises(NotFound):
        queries.status_list(centre.session, 1, frozenset())


def test_what_becomes_of_a_certificate_is_in_the_list(centre):
    certificate, other = centre.certify(centre.somebody(2))
    work(centre.session, centre.clock)
    assert (standing(centre.session, certificate), standing(centre.session, other)) == (VALID, VALID)

    steps = [
        (suspensions.suspend, DOCUMENT, SUSPENDED),
        (suspensions.reinstate, Reinstate("示例文号〔2027〕2号"), VALID),
        (certificates.revoke, DOCUMENT, INVALID),
    ]
    for do, command, expected in steps:
        act(centre, do, certificate, command)
        work(centre.session, centre.clock)
        assert (standing(centre.session, certificate), standing(centre.session, other)) == (expected, VALID)

    act(centre, suspensions.reissue, other)
    work(centre.session, centre.clock)
    assert standing(centre.session, other) == INVALID


def test_a_certificate_that_expired_is_listed_and_no_longer_once_it_is_renewed(centre):
    [certificate] = centre.certify(centre.somebody())
    for year in (2027, 2028):
        centre.educate(certificate.person_id, year, 16, f"示例{year}")
    centre.go_to(certificate.valid_until + timedelta(days=1))
    centre.session.execute(text("UPDATE certificate SET status = 'expired'"))
    centre.session.execute(
        text(
            'INSERT INTO certificate_status (certificate_id, "on", status, valid_until, decision, ruleset, grounds) '
            "SELECT id, :on, 'expired', valid_until, 'expired', 1, '{}' FROM certificate"
        ),
        {"on": centre.clock.today()},
    )
    work(centre.session, centre.clock)
    assert standing(centre.session, certificate) == EXPIRED

    centre.session.expire_all()
    centre.renew(certificate, version(centre.session, certificate))
    centre.session.flush()
    work(centre.session, centre.clock)
    assert standing(centre.session, certificate) == VALID


def test_no_list_is_signed_before_all_that_happened_is_in_it(centre, monkeypatch):
    monkeypatch.setattr(status_lists, "AT_ONCE", 2)
    found = centre.certify(centre.somebody(5))
    for certificate in found:
        act(centre, certificates.revoke, certificate)

    settings = _settings()
    steps = 0
    while status_lists.keep(centre.session, centre.clock.now(), settings):
        steps += 1
        if centre.session.scalar(text("SELECT count(*) FROM certificate_status WHERE NOT is_listed")):
            with pytest.raises(ListNotReady):
                queries.status_list(centre.session, 0, frozenset())
    assert steps == 6  # ten records of the history by twos, and one list
    packed = queries.status_list(centre.session, 0, frozenset()).signed
    assert KeyRing(settings.certificate_key, "test").open(packed, LIST_KIND)


def _settings():
    given = {"database_url": "", "amqp_url": "", "jwks": "", "audit_key": "", "certificates_url": "https://cqo.example"}
    return Settings("training", certificate_key=KEYS, **given)


def test_a_change_that_commits_late_is_not_passed_over(make_database, clock):
    engine = engine_for(make_database("training"), "test")
    with Session(engine) as session, session.begin():
        divisions.place(session)
        first, second = Centre(session, clock).certify(Centre(session, clock).somebody(2))
    late = Session(engine)
    act(Centre(late, clock), certificates.revoke, first)  # its record has the lower number
    with Session(engine) as session, session.begin():
        act(Centre(session, clock), certificates.revoke, second)
    with Session(engine) as session, session.begin():
        work(session, clock)
        assert (standing(session, first), standing(session, second)) == (VALID, INVALID)

    late.commit()
    with Session(engine) as session, session.begin():
        work(session, clock)
        assert (standing(session, first), standing(session, second)) == (INVALID, INVALID)


def test_a_step_takes_five_statements_whatever_it_takes_in_and_three_when_nothing_has_changed(centre):
    taken = []
    for count in (2, 40):
        for certificate in centre.certify(centre.somebody(count)):
            act(centre, suspensions.suspend, certificate)
        centre.clock.move(seconds=30)
        with statements(centre.session.connection()) as sent:
            status_lists.keep(centre.session, centre.clock.now(), _settings())
        taken.append(len(sent))
    with statements(centre.session.connection()) as sent:
        assert status_lists.keep(centre.session, centre.clock.now(), _settings()) == 0

    assert taken == [5, 5]  # take, read the bits, write them, find what is to be signed, sign
    assert len(sent) == 3


def test_a_list_is_signed_anew_each_hour_and_at_most_twice_a_minute(centre):
    [certificate] = centre.certify(centre.somebody())
    work(centre.session, centre.clock)
    signed_at = content_of(centre.session)["iat"]
    act(centre, certificates.revoke, certificate)
    status_lists.take_changes(centre.session)
    centre.clock.move(seconds=5)
    assert not status_lists.sign_next(centre.session, ISSUER, centre.clock.now())

    work(centre.session, centre.clock)
    assert content_of(centre.session)["iat"] == signed_at + 35
    centre.clock.move(minutes=61)
    work(centre.session, centre.clock)
    assert content_of(centre.session)["iat"] > signed_at + 3600


def test_a_list_of_a_million_certificates_half_of_them_expired_takes_at_most_half_a_megabyte():
    chance = random.Random(1)
    bits = changed(empty(PART), ((place, Standing.EXPIRED) for place in range(PART) if chance.random() < 0.5))
    assert len(status_lists.signed(0, bits, ISSUER, datetime(2026, 3, 2, tzinfo=UTC))) < 512 * 1024


def statement(centre, certificate, caller=CENTRE):
    centre.session.flush()
    return queries.statement_of(centre.session, caller, certificate.id, ISSUER.address, centre.clock.today())


def test_a_certificate_is_printed_as_issued_also_when_its_holder_has_moved(centre):
    [item] = centre.somebody()
    [certificate] = centre.certify([item])
    before = statement(centre, certificate)
    assert (before.name, before.enterprise, before.unit) == ("李明0", "示例企业0", "220100")
    assert (before.valid_from, before.valid_until) == (date(2026, 3, 13), date(2029, 3, 12))

    centre.session.execute(text("UPDATE enterprise SET name = '改名后的企业'"))
    centre.session.execute(text("UPDATE certificate SET enterprise_id = NULL, division = '220302'"))
    assert statement(centre, certificate) == before


def test_each_renewal_is_another_edition_with_its_own_end(centre):
    [certificate] = centre.certify(centre.somebody())
    for year in (2027, 2028):
        centre.educate(certificate.person_id, year, 16, f"示例{year}")
    centre.go_to(date(2029, 2, 1))
    centre.renew(certificate)

    found = statement(centre, certificate)
    assert (found.edition, found.valid_until) == (2, date(2032, 3, 12))


def test_what_does_not_hold_is_not_printed_and_what_is_printed_is_only_for_who_may_see_it(centre):
    certificate, other = centre.certify(centre.somebody(2))
    with pytest.raises(NotFound):
        statement(centre, certificate, Caller("x", "division", division="220302"))
    act(centre, suspensions.suspend, certificate)
    with pytest.raises(IsSuspended):
        statement(centre, certificate)
    act(centre, certificates.revoke, certificate)
    with pytest.raises(IsRevoked):
        statement(centre, certificate)
    act(centre, suspensions.reissue, other)
    with pytest.raises(IsReplaced):
        statement(centre, other)
    again = centre.session.execute(text("SELECT id FROM certificate WHERE status = 'valid'")).one()
    assert statement(centre, again).enterprise == "示例企业1"
