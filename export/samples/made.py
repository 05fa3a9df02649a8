"""The samples of a snapshot, patient by patient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain, groupby
from typing import Any, Protocol

from ...cohorts.contents import Frozen
from ...graph.engine import Engine
from ..labels.parts import Labelled
from ..plan.kept import KeptHeaders
from ..plan.model import Dropped, Label, LabelSource, Part, PlannedObject, PlannedSeries, Sample
from ..plan.options import Options
from .dating import set_moments
from .gathered import CARRIERS, Gathered, Series, gather
from .picks import BY_TIME, Pick
from .units import LABELLED, READ, read_of, units
from .unused import unused
from .values import Columns

_NAMED = 100
_TOLD = 3
_TOGETHER = 1000
"""Objects that are looked up at once."""


class Chooser(Protocol):
    """Decides which labelled parts become which label."""

    def see(self, parts: Iterable[Labelled]) -> None:
        """Hear of the parts of one object, of each before the first is asked for."""

    def labels(self) -> tuple[Label, ...]:
        """The label table."""

    def part(self, part: Labelled) -> Part | None:
        """What a part becomes; None where it is not wanted."""


@dataclass(slots=True)
class Incomplete:
    """What a snapshot has that no sample holds.

    Attributes
    ----------
    count, first
        Units of which nothing fits a pick; the first of them by name.
    unlabelled
        Units without a label, of a form whose samples have one.
    altered
        SOP Instance UID → why what the graph knows of it is not what was frozen; of objects whose content was wanted.
    modelMade
        Objects that models made, which were not asked for.
    withoutImage
        SOP Instance UIDs of objects with labels of patients that have no sample which would name them; the first ones.
    otherRecord
        SOP Instance UIDs of objects with labels → the patient record that they are of, and that of the images that they
        refer to, which is another one; the first ones.
    withoutSample
        Patients of whom nothing is a unit.
    unused
        Modality → how many objects the form has no use for.
    """

    count: int = 0
    first: list[dict[str, Any]] = field(default_factory=list)
    unlabelled: int = 0
    altered: dict[str, str] = field(default_factory=dict)
    modelMade: int = 0  # noqa: N815  as the manifest spells it
    withoutImage: list[str] = field(default_factory=list)  # noqa: N815
    otherRecord: dict[str, tuple[str, str]] = field(default_factory=dict)  # noqa: N815
    withoutSample: int = 0  # noqa: N815
    unused: dict[str, int] = field(default_factory=dict)

    def add(self, unit: str, lacks: Sequence[str], dropped: Sequence[Dropped]) -> None:
        """Count a unit."""
        self.count += 1
        if len(self.first) < _NAMED:
            reasons = [{"id": each.id, "role": each.role, "reason": each.reason} for each in dropped]
            self.first.append({"unit": unit, "lacks": list(lacks), "dropped": reasons})

    def lose(self, dropped: Iterable[Dropped]) -> None:
        """Name objects with labels that no sample names."""
        for each in dropped:
            if each.reason == _NO_IMAGE and len(self.withoutImage) < _NAMED:
                self.withoutImage.append(each.id)

    def part(self, uid: str, patient: Gathered) -> None:
        """Note an object with labels that is parted from its images."""
        if uid in patient.elsewhere and len(self.otherRecord) < _NAMED:
            self.otherRecord[uid] = patient.patient, patient.elsewhere[uid]

    def see(self, patient: Gathered, wanted: Callable[[PlannedObject], bool]) -> None:
        """Note the altered ones of a patient's objects whose content is wanted from the graph."""
        self.modelMade += len(patient.aside)
        for each in patient.objects():
            if each.sop_instance_uid in patient.altered and wanted(each):
                self.altered[each.sop_instance_uid] = patient.altered[each.sop_instance_uid]

    def leave(self, modalities: Mapping[str, int]) -> None:
        """Count objects that the form has no use for."""
        for modality, number in modalities.items():
            self.unused[modality] = self.unused.get(modality, 0) + number

    def notes(self) -> Iterator[str]:
        """What to know of labels that lie on no image for a reason that can be mended."""
        for own, other in sorted(set(self.otherRecord.values()))[:_TOLD]:
            uids = [uid for uid, records in self.otherRecord.items() if records == (own, other)]
            named = f"{', '.join(uids[:_TOLD])}{' …' if len(uids) > _TOLD else ''}"
            yield (
                f"images that {named} refer to are of the patient record {other}, theirs is {own}; if that is one "
                "person, say so with cohortgraph patients link, and freeze the cohort again"
            )

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def patients(engine: Engine, pages: Iterable[list[Frozen]], *, include_model: bool = False) -> Iterator[Gathered]:
    """The patients of a snapshot with what the graph knows of their objects; some are looked up together."""
    return chain.from_iterable(_looked_up(engine, pages, include_model=include_model))


