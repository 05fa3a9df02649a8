"""What a Patient, Study or Series says when its instances disagree (semantics 1.8): pure functions.

The value of a property is that of the contributing instance with the smallest SOP Instance UID that has one. A node
remembers which instance that was, so that a new instance is merged without looking at the others, in any order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .. import schema
from ..facts import Properties

LEVELS = ("Patient", "Study", "Series")
_BOOKKEEPING = ("contributors", "disagreements")

GIVEN: dict[str, frozenset[str]] = {
    "Patient": frozenset(("id", "patientID", "authority", "patientIDMissing", "linkedPatientIDs")),
    "Study": frozenset(("id",)),
    "Series": frozenset(("id", "studyDate", "studyDateDays")),
}
"""What is not merged: it follows from the node's id or, in a Series, is a copy of its Study's."""

MERGED: dict[str, tuple[str, ...]] = {
    label: tuple(
        p.name for p in schema.node(label).columns if p.name not in GIVEN[label] and p.name not in _BOOKKEEPING
    )
    for label in LEVELS
}
"""What is merged, by label."""


class Levels(Protocol):
    """What one object says of the levels above it; InstanceFacts is one."""

    patient: Properties
    study: Properties
    series: Properties


def level(levels: Levels, label: str) -> Properties:
    """What ``levels`` says of its Patient, Study or Series."""
    if label == "Patient":
        return levels.patient
    return levels.study if label == "Study" else levels.series


@dataclass(slots=True)
class Merged:
    """The merged properties of one node.

    Attributes
    ----------
    values
        Property → value; none is empty.
    contributors
        Property → SOP Instance UID of the instance that gave the value.
    disagreements
        Properties of which two instances give different values.
    """

    values: Properties = field(default_factory=dict)
    contributors: dict[str, str] = field(default_factory=dict)
    disagreements: set[str] = field(default_factory=set)

    def add(self, uid: str, properties: Mapping[str, Any], given: frozenset[str]) -> None:
        """Take in what the instance ``uid`` says; the order of calls makes no difference."""
        for name, value in properties.items():
            if value is None or value == "" or value == [] or name in given:
                continue
            contributor = self.contributors.get(name)
            differs = contributor is not None and self.values[name] != value
            if differs:
                self.disagreements.add(name)
            if contributor is None or uid < contributor:
                self.contributors[name] = uid
                self.values[name] = value

    def row(self, label: str) -> dict[str, Any]:
        """Every merged property and the bookkeeping, as a node holds them; None where absent.

        Raises
        ------
        KeyError
            where an instance gave a property that the schema doesn't know.
        """
        if unknown := self.values.keys() - set(MERGED[label]):
            raise KeyError(f"{label} has no property {', '.join(sorted(unknown))}")
        row: dict[str, Any] = {name: self.values.get(name) for name in MERGED[label]}
        row["contributors"] = _encode(self.contributors)
        row["disagreements"] = sorted(self.disagreements) or None
        return row


def from_row(label: str, row: Mapping[str, Any]) -> Merged:
    """Read back what ``Merged.row`` wrote."""
    values = {name: row[name] for name in MERGED[label] if row[name] is not None}
    return Merged(values, _decode(row["contributors"], values), set(row["disagreements"] or ()))


def remerge(label: str, before: Merged, remaining: Iterable[tuple[str, Levels]]) -> Merged:
    """Merge anew after instances left a node.

    Parameters
    ----------
    before
        The state with them. What it lacks can't appear and where it agrees nobody disagrees, so that reading ends as
        soon as every value and every disagreement is found again.
    remaining
        The instances that are left, by ascending SOP Instance UID; read lazily.
    """
    after = Merged()
    if not before.values:
        return after
    for uid, levels in remaining:
        after.add(uid, level(levels, label), GIVEN[label])
        if after.values.keys() >= before.values.keys() and after.disagreements >= before.disagreements:
            break
    return after


def _encode(contributors: dict[str, str]) -> str | None:
    """One UID where one instance gave all, else JSON of UID → properties."""
    uids = set(contributors.values())
    if len(uids) < 2:
        return next(iter(uids), None)
    by_uid: dict[str, list[str]] = {uid: [] for uid in sorted(uids)}
    for name in sorted(contributors):
        by_uid[contributors[name]].append(name)
    return json.dumps(by_uid, separators=(",", ":"))


def _decode(encoded: str | None, values: Properties) -> dict[str, str]:
    if not encoded:
        return {}
    if not encoded.startswith("{"):
        return dict.fromkeys(values, encoded)
    return {name: uid for uid, names in json.loads(encoded).items() for name in names}
