"""The rows of an object itself: its node, where its copies lie, its children and its coded edges."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import schema
from ..engine import Batch
from ..facts import Coded, InstanceFacts, Location

_HAS_CHILD = ("HAS_CHILD", "ContentItem", "ContentItem")
_ABSENT = dict.fromkeys(p.name for p in schema.node("Instance").columns)
"""What a replaced object no longer says must go."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of an instance, to tell new, same and changed objects apart."""

    ordinal: int
    header_digest: str
    locations: tuple[str, ...]
    datasets: tuple[str, ...]


@dataclass(slots=True)
class Copies:
    """Where the copies of an object lie after a batch, and the data sets that it newly belongs to."""

    uris: list[str]
    datasets_added: list[str] = field(default_factory=list)


def copies(
    arriving: Sequence[InstanceFacts],
    locations: Sequence[tuple[str, str, Location]],
    stored: Mapping[str, Stored],
    replaced: Mapping[str, Stored],
    lost: Sequence[tuple[str, str]] = (),
) -> dict[str, Copies]:
    """By SOP Instance UID. The copy whose header is kept comes first; no copy is listed twice."""
    found: dict[str, Copies] = {}
    datasets: dict[str, set[str]] = {}
    for facts in arriving:
        uid = facts.sop_instance_uid
        before = replaced.get(uid)
        # The other copies of a replaced object hold what it was before; it loses its outgoing edges, so that those to
        # its data sets are made again.
        found[uid] = Copies([facts.location.uri])
        found[uid].datasets_added = sorted({facts.dataset, *(before.datasets if before else ())})
        datasets[uid] = set(found[uid].datasets_added)
    for uid, dataset, location in locations:
        if uid not in found:
            found[uid] = Copies(list(stored[uid].locations))
            datasets[uid] = set(stored[uid].datasets)
        found[uid].uris.append(location.uri)
        if dataset not in datasets[uid]:
            datasets[uid].add(dataset)
            found[uid].datasets_added.append(dataset)
    for uid, _ in lost:
        if uid in stored:
            found.setdefault(uid, Copies(list(stored[uid].locations)))
    gone = frozenset(lost)
    for uid, each in found.items():
        each.uris = [uri for uri in dict.fromkeys(each.uris) if (uid, uri) not in gone]
    return found


def write_copies(
    batch: Batch, found: Mapping[str, Copies], stored: Mapping[str, Stored], arriving: Collection[str]
) -> None:
    """Add to ``batch`` the objects' data sets, and the new locations of those that do not arrive but are stored."""
    into = batch.create_edges.setdefault(("IN_DATASET", "Instance", "Dataset"), [])
    for uid, each in found.items():
        into.extend({"source": uid, "target": dataset} for dataset in each.datasets_added)
        if uid not in arriving and each.uris != list(stored[uid].locations):
            batch.set_nodes.setdefault("Instance", []).append({"id": uid, "locations": each.uris or None})


def write(batch: Batch, facts: InstanceFacts, local: dict[str, Any], used: set[str], *, replaces: bool) -> None:
    """Add an object to ``batch``; the concepts that its edges lead to are added to ``used``.

    Parameters
    ----------
    local
        The Instance's properties that its facts don't know: ordinal, lineage, locations.
    replaces
        The Instance is stored: its node is kept.
    """
    uid, ordinal = facts.sop_instance_uid, local["ordinal"]
    if replaces:
        batch.set_nodes.setdefault("Instance", []).append({**_ABSENT, **facts.instance, **local})
    else:
        batch.create_nodes.setdefault("Instance", []).append({**facts.instance, **local})
    edges = batch.create_edges
    _write_codes(batch, "Instance", uid, facts.codes, used)
    for child in facts.children:
        label = child.label
        key = schema.child_key(ordinal, child.position)
        batch.create_nodes.setdefault(label, []).append({**child.properties, "key": key, "position": child.position})
        has = (schema.CHILDREN[label], "Instance", label)
        edges.setdefault(has, []).append({"source": uid, "target": key})
        if child.parent is not None:
            edges.setdefault(_HAS_CHILD, []).append(
                {
                    "source": schema.child_key(ordinal, child.parent),
                    "target": key,
                    "relationshipType": child.properties.get("relationshipType"),
                }
            )
        _write_codes(batch, label, key, child.codes, used)


def _write_codes(batch: Batch, label: str, source: str | int, codes: list[Coded], used: set[str]) -> None:
    for code in codes:
        used.add(code.concept)
        batch.create_edges.setdefault((code.type, label, "Concept"), []).append(
            {**code.properties, "source": source, "target": code.concept}
        )
