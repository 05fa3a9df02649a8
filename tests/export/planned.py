"""Small exports with a plan, for tests of how exports are worked off."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from cohortgraph.client import Client
from cohortgraph.export.folder import Folder

from ..ingest.archives import image, write


def cohort(client: Client, data: Path, series: int, objects: int = 2) -> Client:
    """A frozen cohort ``all`` of small series."""
    for s in range(series):
        for n in range(objects):
            held = image(
                f"1.2.{s}.{n}",
                SeriesInstanceUID=f"1.3.{s}",
                StudyInstanceUID=f"1.4.{s % 3}",
                PatientID=f"P{s % 2}",
                ImageComments="x" * 1000 * (s + 1),
            )
            write(data / f"{s}-{n}.dcm", held)
    client.ingest([data], "small", workers=1)
    client.create_cohort("all", {"patients": {}})
    client.freeze_cohort("all")
    return client


def planned(client: Client, out: Path, ref: str = "all") -> Folder:
    """The plan of the export of a cohort's objects, as they are."""
    from cohortgraph.export.plan.options import Options
    from cohortgraph.export.planning.objects import plan_objects
    from cohortgraph.export.source import snapshot

    place = Folder(out)
    place.inner.mkdir(parents=True)
    with snapshot(client._cohorts, ref) as source:
        plan_objects(client._store.engine, source, Options("dicom"), place.plan)
    return place


def contents(folder: Path) -> dict[str, str]:
    """Relative path → SHA-256 of everything in an export but the time at which it was made."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            if path == folder / "manifest.json":
                told = json.loads(data)
                del told["created"]
                data = json.dumps(told, sort_keys=True).encode()
            found[str(path.relative_to(folder))] = hashlib.sha256(data).hexdigest()
    return found
