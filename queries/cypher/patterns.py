"""Pieces of patterns in the shared Cypher dialect: nodes, hops, what ties their ends, lists of expressions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ...graph import schema
from ..language.relations import Hop, Relation, Tie
from .seeds import Chain


class Ref(NamedTuple):
    """A node in a statement: its variable and its label."""

    name: str
    label: str

    @property
    def key(self) -> str:
        """The expression of its key."""
        return f"{self.name}.`{schema.node(self.label).key.name}`"

    def __str__(self) -> str:
        return f"({self.name}:{self.label})"


def hops(walked: Iterable[Hop], target: Ref, edge: str = "", *, labelled: bool = True) -> str:
    """The pattern of some hops after a node, the last to ``target`` over ``edge``; ``labelled`` where it is new."""
    steps = list(walked)
    text = ""
    for index, hop in enumerate(steps):
        last = index == len(steps) - 1
        basis = f" {{basis: '{hop.basis}'}}" if hop.basis else ""
        walk = f"[{edge if last else ''}:{hop.edge}{basis}]"
        text += f"-{walk}->" if hop.forward else f"<-{walk}-"
        end = str(target) if labelled else f"({target.name})"
        text += end if last else f"(:{hop.label})"
    return text


def tied(relation: Relation, source: Ref, target: Ref) -> list[str]:
    """What must hold of the two ends of a relation, beside the edges between them."""
    first, last = source.name, target.name
    match relation.tie:
        case Tie.DESCENDANT:
            return [f"{first}.position < {last}.position", f"{last}.position <= {first}.lastDescendant"]
        case Tie.ANCESTOR:
            return [f"{last}.position < {first}.position", f"{first}.position <= {last}.lastDescendant"]
        case Tie.CONTEXT:
            place, size = f"{first}.contextPlace", 1 << schema.POSITION_BITS
            within = f"reach / {size} <= {place} AND {place} <= reach % {size}"
            return [f"any(reach IN {last}.contextTo WHERE {within})"]
        case None:
            return []


def is_one_pattern(chain: Chain) -> bool:
    """Whether one MATCH can hold the chain: no edge type in two relations.

    Neo4j never walks one edge twice in a MATCH; the two edges of a tie are never one.
    """
    edges = [edge for relation in chain.relations for edge in {hop.edge for hop in relation.hops}]
    return len(edges) == len(set(edges))


def where_(expressions: list[str]) -> str:
    """A WHERE of expressions that must all hold; nothing where there are none."""
    return f" WHERE {' AND '.join(expressions)}" if expressions else ""


def joined(word: str, parts: list[str], empty: str) -> str:
    """Expressions joined by AND or OR; ``empty`` where there are none."""
    if not parts:
        return empty
    return parts[0] if len(parts) == 1 else f"({word.join(parts)})"
