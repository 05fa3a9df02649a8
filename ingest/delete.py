"""Deleting a data set: chunk by chunk, each one transaction, so that a deletion that was stopped goes on.

An object of another data set too stays, and is then what it would be had only the other one been ingested: read for
the other's authority (semantics 1.5), without the copies that lay in the deleted one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..dicom import header
from ..errors import NotFound
from ..graph.asking import along, ask, ids
from ..graph.declared import reading
from ..graph.engine import Batch, Engine, rows
from ..graph.facts import InstanceFacts, Location
from ..graph.store.directory import Store
from ..graph.writing.writer import Writer
from ..registry import Registry
from .kept import keep_measures
from .outcome import Event, Progress
from .owned import owned
from .readers import ReadContext, read
from .reading import quiet, reread

CHUNK = 500
"""Objects in one transaction."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many objects were removed, and how many stay for another data set."""

    removed: int = 0
    kept: int = 0


def delete_dataset(store: Store, name: str, *, progress: Progress | None = None) -> Deleted:
    """Remove a data set with the objects that belong to no other; again after a stop, it goes on.

    Raises
    ------
    NotFound
        where there is none of that name.
    """
    engine = store.engine
    began = time.monotonic()
    with owned(store), Registry(store.registry_path) as registry:
        known = rows(engine.read("MATCH (d:Dataset {id: $id}) RETURN d.id AS id", {"id": name}))
        if not known and not registry.knows(name):
            raise NotFound(f"there is no data set {name!r}; cohortgraph datasets list names them")
        writer = Writer(engine, store.headers, reread)
        total = _remaining(engine, name)
        removed = kept = 0
        # The last first: the instance of the smallest UID gives a Series its values (semantics 1.8) and leaves last.
        while chunk := _chunk(engine, name):
            stored = writer.stored(chunk)
            shared = [uid for uid in chunk if len(stored[uid].datasets) > 1]
            writer.delete(set(chunk) - set(shared))
            if shared:
                _let_go(store, writer, registry, name, shared)
            kept += len(shared)
            removed += len(chunk) - len(shared)
            if progress:
                progress(Event("delete", removed + kept, total, time.monotonic() - began))
        registry.forget(name)
        if known:
            engine.write(Batch(drop_nodes={"Dataset": [name]}))
    return Deleted(removed, kept)


def _remaining(engine: Engine, name: str) -> int:
    query = "MATCH (d:Dataset {id: $id})<-[:IN_DATASET]-(i:Instance) RETURN count(i) AS n"
    return int(rows(engine.read(query, {"id": name}))[0]["n"])


def _chunk(engine: Engine, name: str) -> list[str]:
    query = (
        f"MATCH (d:Dataset {{id: $id}})<-[:IN_DATASET]-(i:Instance) RETURN i.id AS id ORDER BY id DESC LIMIT {CHUNK}"
    )
    return [row["id"] for row in rows(engine.read(query, {"id": name}))]


def _let_go(store: Store, writer: Writer, registry: Registry, name: str, shared: Sequence[str]) -> None:
    """Take objects out of the data set that stay for another one."""
    engine = store.engine
    stored = writer.stored(shared)
    elsewhere = {uid: sorted(set(found.datasets) - {name}) for uid, found in stored.items()}
    gone = registry.only_in(name, shared)
    locations = {
        uid: [uri for uri in found.locations if uri not in gone] or list(found.locations)
        for uid, found in stored.items()
    }
    moved = _of_other_people(store, {uid: (stored[uid].header_digest, elsewhere[uid][0]) for uid in shared})
    if moved:
        arriving = [replace(facts, location=Location(locations[facts.sop_instance_uid][0])) for facts in moved]
        writer.commit(replace=arriving)
    batch = Batch(
        drop_edges={("IN_DATASET", "Instance", "Dataset"): [{"source": uid, "target": name} for uid in shared]},
        set_nodes={"Instance": [{"id": uid, "locations": locations[uid]} for uid in shared]},
    )
    engine.write(batch)


def _of_other_people(store: Store, shared: dict[str, tuple[str, str]]) -> list[InstanceFacts]:
    """Those of the objects that the other data set's authority gives to another patient, read for it.

    Parameters
    ----------
    shared
        SOP Instance UID → digest of its header, the data set that it stays for.
    """
    engine = store.engine
    query = (
        "MATCH (i:Instance {id: r.id}) "
        "OPTIONAL MATCH (i)<-[:HAS_INSTANCE]-(:Series)<-[:HAS_SERIES]-(:Study)<-[:HAS_STUDY]-(p:Patient) "
        "RETURN i.id AS id, p.id AS patient"
    )
    patients = {row["id"]: row["patient"] for row in along(engine, query, ids(shared), "patient")}
    query = "MATCH (d:Dataset {id: r.id}) RETURN d.id AS id, d.assigningAuthority AS authority"
    names = {dataset for _, dataset in shared.values()}
    authorities = {row["id"]: row["authority"] or "" for row in ask(engine, query, ids(names))}
    declared = reading(engine).tags
    found = []
    for uid, (digest, dataset) in shared.items():
        blob = store.headers.get(digest)
        with quiet():
            facts = read(header.restore(blob), ReadContext(dataset, authority=authorities[dataset], declared=declared))
        if facts.patient["id"] != patients[uid]:
            facts.header, facts.instance["headerDigest"] = blob, digest
            keep_measures(engine, facts)
            found.append(facts)
    return found
