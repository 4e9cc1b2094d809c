"""What a subscriber does about its deliveries by webhook, on a real database and with a deliverer."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from receivers import OK, status
from sqlalchemy import text
from sqlalchemy.orm import Session
from standardwebhooks import Webhook
from webhook_world import KEY, sequences, work

from chassis.errors import InvalidInput, NotFound
from chassis.http import PageArguments
from chassis.settings import declared
from chassis.stopping import StopSignal
from notifications.adapters.mail.server import parse_url
from notifications.adapters.webhook import signing
from notifications.adapters.webhook.letters import SubscriberLetters
from notifications.config import Settings as ConfiguredSettings
from notifications.domain.subscription import State
from notifications.domain.webhook import Scheme
from notifications.queries import webhooks as queries
from notifications.queries.subscriptions import EventsGone, SequenceUnknown
from notifications.queries.webhooks import LogFilters
from notifications.usecases.webhooks import passing, self_service
from notifications.usecases.webhooks.errands import Kind
from notifications.usecases.webhooks.self_service import ClientCertificate, NewKey, Recover, Skip
from programme.callers import Caller, Role

BUREAU = Caller(subject="tax", role=Role.SYSTEM, subscriber="tax")
OTHER = Caller(subject="other", role=Role.SYSTEM, subscriber="other")
REQUIRED = [each.name for each in declared(ConfiguredSettings) if each.required]
FAILS = status(500, body=b"broken")


@pytest.fixture
def do(webhooks, personal_data):
    """`do(use_case, …)`: as the bureau, in a transaction; the clock and the cipher come by themselves."""

    def run(use_case, subscription_id, *arguments, by=BUREAU):
        names = use_case.__code__.co_varnames[: use_case.__code__.co_argcount]
        more = ((personal_data,) if "personal_data" in names else ()) + ((webhooks.clock,) if "clock" in names else ())
        with Session(webhooks.engine, expire_on_commit=False) as session, session.begin():
            return use_case(session, by, subscription_id, *arguments, *more)

    return run


def echo(got, to):
    """An end point that does the handshake."""
    event = json.loads(got.body)
    if event["type"] == "webhook.challenge.v1":
        return status(200, body=json.dumps({"challenge": event["data"]["challenge"]}).encode())
    return OK


def test_a_target_that_echoes_the_challenge_is_proved_and_its_subscription_goes_live(webhooks, receiver, do):
    at = receiver(echo)
    to = webhooks.subscribe(at.url, state=State.APPROVED)
    webhooks.announce(to.id, "a")
    deliverer = webhooks.deliverer()
    work(deliverer)
    assert at.got == []

    errand = do(self_service.ask, to.id, Kind.HANDSHAKE)
    work(deliverer)

    assert webhooks.state(to.id) == State.LIVE
    (challenge, delivered) = at.got
    assert Webhook(to.key).verify(challenge.body, challenge.headers)["type"] == "webhook.challenge.v1"
    assert json.loads(delivered.body)["sequence"] == 1
    with Session(webhooks.engine) as session:
        told = queries.errand(session, BUREAU, to.id, errand)
    assert told["succeeded"] is True and told["fault"] is None and "…" in told["response"]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (OK, "no JSON"),
        (status(200, body=b'{"challenge": "guessed"}'), "same"),
        (status(200, body=b"[]"), "same"),
        (status(302, "Location: /"), "302"),
        (status(500), "500"),
        (None, "RemoteDisconnected"),
    ],
    ids=str,
)
def test_a_target_that_does_not_echo_stays_unproved(answer, fault, webhooks, receiver, do):
    at = receiver(lambda got, to: answer)
    to = webhooks.subscribe(at.url, state=State.APPROVED)

    errand = do(self_service.ask, to.id, Kind.HANDSHAKE)
    work(webhooks.deliverer())

    assert webhooks.state(to.id) == State.APPROVED
    with Session(webhooks.engine) as session:
        told = queries.errand(session, BUREAU, to.id, errand)
    assert told["succeeded"] is False and fault in told["fault"]


def test_a_target_changed_while_it_was_proved_is_not_proved(webhooks, receiver, do):
    at = receiver(echo)
    to = webhooks.subscribe(at.url, state=State.APPROVED)
    do(self_service.ask, to.id, Kind.HANDSHAKE)
    with webhooks.engine.begin() as connection:
        connection.execute(
            text("""UPDATE subscription SET target = target || '{"url": "https://other.example.cn/"}'""")
        )

    work(webhooks.deliverer())

    assert webhooks.state(to.id) == State.APPROVED


def test_a_test_event_changes_nothing(webhooks, receiver, do):
    at = receiver(lambda got, to: FAILS)
    to = webhooks.subscribe(at.url)

    errand = do(self_service.ask, to.id, Kind.TEST)
    work(webhooks.deliverer())

    with Session(webhooks.engine) as session:
        told = queries.errand(session, BUREAU, to.id, errand)
    assert (told["status"], told["response"], told["succeeded"]) == (500, "broken", False)
    assert webhooks.end_point(to.id).failures == 0 and json.loads(at.got[0].body)["type"] == "webhook.test.v1"


def test_without_a_key_nothing_is_asked(webhooks, receiver, do):
    to = webhooks.subscribe(receiver().url, state=State.APPROVED)
    with webhooks.engine.begin() as connection:
        connection.execute(text("DELETE FROM webhook_key"))

    with pytest.raises(self_service.NoKey):
        do(self_service.ask, to.id, Kind.HANDSHAKE)


def test_a_secret_rotates_under_load_without_a_verification_failure(webhooks, receiver, do):
    """The receiver changes over at some moment within the time of both; each request verifies with what it has then."""
    at = receiver()
    to = webhooks.subscribe(at.url)
    deliverer, known, failures, verified, seen = webhooks.deliverer(), to.key, 0, 0, 0
    for turn in range(12):
        webhooks.announce(to.id, *(f"a{number}" for number in range(25)))
        if turn == 3:
            made = do(self_service.make_key, to.id, NewKey())
        work(deliverer)
        if turn == 7:
            known = do(self_service.reveal_key, to.id, made.id).key
        if turn == 9:
            webhooks.clock.move(hours=25)
        for got in at.got[seen:]:
            try:
                Webhook(known).verify(got.body, got.headers)
                verified += 1
            except Exception:
                failures += 1
        seen = len(at.got)
    print(f"\nrotation under load: {verified} verified, {failures} verification failures")

    assert failures == 0 and verified == 300 and known != to.key
    counts = [len(got.headers["webhook-signature"].split()) for got in at.got]
    assert counts[0] == 1 and 2 in counts and counts[-1] == 1


def test_keys_of_each_scheme_sign_side_by_side(webhooks, receiver, do):
    at = receiver()
    to = webhooks.subscribe(at.url)
    for scheme in (Scheme.ED25519, Scheme.HMAC_SM3):
        do(self_service.make_key, to.id, NewKey(scheme))
    webhooks.announce(to.id, "a")

    work(webhooks.deliverer())

    versions = {each.split(",")[0] for each in at.got[0].headers["webhook-signature"].split()}
    assert versions == {"v1", "v1a", "v1sm3"}
    with Session(webhooks.engine) as session:
        listed = queries.keys(session, BUREAU, to.id, webhooks.clock.now())
    public = do(self_service.reveal_key, to.id, next(key.id for key in listed if key.scheme == Scheme.ED25519))
    assert public.key.startswith(signing.PUBLIC)


def test_keys_are_sealed_at_rest_and_have_a_bound(webhooks, receiver, do):
    to = webhooks.subscribe(receiver().url)
    with webhooks.engine.connect() as connection:
        kept = connection.execute(text("SELECT key FROM webhook_key")).scalars().all()
    assert all("whsec" not in each and each.startswith("v1.") for each in kept)

    for _ in range(self_service.MOST_KEYS - 1):
        do(self_service.make_key, to.id, NewKey())
    with pytest.raises(self_service.TooManyKeys):
        do(self_service.make_key, to.id, NewKey())


def test_a_client_certificate_that_is_none_is_refused(webhooks, receiver, do):
    to = webhooks.subscribe(receiver().url)

    with pytest.raises(InvalidInput):
        do(self_service.set_certificate, to.id, ClientCertificate("no certificate"))
    do(self_service.set_certificate, to.id, ClientCertificate(None))


def test_the_log_shows_each_attempt_with_what_was_answered_and_the_next_one(webhooks, receiver, do):
    at = receiver(lambda got, to: FAILS if json.loads(got.body)["subject"] == "b" else OK)
    to = webhooks.subscribe(at.url)
    ids = webhooks.announce(to.id, *"abc")
    deliverer = webhooks.deliverer()
    work(deliverer)
    webhooks.clock.move(seconds=6)
    work(deliverer)

    with Session(webhooks.engine) as session:
        first = queries.attempts(session, BUREAU, to.id, LogFilters(), PageArguments(limit=3))
        rest = queries.attempts(session, BUREAU, to.id, LogFilters(), PageArguments(limit=3, cursor=first.next_cursor))
        failed = queries.attempts(session, BUREAU, to.id, LogFilters(failed=True), PageArguments(limit=10))
        of_two = queries.attempts(session, BUREAU, to.id, LogFilters(sequence=2), PageArguments(limit=10))
        shown = queries.delivery(session, BUREAU, to.id, 2)
        delivered = queries.delivery(session, BUREAU, to.id, 1)
        told = queries.statistics(session, BUREAU, to.id, webhooks.clock.now())
        for by in (OTHER,):
            with pytest.raises(NotFound):
                queries.attempts(session, by, to.id, LogFilters(), PageArguments(limit=3))
            with pytest.raises(NotFound):
                queries.delivery(session, by, to.id, 2)
            with pytest.raises(NotFound):
                queries.statistics(session, by, to.id, webhooks.clock.now())
    assert [each["sequence"] for each in (*first.items, *rest.items)] == [2, 3, 2, 1] and rest.next_cursor is None
    assert [(each["sequence"], each["number"], each["status"]) for each in failed.items] == [(2, 2, 500), (2, 1, 500)]
    assert failed.items == of_two.items and failed.items[0]["response"] == "broken"
    assert failed.items[0]["milliseconds"] > 0
    assert (shown.state, shown.event_id) == ("retrying", ids[1]) and shown.next_attempt_at > webhooks.clock.now()
    assert json.loads(shown.body)["id"] == ids[1] and shown.url == at.url and len(shown.attempts) == 2
    assert delivered.state == "delivered" and delivered.next_attempt_at is None
    assert (told.position, told.last_sequence, told.undelivered, told.waiting["retrying"]) == (3, 3, 1, 1)
    assert told.oldest_undelivered_seconds == 6
    assert [(day.attempts, day.delivered) for day in told.days] == [(4, 2)]


def test_one_event_is_sent_again_beside_all_others(webhooks, receiver, do):
    at = receiver()
    to = webhooks.subscribe(at.url)
    ids = webhooks.announce(to.id, *"aaa")
    deliverer = webhooks.deliverer()
    work(deliverer)

    do(self_service.resend, to.id, 2)
    work(deliverer)

    assert sequences(at) == [1, 2, 3, 2] and at.got[-1].headers["webhook-id"] == ids[1]
    assert webhooks.waiting(to.id) == []
    with pytest.raises(SequenceUnknown):
        do(self_service.resend, to.id, 4)
    with pytest.raises(NotFound):
        do(self_service.resend, to.id, 2, by=OTHER)


def test_an_event_that_can_not_be_delivered_is_skipped_and_the_next_of_its_object_goes_on(webhooks, receiver, do):
    at = receiver(lambda got, to: FAILS if json.loads(got.body)["sequence"] == 1 else OK)
    to = webhooks.subscribe(at.url)
    webhooks.announce(to.id, *"aab")
    deliverer = webhooks.deliverer()
    work(deliverer)
    with pytest.raises(self_service.BehindAnother):
        do(self_service.skip, to.id, 2, Skip("示例"))
    with pytest.raises(self_service.DoesNotWait):
        do(self_service.skip, to.id, 3, Skip("示例"))
    with pytest.raises(self_service.BehindAnother):
        do(self_service.resend, to.id, 2)

    do(self_service.skip, to.id, 1, Skip("示例"))
    work(deliverer)

    got = sequences(at)
    assert sorted(got[:2]) == [1, 3] and got[2:] == [2]  # 3 is of another object: no order holds between it and 1
    assert webhooks.waiting(to.id) == []


def test_all_is_delivered_again_from_a_sequence_or_a_moment(webhooks, receiver, do):
    at = receiver()
    to = webhooks.subscribe(at.url, connections=1)
    deliverer = webhooks.deliverer()
    webhooks.announce(to.id, *"abc")
    webhooks.clock.move(hours=1)
    since = webhooks.clock.now()
    webhooks.announce(to.id, *"de")
    work(deliverer)

    assert do(self_service.recover, to.id, Recover(from_sequence=2)) == 2
    work(deliverer)
    assert do(self_service.recover, to.id, Recover(since=since)) == 4
    work(deliverer)

    assert sequences(at) == [1, 2, 3, 4, 5, 2, 3, 4, 5, 4, 5]
    with pytest.raises(SequenceUnknown):
        do(self_service.recover, to.id, Recover(from_sequence=9))
    with pytest.raises(InvalidInput):
        do(self_service.recover, to.id, Recover())
    with webhooks.engine.begin() as connection:
        connection.execute(text("DELETE FROM subscription_event WHERE sequence < 3"))
    with pytest.raises(EventsGone):
        do(self_service.recover, to.id, Recover(from_sequence=1))


def test_a_recovery_while_events_are_in_hand_takes_effect(webhooks, receiver, do):
    """What the deliverer holds is void: it enters no position over the one that was asked for."""
    asked = []

    def answer(got, to):
        if len(at.got) == 3 and not asked:
            asked.append(do(self_service.recover, subscribed.id, Recover(from_sequence=1)))
        return OK

    at = receiver(answer)
    subscribed = webhooks.subscribe(at.url, connections=1)
    webhooks.announce(subscribed.id, *"abcdef")

    work(webhooks.deliverer())

    assert asked == [1] and sorted(sequences(at))[-1] == 6
    assert all(sequences(at).count(number) == 2 for number in (1, 2, 3))
    assert webhooks.end_point(subscribed.id).position == 6


def test_both_sides_are_told_by_letter_that_a_subscription_was_disabled(webhooks, receiver, mail, contact_key):
    at = receiver(lambda got, to: status(410))
    to = webhooks.subscribe(at.url)
    webhooks.announce(to.id, "a")
    with webhooks.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO division (code, name, level, parent, valid_from) "
                "VALUES ('220000', '吉林省', 'province', NULL, '2000-01-01')"
            )
        )
        sealed = webhooks.cipher.seal("office@province.example", "email:220000")
        row = {"email": sealed}
        connection.execute(
            text("INSERT INTO contact (owner_kind, owner_id, email) VALUES ('division', '220000', :email)"), row
        )
    work(webhooks.deliverer())
    settings = SimpleNamespace(
        pii_key=KEY,
        pii_index_key=KEY,
        contact_private_key=json.dumps(contact_key.as_dict(private=True)),
        smtp_url=parse_url(mail.url),
        smtp_ca=None,
        smtp_timeout=60.0,
        smtp_final_timeout=600.0,
        mail_from="no-reply@cqo.invalid",
    )
    loop = SubscriberLetters()
    loop.settings, loop.stop_signal, loop.engine = settings, StopSignal(), webhooks.engine
    loop.stop_signal.give()
    for _ in range(3):
        loop.work()

    assert sorted(letter["To"] for letter in mail.letters) == ["office@province.example", "ops@tax.example"]
    with webhooks.engine.connect() as connection:
        kept = connection.execute(text("SELECT attempts, answer, next_attempt_at FROM subscriber_letter")).all()
    assert [(row.attempts, row.answer[:3], row.next_attempt_at) for row in kept] == [(1, "250", None)] * 2


def test_the_log_passes(webhooks, receiver):
    at = receiver()
    to = webhooks.subscribe(at.url)
    webhooks.announce(to.id, "a")
    work(webhooks.deliverer())
    settings = ConfiguredSettings("notifications", **dict.fromkeys(REQUIRED, ""))
    later = webhooks.clock.now() + timedelta(days=8)

    with Session(webhooks.engine) as session, session.begin():
        counts = [passing.forget_log(session, at_, settings) for at_ in (webhooks.clock.now(), later, later)]

    assert counts == [0, 1, 0] and webhooks.logged(to.id) == []
