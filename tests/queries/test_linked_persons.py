"""Semantics 1.5: a question is about the person, whatever records it is spread over; oracle = Ladybug = Neo4j."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from cohortgraph.graph.engine import Engine
from cohortgraph.graph.reading.digest import digest
from cohortgraph.graph.writing.writer import Writer
from cohortgraph.queries import ask, count

from ..corpus.questions import questions
from ..generated.documents import documents
from ..generated.loading import Headers, declare
from ..generated.traps import ELSEWHERE, traps
from ..oracle.evaluate import Oracle
from ..oracle.model import LEVELS, build
from ..oracle.results import select

PEOPLE = [
    ("traps|left-only", "traps|right-only", "traps|pacemaker-no"),
    ("Hospital%7CB|dates", "traps|dates"),
]


@pytest.fixture(scope="module")
def written(empty_engine: Engine) -> Iterator[Writer]:
    """Objects that arrive before and after their records are linked."""
    writer = Writer(empty_engine, Headers(), pickle.loads)
    objects = traps()
    declare(empty_engine, objects)
    late = [each for each in objects if each.sop_instance_uid.startswith(("32.", "50.2", "56."))]
    writer.commit(new=[each for each in objects if each not in late])
    unlinked = digest(empty_engine)
    writer.link(PEOPLE[0][:2], _records)
    writer.unlink(PEOPLE[0][0], _records)
    assert digest(empty_engine) == unlinked
    writer.link(PEOPLE[0], _records)
    writer.link(PEOPLE[1], _records)
    writer.commit(new=late)
    yield writer
    writer.delete([each.sop_instance_uid for each in objects])


def _records(uid: str, digest: str) -> list[str]:
    return [str(each.patient["id"]) for each in traps() if each.sop_instance_uid == uid]


@pytest.fixture(scope="module")
def linked_oracle() -> Oracle:
    return Oracle(build(traps(), ELSEWHERE[:0], PEOPLE))


def test_patient_records_of_the_traps_are_named_right() -> None:
    assert {record for group in PEOPLE for record in group} <= {each.patient["id"] for each in traps()}


@pytest.mark.parametrize("question", questions()[::3], ids=lambda question: question.title)
def test_written_questions(empty_engine: Engine, written: Writer, linked_oracle: Oracle, question: Any) -> None:
    expected = [node.id for node in select(linked_oracle, question.document)]
    assert [hit["id"] for hit in ask(empty_engine, question.document).hits] == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"AND": [{"segments": {"some": {"type": {"is": f"SCT:{code}"}}}} for code in (87878005, 53085002)]}, 0),
        ({"patientID": {"eq": "right-only"}}, 0),
        ({"patientID": {"startsWith": "right"}, "items": {"some": {"denies": {"memberOf": "pacemaker"}}}}, 0),
        ({"patientID": {"eq": "dates"}}, 1),
    ],
)
def test_a_person_has_what_any_record_has(
    empty_engine: Engine, written: Writer, linked_oracle: Oracle, where: dict[str, Any], expected: int
) -> None:
    document = {"patients": where}
    hits = [hit["id"] for hit in ask(empty_engine, document).hits]
    assert PEOPLE[expected][0] in hits
    assert hits == [node.id for node in select(linked_oracle, document)]
    assert count(empty_engine, document) == len(hits)


def test_no_number_equals_means_none_of_the_person(
    empty_engine: Engine, written: Writer, linked_oracle: Oracle
) -> None:
    for condition in ({"ne": "right-only"}, {"exists": False}, {"exists": True}, {"in": ["right-only", "00"]}):
        document = {"patients": {"patientID": condition}}
        hits = [hit["id"] for hit in ask(empty_engine, document).hits]
        assert hits == [node.id for node in select(linked_oracle, document)]


@settings(max_examples=25, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(document=documents(3))
def test_generated_questions(
    empty_engine: Engine, written: Writer, linked_oracle: Oracle, document: dict[str, Any]
) -> None:
    for level in (None, *LEVELS):
        listed = [hit["id"] for hit in ask(empty_engine, document, level=level).hits]
        assert listed == [node.id for node in select(linked_oracle, document, level)]
