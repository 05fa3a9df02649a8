"""Named sets of concepts: the context groups of PS3.16 Annex B and cohortgraph's own (semantics 3.3, 6.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from itertools import groupby

from ..errors import UsageError
from .dicom_terms import groups, terms
from .tables import rows

_CONTEXT_GROUP = re.compile(r"(?:CID\s*)?(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A named set of concepts; ``members`` are ids, those of nested groups included."""

    name: str
    title: str
    source: str
    members: frozenset[str]


def value_set(name: str) -> ValueSet:
    """The value set of that name: ``CID 3001`` (or ``3001``) for a context group, or a name of cohortgraph's own.

    Raises
    ------
    UsageError
        if there is none; it names the nearest.
    """
    wanted = " ".join(name.split())
    own = _own().get(wanted.casefold())
    if own is not None:
        return own
    number = _CONTEXT_GROUP.fullmatch(wanted)
    if number and int(number[1]) in groups():
        return _context_group(int(number[1]))
    if number:
        raise UsageError(f"PS3.16 has no context group {int(number[1])} (in the edition that pydicom carries)")
    near = get_close_matches(wanted.casefold(), _own(), n=1, cutoff=0.5)
    hint = f"did you mean {_own()[near[0]].name!r}?" if near else f"expected 'CID <number>' or one of {_own_names()}"
    raise UsageError(f"there is no value set {name!r}; {hint}")


def memberships(identifier: str) -> frozenset[str]:
    """The names of all value sets that hold the concept."""
    term = terms().get(identifier)
    numbers = term.groups if term else ()
    return frozenset(
        [f"CID {number}" for number in numbers] + [own.name for own in _own().values() if identifier in own.members]
    )


def names() -> tuple[str, ...]:
    """The names of all value sets: cohortgraph's own, then the context groups by number."""
    return (*(own.name for own in _own().values()), *(f"CID {number}" for number in sorted(groups())))


@cache
def _context_group(number: int) -> ValueSet:
    title, members = groups()[number]
    return ValueSet(f"CID {number}", title, f"DICOM PS3.16 CID {number}, as of pydicom", members)


@cache
def _own() -> dict[str, ValueSet]:
    """Case-folded name → value set, of data/value_sets.tsv, which keeps the rows of a set together."""
    found: dict[str, ValueSet] = {}
    for name, group in groupby(rows("value_sets"), key=lambda row: row["name"]):
        of = list(group)
        found[name.casefold()] = ValueSet(
            name, of[0]["title"], of[0]["source"], frozenset(row["concept"] for row in of)
        )
    return found


def _own_names() -> str:
    return ", ".join(repr(own.name) for own in _own().values())
