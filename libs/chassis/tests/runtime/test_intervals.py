"""When loops look again: at the same moments, and less often where there is nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from chassis import intervals
from chassis.intervals import IDLE_AFTER, Interval, Rest, to_next


class Hands:
    """What the machine's clock shows; moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hands]:
    made = Hands()
    monkeypatch.setattr(intervals, "time", made)
    yield made


def test_loops_that_rest_at_different_moments_look_at_the_same(hands: Hands) -> None:
    looks = []
    for moment in (1000.0, 1001.7, 1003.2):
        hands.seconds = moment
        looks += [moment + to_next(5), moment + to_next(10)]

    assert all(0 < look - 1000.0 <= 15 for look in looks)
    assert len({round(look % 5, 6) for look in looks}) == 1


def test_what_is_done_once_in_an_interval_is_done_at_its_first_look(hands: Hands) -> None:
    counted = Interval(10)
    done = []
    for _ in range(100):  # a loop that looks every second, and takes a little longer each time
        hands.seconds += to_next(1) + 0.01
        if counted.is_over():
            done.append(hands.seconds)

    gaps = [after - before for before, after in itertools.pairwise(done[1:])]
    assert len(done) in (10, 11) and gaps == [pytest.approx(10)] * len(gaps)


def test_an_interval_may_be_begun_with_another_length(hands: Hands) -> None:
    counted = Interval(10)
    counted.begin_with(3)

    assert not counted.is_over()
    hands.seconds += 3
    assert counted.is_over() and not counted.is_over()


def test_a_loop_that_finds_nothing_for_a_while_rests_longer(hands: Hands) -> None:
    rest = Rest(2, 60)

    assert rest.left() <= 2
    hands.seconds += IDLE_AFTER + 1
    hands.seconds += to_next(60) + 0.01
    assert rest.left() > 50
    rest.note_work()
    assert rest.left() <= 2
