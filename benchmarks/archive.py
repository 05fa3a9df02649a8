"""A generated archive as Arrow tables: trees, skewed codes, partial overlaps; loaded in bulk, no DICOM involved.

Each patient has one study of four series: CT, a segmentation of 1 to 8 segments, a measurement report of two
measurement groups, and an ECG report. Codes follow Zipf's law, so that some are everywhere and most are rare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cohortgraph.graph import arrow, schema
from cohortgraph.graph.engine import EdgeKey

STRUCTURES = [
    "SCT:87878005",
    "SCT:53085002",
    "SCT:82471001",
    "SCT:73829009",
    *(f"SCT:{9000000 + n}" for n in range(56)),
]
MEASURES = ["SCT:118565006", "SCT:81827009", *(f"LN:{20000 + n}-0" for n in range(38))]
PR_INTERVAL, MILLISECOND, SECOND, MILLIMETRE, CENTIMETRE = "MDC:2:15872", "UCUM:ms", "UCUM:s", "UCUM:mm", "UCUM:cm"
GROUP, REPORT = "DCM:125007", "DCM:126000"
SERIES_A_PATIENT = 4

Column: TypeAlias = "Sequence[Any] | NDArray[Any]"
"""Values of one property, by row; also a pyarrow array."""


@dataclass(slots=True)
class Archive:
    """Node and edge tables, columned as the schema."""

    nodes: dict[str, pa.Table] = field(default_factory=dict)
    edges: dict[EdgeKey, pa.Table] = field(default_factory=dict)

    def add_nodes(self, label: str, **columns: Column) -> None:
        """Add a label's table; properties that are not given are null."""
        self.nodes[label] = _table(columns, arrow.node_schema(label))

    def add_edges(
        self, type_: str, source: str, target: str, sources: Column, targets: Column, **columns: Column
    ) -> None:
        """Add an edge table between two labels."""
        edge = type_, source, target
        self.edges[edge] = _table({"source": sources, "target": targets, **columns}, arrow.edge_schema(edge))


def _table(columns: Mapping[str, Column], columned: pa.Schema) -> pa.Table:
    count = len(next(iter(columns.values())))
    arrays = [
        pa.array(columns[each.name], each.type) if each.name in columns else pa.nulls(count, each.type)
        for each in columned
    ]
    return pa.table(arrays, schema=columned)


def _zipf(random: np.random.Generator, count: int, size: int) -> NDArray[np.int64]:
    weights = 1 / np.arange(1, size + 1)
    return random.choice(size, count, p=weights / weights.sum())


def _ids(prefix: str, numbers: NDArray[np.int64]) -> list[str]:
    return [f"2.25.{prefix}{number}" for number in numbers]


