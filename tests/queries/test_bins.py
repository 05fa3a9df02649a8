"""Intervals of a histogram: they hold every number once, have round bounds and are few."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohortgraph.queries.counts.bins import Interval, intervals

NUMBERS = st.lists(st.floats(-1e9, 1e9, allow_subnormal=False).map(lambda number: round(number, 6)), max_size=40)


@given(matched=NUMBERS, others=NUMBERS)
def test_every_number_lies_in_exactly_one_interval(matched: list[float], others: list[float]) -> None:
    found = intervals(matched, others)
    assert len(found) <= 14
    for number in (*matched, *others):
        assert sum(each.holds(number) for each in found) == 1


def test_few_numbers_stand_each_by_itself() -> None:
    assert intervals([512, 256, 512], []) == [Interval(256, 256), Interval(512, 512)]


def test_steps_are_round() -> None:
    found = intervals([number * 0.7 for number in range(100)], [])
    assert (found[0], found[-1]) == (Interval(0, 10), Interval(60, 70))


def test_what_lies_beyond_the_matched_falls_into_open_ends() -> None:
    found = intervals(range(100, 121), [0, 5000])
    assert (found[0], found[1], found[-1]) == (Interval(None, 100), Interval(100, 102), Interval(122, None))


@pytest.mark.parametrize("whole", [True, False])
def test_whole_numbers_have_whole_steps(whole: bool) -> None:
    steps = {each.high - each.low for each in intervals(range(11), [], whole=whole) if each.high and each.low}
    assert steps == {1}
    assert len(intervals([1 + number / 10 for number in range(12)], [], whole=True)) == 2
