"""What an answer says of each node: its own properties and codes, and the UIDs above it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from ...graph import schema
from ...graph.engine import Engine
from ..cypher.compile import Statement
from ..cypher.patterns import Ref, hops
from ..language.relations import lineage, walk
from .codes import codes
from .listing import Key, KeyValue, read

_ABOVE = {
    "Patient": ("patientID", "patientID"),
    "Study": ("studyInstanceUID", "id"),
    "Series": ("seriesInstanceUID", "id"),
    "Instance": ("sopInstanceUID", "id"),
}
"""Label of an ancestor → what a hit calls its identity, and the property that holds it."""

_INTERNAL = frozenset(
    {"key", "position", "ordinal", "contributors", "lineage", "otherAttributes", "lastDescendant"}
    | {"contextPlace", "contextTo"}
)


def hits(engine: Engine, label: str, keys: Sequence[Key]) -> list[dict[str, Any]]:
    """One dict for each key, in their order: ``id``, the identities above, the node's codes and its properties."""
    if not keys:
        return []
    found: dict[KeyValue, dict[str, Any]] = {}
    rows = read(engine, statement(label, [key.value for key in keys]))
    for row in sorted(rows, key=lambda row: str(row.get("patientID"))):  # of several patients of a study, one
        found.setdefault(row.pop("hit"), row)
    coded = codes(engine, label, list(found)) if schema.node(label).is_child else {}
    return [_shown(label, key, found[key.value]) | coded.get(key.value, {}) for key in keys if key.value in found]


def statement(label: str, values: Sequence[KeyValue]) -> Statement:
    """The statement that reads the properties of some nodes of one label, and the identities above them."""
    declared = schema.node(label)
    node = Ref("n", label)
    lines = ["UNWIND $keys AS hit", f"MATCH (n:{label} {{{declared.key.name}: hit}})"]
    columns = ["hit"]
    for above in lineage(label):
        name, property_ = _ABOVE.get(above, ("", ""))
        at = node
        if above != label:
            at = Ref(above.lower(), above)
            lines.append(f"MATCH (n){hops(walk(label, above) or (), at)}")
        if name:
            columns.append(f"{at.name}.`{property_}` AS `{name}`")
    own = (name for name in properties(label) if f"AS `{name}`" not in " ".join(columns))
    columns += [f"n.`{name}` AS `{name}`" for name in own]
    return Statement(f"{' '.join(lines)} RETURN {', '.join(columns)}", {"keys": list(values)})


def above(label: str) -> list[str]:
    """What a hit calls the identities of the nodes above it and, as far as it has one, its own."""
    return [_ABOVE[each][0] for each in lineage(label) if each in _ABOVE]


def properties(label: str) -> list[str]:
    """The stored properties that a hit shows, those of the store's own machinery left out."""
    named = [declared.name for declared in schema.node(label).columns]
    days = {f"{name}Days" for name in named}
    return [name for name in named if name != "id" and name not in _INTERNAL | days]


def _shown(label: str, key: Key, row: dict[str, Any]) -> dict[str, Any]:
    declared = schema.node(label)
    identifier = schema.public_id(row["sopInstanceUID"], label, row[declared.number]) if declared.is_child else key.id
    values = {name: _plain(value) for name, value in row.items() if value is not None and value != []}
    return {"id": identifier, **values}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
