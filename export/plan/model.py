"""The plan of an export, as plain values that JSON holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Carrier = Literal["segmentation", "structureSet", "report"]
"""What kind of object holds a label: by ``Instance.kind``."""


@dataclass(frozen=True, slots=True)
class PlannedObject:
    """An object to fetch.

    Attributes
    ----------
    header_digest
        Of the frozen header: a file with another one is another object.
    uris
        Where it lies, the first to be tried first.
    datasets
        The data sets that it belongs to, by name.
    kind
        ``Instance.kind``: image, segmentation, waveform …
    """

    sop_instance_uid: str
    study: str
    series: str
    header_digest: str
    uris: tuple[str, ...]
    datasets: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class PlannedSeries:
    """A series that a sample reads: images or waveforms.

    Attributes
    ----------
    role
        What it stands for in the sample: the name of the pick that chose it, else its modality.
    objects
        By SOP Instance UID.
    """

    series: str
    role: str
    modality: str
    description: str
    objects: tuple[PlannedObject, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A labelled part of an object: a segment, a region of interest, a measurement group, a point set.

    Attributes
    ----------
    key
        Segment Number, ROI Number, or the path of the content item.
    value
        The label value that it becomes, from 1; equal values are merged.
    """

    key: str
    value: int
    name: str


@dataclass(frozen=True, slots=True)
class LabelSource:
    """An object whose parts label an image of the sample.

    Attributes
    ----------
    image
        The series on whose grid the labels lie; empty: the grid of the object's own frames.
    """

    carrier: Carrier
    object: PlannedObject
    image: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A candidate that was not taken into a sample, and why."""

    id: str
    role: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sample:
    """What one training step sees.

    Attributes
    ----------
    name
        A file name on every system, alone in its export.
    unit
        Public id of the patient, study or series it is made for; of a pair, that of its first series.
    patient
        Id of the person: no person's samples lie in two splits.
    patient_id
        Patient ID of the record.
    split
        ``train``, ``val``, ``test`` …; empty where nothing is split.
    values
        Column → value, by the columns of the plan.
    """

    name: str
    unit: str
    patient: str
    patient_id: str
    split: str
    series: tuple[PlannedSeries, ...]
    labels: tuple[LabelSource, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    dropped: tuple[Dropped, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """A row of the label table.

    Attributes
    ----------
    value
        In the label map; 0 is the background.
    concepts
        The ids of the codes that were asked for; empty where it was asked for by its text.
    priority
        Where two labels overlap and only one fits, the smaller one stays; None: overlap is an error.
    """

    value: int
    name: str
    concepts: tuple[str, ...]
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """What holds for all samples.

    Attributes
    ----------
    identity
        SHA-256 over all that decides on the files: the snapshot's digest, the form, the options.
    form
        ``nifti``, ``nnunet``, ``monai``, ``arrays``, ``parquet``, ``dicom``, ``manifest``.
    about
        Of the snapshot, for the manifest: its name, digest, question, codes, curation, counts.
    options
        As they were given, with defaults.
    sources
        Every data set with its terms of use and how many objects of it are read.
    numeric
        Those columns of which all values are numbers.
    spacing
        Of the resampled grid in mm, along x, y, z; None: the images' own grid.
    """

    identity: str
    form: str
    about: Mapping[str, Any]
    options: Mapping[str, Any]
    sources: tuple[Mapping[str, Any], ...]
    labels: tuple[Label, ...] = ()
    columns: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    spacing: tuple[float, float, float] | None = None
