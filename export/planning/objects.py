"""The plan of an export of DICOM objects as they are, or of where they lie: a sample for each series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, groupby
from pathlib import Path

from ...cohorts.contents import Frozen
from ...graph.asking import along, ask, ids
from ...graph.engine import Engine
from ...ingest.outcome import Progress
from ..names import patient_folders, uid_name
from ..plan.file import write_plan
from ..plan.kept import KeptHeaders
from ..plan.model import Head, PlannedObject, PlannedSeries, Sample
from ..plan.options import Options
from ..source import Source
from ..terms import allow
from .identity import identity_of
from .read import counted, sources_of


def plan_objects(
    engine: Engine,
    source: Source,
    options: Options,
    file: Path,
    progress: Progress | None = None,
    headers: KeptHeaders | None = None,
) -> int:
    """Write the plan of an export as ``dicom`` or ``manifest``; how many series it has.

    Raises
    ------
    UsageError
        where terms of use forbid the purpose.
    """
    read: Counter[str] = Counter()
    identity = identity_of(source.identity, options)

    def headed() -> Head:
        sources = sources_of(engine, read)
        terms = allow(sources, options.purpose, options.override)
        return Head(identity, options.form, {**source.about, "terms": terms.to_dict()}, options.to_dict(), sources)

    samples = counted(_samples(engine, source.pages, source.patient_ids), read, set(), source.objects, progress)
    return write_plan(file, samples, headed, headers)


def _samples(engine: Engine, pages: Iterable[list[Frozen]], patient_ids: Mapping[str, str]) -> Iterator[Sample]:
    folders = patient_folders(patient_ids)
    found = chain.from_iterable(located(engine, page) for page in pages)
    for (patient, study, series), group in groupby(found, key=lambda each: _key(each[0])):
        pairs = list(group)
        folder = folders[patient]
        planned = PlannedSeries(series, "", "", "", tuple(each for _, each in pairs))
        name = f"{folder}_{uid_name(study)}_{uid_name(series)}"
        yield Sample(name, series, patient, pairs[0][0].patient_id, "", (planned,), values={"folder": folder})


def _key(frozen: Frozen) -> tuple[str, str, str]:
    return frozen.patient, frozen.study, frozen.series


def located(engine: Engine, page: list[Frozen]) -> Iterator[tuple[Frozen, PlannedObject]]:
    """Frozen objects, wherever they lie now."""
    keys = ids(each.sop_instance_uid for each in page)
    query = "MATCH (i:Instance {id: r.id}) RETURN i.id AS id, i.locations AS locations"
    uris = {row["id"]: tuple(row["locations"] or ()) for row in ask(engine, query, keys)}
    names: dict[str, set[str]] = {}
    query = (
        "MATCH (i:Instance {id: r.id}) OPTIONAL MATCH (i)-[:IN_DATASET]->(d:Dataset) RETURN i.id AS id, d.id AS name"
    )
    for row in along(engine, query, keys, "name"):
        names.setdefault(row["id"], set()).add(row["name"])
    for each in page:
        uid = each.sop_instance_uid
        told = uris.get(uid, ()), tuple(sorted(names.get(uid, ())))
        yield each, PlannedObject(uid, each.study, each.series, each.header_digest, *told, "")
