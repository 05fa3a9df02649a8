"""Context as edges and properties of the items that it belongs to (semantics 2.5–2.9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from ....graph.facts import Child, Coded, InstanceFacts, Properties, Reference
from . import names
from .context import Context, Deciding, Key, ambiguous
from .nodes import Node
from .references import BASIS

_EDGES = {
    Key.SITE: "SITE",
    Key.FINDING: "FINDING",
    Key.METHOD: "METHOD",
    Key.TIMEPOINT: "TIMEPOINT",
    Key.SUBJECT: "SUBJECT",
}
_TEXTS = {
    Key.TRACKING_ID: ("trackingID", "textValue"),
    Key.TRACKING_UID: ("trackingUID", "uid"),
    Key.TIME_POINT: ("timePoint", "textValue"),
}
"""Key → the property that it sets, the property of its source that holds it."""


@dataclass(slots=True)
class _Told:
    """What a context adds to an item."""

    codes: list[Coded] = field(default_factory=list)
    properties: Properties = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)


def add_context(
    facts: InstanceFacts, children: Sequence[Child], nodes: Sequence[Node], found: Sequence[Context]
) -> None:
    """Add to each item the edges, properties and references of its context, and its own derivation (2.6).

    Items that inherit the same share its Coded objects.
    """
    held = _held(facts.references)
    inherited: dict[int, _Told] = {}
    for position, context in enumerate(found):
        if not context:
            continue
        if any(deciding.level == position for deciding in context.values()):
            told = _tell(facts, children, nodes, found, held, position)
        else:
            told = inherited.get(id(context)) or _tell(facts, children, nodes, found, held, position)
            inherited[id(context)] = told
        child = children[position]
        child.codes.extend(told.codes)
        child.properties.update(told.properties)
        facts.references.extend(replace(reference, holder=position) for reference in told.references)
    for position, node in enumerate(nodes):
        if node.name == names.DERIVATION and node.relationship_type == "HAS CONCEPT MOD" and node.parent is not None:
            children[node.parent].codes.extend(
                Coded("DERIVATION", v.concept, _said(v)) for v in _values(children[position])
            )


def _tell(
    facts: InstanceFacts,
    children: Sequence[Child],
    nodes: Sequence[Node],
    found: Sequence[Context],
    held: dict[int, list[Reference]],
    position: int,
) -> _Told:
    told = _Told()
    for key, deciding in found[position].items():
        own = deciding.level == position
        if key is Key.FINDING and ambiguous(nodes, deciding):
            told.properties["contextAmbiguous"] = True
        elif key in _EDGES:
            for source in deciding.sources:
                where: Properties = {"own": own, "fromItem": children[source].properties["path"]}
                if key is Key.SITE:
                    where |= _sided(nodes, found, found[position], source)
                told.codes.extend(
                    Coded(_EDGES[key], value.concept, _said(value) | where) for value in _values(children[source])
                )
        elif key in _TEXTS:
            name, of = _TEXTS[key]
            told.properties[name] = children[deciding.sources[0]].properties.get(of)
        elif key is Key.REGION:
            told.references.extend(_regions(facts, children, held, deciding, own))
    return told


def _sided(nodes: Sequence[Node], found: Sequence[Context], context: Context, site: int) -> Properties:
    """Laterality and modifiers of a site (2.8): its own; else, of a single site, those on its level or nearer."""
    properties: Properties = {}
    for key, name in ((Key.LATERALITY, "laterality"), (Key.MODIFIER, "modifiers")):
        deciding = found[site].get(key)
        if deciding is None or deciding.level != site:
            deciding = context.get(key) if len(context[Key.SITE].sources) == 1 else None
            if deciding is None or deciding.level < context[Key.SITE].level:
                continue
        values = [nodes[source].value for source in deciding.sources]
        properties[name] = values[0] if key is Key.LATERALITY else values
    return properties


def _regions(
    facts: InstanceFacts,
    children: Sequence[Child],
    held: dict[int, list[Reference]],
    deciding: Deciding,
    own: bool,
) -> Iterator[Reference]:
    """References to the segment or region that is an item's context: to what an IMAGE refers to, else to the item."""
    for source in deciding.sources:
        path = children[source].properties["path"]
        where: Properties = {"own": own, "fromItem": path}
        if source not in held:
            yield Reference(facts.sop_instance_uid, item=str(path), properties={"basis": BASIS, **where})
        for reference in held.get(source, ()):
            said = {name: value for name, value in reference.properties.items() if name != "otherAttributes"}
            yield replace(reference, properties=said | where)


def _held(references: Sequence[Reference]) -> dict[int, list[Reference]]:
    """The references of each item to objects and segments."""
    held: dict[int, list[Reference]] = {}
    for reference in references:
        if reference.holder is not None and reference.item is None and "path" not in reference.properties:
            held.setdefault(reference.holder, []).append(reference)
    return held


def _values(child: Child) -> list[Coded]:
    return [coded for coded in child.codes if coded.type == "VALUE"]


def _said(value: Coded) -> Properties:
    """What an edge from elsewhere repeats of a code; further attributes stay on the edge that was read."""
    return {name: said for name, said in value.properties.items() if name != "otherAttributes"}
