"""The root connections: one for each level, answered as a whole by one nested page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from ...client import Client
from ...queries.order import order
from ...queries.relations import LEVELS, Level
from ...queries.wanted import FIRST
from .making import Types
from .nodes import connection
from .results import mirror
from .selection import Selection, checked

Fields = dict[str, tuple[str, StrawberryField]]


def declare(types: Types, client: Client) -> Fields:
    """Declare the types of root connections; the connections themselves, as fields of Query."""
    from ...queries.facets import Facet

    facet = mirror(types, Facet)
    totals = {level.name: ("Int!", types.field(level.name, resolver=_counter(client, level), cost=2)) for level in LEVELS}
    types.object("Totals", "How many nodes of each level a question lists (semantics 6.11).", totals)
    _evidence(types)
    fields: Fields = {}
    for level in LEVELS:
        further: Fields = {
            "totals": ("Totals!", types.field("totals", "at every level", resolver=_itself)),
            "evidence": ("[Evidence!]!", types.field("evidence", "why each of these nodes is a hit", cost=10)),
            "warnings": ("[String!]!", types.field("warnings", "what could not be meant, or was not looked at", cost=5)),
            "facets": (
                f"{facet}!",
                types.field(
                    "facets",
                    "counts by a property or code: modality, segments.type …",
                    resolver=partial_of(_facets, client),
                    arguments=[types.argument("by", "String!")],
                    cost=8,
                ),
            ),
        }
        name = f"{level.label}Page"
        types.object(name, f"One page of the {level.name} that a question finds.", connection(types, level.label) | further)
        fields[level.name] = f"{name}!", _root(types, client, level)
    return fields


def _root(types: Types, client: Client, level: Level) -> StrawberryField:
    arguments = [
        types.argument("where", f"{level.label}Filter", None, "the filter document below its root key"),
        types.argument("include", "[State!]", None, "objects that would take no part (semantics 4.3)"),
        types.argument("first", "Int!", FIRST),
        types.argument("after", "String", None),
        types.argument("orderBy", f"{level.label}Order", None),
    ]
    return types.field(level.name, resolver=_page(client, level), arguments=arguments, cost=2)


def _page(client: Client, level: Level) -> Callable[..., Any]:
    def page(info: strawberry.Info, **_: Any) -> dict[str, Any]:
        raw = info._raw_info  # the text itself: what it asks for is read ahead
        selection = Selection(raw)
        page = list(raw.field_nodes)
        given = selection.arguments("Query", page[0])
        document: dict[str, Any] = {level.name: given.get("where") or {}}
        if given.get("include") is not None:
            document["include"] = [str(each) for each in given["include"]]
        by = given.get("orderBy")
        wanted = selection.wanted(level.label, page, first=checked(given["first"]), after=given.get("after"))
        answer = client.page(
            document,
            wanted,
            order=order(level.label, by["by"], descending=bool(by.get("descending"))) if by else None,
            total=bool(selection.named(page, "total")),
            evidence=bool(selection.named(page, "evidence")),
            warnings=bool(selection.named(page, "warnings")),
        )
        return Page(answer, document)

    return page
