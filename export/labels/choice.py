"""Which label a part becomes, and which value a label has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from unicodedata import normalize

from ...errors import UsageError
from .parts import Labelled

Coded = frozenset[str]
GREATEST = 65535


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a part must be; None asks nothing.

    Attributes
    ----------
    types, categories, regions
        Ids of concepts, one of which it must have.
    laterality
        Ids of sides.
    text
        Its text, case-folded.
    """

    types: Coded | None = None
    categories: Coded | None = None
    regions: Coded | None = None
    laterality: Coded | None = None
    text: str | None = None

    def holds(self, part: Labelled) -> bool:
        """Whether a part is as wanted."""
        coded = (
            (self.types, part.types),
            (self.categories, part.categories),
            (self.regions, part.regions),
        )
        return (
            all(wanted is None or any(each.concept in wanted for each in has) for wanted, has in coded)
            and (self.laterality is None or part.laterality in self.laterality)
            and (self.text is None or folded(part.text) == self.text)
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A label and what becomes it: parts that are as one of ``wanted``.

    Attributes
    ----------
    value
        0: the next that is free.
    needed
        Whether it is an error that nothing becomes it.
    """

    name: str
    wanted: tuple[Wanted, ...]
    concepts: tuple[str, ...] = ()
    value: int = 0
    priority: int | None = None
    needed: bool = False


def folded(text: str) -> str:
    """A text as it is compared: NFC, case-folded, without blanks around."""
    return normalize("NFC", text).strip().casefold()


def choose(rows: Sequence[Row], parts: Iterable[Labelled]) -> list[Row | None]:
    """The label of each part: the first row that it satisfies; None where it is not wanted."""
    return [next((row for row in rows if any(each.holds(part) for each in row.wanted)), None) for part in parts]


def valued(rows: Sequence[Row]) -> list[Row]:
    """The rows with their values: as given, else from 1 on in their order.

    Raises
    ------
    UsageError
        where two names have one value or one name two, or a value does not fit in 16 bits.
    """
    given = {row.value for row in rows if row.value}
    free = (value for value in range(1, GREATEST + 1) if value not in given)
    found = [row if row.value else replace(row, value=next(free)) for row in rows]
    names: dict[int, str] = {}
    for row in found:
        if not 0 < row.value <= GREATEST:
            raise UsageError(f"label {row.name!r} has the value {row.value}; expected 1 to {GREATEST}")
        if names.setdefault(row.value, row.name) != row.name:
            raise UsageError(f"labels {names[row.value]!r} and {row.name!r} both have the value {row.value}")
    if len(set(names.values())) < len(names):
        twice = next(name for name in names.values() if list(names.values()).count(name) > 1)
        raise UsageError(f"two labels are called {twice!r}; give them names of their own, or one value")
    return found


def prioritised(rows: Sequence[Row], text: str) -> list[Row]:
    """The rows in the order of priority that ``a > b`` says: a stays where both overlap.

    Raises
    ------
    UsageError
        where a name is that of no label.
    """
    if not text.strip():
        return list(rows)
    order = [folded(name) for name in text.split(">")]
    names = {folded(row.name): row.name for row in rows} | {str(row.value): row.name for row in rows}
    for name in order:
        if name not in names:
            near = get_close_matches(name, names, n=1, cutoff=0.5)
            hint = f"did you mean {names[near[0]]!r}?" if near else f"expected {', '.join(row.name for row in rows)}"
            raise UsageError(f"the priority names {name!r}, which is no label; {hint}")
    places = {names[name]: place for place, name in reversed(list(enumerate(order, start=1)))}
    return [replace(row, priority=places.get(row.name)) for row in rows]
