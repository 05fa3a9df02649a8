"""The manifest of a question's objects: UIDs, files and their digests, as JSON and CSV."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from . import __version__
from .dicom.location import open_location
from .graph.engine import Engine, Row, rows
from .queries import ask, load

COLUMNS = ("patientID", "studyInstanceUID", "seriesInstanceUID", "sopInstanceUID", "location", "digest")
_PAGE = 1000
_LOCATED = """
UNWIND $ids AS id
MATCH (i:Instance {id: id})<-[:HAS_INSTANCE]-(s:Series)<-[:HAS_SERIES]-(t:Study)<-[:HAS_STUDY]-(p:Patient)
RETURN p.id AS patient, p.patientID AS patientID, t.id AS studyInstanceUID, s.id AS seriesInstanceUID,
       i.id AS sopInstanceUID, i.locations AS locations
"""


@dataclass(frozen=True, slots=True)
class Written:
    """What a manifest holds; ``warnings`` name files that are gone."""

    objects: int
    patients: int
    warnings: list[str]


def write(engine: Engine, document: str | Mapping[str, Any], folder: Path) -> Written:
    """Write ``manifest.json`` and ``manifest.csv`` of every object that the question selects.

    Each row names patient, study, series and SOP Instance UID, the first location that can be read and the SHA-256 of
    the file there; an object whose files are all gone keeps its row, with an empty digest and a warning.
    """
    question = load(document)
    folder.mkdir(parents=True, exist_ok=True)
    listed, warnings, patients = [], [], set()
    for row in _objects(engine, question):
        patients.add(row["patient"])
        location, digest = _digest(row["locations"] or [])
        if not digest:
            warnings.append(
                f"{row['sopInstanceUID']}: none of its files can be read; the first was {location or 'not kept'}"
            )
        listed.append({**row, "location": location, "digest": digest})
    entries = [{name: row[name] for name in COLUMNS} for row in listed]
    about = {"cohortgraph": __version__, "question": question, "storeVersion": engine.version()}
    (folder / "manifest.json").write_text(
        json.dumps({**about, "objects": entries}, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8"
    )
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(entries)
    return Written(len(entries), len(patients), warnings)


def _objects(engine: Engine, question: Mapping[str, Any]) -> Iterator[Row]:
    """Every object at instance level, page by page, in the answer's order."""
    after: str | None = None
    while True:
        page = ask(engine, question, level="instances", limit=_PAGE, after=after)
        ids = [hit["id"] for hit in page.hits]
        found = {row["sopInstanceUID"]: row for row in rows(engine.read(_LOCATED, {"ids": ids}))} if ids else {}
        yield from (found[uid] for uid in ids)
        after = page.next
        if after is None:
            return


def _digest(locations: list[str]) -> tuple[str, str]:
    """The first readable location and the SHA-256 of the file there."""
    for uri in locations:
        try:
            with open_location(uri) as stream:
                return uri, hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            continue
    return next(chain(locations, [""])), ""
