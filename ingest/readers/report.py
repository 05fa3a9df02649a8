"""Structured Reports and Key Object Selections, of any template (PS3.3 A.35, C.17.3)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pydicom.dataset import Dataset

from ...errors import ReadError
from ...graph.facts import Child, Coded, InstanceFacts, Reference
from ...graph.schema import POSITION_BITS
from .common import warn
from .content import items, links, names, tree
from .content.context import contexts, own
from .content.edges import add_context
from .content.nodes import Node, node_of
from .content.references import BASIS
from .content.scopes import add_scopes
from .content.shows import shown


def read_report(ds: Dataset, facts: InstanceFacts) -> None:
    """Add to ``facts`` the whole content tree of a document with its context, and what the document shows.

    Raises
    ------
    ReadError
        where the tree has more items than a store can number.
    """
    found, by_reference = tree.walk(ds)
    if len(found) > 1 << POSITION_BITS:
        raise ReadError(f"the document has {len(found)} content items; a store numbers {1 << POSITION_BITS}")
    warnings: dict[str, None] = {}

    def note(path: str, message: str) -> None:
        warnings[f"content item {path}: {message}"] = None

    children: list[Child] = []
    nodes: list[Node] = []
    for item in found:
        before = len(facts.references)
        child = items.read(facts, item, partial(note, item.path))
        children.append(child)
        nodes.append(node_of(child, refers=len(facts.references) > before))
    facts.references.extend(_series(children, nodes))
    for link in by_reference:
        links.read(facts, link, partial(note, link.path))
    if cycle := tree.cycle(found, by_reference):
        named = cycle if len(cycle) < 10 else [*cycle[:5], "…", *cycle[-3:]]
        warnings[f"content items refer to one another in a cycle: {' → '.join(named)}"] = None
    told = own(nodes)
    context = contexts(nodes, told)
    add_context(facts, children, nodes, context)
    if not add_scopes(children, nodes, told):
        warnings["content items give context in more places than a store keeps: `context` finds none of it"] = None
    facts.children.extend(children)
    facts.codes.extend(Coded("SHOWS", concept) for concept in dict.fromkeys(shown(children, nodes, context)))
    if warnings:
        warn(facts, *warnings)


def _series(children: list[Child], nodes: list[Node]) -> Iterator[Reference]:
    """References of the object to the series that UIDREF items name."""
    for child, node in zip(children, nodes, strict=True):
        uid, path = child.properties.get("uid"), child.properties["path"]
        if uid and node.name in names.SERIES:
            yield Reference(series_instance_uid=str(uid), properties={"basis": BASIS, "path": path})