def archive(series: int, seed: int = 1) -> Archive:
    """An archive of about ``series`` series."""
    random = np.random.default_rng(seed)
    patients = np.arange(series // SERIES_A_PATIENT)
    made = Archive()
    _hierarchy(made, random, patients)
    _concepts(made)
    _segments(made, random, patients)
    _items(made, random, patients)
    return made


def _hierarchy(made: Archive, random: np.random.Generator, patients: NDArray[np.int64]) -> None:
    days = random.integers(16000, 20000, len(patients))
    made.add_nodes("Dataset", id=["archive"])
    people = [f"archive|P{number}" for number in patients]
    made.add_nodes(
        "Patient",
        id=people,
        patientID=[f"P{number}" for number in patients],
        patientSex=random.choice(["F", "M"], len(patients)).tolist(),
    )
    studies = _ids("1", patients)
    made.add_nodes("Study", id=studies, studyDate=days.astype("datetime64[D]"), studyDateDays=days)
    numbers = np.arange(len(patients) * SERIES_A_PATIENT)
    series, objects = _ids("2", numbers), _ids("3", numbers)
    owner = numbers // SERIES_A_PATIENT
    modality = np.array(["CT", "SEG", "SR", "SR"])[numbers % SERIES_A_PATIENT]
    kind = np.array(["image", "segmentation", "report", "report"])[numbers % SERIES_A_PATIENT]
    made.add_nodes("Series", id=series, modality=modality.tolist(), studyDateDays=days[owner])
    made.add_nodes("Instance", id=objects, ordinal=numbers, kind=kind.tolist())
    made.add_edges("HAS_STUDY", "Patient", "Study", people, studies)
    made.add_edges("HAS_SERIES", "Study", "Series", [studies[n] for n in owner], series)
    made.add_edges("HAS_INSTANCE", "Series", "Instance", series, objects)
    made.add_edges("IN_DATASET", "Instance", "Dataset", objects, ["archive"] * len(objects))
    images = [objects[n * SERIES_A_PATIENT] for n in patients]
    masks = [objects[n * SERIES_A_PATIENT + 1] for n in patients]
    made.add_edges("REFERENCES", "Instance", "Instance", masks, images, basis=["sourceImage"] * len(masks))


def _concepts(made: Archive) -> None:
    units = {MILLISECOND: "s", SECOND: "s", MILLIMETRE: "m", CENTIMETRE: "m"}
    ids = [*STRUCTURES, *MEASURES, PR_INTERVAL, *units, GROUP, REPORT]
    made.add_nodes(
        "Concept",
        id=ids,
        codingSchemeDesignator=[name.partition(":")[0] for name in ids],
        codeValue=[name.partition(":")[2] for name in ids],
        canonicalUnit=[units.get(name) for name in ids],
    )


def _keys(ordinals: NDArray[np.int64], positions: NDArray[np.int64]) -> NDArray[np.int64]:
    return (ordinals << schema.POSITION_BITS) | positions


def _segments(made: Archive, random: np.random.Generator, patients: NDArray[np.int64]) -> None:
    """Each segmentation holds 1 to 8 different structures."""
    counts = random.integers(1, 9, len(patients))
    owner = np.repeat(patients, counts)
    position = np.concatenate([np.arange(count) for count in counts])
    keys = _keys(owner * SERIES_A_PATIENT + 1, position)
    structure = (_zipf(random, len(patients), len(STRUCTURES))[owner] + position) % len(STRUCTURES)
    made.add_nodes(
        "Segment",
        key=keys,
        position=position,
        segmentNumber=position + 1,
        volume=random.gamma(4, 30, len(keys)),
        segmentLabel=[f"structure {n}" for n in structure],
    )
    made.add_edges("HAS_SEGMENT", "Instance", "Segment", _ids("3", owner * SERIES_A_PATIENT + 1), keys)
    made.add_edges("TYPE", "Segment", "Concept", keys, [STRUCTURES[n] for n in structure])


def _items(made: Archive, random: np.random.Generator, patients: NDArray[np.int64]) -> None:
    """A report of two groups with 8 measurements each; an ECG report with the PR interval and 4 further ones."""
    per_group, groups = 8, 2
    report_items = 1 + groups * (1 + per_group)
    ecg_items = 6
    template: list[tuple[str, int | None]] = [("1", None)]
    for group in range(groups):
        template.append((f"1.{group + 1}", 0))
        template += [(f"1.{group + 1}.{n + 1}", 1 + group * (per_group + 1)) for n in range(per_group)]
    template += [("1", None), *((f"1.{n + 1}", report_items) for n in range(ecg_items - 1))]
    size = len(template)
    slot = np.tile(np.arange(size), len(patients))
    patient = np.repeat(patients, size)
    in_ecg = slot >= report_items
    ordinal = patient * SERIES_A_PATIENT + np.where(in_ecg, 3, 2)
    position = np.where(in_ecg, slot - report_items, slot)
    keys = _keys(ordinal, position)
    numeric = np.array(
        [
            parent is not None and path.count(".") == (2 if n < report_items else 1)
            for n, (path, parent) in enumerate(template)
        ]
    )[slot]
    metres = ~in_ecg
    unit_of = np.where(metres, "m", "s").tolist()
    value = np.where(in_ecg, random.normal(180, 30, len(keys)), random.gamma(4, 10, len(keys))).round(1)
    value[~numeric] = np.nan
    made.add_nodes(
        "ContentItem",
        key=keys,
        position=position,
        path=[template[n][0] for n in slot],
        valueType=np.where(numeric, "NUM", "CONTAINER").tolist(),
        numericValue=pa.array(value, from_pandas=True),
        canonicalValue=pa.array((value / 1000).round(12), from_pandas=True),
        canonicalUnit=[unit if is_number else None for unit, is_number in zip(unit_of, numeric, strict=True)],
    )
    made.add_edges("HAS_ITEM", "Instance", "ContentItem", _ids("3", ordinal), keys)
    parents = np.array([-1 if parent is None else parent for _, parent in template])[slot]
    below = parents >= 0
    parent_position = np.where(in_ecg, parents - report_items, parents)
    made.add_edges("HAS_CHILD", "ContentItem", "ContentItem", _keys(ordinal, parent_position)[below], keys[below])
    names = np.array(MEASURES)[_zipf(random, len(keys), len(MEASURES))]
    names[(slot == report_items + 1)] = PR_INTERVAL
    names[~numeric] = GROUP
    names[position == 0] = REPORT
    made.add_edges("NAME", "ContentItem", "Concept", keys, names.tolist())
    made.add_edges(
        "UNIT",
        "ContentItem",
        "Concept",
        keys[numeric],
        np.where(metres, MILLIMETRE, MILLISECOND)[numeric].tolist(),
        valueIndex=np.zeros(int(numeric.sum()), np.int64),
        numericValue=value[numeric],
        canonicalValue=(value[numeric] / 1000).round(12),
    )
    site_of_group = _zipf(random, len(patients) * groups, len(STRUCTURES))
    sited = numeric & ~in_ecg
    second = np.array([0 if path.startswith("1.1") else 1 for path, _ in template])[slot]
    made.add_edges(
        "SITE",
        "ContentItem",
        "Concept",
        keys[sited],
        [STRUCTURES[n] for n in site_of_group[(patient * groups + second)[sited]]],
        own=np.zeros(int(sited.sum()), bool),
    )
