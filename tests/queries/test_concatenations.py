"""Semantics 4.4: questions see a concatenation as one instance; oracle = Ladybug = Neo4j."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from cohortgraph.graph.engine import Engine
from cohortgraph.graph.facts import InstanceFacts
from cohortgraph.queries import ask

from ..generated import terms as t
from ..generated.builder import Segment, build
from ..generated.documents import documents
from ..generated.loading import load
from ..oracle.concatenations import logical
from ..oracle.evaluate import Oracle
from ..oracle.model import build as graph_of
from ..oracle.results import select


def concatenated() -> list[InstanceFacts]:
    """Two concatenations, one of them of a segmentation whose every part lists all segments; and a whole image."""

    def part(uid: str, whole: str, number: int, frames: int, **more: Any) -> InstanceFacts:
        place = {"concatenationUID": whole, "inConcatenationNumber": number, "numberOfFrames": frames}
        return build(uid, patient="parted", **place, **more)

    segments = [Segment(t.LIVER, 59.0), Segment(t.LEFT_VENTRICLE, 60.0)]
    drawn = {"kind": "segmentation", "modality": "SEG", "segments": segments, "references": ["1.1.1.1"]}
    return [
        part("1.1.1.1", "6.1", 1, 10, modality="MR", diffusionBValue=[0.0], rows=256),
        part("1.1.1.2", "6.1", 2, 7, modality="MR", diffusionBValue=[0.0, 500.0], rows=256),
        part("1.1.2.2", "6.2", 1, 3, **drawn),
        part("1.1.2.1", "6.2", 2, 1, **drawn),
        build("1.1.3.1", patient="parted", modality="MR", rows=512),
        build("2.1.1.1", patient="whole", modality="MR", rows=512),
    ]


@pytest.fixture(scope="module")
def store(empty_engine: Engine) -> Engine:
    load(empty_engine, concatenated())
    return empty_engine


ORACLE = Oracle(graph_of(logical(concatenated())))

QUESTIONS: list[dict[str, Any]] = [
    {"instances": {}},
    {"instances": {"numberOfFrames": {"eq": 17}, "diffusionBValue": {"eq": 500}}},
    {"segments": {"type": {"is": t.LIVER.code}}},
    {"series": {"instances": {"count": {"gte": 1}}}},
    {"patients": {"segments": {"count": {"eq": 2}}}},
    {"instances": {"referencedBy": {"count": {"eq": 1}}}},
]


@pytest.mark.parametrize("document", QUESTIONS, ids=str)
def test_semantics_4_4_a_concatenation_is_one_instance(store: Engine, document: dict[str, Any]) -> None:
    expected = [node.id for node in ORACLE.hits(document)]
    assert expected
    assert [hit["id"] for hit in ask(store, document).hits] == expected


@settings(max_examples=25, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(document=documents(2))
def test_generated_questions(store: Engine, document: dict[str, Any]) -> None:
    assert [hit["id"] for hit in ask(store, document).hits] == [node.id for node in select(ORACLE, document)]
