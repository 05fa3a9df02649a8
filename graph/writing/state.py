"""Which objects are superseded or rejected, kept as references come and go (semantics 4.3).

SUPERSEDES and REJECTS follow from references of that basis; ``superseded`` and ``rejected`` say of an Instance whether
such an edge leads to it. A report in either state shows nothing (semantics 5): its SHOWS edges are SHOWED until then.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..asking import ask, ids
from ..engine import Batch, EdgeKey, Engine, Row
from .references import Change

EDGES = {"predecessor": "SUPERSEDES", "rejection": "REJECTS"}
"""Basis of a reference between objects → the edge that follows from it."""
STATES = {"superseded": "SUPERSEDES", "rejected": "REJECTS"}
"""Property of an Instance → the edge that leads to it."""

_SHOWS: EdgeKey = ("SHOWS", "Instance", "Concept")
_SHOWED: EdgeKey = ("SHOWED", "Instance", "Concept")


def write(engine: Engine, batch: Batch, change: Change) -> None:
    """Add to a ``batch`` whose references are planned the edges and states that follow from them."""
    arriving = {facts.sop_instance_uid: facts for facts, _ in change.arriving}
    brought = _follow(batch)
    leaving = change.leaving.keys()
    touched = {target for pairs in brought.values() for _, target in pairs} | (leaving - change.deleted)
    for edge in STATES.values():
        query = f"MATCH (i:Instance {{id: r.id}})-[:{edge}]->(t:Instance) RETURN DISTINCT t.id AS id"
        touched.update(row["id"] for row in ask(engine, query, ids(leaving)))
    touched -= change.deleted
    if not touched:
        return
    states: dict[str, Row] = {uid: {} for uid in touched}
    for name, edge in STATES.items():
        query = f"MATCH (i:Instance {{id: r.id}})<-[:{edge}]-(h:Instance) RETURN i.id AS id, h.id AS holder"
        held = {row["id"] for row in ask(engine, query, ids(touched)) if row["holder"] not in leaving}
        held |= {target for _, target in brought[edge]}
        for uid, state in states.items():
            state[name] = True if uid in held else None
    own = {row["id"]: row for rows in (batch.create_nodes, batch.set_nodes) for row in rows.get("Instance", ())}
    for uid in arriving.keys() & touched:
        own[uid].update(states[uid])
    excluded = {uid for uid, state in states.items() if any(state.values())}
    _move(batch.create_edges, {uid for uid in excluded & arriving.keys() if arriving[uid].instance["kind"] == "report"})
    _change_stored(engine, batch, {uid: states[uid] for uid in touched - arriving.keys()})


def _follow(batch: Batch) -> dict[str, set[tuple[str, str]]]:
    """The edges that follow from the batch's own references: type → (source, target)."""
    brought: dict[str, set[tuple[str, str]]] = {edge: set() for edge in EDGES.values()}
    for row in batch.create_edges.get(("REFERENCES", "Instance", "Instance"), ()):
        edge = EDGES.get(row.get("basis") or "")
        if edge and row["source"] != row["target"]:
            brought[edge].add((row["source"], row["target"]))
    for edge, pairs in brought.items():
        if pairs:
            batch.create_edges[(edge, "Instance", "Instance")] = [
                {"source": source, "target": target} for source, target in sorted(pairs)
            ]
    return brought


def _move(edges: dict[EdgeKey, list[Row]], reports: Iterable[str]) -> None:
    """Let arriving reports show nothing."""
    silent = set(reports)
    if silent:
        rows = edges.get(_SHOWS, [])
        edges[_SHOWS] = [row for row in rows if row["source"] not in silent]
        edges.setdefault(_SHOWED, []).extend(row for row in rows if row["source"] in silent)


def _change_stored(engine: Engine, batch: Batch, states: dict[str, Row]) -> None:
    query = (
        "MATCH (i:Instance {id: r.id}) "
        "RETURN i.id AS id, i.kind AS kind, i.superseded AS superseded, i.rejected AS rejected"
    )
    turned: dict[EdgeKey, list[str]] = {_SHOWS: [], _SHOWED: []}
    for row in ask(engine, query, ids(states)):
        state = states[row["id"]]
        if {name: row[name] or None for name in STATES} == state:
            continue
        batch.set_nodes.setdefault("Instance", []).append({"id": row["id"], **state})
        if row["kind"] == "report" and any(state.values()) != any(row[name] for name in STATES):
            turned[_SHOWS if any(state.values()) else _SHOWED].append(row["id"])
    for before, after in ((_SHOWS, _SHOWED), (_SHOWED, _SHOWS)):
        query = f"MATCH (i:Instance {{id: r.id}})-[:{before[0]}]->(c:Concept) RETURN i.id AS source, c.id AS target"
        if moved := ask(engine, query, ids(turned[before])):
            batch.drop_edges.setdefault(before, []).extend(moved)
            batch.create_edges.setdefault(after, []).extend(dict(row) for row in moved)
