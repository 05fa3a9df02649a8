"""The manifest of a question's objects: UIDs, files and their digests, as JSON and CSV."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from ..dicom.location import open_location
from ..graph.engine import Engine, Row, rows
from ..queries import Answer
from ..queries.parse import INCLUDE, STATES
from ..version import __version__

COLUMNS = ("patientID", "studyInstanceUID", "seriesInstanceUID", "sopInstanceUID", "location", "digest")
_BLOCK = 1 << 20
_BELOW = {
    "patients": "(:Patient {id: key})-[:HAS_STUDY]->(:Study)-[:HAS_SERIES]->(:Series)-[:HAS_INSTANCE]->(i:Instance)",
    "studies": "(:Study {id: key})-[:HAS_SERIES]->(:Series)-[:HAS_INSTANCE]->(i:Instance)",
    "series": "(:Series {id: key})-[:HAS_INSTANCE]->(i:Instance)",
    "instances": "(i:Instance {id: key})",
}
_LOCATED = """
WITH DISTINCT i
MATCH (i)<-[:HAS_INSTANCE]-(s:Series)<-[:HAS_SERIES]-(t:Study)<-[:HAS_STUDY]-(p:Patient)
RETURN p.id AS patient, p.patientID AS patientID, t.id AS studyInstanceUID, s.id AS seriesInstanceUID,
       i.id AS sopInstanceUID, i.locations AS locations, i.rejected AS rejected, i.superseded AS superseded
"""


@dataclass(frozen=True, slots=True)
class Written:
    """What a manifest holds; ``warnings`` name files that are gone."""

    objects: int
    patients: int
    warnings: list[str]


def write(engine: Engine, answer: Answer, question: Mapping[str, Any], folder: Path) -> Written:
    """Write ``manifest.json`` and ``manifest.csv`` of every object under the hits of an answer that
    takes part in the question (semantics 4.3).

    An object under a patient, study or series is any of theirs; under a segment or item, the object that holds it. Each
    row names patient, study, series and SOP Instance UID, the first location that can be read and the SHA-256 of the
    file there; an object whose files are all gone keeps its row, with an empty digest and a warning.
    """
    folder.mkdir(parents=True, exist_ok=True)
    listed, warnings = [], []
    left_out = set(STATES) - set(question.get(INCLUDE) or ())
    for row in _objects(engine, answer):
        if any(row[state] for state in left_out):
            continue
        location, digest = _digest(row["locations"] or [])
        if not digest:
            warnings.append(
                f"{row['sopInstanceUID']}: none of its files can be read; the first was {location or 'not kept'}"
            )
        listed.append({**row, "location": location, "digest": digest})
    entries = [{name: row[name] for name in COLUMNS} for row in listed]
    about = {"cohortgraph": __version__, "question": question, "level": answer.level, "storeVersion": engine.version()}
    (folder / "manifest.json").write_text(
        json.dumps({**about, "objects": entries}, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8"
    )
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(entries)
    return Written(len(entries), len({row["patient"] for row in listed}), warnings)


def _objects(engine: Engine, answer: Answer) -> list[Row]:
    """Every object under the hits, once, by patient, study, series and SOP Instance UID."""
    level = answer.level if answer.level in _BELOW else "instances"
    keys = list(
        dict.fromkeys(hit["id"].partition("#")[0] if level == "instances" else hit["id"] for hit in answer.hits)
    )
    found = rows(engine.read(f"UNWIND $keys AS key MATCH {_BELOW[level]} {_LOCATED}", {"keys": keys})) if keys else []
    by_uid = {row["sopInstanceUID"]: row for row in found}
    return sorted(by_uid.values(), key=lambda row: [row[name] or "" for name in ("patient", *COLUMNS[1:4])])


def _digest(locations: list[str]) -> tuple[str, str]:
    """The first readable location and the SHA-256 of the file there."""
    for uri in locations:
        try:
            with open_location(uri) as stream:
                digest = hashlib.sha256()
                while block := stream.read(_BLOCK):
                    digest.update(block)
                return uri, digest.hexdigest()
        except OSError:
            continue
    return next(chain(locations, [""])), ""
