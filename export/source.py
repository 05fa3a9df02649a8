"""What is exported: objects in their order, and what a manifest says of them besides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..cohorts.contents import Frozen
from ..cohorts.model import Snapshot
from ..cohorts.shelf import Document, Shelf
from ..queries import load
from ..version import __version__


@dataclass(frozen=True, slots=True)
class Source:
    """Objects to export.

    Attributes
    ----------
    identity
        What tells one content from another: the digest of a snapshot, or of a question at a version of the store.
    about
        The head of the manifest.
    patient_ids
        Id → Patient ID, of every patient with objects.
    pages
        The objects, by patient, study, series and SOP Instance UID; read once.
    objects
        How many there are, where that is known.
    """

    identity: str
    about: Mapping[str, Any]
    patient_ids: Mapping[str, str]
    pages: Iterable[list[Frozen]]
    objects: int | None = None


@contextmanager
def snapshot(shelf: Shelf, ref: str) -> Iterator[Source]:
    """The objects of a snapshot; its digest, question, codes, curation and counts head the manifest."""
    with shelf.contents(ref) as (frozen, patient_ids, pages):
        yield of_snapshot(frozen, patient_ids, pages)


def of_snapshot(frozen: Snapshot, patient_ids: Mapping[str, str], pages: Iterable[list[Frozen]]) -> Source:
    """A snapshot whose objects are read from somewhere."""
    told = frozen.to_dict()
    ours = {"cohortgraph": __version__, "snapshot": frozen.ref, "snapshotDigest": frozen.digest}
    about = ours | {name: told[name] for name in told if name not in ("cohort", "number", "digest")}
    return Source(frozen.digest, about, patient_ids, pages, frozen.counts["instances"])


@contextmanager
def selected(shelf: Shelf, document: Document, level: str | None, store_version: int) -> Iterator[Source]:
    """The objects that a question selects now."""
    with shelf.selected(document, level) as (found, patient_ids, pages):
        about = {
            "cohortgraph": __version__,
            "question": load(document),
            "level": found.level,
            "storeVersion": store_version,
            "warnings": list(found.warnings),
        }
        told = json.dumps([about["question"], found.level, store_version], sort_keys=True, ensure_ascii=False)
        yield Source(hashlib.sha256(told.encode()).hexdigest(), about, patient_ids, pages)
