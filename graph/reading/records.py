"""The graph as records free of everything local: what the digest hashes and what a check compares.

A node is ``(label, name, properties)``, an edge ``(type, source, target, properties)``. Names hold neither ordinals nor
keys: a child is ``<SOP Instance UID>#<fragment>[<position>]``; the target of a reference is named as the reference
names it, whether it is here or not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from .. import schema
from ..asking import along, ask, ids
from ..engine import Engine, Row
from ..facts import Coded, InstanceFacts
from ..writing.references import Target, target_of
from ..writing.ties import of_object

Record = tuple[Any, ...]
PAGE = 1000
"""Instances read at a time."""


def canonical(record: Record) -> bytes:
    """A record as canonical JSON."""
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=date.isoformat)
    return text.encode("utf-8", "surrogatepass")


def shared(properties: Iterable[schema.Property], row: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that belong to no single location or store; null and absent are the same."""
    return {p.name: _exact(p.type, value) for p in properties if not p.local and (value := row.get(p.name)) is not None}


def _exact(of: schema.Type, value: Any) -> Any:
    """The value in its declared type: 5 and 5.0 in a DOUBLE are the same."""
    if of is schema.Type.DOUBLE:
        return float(value)
    return [float(each) for each in value] if of is schema.Type.DOUBLES else value


def name(uid: str, label: str, position: int | None) -> str:
    """An instance's or a child's name among records."""
    return uid if position is None else f"{uid}#{schema.node(label).public}[{position}]"


def of_instances(engine: Engine, uids: Iterable[str]) -> dict[str, list[Record]]:
    """All records that belong to these instances: they, their children, and every edge that starts there.

    HAS_CHILD and the edge from the Series are among them; those to the children are told by the children's names.
    """
    keys = ids(uids)
    found: dict[str, list[Record]] = {}
    declared = schema.node("Instance")
    for row in ask(engine, f"MATCH (n:Instance {{id: r.id}}) RETURN {_returned('n', declared.properties)}", keys):
        found[row["id"]] = [("Instance", row["id"], shared(declared.properties, row))]
    hangs = (
        "MATCH (i:Instance {id: r.id}) OPTIONAL MATCH (i)<-[:HAS_INSTANCE]-(x:Series) RETURN i.id AS id, x.id AS series"
    )
    for row in along(engine, hangs, keys, "series"):
        found[row["id"]].append(("HAS_INSTANCE", row["series"], row["id"], {}))
    _edges_from(engine, "Instance", keys, found)
    for label, has in schema.CHILDREN.items():
        properties = schema.node(label).properties
        match = f"MATCH (i:Instance {{id: r.id}}) OPTIONAL MATCH (i)-[:{has}]->(n:{label})"
        children = along(engine, f"{match} RETURN {_returned('n', properties, 'i.id')}", keys, "position")
        for row in children:
            found[row["id"]].append((label, name(row["id"], label, row["position"]), shared(properties, row)))
        _edges_from(engine, label, ids({row["id"] for row in children}), found)
    return found


def of_facts(facts: InstanceFacts) -> list[Record]:
    """The records that ``of_instances`` should find for an object; references as UNRESOLVED ones, whose target's name
    does not depend on whether it is here.
    """
    uid = facts.sop_instance_uid
    records: list[Record] = [
        ("Instance", uid, shared(schema.node("Instance").properties, facts.instance)),
        ("HAS_INSTANCE", str(facts.series["id"]), uid, {}),
        ("IN_DATASET", uid, facts.dataset, {}),
        *_coded(uid, facts.codes),
        *(("ATTRIBUTES", uid, each.id, {}) for each in facts.attributes),
    ]
    for child in facts.children:
        own = name(uid, child.label, child.position)
        properties = {**child.properties, "position": child.position}
        records.append((child.label, own, shared(schema.node(child.label).properties, properties)))
        records.extend(_coded(own, child.codes))
        if child.parent is not None:
            edge = shared(schema.edge("HAS_CHILD").properties, child.properties)
            records.append(("HAS_CHILD", name(uid, child.label, child.parent), own, edge))
    for reference in facts.references:
        target = target_of(reference)
        holder = None if target.kind == "series" else reference.holder
        properties = shared(schema.edge("UNRESOLVED").properties, reference.properties)
        records.append(("UNRESOLVED", name(uid, "ContentItem", holder), target.id, properties))
    for tie in of_object(facts):
        position = None if isinstance(tie.key, str) else tie.key
        properties = shared(schema.edge(tie.edge).properties, tie.row)
        records.append((tie.edge, name(uid, tie.label, position), tie.id, properties))
    return records


def _coded(holder: str, codes: Iterable[Coded]) -> Iterator[Record]:
    for code in codes:
        yield code.type, holder, code.concept, shared(schema.edge(code.type).properties, code.properties)


def _returned(variable: str, properties: Iterable[schema.Property], identifier: str = "") -> str:
    named = ", ".join(f"{variable}.{p.name} AS {p.name}" for p in properties if not p.local)
    return f"{identifier or variable + '.id'} AS id, {named}"


def _edges_from(engine: Engine, label: str, keys: list[Row], found: dict[str, list[Record]]) -> None:
    """The edges that start at these instances, or at their children of ``label``."""
    start = "(i:Instance {id: r.id})"
    if label != "Instance":
        start += f"-[:{schema.CHILDREN[label]}]->(n:{label})"
    holder, position = ("i", "null") if label == "Instance" else ("n", "n.position")
    for edge, source, target in schema.edge_tables():
        if source != label or edge.type in schema.CHILDREN.values():
            continue
        owner, target_id, part = "", "t.id", "null"
        if target in schema.CHILDREN:
            owner, target_id = f"<-[:{schema.CHILDREN[target]}]-(j:Instance)", "j.id"
            part = "t.position" if edge.type == "HAS_CHILD" else f"t.{schema.node(target).number}"
        named = "".join(f", e.{p.name} AS {p.name}" for p in edge.properties)
        query = (
            f"MATCH {start} OPTIONAL MATCH ({holder})-[e:{edge.type}]->(t:{target}){owner} RETURN i.id AS id, "
            f"{position} AS holderPosition, {target_id} AS targetID, {part} AS targetPart{named}"
        )
        for row in along(engine, query, keys, "targetID"):
            own = name(row["id"], label, row["holderPosition"])
            properties = shared(edge.properties, row)
            found[row["id"]].append((edge.type, own, _target(edge.type, target, row), properties))


def _target(type_: str, label: str, row: Row) -> str:
    """What an edge leads to: an item of the same tree by its position, any other target as a reference names it."""
    if type_ == "HAS_CHILD":
        return name(row["targetID"], label, row["targetPart"])
    if label in schema.CHILDREN:
        return Target(schema.node(label).public, row["targetID"], row["targetPart"]).id
    return Target("series", row["targetID"]).id if label == "Series" else str(row["targetID"])
