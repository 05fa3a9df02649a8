"""Oracle = Ladybug = Neo4j: ids, listings, counts, pages and evidence, of the written and of generated questions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from cohortgraph.graph.engine import Engine
from cohortgraph.queries import ask, count

from ..corpus.questions import Question, questions
from ..generated.documents import documents
from ..oracle.evaluate import Oracle
from ..oracle.model import LEVELS, Node
from ..oracle.results import evidence, select

QUICK = settings(deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))


def _ids(nodes: list[Node]) -> list[str]:
    return [node.id for node in nodes]


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.title)
def test_written_questions(loaded: Engine, oracle: Oracle, question: Question) -> None:
    expected = oracle.hits(question.document)
    answer = ask(loaded, question.document, evidence=True)
    assert [hit["id"] for hit in answer.hits] == _ids(expected)
    assert answer.total == len(expected)
    for hit, node in zip(answer.hits, expected, strict=True):
        assert hit["evidence"] == _said(evidence(oracle, question.document, node))


def _said(found: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for path, each in found.items():
        if each.examined:
            said[path] = {"examined": len(each.nodes)} | ({} if each.nodes else {"vacuous": True})
        else:
            said[path] = {"ids": _ids(each.nodes)[:100], "total": len(each.nodes)}
    return said


@pytest.mark.parametrize(
    "question", [question for question in questions() if question.level], ids=lambda question: question.title
)
def test_written_questions_at_a_level(loaded: Engine, oracle: Oracle, question: Question) -> None:
    expected = select(oracle, question.document, question.level)
    assert [hit["id"] for hit in ask(loaded, question.document, level=question.level).hits] == _ids(expected)
    assert count(loaded, question.document, question.level) == len(expected)


@pytest.mark.parametrize("question", questions()[::9], ids=lambda question: question.title)
def test_every_level_of_written_questions(loaded: Engine, oracle: Oracle, question: Question) -> None:
    for level in LEVELS:
        listed = [hit["id"] for hit in ask(loaded, question.document, level=level).hits]
        assert listed == _ids(select(oracle, question.document, level))


@pytest.mark.parametrize("question", questions()[::7], ids=lambda question: question.title)
def test_pages_of_written_questions_join_to_the_whole(loaded: Engine, oracle: Oracle, question: Question) -> None:
    expected = _ids(select(oracle, question.document, question.level))
    joined: list[str] = []
    after = None
    for _ in range(len(expected) + 1):
        page = ask(loaded, question.document, level=question.level, limit=3, after=after)
        assert page.total == len(expected)
        joined += [hit["id"] for hit in page.hits]
        after = page.next
        if after is None:
            break
    assert joined == expected


@settings(QUICK, max_examples=100)
@given(document=documents())
def test_generated_questions(loaded: Engine, oracle: Oracle, document: dict[str, Any]) -> None:
    expected = _ids(oracle.hits(document))
    assert [hit["id"] for hit in ask(loaded, document).hits] == expected
    assert count(loaded, document) == len(expected)


@settings(QUICK, max_examples=25)
@given(document=documents(3))
def test_generated_questions_at_every_level(loaded: Engine, oracle: Oracle, document: dict[str, Any]) -> None:
    for level in LEVELS:
        listed = [hit["id"] for hit in ask(loaded, document, level=level).hits]
        assert listed == _ids(select(oracle, document, level))


@settings(QUICK, max_examples=15)
@given(document=documents(3))
def test_generated_questions_have_the_same_evidence(loaded: Engine, oracle: Oracle, document: dict[str, Any]) -> None:
    hits = oracle.hits(document)
    for hit, node in zip(ask(loaded, document, evidence=True, limit=5).hits, hits, strict=False):
        assert hit["evidence"] == _said(evidence(oracle, document, node))
