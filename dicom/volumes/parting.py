"""What lies at one place, parted by what tells it apart.

A dimension parts slices where it has no more values than slices share a place, and leaves fewer of them together. The
parts are parted again, by what then tells apart: two b-values, then the directions of one of them. What differs from
slice to slice within a volume, as times may, can't part by its value: there the n-th of each place make a volume, and
`phases` tells of which phase a place lacks its frame.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .dimensions import DIMENSIONS, RISING, Value, indices
from .phases import phases, seconds
from .runs import in_order, places
from .slices import Slice

_NEAR = 0.01
"""Planes nearer than this part of a pixel are at one place."""
_REPEATED = "several frames lie at one place, and nothing but the Instance Number tells them apart"
_LACKING = "{lacking} of {all} slices are missing at {name} {value}"


@dataclass(frozen=True, slots=True)
class Part:
    """Slices of which no two share a place, in the order of their normal."""

    slices: tuple[Slice, ...]
    dimensions: Mapping[str, Value] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def parted(group: Sequence[Slice]) -> list[Part]:
    """Parallel slices as parts of which each has a place once."""
    ordered = in_order(group)
    near = _NEAR * min(ordered[0].spacing)
    by_slice = dict(zip(ordered, places(ordered, near), strict=True))
    return list(_parted(Part(tuple(ordered)), by_slice))


def _parted(part: Part, where: Mapping[Slice, int]) -> Iterator[Part]:
    most = _most(part.slices, where)
    if most == 1:
        yield part
        return
    for name, look in (DIMENSIONS | indices(part.slices[0].said)).items():
        groups = _by_value(part.slices, look, most)
        if len(groups) > 1 and all(_most(group, where) < most for group in groups.values()):
            for value in sorted(groups, key=_order):
                yield from _parted(_with(part, groups[value], name, value), where)
            return
    yield from _by_turn(part, where)


def _by_value(
    found: Iterable[Slice], look: Callable[[Any], Value | None], most: int
) -> Mapping[Value | None, list[Slice]]:
    """Slices by what they say; none where they say more than ``most`` things."""
    groups: defaultdict[Value | None, list[Slice]] = defaultdict(list)
    for each in found:
        groups[look(each.said)].append(each)
        if len(groups) > most:
            return {}
    return groups


def _by_turn(part: Part, where: Mapping[Slice, int]) -> Iterator[Part]:
    """The n-th slice of each place, by what rises with time; where nothing does, by Instance Number."""
    at: defaultdict[int, list[Slice]] = defaultdict(list)
    for each in part.slices:
        at[where[each]].append(each)
    for name in RISING:
        told = {each: DIMENSIONS[name](each.said) for each in part.slices}
        times = {each: time for each in part.slices if (time := _time(told[each])) is not None}
        if len(times) == len(told) and all(len({times[each] for each in here}) == len(here) for here in at.values()):
            for phase in _phases(at.values(), times):
                value = told[min(phase, key=times.__getitem__)]
                lacking = len(at) - len(phase)
                said = (_LACKING.format(name=name, value=value, lacking=lacking, all=len(at)),) if lacking else ()
                yield replace(_with(part, phase, name, value), warnings=(*part.warnings, *said))
            return
    turns = _turns(at.values(), lambda each: (each.said.number(0x00200013) or 0.0, each.frame.sop_instance_uid))
    for number, turn in enumerate(turns, start=1):
        yield replace(_with(part, turn, "repetition", float(number)), warnings=(*part.warnings, _REPEATED))


def _time(value: Value | None) -> float | None:
    return seconds(value) if isinstance(value, str) else value


def _phases(at: Iterable[list[Slice]], times: Mapping[Slice, float]) -> list[list[Slice]]:
    """Slices by phase, in the order of places."""
    ordered = [sorted(here, key=times.__getitem__) for here in at]
    found: defaultdict[int, list[Slice]] = defaultdict(list)
    for here, numbers in zip(ordered, phases([[times[each] for each in here] for here in ordered]), strict=True):
        for each, number in zip(here, numbers, strict=True):
            found[number].append(each)
    return [found[number] for number in sorted(found)]


def _turns(at: Iterable[list[Slice]], key: Callable[[Slice], Any]) -> Iterator[list[Slice]]:
    ordered = [sorted(here, key=key) for here in at]
    for turn in range(max(map(len, ordered))):
        yield [here[turn] for here in ordered if turn < len(here)]


def _with(part: Part, found: Iterable[Slice], name: str, value: Value | None) -> Part:
    dimensions = dict(part.dimensions) if value is None else {**part.dimensions, name: value}
    return replace(part, slices=tuple(found), dimensions=dimensions)


def _order(value: Value | None) -> tuple[bool, float, str]:
    """What says nothing first, then numbers, then text."""
    is_number = isinstance(value, int | float)
    return value is not None and not is_number, float(value) if is_number else -1e300, str(value)  # type: ignore[arg-type]


def _most(found: Iterable[Slice], where: Mapping[Slice, int]) -> int:
    return max(Counter(where[each] for each in found).values())
