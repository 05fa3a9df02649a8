"""The plan of an export of DICOM objects as they are: a sample for each series."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, groupby
from pathlib import Path

from ...cohorts.contents import Frozen
from ..names import patient_folders, uid_name
from ..origin import Origin
from ..plan.file import write_plan
from ..plan.kept import KeptHeaders
from ..plan.model import Head, PlannedObject, PlannedSeries, Sample
from ..run import TERMS
from ..source import Source


def plan_objects(origin: Origin, source: Source, file: Path, headers: KeptHeaders | None = None) -> int:
    """Write the plan of an export as ``dicom`` of frozen objects; how many series it has."""
    read: Counter[str] = Counter()
    identity = hashlib.sha256(f"{source.identity} dicom".encode()).hexdigest()
    head = Head(identity, "dicom", source.about, {"form": "dicom"}, ())

    def headed() -> Head:
        terms = {each.name: each.properties for each in origin.datasets()}
        told = [
            {"name": name, **{t: terms[name][t] for t in TERMS if terms.get(name, {}).get(t)}, "objects": number}
            for name, number in sorted(read.items())
        ]
        return replace(head, sources=tuple(told))

    return write_plan(file, _samples(origin, source, read), headed, headers)


def _samples(origin: Origin, source: Source, read: Counter[str]) -> Iterator[Sample]:
    folders = patient_folders(source.patient_ids)
    located = chain.from_iterable(_located(origin, page) for page in source.pages)
    for (patient, study, series), group in groupby(located, key=lambda each: _key(each[0])):
        pairs = list(group)
        objects = tuple(each for _, each in pairs)
        read.update(name for each in objects for name in each.datasets)
        folder, patient_id = folders[patient], pairs[0][0].patient_id
        name = f"{folder}_{uid_name(study)}_{uid_name(series)}"
        planned = PlannedSeries(series, "", "", "", objects)
        yield Sample(name, series, patient, patient_id, "", (planned,), values={"folder": folder})


def _key(frozen: Frozen) -> tuple[str, str, str]:
    return frozen.patient, frozen.study, frozen.series


def _located(origin: Origin, page: list[Frozen]) -> Iterable[tuple[Frozen, PlannedObject]]:
    places = origin.located(page)
    for each in page:
        uris, sets = places.get(each.sop_instance_uid, ([], ""))
        names = tuple(sets.split("; ")) if sets else ()
        yield (
            each,
            PlannedObject(each.sop_instance_uid, each.study, each.series, each.header_digest, tuple(uris), names, ""),
        )
