"""A document's content rebuilt from its children and references, as they were read or as the graph holds them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from ....graph import schema
from ....graph.engine import Engine
from ....graph.facts import Child, Coded, Reference
from ....graph.item_paths import inside
from . import items, links, references
from .tree import CONTENT_SEQUENCE, ROOT
from .values import element

_HELD = "MATCH (i:Instance {id: $uid})-[:HAS_ITEM]->(c:ContentItem)"


def rebuild(engine: Engine, sop_instance_uid: str) -> Dataset:
    """The root content item of a document with its Content Sequence, from the graph alone.

    Returns
    -------
    pydicom.Dataset
        Of the document's Dataset the attributes in ``items.ROOT_TAGS``; empty where the object has no content items.
    """
    held = _Held(engine, sop_instance_uid)
    return assemble(held.children(), held.references())


def assemble(children: Iterable[Child], held: Iterable[Reference]) -> Dataset:
    """The root content item with its Content Sequence; ``children`` may hold other labels too."""
    objects: dict[int, Reference] = {}
    entries: dict[
        str, dict[int, Dataset]
    ] = {}  # what paths begin with → number → what the Content Sequence holds there
    for reference in held:
        if reference.holder is not None and references.is_own(reference):
            objects.setdefault(reference.holder, reference)
        elif links.is_own(reference):
            _enter(entries, str(reference.properties["path"]), links.write(reference))
    made: dict[str, Dataset] = {ROOT: Dataset()}
    for child in children:
        if child.label != "ContentItem":
            continue
        item = items.write(child)
        if child.position in objects and references.REFERENCED_SOP_SEQUENCE not in item:
            item.add(references.write(objects[child.position]))
        path = str(child.properties["path"])
        made[inside(path, child.position)] = item
        if path != ROOT:
            _enter(entries, path, item)
    for path, numbered in entries.items():
        made[path].add(element(CONTENT_SEQUENCE, "SQ", [Sequence(numbered[number] for number in sorted(numbered))]))
    return made[ROOT]


def _enter(entries: dict[str, dict[int, Dataset]], path: str, item: Dataset) -> None:
    parent, _, number = path.rpartition(".")
    entries.setdefault(parent, {})[int(number)] = item


class _Held:
    """What the graph holds of an object's content items."""

    def __init__(self, engine: Engine, sop_instance_uid: str) -> None:
        self._engine = engine
        self._uid = sop_instance_uid

    def children(self) -> list[Child]:
        properties = {p.name: f"c.{p.name}" for p in schema.node("ContentItem").properties}
        found = {row["position"]: Child("ContentItem", row["position"], row) for row in self._read("", properties)}
        for type_ in (*items.CODES.values(), "UNIT"):
            for position, row in self._edges(type_, "Concept"):
                found[position].codes.append(Coded(type_, row.pop("target"), row))
        return list(found.values())

    def references(self) -> list[Reference]:
        found = [
            Reference(row.pop("target"), holder=position, properties=row)
            for position, row in self._edges("REFERENCES", "Instance")
        ]
        for position, row in self._edges("REFERENCES", "ContentItem", "path"):
            found.append(Reference(self._uid, holder=position, item=row.pop("target"), properties=row))
        for position, row in self._edges("UNRESOLVED", "UnresolvedTarget"):
            uid, _, part = row.pop("target").partition("#")
            kind, _, number = part.partition("/")
            found.append(
                Reference(
                    uid,
                    holder=position,
                    segment=int(number) if kind == "segment" else None,
                    item=number if kind == "item" else None,
                    channel=number if kind == "channel" else None,
                    properties=row,
                )
            )
        return found

    def _edges(self, type_: str, label: str, key: str = "id") -> list[tuple[int, dict[str, Any]]]:
        """Position of the item, and the edge's properties with its target."""
        returned = {p.name: f"e.{p.name}" for p in schema.edge(type_).properties}
        pattern = f"-[e:{type_}]->(t:{label})"
        rows = self._read(pattern, {"position": "c.position", "target": f"t.{key}", **returned})
        return [(row.pop("position"), row) for row in rows]

    def _read(self, pattern: str, returned: dict[str, str]) -> list[dict[str, Any]]:
        columns = ", ".join(f"{expression} AS {name}" for name, expression in returned.items())
        return list(self._engine.read(f"{_HELD}{pattern} RETURN {columns}", {"uid": self._uid}).to_pylist())
