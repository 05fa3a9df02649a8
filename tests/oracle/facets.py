"""Facets, straight from semantics 6.12: distinct root nodes over matched children, and over all of their patients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cohortgraph.graph import schema

from .concepts import edges
from .evaluate import CODED, Document, Oracle
from .leaf import measured, present
from .model import DEPTH, LEVELS, Node
from .results import listed


@dataclass(slots=True)
class Side:
    """Value → the ids of the hits that have it; and those that have none. A number with its unit: (number, unit)."""

    hits: dict[Any, set[str]] = field(default_factory=lambda: defaultdict(set))
    missing: set[str] = field(default_factory=set)

    def add(self, hit: Node, values: list[Any]) -> None:
        """Count a hit's values, each once."""
        for value in values:
            self.hits[value].add(hit.id)
        if not values:
            self.missing.add(hit.id)


def facet(oracle: Oracle, document: Document, by: str) -> tuple[Side, Side]:
    """Over what matched, and over everything of the same patients; ``by`` written out in full."""
    ((root, where),) = document.items()
    *names, last = by.split(".")
    level = root
    while names and names[0] in LEVELS and DEPTH[LEVELS[names[0]]] > DEPTH[LEVELS[level]]:
        level = names.pop(0)
    matched, copatient = Side(), Side()
    for hit in oracle.hits(document):
        nodes = [hit] if level == root else listed(oracle, hit, where, level)
        patients = hit.up("Patient")
        beside = patients if level == "patients" else [node for each in patients for node in each.related[level]]
        own = [value for node in nodes for value in _values(node, names, last)]
        matched.add(hit, own)
        copatient.add(hit, own + [value for node in beside for value in _values(node, names, last)])
    return matched, copatient


def _values(node: Node, names: list[str], last: str) -> Iterator[Any]:
    if names:
        for target in node.related[names[0]]:
            yield from _values(target, names[1:], last)
    elif last in CODED[node.label]:
        yield from (code.concept for code in edges(node, CODED[node.label][last]))
    elif (declared := schema.node(node.label).property(last)) and declared.name == "numericValue":
        for value in measured(node):
            yield value.canonical or (value.number, value.unit.concept if value.unit else "")
    elif declared:
        yield from present(node.properties.get(declared.name))
    else:
        raise ValueError(last)
