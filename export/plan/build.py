"""From a snapshot to a plan: samples, the objects that each reads, the labels that lie on its images.

Patient by patient, so that memory does not grow with the cohort. Only frozen objects take part: a label whose image was
not frozen has nothing to lie on, and is named as dropped.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, groupby
from pathlib import Path
from typing import Protocol

from ...cohorts.contents import Frozen
from ...cohorts.shelf import Shelf
from ...errors import UsageError
from ...graph.datasets import datasets
from ...graph.engine import Engine
from ...ingest.outcome import Event, Progress
from ..fetching.check import KeptHeaders
from ..labels.parts import Labelled
from ..source import snapshot
from .file import write_plan
from .gathered import CARRIERS, Gathered, Series, gather
from .model import Dropped, Head, Label, LabelSource, Part, PlannedSeries, Sample
from .naming import named
from .options import Options, spacing

READ = ("image", "parametricMap", "waveform")
"""Kinds of objects that samples are made of."""
_TERMS = ("title", "license", "doi", "useTerms", "accessConditions", "contact")


class Chooser(Protocol):
    """Decides which labelled parts become which label."""

    def see(self, parts: Iterable[Labelled]) -> None:
        """Hear of the parts of one object, of each before the first is asked for."""

    def labels(self) -> tuple[Label, ...]:
        """The label table."""

    def part(self, part: Labelled) -> Part | None:
        """What a part becomes; None where it is not wanted."""


def build(
    engine: Engine,
    shelf: Shelf,
    ref: str,
    options: Options,
    chooser: Chooser | None,
    file: Path,
    progress: Progress | None = None,
    headers: KeptHeaders | None = None,
) -> int:
    """Write the plan of an export of a snapshot; how many samples it has.

    Parameters
    ----------
    headers
        The store's, which the plan takes along; see :func:`~.file.write_plan`.
    chooser
        Of labels; None where none are wanted.

    Raises
    ------
    UsageError
        where nothing would be exported.
    """
    if chooser:
        with snapshot(shelf, ref) as source:
            for patient in _patients(engine, source.pages):
                for uid, parts in sorted(patient.parts.items()):
                    if options.include_model or uid not in patient.models:
                        chooser.see(parts)
    read: Counter[str] = Counter()
    with snapshot(shelf, ref) as source:
        head = Head(
            _identity(source.identity, options, chooser),
            options.form,
            source.about,
            options.to_dict(),
            (),
            chooser.labels() if chooser else (),
            options.columns,
            spacing(options.resample) if options.resample else None,
        )
        samples = named(_counted(_samples(engine, source.pages, options, chooser), read, source.objects, progress))
        count = write_plan(file, samples, lambda: replace(head, sources=_sources(engine, read)), headers)
    if not count:
        file.unlink()
        raise UsageError(f"{ref} has nothing to export as {options.form}: {_nothing(options, chooser)}")
    return count


def _nothing(options: Options, chooser: Chooser | None) -> str:
    wanted = "an ECG or another waveform" if options.form == "arrays" else "an image series"
    labelled = " on which one of the labels lies" if chooser and options.form in ("nnunet", "monai") else ""
    return (
        f"it holds no object of {wanted}{labelled}; freeze the cohort at the level of patients or studies to hold all"
    )


def _identity(snapshot_digest: str, options: Options, chooser: Chooser | None) -> str:
    labels = [[each.value, each.name, each.concepts, each.priority] for each in chooser.labels()] if chooser else []
    told = [
        snapshot_digest,
        {k: v for k, v in options.to_dict().items() if k not in ("skip_missing", "sources")},
        labels,
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def _sources(engine: Engine, read: Counter[str]) -> tuple[dict[str, object], ...]:
    terms = {each.name: each.properties for each in datasets(engine)}
    return tuple(
        {
            "name": name,
            **{term: terms[name][term] for term in _TERMS if terms.get(name, {}).get(term)},
            "objects": number,
        }
        for name, number in sorted(read.items())
    )


def _counted(
    samples: Iterable[Sample], read: Counter[str], total: int | None, progress: Progress | None
) -> Iterator[Sample]:
    done = 0
    for sample in samples:
        objects = [*chain.from_iterable(each.objects for each in sample.series), *(s.object for s in sample.labels)]
        read.update(name for each in objects for name in each.datasets)
        done += len(objects)
        if progress:
            progress(Event("plan", done, total, 0.0))
        yield sample


def _patients(engine: Engine, pages: Iterable[list[Frozen]]) -> Iterator[Gathered]:
    for _, objects in groupby(chain.from_iterable(pages), key=lambda each: each.patient):
        yield gather(engine, list(objects))


def _samples(
    engine: Engine, pages: Iterable[list[Frozen]], options: Options, chooser: Chooser | None
) -> Iterator[Sample]:
    for patient in _patients(engine, pages):
        labels, loose = _labels(patient, chooser, options) if chooser else ({}, [])
        for unit, series in _units(patient, options):
            on = tuple(source for each in series for source in labels.get(each.uid, ()))
            if chooser and options.form in ("nnunet", "monai") and not on:
                continue
            planned = tuple(_planned(each) for each in series)
            yield Sample(unit, unit, patient.patient, patient.patient_id, "", planned, on, {}, tuple(loose))


def _units(patient: Gathered, options: Options) -> Iterator[tuple[str, list[Series]]]:
    """Public id of each unit, and the series that it reads."""
    wanted = ("waveform",) if options.form == "arrays" else READ[:2]
    read = [each for each in patient.series.values() if each.objects[0].kind in wanted]
    keys: dict[str, Callable[[Series], str]] = {
        "series": lambda each: each.uid,
        "study": lambda each: each.study,
        "patient": lambda each: patient.patient,
    }
    if options.sample not in keys:
        raise UsageError(f"sample is {options.sample!r}; expected one of {', '.join(keys)}")
    key = keys[options.sample]
    for unit, series in groupby(sorted(read, key=lambda each: (key(each), each.uid)), key=key):
        yield unit, list(series)


def _planned(series: Series) -> PlannedSeries:
    objects = tuple(each for each in series.objects if each.kind in READ)
    return PlannedSeries(series.uid, series.modality, series.modality, series.description, objects)


def _labels(
    patient: Gathered, chooser: Chooser, options: Options
) -> tuple[dict[str, list[LabelSource]], list[Dropped]]:
    """Image series → what lies on it; and the label objects that have no image here."""
    found: dict[str, list[LabelSource]] = {}
    loose: list[Dropped] = []
    for uid in sorted(patient.parts):
        parts = tuple(part for each in patient.parts[uid] if (part := chooser.part(each)))
        held = patient.object(uid)
        if not parts or held is None or (uid in patient.models and not options.include_model):
            continue
        images = sorted(
            series
            for series in patient.refers.get(uid, ())
            if series in patient.series and patient.series[series].objects[0].kind in READ
        )
        if not images:
            loose.append(Dropped(uid, "label", "no image that it refers to is in the snapshot"))
        for image in images:
            found.setdefault(image, []).append(LabelSource(CARRIERS[held.kind], held, image, parts))
    return found, loose
