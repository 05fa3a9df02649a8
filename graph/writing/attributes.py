"""Planning declared attributes: a set on first sight, an edge of each object; what no object has any more goes."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from ..asking import along, ask, ids, present
from ..engine import Batch, EdgeKey, Engine, Row
from ..facts import AttributeSet

_HAS: EdgeKey = ("ATTRIBUTES", "Instance", "AttributeSet")
_HOLDS: EdgeKey = ("HOLDS", "AttributeSet", "Attribute")
_LONGEST = 256
"""Characters of an Attribute's id above which its value stands there by its hash."""
_CAPACITY = 1 << 18

Sets = Mapping[str, Collection[AttributeSet]]
"""SOP Instance UID → the sets of its attributes."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """The sets that a batch creates or finds, and those that it removes."""

    there: frozenset[str]
    gone: frozenset[str]


@dataclass(slots=True)
class Known:
    """The sets that are certainly stored."""

    sets: set[str] = field(default_factory=set)

    def update(self, learnt: Learnt) -> None:
        """Learn what a batch has written."""
        if len(self.sets) >= _CAPACITY:
            self.sets.clear()
        self.sets |= learnt.there
        self.sets -= learnt.gone


def members(encoded: str) -> list[Row]:
    """The Attribute nodes of a set."""
    found = []
    for name, property_, value in json.loads(encoded):
        told = json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value, ensure_ascii=False)
        told = f"{told}d" if property_ == "days" else told
        if len(told) > _LONGEST:
            told = f"sha256:{sha256(told.encode('utf-8', 'surrogatepass')).hexdigest()}"
        found.append({"id": f"{name}={told}", "name": name, property_: value})
    return found


def write(engine: Engine, batch: Batch, known: Known, now: Sets, leaving: Collection[str]) -> Learnt:
    """Add to ``batch`` the attributes of objects, and remove what only those had that leave.

    Parameters
    ----------
    now
        Of the objects that arrive.
    leaving
        SOP Instance UIDs of stored objects whose edges the batch drops; they may arrive again.
    """
    before = of_instances(engine, leaving)
    return change(engine, batch, known, dict.fromkeys(leaving, ()) | {**now}, before, dropped=True)


def change(
    engine: Engine, batch: Batch, known: Known, now: Sets, before: Mapping[str, frozenset[str]], *, dropped: bool
) -> Learnt:
    """Add to ``batch`` what leads from the sets ``before`` to those ``now``.

    Parameters
    ----------
    dropped
        Whether the batch drops all edges of the objects ``before`` besides.
    """
    sets = {each.id: each.encoded for found in now.values() for each in found}
    edges = batch.create_edges.setdefault(_HAS, [])
    lost: Counter[str] = Counter()
    for uid, found in now.items():
        had, has = before.get(uid, frozenset()), {each.id for each in found}
        lost.update(had)
        edges.extend({"source": uid, "target": each} for each in sorted(has if dropped else has - had))
        if not dropped and had - has:
            drop = batch.drop_edges.setdefault(_HAS, [])
            drop.extend({"source": uid, "target": each} for each in sorted(had - has))
    created = _create(engine, batch, sets, known)
    gone = _remove(engine, batch, {each: number for each, number in lost.items() if each not in sets}, created)
    return Learnt(frozenset(sets), gone)


def of_instances(engine: Engine, uids: Collection[str]) -> dict[str, frozenset[str]]:
    """The ids of the sets that stored objects have."""
    found: dict[str, set[str]] = defaultdict(set)
    match = "MATCH (i:Instance {id: r.id}) OPTIONAL MATCH (i)-[:ATTRIBUTES]->(s:AttributeSet)"
    for row in along(engine, f"{match} RETURN i.id AS id, s.id AS held", ids(uids), "held"):
        found[row["id"]].add(row["held"])
    return {uid: frozenset(held) for uid, held in found.items()}


def drop_sets(engine: Engine, batch: Batch, sets: Collection[str]) -> None:
    """Remove sets from all objects, and their attributes where no other set holds them."""
    batch.drop_nodes.setdefault("AttributeSet", []).extend(sorted(sets))
    _remove_attributes(engine, batch, sets, frozenset())


def _create(engine: Engine, batch: Batch, sets: Mapping[str, str], known: Known) -> frozenset[str]:
    """Create the sets that the store lacks; the ids of the attributes in them."""
    unknown = sets.keys() - known.sets
    missing = sorted(unknown - present(engine, "AttributeSet", unknown))
    held: dict[str, Row] = {}
    for each in missing:
        listed = members(sets[each])
        held |= {row["id"]: row for row in listed}
        batch.create_nodes.setdefault("AttributeSet", []).append({"id": each})
        into = batch.create_edges.setdefault(_HOLDS, [])
        into.extend({"source": each, "target": row["id"]} for row in listed)
    new = held.keys() - present(engine, "Attribute", held)
    batch.create_nodes.setdefault("Attribute", []).extend(held[each] for each in sorted(new))
    return frozenset(held)


def _remove(engine: Engine, batch: Batch, lost: Mapping[str, int], created: frozenset[str]) -> frozenset[str]:
    """Remove the sets that have no more members than they lose."""
    query = "MATCH (s:AttributeSet {id: r.id})<-[:ATTRIBUTES]-(i:Instance) WITH s.id AS id, count(i) AS n RETURN id, n"
    gone = frozenset(row["id"] for row in ask(engine, query, ids(lost)) if row["n"] <= lost[row["id"]])
    batch.drop_nodes.setdefault("AttributeSet", []).extend(sorted(gone))
    _remove_attributes(engine, batch, gone, created)
    return gone


def _remove_attributes(engine: Engine, batch: Batch, gone: Collection[str], kept: frozenset[str]) -> None:
    """Remove the attributes that only sets hold that go."""
    query = "MATCH (s:AttributeSet {id: r.id})-[:HOLDS]->(a:Attribute) RETURN a.id AS id"
    losing = Counter(row["id"] for row in ask(engine, query, ids(gone)))
    query = "MATCH (a:Attribute {id: r.id})<-[:HOLDS]-(s:AttributeSet) WITH a.id AS id, count(s) AS n RETURN id, n"
    held = ask(engine, query, ids(losing.keys() - kept))
    orphans = sorted(row["id"] for row in held if row["n"] <= losing[row["id"]])
    batch.drop_nodes.setdefault("Attribute", []).extend(orphans)
