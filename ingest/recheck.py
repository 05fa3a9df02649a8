"""Check a store: every kept header is read again, and what it says compared with what is stored."""

from __future__ import annotations

from ..dicom import header
from ..graph.declared import reading
from ..graph.engine import rows
from ..graph.facts import InstanceFacts
from ..graph.reading import check as graph_check
from ..graph.reading.check import Problem
from ..graph.store.directory import Store
from .readers import ReadContext, read
from .reading import quiet


def check(store: Store) -> list[Problem]:
    """List all problems of a store; see :func:`cohortgraph.graph.reading.check.check`."""
    found = rows(store.engine.read("MATCH (d:Dataset) RETURN d.id AS id, d.assigningAuthority AS authority"))
    authorities = {row["id"]: row["authority"] or "" for row in found}

    declared = reading(store.engine).tags

    def reread(blob: bytes, dataset: str) -> InstanceFacts:
        with quiet():
            return read(
                header.restore(blob), ReadContext(dataset, authority=authorities.get(dataset, ""), declared=declared)
            )

    return graph_check.check(store.engine, store.headers, reread)