def _looked_up(engine: Engine, pages: Iterable[list[Frozen]], *, include_model: bool) -> Iterator[list[Gathered]]:
    together: list[Frozen] = []
    for _, objects in groupby(chain.from_iterable(pages), key=lambda each: each.patient):
        together += objects
        if len(together) >= _TOGETHER:
            yield gather(engine, together, include_model=include_model)
            together = []
    if together:
        yield gather(engine, together, include_model=include_model)


def _dated(
    engine: Engine, groups: Iterable[list[Gathered]], picked: Sequence[Pick], headers: KeptHeaders | None
) -> Iterator[Gathered]:
    """Patients whose series know when they were acquired, where picks ask for that."""
    by_time = any(pick.rule in BY_TIME for pick in picked)
    for group in groups:
        if by_time:
            set_moments(engine, group, headers, lambda series: any(pick.fits(series) for pick in picked))
        yield from group


def samples(
    engine: Engine,
    pages: Iterable[list[Frozen]],
    options: Options,
    chooser: Chooser | None,
    picked: Sequence[Pick],
    columns: Columns,
    incomplete: Incomplete,
    headers: KeptHeaders | None = None,
) -> Iterator[Sample]:
    """All samples, without names yet; what is none of them is counted in ``incomplete``.

    Parameters
    ----------
    headers
        Where picks by time read time zones.
    """
    for patient in _dated(engine, _looked_up(engine, pages, include_model=options.include_model), picked, headers):
        incomplete.see(patient, lambda each: not each.kind or (chooser is not None and each.kind in CARRIERS))
        labels, loose = _labels(patient, chooser, options, incomplete) if chooser else ({}, [])
        loose += patient.aside
        held = columns.of(patient)
        kinds, useful = (
            read_of(options, picked),
            {*(patient.parts if chooser else ()), *(each.instance for each in held)},
        )
        incomplete.leave(unused(patient, kinds, useful))
        named = False
        found = list(units(patient, options, picked))
        incomplete.withoutSample += not found and "" not in labels
        for made in found:
            if made.lacks:
                incomplete.add(made.unit, made.lacks, made.dropped)
                continue
            on = tuple(source for _, each in made.series for source in labels.get(each.uid, ()))
            if chooser and options.form in LABELLED and not on:
                incomplete.unlabelled += 1
                continue
            series = [each for _, each in made.series]
            told = columns.values(held, patient, series, {source.object.sop_instance_uid for source in on})
            planned = tuple(_planned(role, each) for role, each in made.series)
            dropped = (*made.dropped, *loose)
            named = True
            yield Sample(made.unit, made.unit, patient.person, patient.patient_id, "", planned, on, told, dropped)
        if not named:
            incomplete.lose(loose)
        for unit, group in groupby(sorted(labels.get("", ()), key=_series_of), key=_series_of):
            alone = tuple(group)
            told = columns.values(
                held, patient, [patient.series[unit]], {source.object.sop_instance_uid for source in alone}
            )
            yield Sample(unit, unit, patient.person, patient.patient_id, "", (), alone, told)


def _series_of(source: LabelSource) -> str:
    return source.object.series


def _planned(role: str, series: Series) -> PlannedSeries:
    objects = tuple(each for each in series.objects if each.kind in READ)
    return PlannedSeries(series.uid, role, series.modality, series.description, objects)


_NO_IMAGE = "no image that it refers to is in the snapshot; freeze the cohort at the level of studies or patients"


def _labels(
    patient: Gathered, chooser: Chooser, options: Options, incomplete: Incomplete
) -> tuple[dict[str, list[LabelSource]], list[Dropped]]:
    """Image series → what lies on it, "" → what lies on a grid of its own; and objects that have no image here."""
    found: dict[str, list[LabelSource]] = {}
    carriers = {each.sop_instance_uid: each for each in patient.objects() if each.kind in CARRIERS}
    loose = [
        Dropped(uid, "label", f"{patient.altered[uid]} since it was frozen; freeze the cohort again")
        for uid in sorted(carriers)
        if uid in patient.altered
    ]
    for uid in sorted(patient.parts):
        parts = tuple(part for each in patient.parts[uid] if (part := chooser.part(each)))
        held = carriers[uid]
        if not parts:
            continue
        images = sorted(
            series
            for series in patient.refers.get(uid, ())
            if series in patient.series and patient.series[series].holds(READ)
        )
        if not images:
            incomplete.part(uid, patient)
        if not images and held.kind == "segmentation" and options.form == "nifti" and options.sample != "pair":
            found.setdefault("", []).append(LabelSource("segmentation", held, "", parts))
        elif not images and uid in patient.elsewhere:
            loose.append(Dropped(uid, "label", f"its image is of another patient record, {patient.elsewhere[uid]}"))
        elif not images:
            loose.append(Dropped(uid, "label", _NO_IMAGE))
        for image in images:
            found.setdefault(image, []).append(LabelSource(CARRIERS[held.kind], held, image, parts))
    return found, loose
