"""Gathering what a cohort holds now: members, the objects under them, what the question matched; page by page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from ..graph.engine import Engine, Row, rows
from ..queries import select
from ..queries.language.parse import STATES
from .curation import Applied, apply
from .model import INSTANCE_LEVELS, Decision
from .staging import Stage

_Each = TypeVar("_Each")

_MEMBERS = 500
"""So many members are looked at together."""
_SERIES = 50
"""The objects of so many series are read together."""
_MATCHED = 1000

_ABOVE = "RETURN DISTINCT key, p.id AS patient, p.patientID AS patient_id, t.id AS study, s.id AS series"
_CHAINS = {
    "patients": "MATCH (p:Patient {id: key})-[:HAS_STUDY]->(t:Study)-[:HAS_SERIES]->(s:Series)",
    "studies": "MATCH (t:Study {id: key})-[:HAS_SERIES]->(s:Series) MATCH (t)<-[:HAS_STUDY]-(p:Patient)",
    "series": "MATCH (s:Series {id: key})<-[:HAS_SERIES]-(t:Study)<-[:HAS_STUDY]-(p:Patient)",
    "instances": (
        "MATCH (i:Instance {id: key})<-[:HAS_INSTANCE]-(s:Series)<-[:HAS_SERIES]-(t:Study)<-[:HAS_STUDY]-(p:Patient)"
    ),
}
_PARTS = (
    "UNWIND $keys AS key MATCH (:Instance {id: key})-[:PART_OF]->(c:Concatenation) MATCH (c)<-[:PART_OF]-(i:Instance) "
    "RETURN key, i.id AS id, i.part AS part"
)
_OBJECT = "i.id AS instance, i.headerDigest AS header_digest, i.ordinal AS ordinal, i.lineage AS lineage, " + ", ".join(
    f"i.{state} AS {state}" for state in STATES
)
_OBJECTS = (
    f"MATCH (s:Series {{id: key}}) OPTIONAL MATCH (s)-[:HAS_INSTANCE]->(i:Instance) RETURN s.id AS series, {_OBJECT}"
)
"""OPTIONAL, so that they are looked up from the series; one without objects has none."""
_CHAIN = ("patient", "study", "series", "instance")


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is known of contents besides themselves."""

    level: str
    codes: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]


def gather(
    engine: Engine, stage: Stage, question: Mapping[str, Any], level: str, decisions: Sequence[Decision]
) -> Gathered:
    """Answer a question, apply what was decided by hand, and add all of it to a stage.

    Under a patient, study or series, every object that takes part in the question (semantics 4.3) is gathered; under
    an object or a part of one, the object.
    """
    selection = select(engine, question, level)
    applied = apply(engine, decisions, level)
    gatherer = _Gatherer(engine, stage, level, applied, frozenset(selection.left_out) & {*STATES})
    gatherer.add(selection.ids, included=False)
    own = set(selection.ids) if applied.included else set()
    gatherer.add([each for each in applied.included if each not in own], included=True)
    bound = ((name, each) for name, each in selection.bound() if each not in applied.excluded)
    for page in _pages(bound, _MATCHED):
        stage.add_matched(page)
    stage.settle()
    codes = tuple(
        {"path": each.path, "text": each.text, "concepts": list(each.concepts)} for each in selection.resolved
    )
    return Gathered(level, codes, (*selection.warnings, *applied.warnings))


@dataclass(frozen=True, slots=True)
class _Gatherer:
    engine: Engine
    stage: Stage
    level: str
    applied: Applied
    left_out: frozenset[str]

    def add(self, members: Iterable[str], *, included: bool) -> None:
        """Add members that are not excluded, with the objects under them."""
        for page in _pages(members, _MEMBERS):
            holders = {each: each.partition("#")[0] for each in page if each not in self.applied.excluded}
            chains = self._chains(list(dict.fromkeys(holders.values())))
            kept = [each for each, holder in holders.items() if self._stays(chains.get(holder, []))]
            self.stage.add_members(kept, included=included)
            self._add_objects(
                [chain for each in {holders[each]: None for each in kept} for chain in chains.get(each, [])]
            )

    def _chains(self, keys: list[str]) -> dict[str, list[Row]]:
        """Key → what it belongs to: patient, study and series, of an object the object too."""
        level = self.level if self.level in INSTANCE_LEVELS else "instances"
        returned = f"{_ABOVE}, {_OBJECT}" if level == "instances" else _ABOVE
        chains: dict[str, list[Row]] = defaultdict(list)
        standing = self._parts(keys) if level == "instances" else {}
        asked = [*dict.fromkeys([*keys, *standing])]
        found = self.engine.read(f"UNWIND $keys AS key {_CHAINS[level]} {returned}", {"keys": asked})
        for row in rows(found):
            key: str = row.pop("key")
            chains[standing.get(key, key)].append(row)
        return chains

    def _parts(self, keys: list[str]) -> dict[str, str]:
        """Each part of a concatenation → the part among these objects that stands for it (semantics 4.4)."""
        found = rows(self.engine.read(_PARTS, {"keys": keys}))
        return {row["id"]: row["key"] for row in found if row["part"] and row["id"] not in set(keys)}

    def _stays(self, chains: list[Row]) -> bool:
        """Whether a member is still one, seeing what it belongs to."""
        above = _CHAIN[: INSTANCE_LEVELS.index(self.level) + 1] if self.level in INSTANCE_LEVELS else _CHAIN
        return not chains or any(self.applied.excluded.isdisjoint(chain[name] for name in above) for chain in chains)

    def _add_objects(self, chains: list[Row]) -> None:
        if chains and "instance" in chains[0]:
            self.stage.add_instances(self._taking_part(chains))
            return
        places: dict[str, list[Row]] = defaultdict(list)
        for chain in chains:
            places[chain["series"]].append(chain)
        for page in _pages(places, _SERIES):
            found = rows(self.engine.read(f"UNWIND $keys AS key {_OBJECTS}", {"keys": page}))
            self.stage.add_instances(
                self._taking_part(
                    {**row, **place} for row in found if row["instance"] for place in places[row["series"]]
                )
            )

    def _taking_part(self, found: Iterable[Row]) -> Iterator[dict[str, Any]]:
        """The objects that belong where they were found, take part, and are not excluded."""
        for row in found:
            lineage = row["lineage"]
            elsewhere = lineage and lineage != [row["study"], row["patient"]]
            absent = row["instance"] not in self.applied.named and any(row[state] for state in self.left_out)
            if elsewhere or absent or not self.applied.excluded.isdisjoint(row[name] for name in _CHAIN):
                continue
            yield {
                "patient": row["patient"],
                "patient_id": row["patient_id"] or "",
                "study": row["study"],
                "series": row["series"],
                "instance": row["instance"],
                "header_digest": row["header_digest"] or "",
                "ordinal": row["ordinal"],
            }


def _pages(values: Iterable[_Each], size: int) -> Iterator[list[_Each]]:
    iterator = iter(values)
    while page := list(islice(iterator, size)):
        yield page
