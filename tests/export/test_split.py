"""Splits: shares, strata, no leakage, the same for the same seed."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from cohortgraph.export.samples.split import joined, split

SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}
persons = st.dictionaries(st.text(max_size=5), st.sampled_from(["M", "F", None]), max_size=60)
seeds = st.integers(0, 5)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(persons, seeds)
def test_each_person_has_one_part_and_parts_their_shares(people: dict[str, str | None], seed: int) -> None:
    parts = split(people, SHARES, seed)
    assert parts.keys() == people.keys()
    counts = Counter(parts.values())
    for part, share in SHARES.items():
        assert abs(counts[part] - share * len(people)) <= 1.001


@settings(max_examples=50, deadline=None, derandomize=True)
@given(persons, seeds)
def test_order_does_not_matter(people: dict[str, str | None], seed: int) -> None:
    assert split(dict(reversed(people.items())), SHARES, seed) == split(people, SHARES, seed)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3), max_size=6))
def test_who_holds_the_same_is_joined_and_nobody_else(together: list[list[str]]) -> None:
    found = joined("abcdefg", together)
    groups = [{each} for each in "abcdefgh"]
    for some in together:
        one = set().union(*(group for group in groups if group & set(some)))
        groups = [group for group in groups if not group & one] + [one]
    assert found == {each: min(group) for group in groups for each in group if each != "h"}


def test_another_seed_is_another_split() -> None:
    people = dict.fromkeys(map(str, range(100)))
    assert split(people, SHARES, 0) != split(people, SHARES, 1)


def test_one_person_more_moves_few() -> None:
    people = dict.fromkeys(map(str, range(200)))
    before = split(people, SHARES, 0)
    after = split(people | {"new": None}, SHARES, 0)
    assert sum(before[person] != after[person] for person in people) <= 2


def test_each_stratum_gets_its_share() -> None:
    people = {str(n): "M" if n < 60 else "F" for n in range(100)}
    parts = split(people, {"train": 0.5, "test": 0.5}, 0)
    assert Counter(people[person] for person, part in parts.items() if part == "train") == {"M": 30, "F": 20}


def test_numbers_are_taken_by_quarters() -> None:
    people = {str(n): float(n) for n in range(80)}
    parts = split(people, {"train": 0.5, "test": 0.5}, 0)
    quarters = Counter(int(people[person] // 20) for person, part in parts.items() if part == "train")
    assert quarters == {0: 10, 1: 10, 2: 10, 3: 10}
