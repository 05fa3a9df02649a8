"""What else of a store can be asked for: its concepts, data sets, counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from ...client import Client
from ...graph.datasets import Described
from ...graph.reading.digest import Stats
from ...queries.answers.nested import Nodes
from .making import Types
from .nodes import page_info
from .results import mirror
from .selection import Selection, checked

Fields = dict[str, tuple[str, StrawberryField]]
_CONCEPTS = 100


def declare(types: Types, client: Client) -> Fields:
    """Declare their types; the fields of Query."""
    page: Fields = {
        "nodes": ("[Concept!]!", types.field("nodes")),
        "total": ("Int!", types.field("total")),
        "next": ("String", types.field("next", "the `after` of the following page; null on the last")),
        "pageInfo": ("PageInfo!", types.field("pageInfo", resolver=page_info)),
    }
    types.object("ConceptPage", "One page of concepts.", page)
    asked = [
        types.argument("where", "ConceptCondition"),
        types.argument("first", "Int!", _CONCEPTS),
        types.argument("after", "String"),
    ]
    code = [types.argument("id", "String!", doc="SCHEME:value, as a question writes it")]
    return {
        "concept": ("Concept", types.field("concept", resolver=_concept(client), arguments=code, cost=2)),
        "concepts": ("ConceptPage!", types.field("concepts", resolver=_concepts(client), arguments=asked, cost=2)),
        "datasets": (f"[{mirror(types, Described)}!]!", types.field("datasets", resolver=_datasets(client), cost=3)),
        "stats": (f"{mirror(types, Stats)}!", types.field("stats", resolver=_stats(client), cost=30)),
    }


def _concept(client: Client) -> Callable[..., Any]:
    def concept(id: str) -> Any:
        return client.concept(id)

    return concept


def _concepts(client: Client) -> Callable[..., Nodes]:
    def concepts(info: strawberry.Info, **_: Any) -> Nodes:
        raw = info._raw_info
        given = Selection(raw).arguments("Query", raw.field_nodes[0])
        return client.concepts(given.get("where") or {}, first=checked(given["first"]), after=given.get("after"))

    return concepts


def _datasets(client: Client) -> Callable[..., list[Described]]:
    def datasets() -> list[Described]:
        return client.datasets()

    return datasets


def _stats(client: Client) -> Callable[..., Stats]:
    def stats() -> Stats:
        return client.stats()

    return stats
