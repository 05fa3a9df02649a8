"""Conditions on coded edges: semantics 1.4, 2.8, 3.2, 6.4, 6.5, 6.6."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from cohortgraph.graph.facts import Coded
from cohortgraph.ontology import hierarchy, literals, value_sets
from cohortgraph.ontology.concept import split_id

from .model import Graph, Node


class Concepts:
    """Reads the literals of a question as the data of one graph are read."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        seen = {code.concept for label in graph.nodes.values() for node in label.values() for code in node.codes}
        self._schemes = {split_id(concept)[0] for concept in seen | set(graph.meanings)}

    def edge_holds(self, edges: Iterable[Coded], condition: Mapping[str, Any]) -> bool:
        """6.4: some one target satisfies all operators; ``exists`` tests presence."""
        edges = list(edges)
        if "exists" in condition and condition["exists"] != bool(edges):
            return False
        others = {name: operand for name, operand in condition.items() if name != "exists"}
        return not others or any(self.matches(edge, others) for edge in edges)

    def matches(self, edge: Coded, condition: Mapping[str, Any]) -> bool:
        """Whether this edge satisfies every operator; laterality and modifier are the edge's own (2.8)."""
        return all(self._operator(edge, name, operand) for name, operand in condition.items())

    def _operator(self, edge: Coded, name: str, operand: Any) -> bool:
        concept = edge.concept
        if name == "is":  # 6.5; aliases are normalised away, in the data and here (1.4)
            return concept == self._literal(operand)
        if name == "in":
            return concept in {self._literal(each) for each in operand}
        if name == "isA":  # 6.5: it, its descendants, and exact equivalents of those
            below = hierarchy.descendants(self._literal(operand))
            return concept in below or any(concept in hierarchy.equivalents(each) for each in below)
        if name == "memberOf":  # 6.6, nested context groups included
            return concept in value_sets.value_set(operand).members
        if name == "meaning":  # 6.6
            text = unicodedata.normalize("NFC", operand).casefold()
            return text in {meaning.casefold() for meaning in self._graph.meanings[concept]}
        if name == "laterality":
            return edge.properties.get("laterality") == self._literal(operand)
        if name == "modifier":
            return self._literal(operand) in (edge.properties.get("modifiers") or [])
        raise ValueError(name)

    def _literal(self, text: str) -> str:
        return literals.parse(text, self._schemes)

    def asserts(self, item: Node, condition: Mapping[str, Any]) -> bool:
        """3.2: value C and valued, or name C and affirmed."""
        assertion = item.properties.get("assertion")
        by_value = assertion == "valued" and self.edge_holds(edges(item, "VALUE"), condition)
        return by_value or (assertion == "affirmed" and self.edge_holds(edges(item, "NAME"), condition))

    def denies(self, item: Node, condition: Mapping[str, Any]) -> bool:
        """3.2: name C and denied."""
        return item.properties.get("assertion") == "denied" and self.edge_holds(edges(item, "NAME"), condition)


def edges(node: Node, type_: str) -> list[Coded]:
    """The node's coded edges of one type."""
    return [code for code in node.codes if code.type == type_]
