"""semantics.md §6 as a naive recursive evaluation. Hold it beside that page.

>>> oracle = Oracle(build(facts))
>>> [hit.id for hit in oracle.hits({"patients": {"items": {"none": {}}}})]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cohortgraph.graph import schema

from . import attributes
from .concepts import Concepts, edges
from .leaf import COMPARISONS, measured, number_holds, property_holds
from .model import CHILDREN, Graph, Node
from .within import near

Filter = Mapping[str, Any]
Document = Mapping[str, Filter]

DOWN = {
    "Patient": ("studies", "series", "instances", *CHILDREN, "datasets"),
    "Study": ("series", "instances", *CHILDREN, "datasets"),
    "Series": ("instances", *CHILDREN, "referencedBy", "datasets"),
    "Instance": (*CHILDREN, "references", "referencedSeries", "referencedBy", "datasets"),
    "Segment": ("items", "referencedBy", "datasets"),
    "ContentItem": ("children", "segments", "channels", "references", "referencedBy", "datasets"),
    "Roi": ("datasets",),
    "WaveformChannel": ("items", "referencedBy", "datasets"),
    "AnnotationGroup": ("datasets",),
    "Dataset": (),
    "UnresolvedTarget": (),
    "Tracked": ("segments", "items"),
}
UP = {
    "Patient": (),
    "Study": ("patient",),
    "Series": ("patient", "study"),
    "Instance": ("patient", "study", "series"),
    "Segment": ("patient", "study", "series", "instance", "sameTracked"),
    "Roi": ("patient", "study", "series", "instance"),
    "WaveformChannel": ("patient", "study", "series", "instance"),
    "AnnotationGroup": ("patient", "study", "series", "instance"),
    "ContentItem": ("patient", "study", "series", "instance", "parent", "sameTracked"),
    "Dataset": (),
    "UnresolvedTarget": (),
    "Tracked": (),
}
CODED = {
    label: {edge.field: edge.type for edge in schema.EDGES if edge.field and (label, "Concept") in edge.pairs}
    for label in DOWN
}


class Oracle:
    """Answers filter documents over one graph, slowly."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.concepts = Concepts(graph)
        self._known: dict[tuple[int, int], tuple[Filter, bool]] = {}

    def hits(self, document: Document) -> list[Node]:
        """The nodes that the document asks for, in the stable order."""
        ((root, where),) = document.items()
        return [node for node in self.graph.level(root) if self.holds(node, where)]

    def holds(self, node: Node, where: Filter) -> bool:
        """Whether a filter holds for a node: all of its clauses do."""
        known = self._known.get((id(node), id(where)))  # the same question again; the filter is kept alive with it
        if known is None or known[0] is not where:
            known = where, all(self._clause(node, where, name) for name in where)
            self._known[id(node), id(where)] = known
        return known[1]

    def _clause(self, node: Node, where: Filter, name: str) -> bool:
        clause = where[name]
        if name == "AND":  # 6.2: AND of nothing is true, OR of nothing false
            return all(self.holds(node, each) for each in clause)
        if name == "OR":
            return any(self.holds(node, each) for each in clause)
        if name == "NOT":  # 6.1: two-valued, so the complement
            return not self.holds(node, clause)
        if name in DOWN[node.label]:
            return all(
                self._quantified(node, name, clause, quantifier) for quantifier in clause if quantifier != "basis"
            )
        if name == "within":
            return bool(self.pairs(node, clause))
        if name in UP[node.label]:  # 6.2: a singular relation without target is false
            return any(self.holds(target, clause) for target in node.related[name])
        return self._leaf(node, where, name)

    def pairs(self, node: Node, clause: Filter) -> list[tuple[Node, Node]]:
        """6.9: the pairs of different series under ``node`` that satisfy ``first`` and ``then`` so near in time."""
        series = node.related["series"]
        firsts = [each for each in series if self.holds(each, clause["first"])]
        thens = [each for each in series if self.holds(each, clause["then"])]
        return [(one, two) for one in firsts for two in thens if one is not two and near(one, two, clause)]

    def _quantified(self, node: Node, relation: str, clause: Filter, quantifier: str) -> bool:
        targets, operand = reached(node, relation, clause, quantifier), clause[quantifier]
        if quantifier == "some":
            return any(self.holds(target, operand) for target in targets)
        if quantifier == "none":  # 6.2: none X is NOT some X
            return not any(self.holds(target, operand) for target in targets)
        if quantifier == "every":  # 6.2: no target fails it; true when there is no target
            return not any(not self.holds(target, operand) for target in targets)
        if quantifier == "count":  # 6.3
            of = operand.get("of", {})
            number = sum(self.holds(target, of) for target in targets)
            return all(_compare(number, op, value) for op, value in operand.items() if op != "of")
        if quantifier == "unresolved":  # 6.10: missing targets
            return any(self.holds(target, operand) for target in targets)
        raise ValueError(quantifier)

    def _leaf(self, node: Node, where: Filter, name: str) -> bool:
        condition = where[name]
        if name == "attribute":
            return attributes.holds(node, condition)
        if name == "asserts":
            return self.concepts.asserts(node, condition)
        if name == "denies":
            return self.concepts.denies(node, condition)
        if name in CODED[node.label]:
            return self.concepts.edge_holds(edges(node, CODED[node.label][name]), condition)
        declared = schema.node(node.label).property(name)
        if declared is None:
            raise ValueError(f"{node.label} has no {name}")
        if declared.name == "numericValue":
            return self._number(node, condition, where.get("unit"))
        if declared.name == "patientID" and "linkedPatientIDs" in node.properties:  # 1.5: any number of the person
            return property_holds(declared, node.properties["linkedPatientIDs"], condition)
        return property_holds(declared, node.properties.get(declared.name), condition)

    def _number(self, item: Node, condition: Filter, unit: Filter | None) -> bool:
        """6.7: number and the unit beside it speak of the same index."""
        if unit is None:
            return number_holds(item, condition, None)
        if unit.get("exists") is False:
            return all(each.unit is None for each in measured(item)) and number_holds(item, condition, None)
        others = {name: operand for name, operand in unit.items() if name != "exists"}
        return number_holds(item, condition, lambda edge: self.concepts.matches(edge, others))


def reached(node: Node, relation: str, clause: Filter, quantifier: str) -> list[Node]:
    """The nodes that a quantified relation is about: missing ones, or those by references of one basis (6.10)."""
    name = "unresolved" if quantifier == "unresolved" else relation
    return node.related[f"{name} by {clause['basis']}" if "basis" in clause else name]


def _compare(number: int, op: str, value: Any) -> bool:
    return number != value if op == "ne" else COMPARISONS[op](number, value)
