"""The codes of what lies in an object, as an answer shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ...graph import schema
from ...graph.engine import Engine
from ..cypher.compile import Statement
from .listing import KeyValue, read

Codes = dict[str, list[dict[str, str]]]
"""Name of a coded edge → its concepts: ``{"id": "SCT:87878005", "meaning": "Left ventricle"}``."""


def codes(engine: Engine, label: str, values: Sequence[KeyValue]) -> dict[KeyValue, Codes]:
    """The codes of some children of instances, by key; one engine read for each kind of coded edge."""
    found: dict[KeyValue, Codes] = defaultdict(dict)
    for name, type_ in fields(label).items():
        statement = Statement(
            f"UNWIND $keys AS hit MATCH (n:{label} {{key: hit}})-[e:{type_}]->(c:Concept) "
            "RETURN hit, c.id AS id, e.codeMeaning AS meaning",
            {"keys": list(values)},
        )
        for row in sorted(read(engine, statement), key=lambda row: str(row["id"])):
            shown = {"id": row["id"], "meaning": row["meaning"] or ""}
            found[row["hit"]].setdefault(name, []).append(shown)
    return found


def fields(label: str) -> dict[str, str]:
    """What an answer calls the codes of a child of this label, and the type of edge that leads to them."""
    return {
        edge.field: edge.type
        for edge in schema.EDGES
        if edge.field and edge.type != "CODED" and (label, "Concept") in edge.pairs
    }
