"""The root connections: one for each level, answered as a whole by one nested page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from ...client import Client
from ...queries.answers.nested import Answer
from ...queries.answers.wanted import FIRST
from ...queries.counts.facets import Facet
from ...queries.cypher.order import order
from ...queries.language.relations import LEVELS, Level
from .making import Types
from .nodes import connection
from .results import mirror
from .selection import Selection, checked

Fields = dict[str, tuple[str, StrawberryField]]


def declare(types: Types, client: Client) -> Fields:
    """Declare the types of root connections; the connections themselves, as fields of Query."""
    clause: Fields = {
        "path": ("String!", types.field("path", "JSON Pointer of the clause")),
        "ids": ("[String!]", types.field("ids", "the first hundred that satisfied it")),
        "total": ("Int", types.field("total", "how many did")),
        "examined": ("Int", types.field("examined", "of none, every and NOT: how many were looked at")),
        "vacuous": ("Boolean", types.field("vacuous", "there was none to look at")),
    }
    types.object("EvidenceClause", "What satisfied one clause (semantics 6.12).", clause)
    why: Fields = {"id": ("String!", types.field("id")), "clauses": ("[EvidenceClause!]!", types.field("clauses"))}
    types.object("Evidence", "Why a node is a hit.", why)
    counted = {each.name: ("Int!", types.field(each.name, resolver=_total(client, each), cost=2)) for each in LEVELS}
    types.object("Totals", "How many nodes of each level a question lists (semantics 6.11).", counted)
    mirror(types, Facet)
    fields: Fields = {}
    for level in LEVELS:
        name = f"{level.label}Page"
        page = connection(types, level.label) | _further(types, client)
        types.object(name, f"One page of the {level.name} that a question finds.", page)
        fields[level.name] = f"{name}!", _root(types, client, level)
    return fields


def _further(types: Types, client: Client) -> Fields:
    """What a root connection has beside its nodes."""
    by = types.argument("by", "String!", doc="a property or code: modality, segments.type …")
    return {
        "totals": ("Totals!", types.field("totals", "at every level", resolver=_itself)),
        "evidence": ("[Evidence!]!", types.field("evidence", "of each node, in order", resolver=_evidence, cost=10)),
        "facets": ("Facet!", types.field("facets", resolver=_facets(client), arguments=[by], cost=8)),
        "warnings": ("[String!]!", types.field("warnings", "what could not be meant, or was not looked at", cost=5)),
    }


def _root(types: Types, client: Client, level: Level) -> StrawberryField:
    arguments = [
        types.argument("where", f"{level.label}Filter", doc="the filter document below its root key"),
        types.argument("include", "[State!]", doc="objects that else take no part (semantics 4.3)"),
        types.argument("first", "Int!", FIRST),
        types.argument("after", "String"),
        types.argument("orderBy", f"{level.label}Order"),
    ]
    return types.field(level.name, resolver=_page(client, level), arguments=arguments, cost=2)


def _page(client: Client, level: Level) -> Callable[..., Answer]:
    def page(info: strawberry.Info, **_: Any) -> Answer:
        raw = info._raw_info  # the operation's text: what it asks for is read ahead
        selection, asked = Selection(raw), list(raw.field_nodes)
        given = selection.arguments("Query", asked[0])
        document: dict[str, Any] = {level.name: given.get("where") or {}}
        if given.get("include") is not None:
            document["include"] = [each.value for each in given["include"]]
        by = given.get("orderBy")
        return client.page(
            document,
            selection.wanted(level.label, asked, first=checked(given["first"]), after=given.get("after")),
            order=order(level.label, by["by"].value, descending=bool(by.get("descending"))) if by else None,
            total=bool(selection.named(asked, "total")),
            evidence=bool(selection.named(asked, "evidence")),
            warnings=bool(selection.named(asked, "warnings")),
        )

    return page


def _itself(root: Answer) -> Answer:
    return root


def _total(client: Client, level: Level) -> Callable[..., int]:
    def total(root: Answer) -> int:
        return client.count(root.document, level=level.name)

    return total


def _facets(client: Client) -> Callable[..., Facet]:
    def facets(root: Answer, by: str) -> Facet:
        return client.facets(root.document, by)

    return facets


def _evidence(root: Answer) -> list[dict[str, Any]]:
    return [
        {"id": node["id"], "clauses": [_CLAUSE | {"path": path, **told} for path, told in why.items()]}
        for node, why in zip(root.nodes, root.evidence, strict=True)
    ]


_CLAUSE = dict.fromkeys(("ids", "total", "examined", "vacuous"))
