"""Curation by hand: which node an id names, and what deciding on it means at a cohort's level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import UsageError
from ..graph import schema
from ..graph.engine import Engine, rows
from ..graph.writing.persons import linked
from ..queries import ids
from ..queries.language.parse import INCLUDE, STATES
from ..queries.language.relations import LEVELS
from .model import INSTANCE_LEVELS, Decision

_LABELS = {level.name: level.label for level in LEVELS}


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the store: its level and its public id."""

    level: str
    id: str

    @property
    def instance(self) -> str:
        """Of an object or a part of one, the SOP Instance UID; else empty."""
        return "" if self.level in INSTANCE_LEVELS[:-1] else self.id.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Applied:
    """Decisions as they apply to a store.

    Attributes
    ----------
    included
        Ids at the cohort's level that belong to it, whatever the question says.
    named
        Objects that were included by their own UID, or a part's: they take part even where rejected or superseded.
    excluded
        Ids, of any level, that don't belong to it, with all that is under them.
    warnings
        Which inclusions name what is not in the store any more.
    """

    included: tuple[str, ...]
    named: frozenset[str]
    excluded: frozenset[str]
    warnings: tuple[str, ...]


def resolve(engine: Engine, uid: str) -> Node:
    """The node that a public id (or a Patient ID) names.

    Raises
    ------
    UsageError
        where there is none, or several patients have that Patient ID.
    """
    found = _find(engine, uid)
    if found is None:
        raise UsageError(
            f"nothing in the store is called {uid!r}; expected a patient's id or Patient ID, a Study, Series or SOP "
            "Instance UID, or the id of a part of an object, such as 1.2.3#segment/2 (`cohortgraph query --level … "
            "--format json` prints ids)"
        )
    return found


def reach(engine: Engine, node: Node, level: str) -> list[str]:
    """The ids at a cohort's level that including a node brings in.

    The node itself; of one above the level, all below it; of one below it, the one that holds it.

    Raises
    ------
    UsageError
        where a part of an object would join a cohort of other parts.
    """
    if node.level == level:
        return [node.id]
    if node.level not in INSTANCE_LEVELS:
        if level not in INSTANCE_LEVELS:
            raise UsageError(f"{node.id!r} is one of the {node.level}; this cohort consists of {level}")
        node = Node("instances", node.instance)
        if level == "instances":
            return [node.id]
    own = [*STATES] if node.level == "instances" else []
    return ids(engine, {node.level: {"id": {"eq": node.id}}, INCLUDE: own}, level)


def apply(engine: Engine, decisions: Iterable[Decision], level: str) -> Applied:
    """What decisions mean in this store: the excluded beat the included, both beat the question."""
    included: dict[str, None] = {}
    named: set[str] = set()
    excluded: set[str] = set()
    warnings = []
    for each in decisions:
        node = _find(engine, each.uid)
        if each.decision == "exclude":
            excluded.add(node.id if node else each.uid)
        elif node is None:
            warnings.append(f"{each.uid} was included by hand, but is not in the store any more")
        else:
            included.update(dict.fromkeys(reach(engine, node, level)))
            named.add(node.instance)
    return Applied(tuple(included), frozenset(named), frozenset(excluded), tuple(warnings))


def _find(engine: Engine, uid: str) -> Node | None:
    holder, part, _ = uid.partition("#")
    if part:
        return next((Node(name, uid) for name in _LABELS if uid in _parts(engine, holder, name)), None)
    for level in reversed(INSTANCE_LEVELS):
        if rows(engine.read(f"MATCH (n:{_LABELS[level]} {{id: $id}}) RETURN n.id AS id", {"id": uid})):
            return Node(level, uid)
    if group := linked(engine, [uid]).get(uid):
        return Node("patients", group[0])
    query = "MATCH (n:Patient {patientID: $id}) RETURN n.id AS id ORDER BY id LIMIT 20"
    patients = [row["id"] for row in rows(engine.read(query, {"id": uid}))]
    if len(patients) > 1:
        raise UsageError(f"{len(patients)} patients have the Patient ID {uid!r}; give one of their ids: {patients}")
    return Node("patients", patients[0]) if patients else None


def _parts(engine: Engine, instance: str, level: str) -> set[str]:
    """The public ids of an object's parts at a level."""
    label = _LABELS[level]
    if label not in schema.CHILDREN:
        return set()
    number = schema.node(label).number
    query = f"MATCH (:Instance {{id: $id}})-[:{schema.CHILDREN[label]}]->(n:{label}) RETURN n.{number} AS number"
    found = rows(engine.read(query, {"id": instance}))
    return {schema.public_id(instance, label, row["number"]) for row in found}
