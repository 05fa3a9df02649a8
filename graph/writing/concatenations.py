"""Parts of a concatenation are one logical instance (semantics 4.4; PS3.3 C.7.6.16.2.2.4).

The first part that is here stands for all: it says what all parts say together, the others take no part in questions.
What each part says by itself is kept on its PART_OF edge, so that parts may come and go in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .. import schema
from ..asking import ask, ids
from ..engine import Batch, Engine, Row
from ..facts import InstanceFacts, Properties

CONCATENATION = "Concatenation"
SAID = tuple(p.name for p in schema.edge("PART_OF").properties)
"""What a part says that all parts say together, and its place among them."""

_NUMBER, _TOTAL, _FRAMES = "inConcatenationNumber", "inConcatenationTotalNumber", "numberOfFrames"
_VARYING = tuple(name for name in SAID if name not in (_NUMBER, _TOTAL, _FRAMES))
MERGED = ("part", _FRAMES, *(f"{name}{end}" for name in _VARYING for end in ("", "Min", "Max")))
"""The properties of an Instance that are not its own alone where it is a part."""

Said = Mapping[str, Any]
Parts = Mapping[str, Said]
"""SOP Instance UID → what that part says."""


def uid_of(facts: InstanceFacts) -> str:
    """The Concatenation UID of a part; empty of any other object."""
    return str(facts.instance.get("concatenationUID") or "")


def said(instance: Mapping[str, Any]) -> Properties:
    """What a part says, as properties of its PART_OF edge."""
    return {name: instance[name] for name in SAID if instance.get(name) is not None}


def logical(parts: Parts) -> dict[str, Row]:
    """The MERGED properties of each part: those of all on the first, its own on each other."""
    order = sorted(parts, key=lambda uid: (parts[uid].get(_NUMBER) or 0, uid))
    together: dict[str, Any] = {_FRAMES: sum(each.get(_FRAMES) or 0 for each in parts.values()) or None}
    for name in _VARYING:
        together[name] = sorted({value for each in parts.values() for value in each.get(name) or ()}) or None
    return {uid: _merged(together if uid == order[0] else parts[uid], uid != order[0]) for uid in order}


def missing(parts: Parts) -> list[int]:
    """The In-concatenation Numbers that are not here, as far as the parts tell."""
    here = {each.get(_NUMBER) or 0 for each in parts.values()}
    last = max(*here, *(each.get(_TOTAL) or 0 for each in parts.values()), 0)
    return sorted({*range(1, last + 1)} - here)


def write(engine: Engine, batch: Batch, hubs: Mapping[str, Parts], arriving: Iterable[str]) -> None:
    """Add to ``batch`` what these concatenations' parts say from now on; ``hubs`` holds all their parts."""
    own = {row["id"]: row for rows in (batch.create_nodes, batch.set_nodes) for row in rows.get("Instance", ())}
    wanted = {uid: row for parts in hubs.values() for uid, row in logical(parts).items()}
    here = wanted.keys() & set(arriving)
    for uid in here:
        own[uid].update(wanted[uid])
    named = ", ".join(f"i.{name} AS {name}" for name in MERGED)
    for row in ask(engine, f"MATCH (i:Instance {{id: r.id}}) RETURN i.id AS id, {named}", ids(wanted.keys() - here)):
        if any(row[name] != value for name, value in wanted[row["id"]].items()):
            batch.set_nodes.setdefault("Instance", []).append({"id": row["id"], **wanted[row["id"]]})
    created = {row["id"]: row for row in batch.create_nodes.get(CONCATENATION, ())}
    for hub, parts in hubs.items():
        lacks = {"missingParts": missing(parts) or None}
        if hub in created:
            created[hub].update(lacks)
        else:
            batch.set_nodes.setdefault(CONCATENATION, []).append({"id": hub, **lacks})


def _merged(values: Said, hidden: bool) -> Row:
    row: Row = {"part": True if hidden else None, _FRAMES: values.get(_FRAMES)}
    for name in _VARYING:
        numbers = values.get(name)
        row |= {name: numbers, f"{name}Min": min(numbers) if numbers else None}
        row[f"{name}Max"] = max(numbers) if numbers else None
    return row
