"""Every written question, put as GraphQL, finds what the oracle finds."""

from __future__ import annotations

import pytest

from cohortgraph.api.graphql.schema import StoreSchema
from cohortgraph.graph.engine import Engine

from ...corpus.questions import Question, questions
from ...oracle.evaluate import Oracle
from ...oracle.model import LEVELS
from .literal import literal


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.title)
def test_as_a_variable(asked: StoreSchema, loaded: Engine, oracle: Oracle, question: Question) -> None:
    if loaded.name == "neo4j" and questions().index(question) % 6:
        pytest.skip("each sixth question is enough for an engine that reads the same statements")
    ((root, where),) = question.document.items()
    text = f"query($where: {LEVELS[root]}Filter) {{ {root}(where: $where, first: 1000) {{ total nodes {{ id }} }} }}"
    answer = asked.execute_sync(text, {"where": where})
    assert not answer.errors
    assert answer.data is not None
    expected = [node.id for node in oracle.hits(question.document)]
    assert answer.data[root] == {"total": len(expected), "nodes": [{"id": each} for each in expected]}


@pytest.mark.parametrize("question", questions()[::8], ids=lambda question: question.title)
def test_as_a_literal(asked: StoreSchema, oracle: Oracle, question: Question) -> None:
    ((root, where),) = question.document.items()
    answer = asked.execute_sync(f"{{ {root}(where: {literal(where)}, first: 1000) {{ nodes {{ id }} }} }}")
    assert not answer.errors
    assert answer.data is not None
    assert [each["id"] for each in answer.data[root]["nodes"]] == [node.id for node in oracle.hits(question.document)]
