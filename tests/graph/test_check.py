"""A sound store has no problems; each way to damage one is told."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from cohortgraph.errors import ReadError
from cohortgraph.graph.engine import Batch
from cohortgraph.graph.engines.ladybug import LadybugEngine
from cohortgraph.graph.facts import InstanceFacts, Reference
from cohortgraph.graph.reading.check import check
from cohortgraph.graph.writing.writer import Writer

from .objects import HEART, LEFT_VENTRICLE, MILLIMETRE, MemoryHeaders, again, instance, item, segment


@pytest.fixture
def headers(ladybug: LadybugEngine) -> MemoryHeaders:
    """The kept headers of a small sound store."""
    kept = MemoryHeaders()
    tree = [item("1", 0), item("1.1", 1, 0), item("1.1.1", 2, 1)]
    Writer(ladybug, kept, pickle.loads).commit(
        [
            instance(
                "1.1", date_=date(2020, 1, 1), children=[segment(1), segment(2)], kind="segmentation", contentLabel="LV"
            ),
            instance("1.2", children=tree, references=[Reference("1.1", segment=1), Reference("1.9")]),
        ]
    )
    return kept


def problems(engine: LadybugEngine, kept: MemoryHeaders) -> str:
    return "\n".join(map(str, check(engine, kept, again)))


def test_a_sound_store_has_none(ladybug: LadybugEngine, headers: MemoryHeaders) -> None:
    assert problems(ladybug, headers) == ""


def edge(source: Any, target: Any, **properties: Any) -> list[dict[str, Any]]:
    return [{"source": source, "target": target, **properties}]


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ({"create_nodes": {"Series": [{"id": "8.9"}]}}, "8.9: has no Instance"),
        ({"drop_edges": {("HAS_STUDY", "Patient", "Study"): edge("d|P", "8")}}, "8: has no Patient"),
        ({"drop_edges": {("IN_DATASET", "Instance", "Dataset"): edge("1.1", "d")}}, "1.1: belongs to no data set"),
        ({"set_nodes": {"Instance": [{"id": "1.2", "ordinal": 0}]}}, "1.1: shares its ordinal"),
        ({"set_nodes": {"Meta": [{"id": "store", "nextOrdinal": 1}]}}, "1.2: has an ordinal that will be given again"),
        ({"set_nodes": {"Instance": [{"id": "1.2", "measurement": "done"}]}}, "1.2: is no segmentation, but marked"),
        ({"set_nodes": {"Segment": [{"key": 1, "voxelCount": 4}]}}, "1.1: has measures, but is not marked as measured"),
        ({"create_nodes": {"Segment": [{"key": 7, "position": 7}]}}, "7: is a Segment of no instance"),
        ({"set_nodes": {"Segment": [{"key": 1, "position": 4}]}}, "1.1: has a Segment whose key is of another"),
        ({"create_edges": {("HAS_SEGMENT", "Instance", "Segment"): edge("1.1", 0)}}, "1.1: has a Segment twice"),
        (
            {"drop_edges": {("HAS_CHILD", "ContentItem", "ContentItem"): edge(1 << 20, 1 << 20 | 1)}},
            "1.2#item/1.1: hangs",
        ),
        ({"create_nodes": {"UnresolvedTarget": [{"id": "7", "kind": "instance"}]}}, "7: waits, but nothing refers"),
        (
            {
                "create_nodes": {"UnresolvedTarget": [{"id": "1.1#segment/2", "kind": "segment"}]},
                "create_edges": {("UNRESOLVED", "Instance", "UnresolvedTarget"): edge("1.1", "1.1#segment/2")},
            },
            "1.1#segment/2: references wait for it, but it is here",
        ),
        ({"set_nodes": {"Series": [{"id": "8.1", "studyDate": date(2020, 1, 2)}]}}, "8.1: studyDate is not that of"),
        ({"set_nodes": {"Series": [{"id": "8.1", "modality": "MR"}]}}, "8.1: modality is not what its objects say"),
        ({"set_nodes": {"Series": [{"id": "8.1", "contributors": "1.2"}]}}, "8.1: contributors or disagreements"),
        (
            {"drop_edges": {("IS_A", "Concept", "Concept"): edge(LEFT_VENTRICLE, "SCT:21814001")}},
            "IS_A differs from the shipped hierarchy",
        ),
        ({"create_nodes": {"Concept": [{"id": MILLIMETRE, "canonicalUnit": "mm"}]}}, "UCUM:mm: canonicalUnit is not"),
        ({"create_nodes": {"Concept": [{"id": HEART}]}}, f"{HEART}: MEMBER_OF differs from the shipped value sets"),
        ({"set_nodes": {"Instance": [{"id": "1.1", "contentLabel": "RV"}]}}, "1.1: Instance is missing"),
        ({"drop_edges": {("TYPE", "Segment", "Concept"): edge(0, LEFT_VENTRICLE)}}, "1.1#segment[0]: TYPE to"),
        ({"create_edges": {("SHOWS", "Instance", "Concept"): edge("1.1", LEFT_VENTRICLE)}}, "1.1: SHOWS to"),
    ],
)
def test_each_damage_is_told(
    ladybug: LadybugEngine, headers: MemoryHeaders, damage: Mapping[str, Any], told: str
) -> None:
    ladybug.write(Batch(**damage))
    assert told in problems(ladybug, headers)


def test_a_header_that_is_lost_or_damaged_is_told(ladybug: LadybugEngine, headers: MemoryHeaders) -> None:
    def damaged(header: bytes, dataset: str) -> InstanceFacts:
        raise ReadError("no DICOM")

    assert [str(problem) for problem in check(ladybug, headers, damaged)][:2] == [
        "1.1: its kept header can't be read: no DICOM",
        "1.2: its kept header can't be read: no DICOM",
    ]
    headers.clear()
    assert "1.1: its header is not kept" in problems(ladybug, headers)


def test_measures_are_not_held_against_the_header(ladybug: LadybugEngine, headers: MemoryHeaders) -> None:
    Writer(ladybug, headers, pickle.loads).set_measures("1.1", {0: {"voxelCount": 3, "volume": 0.1}}, "done")
    assert problems(ladybug, headers) == ""
