"""Who is who: linking Patient records, and listing what files contradict each other about (semantics 1.5, 1.8)."""

from __future__ import annotations

from collections.abc import Sequence

from ..dicom import header
from ..graph.engine import rows
from ..graph.reading import disagreements
from ..graph.store.directory import Store
from ..graph.writing import persons
from ..graph.writing.writer import RecordsOf, Writer
from .owned import owned
from .readers import ReadContext
from .readers.common import begin
from .reading import quiet, reread


def link(store: Store, records: Sequence[str]) -> persons.Group:
    """Make one person of several records, each named by its id or its Patient ID; the ids of all its records.

    Raises
    ------
    UsageError
        where a record is not here, or a Patient ID is that of several.
    """
    with owned(store):
        named = [persons.resolve(store.engine, each) for each in records]
        Writer(store.engine, store.headers, reread).link(named, _records_of(store))
    return persons.linked(store.engine, named)[named[0]]


def unlink(store: Store, record: str) -> str:
    """Make a person of its own of a record that was linked; its id.

    Raises
    ------
    UsageError
        where it is not linked.
    """
    with owned(store):
        named = persons.resolve(store.engine, record)
        Writer(store.engine, store.headers, reread).unlink(named, _records_of(store))
    return named


def conflicts(store: Store) -> list[disagreements.Conflict]:
    """Every contradiction between files about people, studies and series."""
    return disagreements.conflicts(store.engine, lambda digest: reread(store.headers.get(digest)))


def _records_of(store: Store) -> RecordsOf:
    found = rows(store.engine.read("MATCH (d:Dataset) RETURN d.id AS id, d.assigningAuthority AS authority"))
    authorities = {row["id"]: row["authority"] or "" for row in found}
    query = "MATCH (i:Instance {id: $id})-[:IN_DATASET]->(d:Dataset) RETURN d.id AS id"

    def records_of(uid: str, digest: str) -> list[str]:
        datasets = [row["id"] for row in rows(store.engine.read(query, {"id": uid}))]
        with quiet():
            ds = header.restore(store.headers.get(digest))
            return [str(begin(ds, ReadContext(name, authority=authorities[name])).patient["id"]) for name in datasets]

    return records_of
