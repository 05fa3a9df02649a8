"""Semantics 4.3: the graph without the objects that take no part, for the naive evaluator to walk."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cohortgraph.graph.facts import InstanceFacts

from .model import CHILDREN, LEVELS, Graph, build

BASES = {"superseded": "predecessor", "rejected": "rejection"}
_OF_OBJECTS = ("Instance", *(LEVELS[name] for name in CHILDREN))
"""Labels of nodes that are one object or a part of one."""
_OF_SEVERAL = ("Dataset", "UnresolvedTarget", "Tracked")


def left_out(facts: Iterable[InstanceFacts], include: Collection[str] = ()) -> set[str]:
    """The UIDs of the objects that take no part."""
    bases = {basis for state, basis in BASES.items() if state not in include}
    references = ((each.sop_instance_uid, ref) for each in facts for ref in each.references if ref.holder is None)
    return {
        ref.sop_instance_uid
        for uid, ref in references
        if ref.properties.get("basis") in bases and ref.sop_instance_uid != uid
    }


def taking_part(facts: list[InstanceFacts], include: Collection[str] = ()) -> Graph:
    """The graph of what takes part: objects in neither state, what belongs to them, what has one of them below it."""
    graph = build(facts)
    for state in BASES:
        for uid in left_out(facts, BASES.keys() - {state}) & graph.nodes["Instance"].keys():
            graph.nodes["Instance"][uid].properties[state] = True
    out = left_out(facts, include)
    for label in _OF_OBJECTS:
        for key, node in list(graph.nodes[label].items()):
            if node.order[0] in out:
                del graph.nodes[label][key]
    stay = {id(node) for label in _OF_OBJECTS for node in graph.nodes[label].values()}
    for label in ("Series", "Study", "Patient"):
        for key, node in list(graph.nodes[label].items()):
            if any(id(below) in stay for below in node.related["instances"]):
                stay.add(id(node))
            else:
                del graph.nodes[label][key]
    for nodes in graph.nodes.values():
        for node in nodes.values():
            for name, related in node.related.items():
                node.related[name] = [each for each in related if id(each) in stay or each.label in _OF_SEVERAL]
    return graph
