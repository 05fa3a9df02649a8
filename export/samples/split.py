"""Persons into parts: by a seed alone, in shares, alike in every stratum, no person in two parts.

A person's place depends on the seed and the person's id, not on order: another person more moves few others.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import quantiles
from typing import Any


def split(persons: Mapping[str, Any], shares: Mapping[str, float], seed: int) -> dict[str, str]:
    """Person → part.

    Parameters
    ----------
    persons
        Id → what to stratify by; numbers are taken by their quarters, all else as it is. None throughout: no strata.
    shares
        Part → its share of the persons; they make 1. Over all strata together a part is at most one person off.
    """
    strata: defaultdict[str, list[str]] = defaultdict(list)
    for person, stratum in _strata(persons).items():
        strata[stratum].append(person)
    parts: dict[str, str] = {}
    given = dict.fromkeys(shares, 0)
    seen = 0
    for stratum in sorted(strata):
        members = sorted(strata[stratum], key=lambda person: _drawn(seed, person))
        seen += len(members)
        counts = _counts(len(members), seen, shares, given)
        at = 0
        for part, count in counts.items():
            parts |= dict.fromkeys(members[at : at + count], part)
            given[part] += count
            at += count
    return parts


def joined(persons: Iterable[str], together: Iterable[Sequence[str]]) -> dict[str, str]:
    """Person → the first of all persons with whom it has to stay in one part.

    Parameters
    ----------
    together
        Persons of each of whom some hold the same, such as series of one study; others than ``persons`` join too.
    """
    above: dict[str, str] = {}

    def first(person: str) -> str:
        while (next_ := above.get(person, person)) != person:
            above[person] = above.get(next_, next_)
            person = next_
        return person

    for some in together:
        for person in some[1:]:
            one, other = sorted((first(some[0]), first(person)))
            above[other] = one
    return {person: first(person) for person in persons}


def _counts(size: int, seen: int, shares: Mapping[str, float], given: Mapping[str, int]) -> dict[str, int]:
    """How many of a stratum each part takes: what it lacks of its share so far, by largest remainder."""
    lacks = {part: max(0.0, share * seen - given[part]) for part, share in shares.items()}
    whole = {part: min(int(lack + 1e-9), size) for part, lack in lacks.items()}
    order = sorted(shares, key=lambda part: (whole[part] - lacks[part], -shares[part]))
    for part in [*order, *order]:
        if sum(whole.values()) < size:
            whole[part] += 1
    for part in reversed(order):
        whole[part] -= max(0, min(whole[part], sum(whole.values()) - size))
    return whole


def _drawn(seed: int, person: str) -> str:
    return hashlib.sha256(f"{seed}:{person}".encode("utf-8", "surrogatepass")).hexdigest()


def _strata(persons: Mapping[str, Any]) -> dict[str, str]:
    numbers = [float(value) for value in persons.values() if _is_number(value)]
    if len(set(numbers)) > 4:
        ends = quantiles(numbers, n=4)
        return {
            person: f"quarter {sum(value > end for end in ends)}" if _is_number(value) else str(value or "")
            for person, value in persons.items()
        }
    return {person: "" if value is None else str(value) for person, value in persons.items()}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
