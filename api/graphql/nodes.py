"""Object types from the graph's schema: one for each node label, its properties, its codes, its relations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from ...graph import schema
from ...ontology import hierarchy, value_sets
from ...queries.answers.concepts import shipped
from ...queries.answers.rows import properties
from ...queries.answers.wanted import FIRST
from ...queries.language.parse import coded_fields
from ...queries.language.relations import UNRESOLVED, Relation, relations, unresolved
from .inputs import filtered
from .making import Types
from .scalars import OF_TYPE

Fields = dict[str, tuple[str, StrawberryField]]

SHOWN = tuple(filtered())
"""The labels that are nodes of answers."""

_CODED = {each.name: each for edge in schema.EDGES if edge.field for each in edge.properties}
"""What any coded edge says beside its concept."""


def declare(types: Types) -> None:
    """Declare every node type, its connection, and the types of codes and concepts."""
    types.object(
        "PageInfo",
        "Where a page ends.",
        {
            "hasNextPage": ("Boolean!", types.field("hasNextPage")),
            "endCursor": ("String", types.field("endCursor", "the `after` of the following page")),
        },
    )
    types.object("ValueSet", "A context group or value set.", _plain(types, {"name": "", "title": "", "source": ""}))
    types.object("Concept", "A coded concept.", _concept(types))
    types.object("Coded", "An edge to a concept: what the object says, and what it said it with.", _coded(types))
    for label in SHOWN:
        types.object(label, f"{schema.node(label).doc}.", dict(_node(types, label)))
        types.object(f"{label}Connection", f"One page of {label} nodes under another node.", connection(types, label))


def connection(types: Types, label: str) -> Fields:
    """What every page of nodes has."""
    return {
        "nodes": (f"[{label}!]!", types.field("nodes")),
        "total": ("Int!", types.field("total", "how many there are on all pages", cost=1)),
        "next": ("String", types.field("next", "the `after` of the following page; null on the last")),
        "pageInfo": ("PageInfo!", types.field("pageInfo", resolver=page_info)),
    }


def stored(label: str) -> dict[str, schema.Property]:
    """The properties that a node type shows, under each of their names; those that codes and relations have, not."""
    taken = {*relations(label), *coded_fields(label), UNRESOLVED if unresolved(label) else ""}
    shown = {"id": schema.node(label).key, **{each.name: each for each in schema.node(label).columns}}
    kept = {"id", *properties(label)}
    named = {name: declared for name, declared in shown.items() if name in kept}
    aliases = {p.alias: p for p in schema.node(label).columns if p.alias and p.name in kept}
    return {name: declared for name, declared in {**named, **aliases}.items() if name not in taken}


def relation(label: str, name: str) -> Relation | None:
    """The relation of that name, ``unresolved`` included."""
    if name == UNRESOLVED:
        return unresolved(label)
    return relations(label).get(name)


def _node(types: Types, label: str) -> Iterator[tuple[str, tuple[str, StrawberryField]]]:
    for name, declared in stored(label).items():
        type_ = "String!" if name == "id" else OF_TYPE[declared.type]
        doc = f"{declared.doc} ({declared.unit})" if declared.unit else declared.doc
        if name == "id" and schema.node(label).is_child:
            doc = f"<SOP Instance UID>#{schema.node(label).public}/<number>"
        yield name, (type_, types.field(name, doc))
    for name, edge in coded_fields(label).items():
        yield name, ("[Coded!]!", types.field(name, edge.doc))
    names = [*relations(label), *([UNRESOLVED] if unresolved(label) else [])]
    for name in names:
        if found := relation(label, name):
            yield name, _related(types, found)


def _related(types: Types, found: Relation) -> tuple[str, StrawberryField]:
    if not found.plural:
        return found.target, types.field(found.name, resolver=below, cost=1)
    arguments = [
        types.argument("first", "Int!", FIRST),
        types.argument("after", "String"),
        types.argument("all", "Boolean!", False, "also those that the question did not match"),
    ]
    return f"{found.target}Connection!", types.field(found.name, resolver=below, arguments=arguments, cost=1)


def below(root: Any, info: strawberry.Info, **_: Any) -> Any:
    """What was read for this relation, under the name that it has in the answer."""
    return related(root, str(info.path.key))


def related(node: Any, name: str) -> Any:
    """What was read for a relation of a node that the answer calls ``name``."""
    return node[f"{name}()"]


def page_info(root: Any) -> dict[str, Any]:
    """Where a page ends, as clients of other servers know it."""
    return {"hasNextPage": root.next is not None, "endCursor": root.next}


def _plain(types: Types, texts: dict[str, str]) -> Fields:
    return {name: ("String!", types.field(name, doc)) for name, doc in texts.items()}


def _coded(types: Types) -> Fields:
    said = {name: (OF_TYPE[each.type], types.field(name, each.doc)) for name, each in _CODED.items()}
    return {"concept": ("Concept!", types.field("concept")), **said}


def _concept(types: Types) -> Fields:
    columns = schema.node("Concept").properties
    said = {each.name: (OF_TYPE[each.type], types.field(each.name, each.doc)) for each in columns}
    return {
        "id": ("String!", types.field("id", "SCHEME:value (semantics 1.2)")),
        "meaning": ("String!", types.field("meaning", "its shipped name, else one that the data give")),
        **said,
        "parents": ("[Concept!]!", types.field("parents", "directly above", resolver=_parents)),
        "children": ("[Concept!]!", types.field("children", "directly below", resolver=_children)),
        "valueSets": ("[ValueSet!]!", types.field("valueSets", "that it is a member of", resolver=_value_sets)),
    }


def _parents(root: Any) -> list[dict[str, Any]]:
    return [shipped(each) for each in sorted(hierarchy.parents(root["id"]))]


def _children(root: Any) -> list[dict[str, Any]]:
    return [shipped(each) for each in sorted(hierarchy.children(root["id"]))]


def _value_sets(root: Any) -> list[value_sets.ValueSet]:
    return [value_sets.value_set(name) for name in sorted(value_sets.memberships(root["id"]))]
