"""Semantics 4.3: superseded and rejected objects take no part unless included; oracle = Ladybug = Neo4j."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from cohortgraph.errors import QuestionError
from cohortgraph.graph.engine import Engine
from cohortgraph.queries import ask, count, explain
from cohortgraph.queries.answers.nested import page

from ..corpus.questions import __file__ as corpus
from ..corpus.questions import read
from ..generated.amended import amended
from ..generated.documents import documents
from ..generated.loading import load
from ..oracle.evaluate import Oracle
from ..oracle.model import LEVELS
from ..oracle.results import evidence, select
from ..oracle.state import taking_part
from .test_equal import _said
from .test_nested import _drawn, _same, _wanted

INCLUDES = ((), ("rejected",), ("superseded",), ("rejected", "superseded"))
QUESTIONS = read(Path(corpus).with_name("state.yaml"))


@pytest.fixture(scope="module")
def store(empty_engine: Engine) -> Engine:
    load(empty_engine, amended())
    return empty_engine


@pytest.fixture(scope="module")
def oracles() -> dict[tuple[str, ...], Oracle]:
    return {include: Oracle(taking_part(amended(), include)) for include in INCLUDES}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["title"])
def test_written_questions(store: Engine, oracles: dict[tuple[str, ...], Oracle], question: dict[str, Any]) -> None:
    document = question["document"]
    asked = {name: where for name, where in document.items() if name != "include"}
    oracle = oracles[tuple(sorted(document.get("include", ())))]
    answer = ask(store, document, evidence=True)
    assert [hit["id"] for hit in answer.hits] == question["expect"] == [node.id for node in oracle.hits(asked)]
    assert count(store, document) == len(answer.hits)
    for hit, node in zip(answer.hits, oracle.hits(asked), strict=True):
        assert hit["evidence"] == _said(evidence(oracle, asked, node))
    for level in LEVELS:
        listed = [hit["id"] for hit in ask(store, document, level=level).hits]
        assert listed == [node.id for node in select(oracle, asked, level)]


@pytest.mark.parametrize("number", range(40))
def test_nested_nodes_take_part_too(store: Engine, oracles: dict[tuple[str, ...], Oracle], number: int) -> None:
    question = QUESTIONS[number % len(QUESTIONS)]["document"]
    ((root, where),) = ((name, clause) for name, clause in question.items() if name != "include")
    oracle = oracles[tuple(sorted(question.get("include", ())))]
    wanted = _wanted(LEVELS[root], *_drawn(Random(number), LEVELS[root], 3))
    expected = oracle.hits({root: where})
    answer = page(store, question, wanted)
    assert answer.total == len(expected)
    for node, shown in zip(expected, answer.nodes, strict=True):
        _same(oracle, where, node, node, shown, wanted, False)


@settings(max_examples=40, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(document=documents(3))
def test_generated_questions(store: Engine, oracles: dict[tuple[str, ...], Oracle], document: dict[str, Any]) -> None:
    for include in INCLUDES[:2]:
        asked = {**document, "include": list(include)}
        assert [hit["id"] for hit in ask(store, asked).hits] == [node.id for node in oracles[include].hits(document)]


def test_how_many_were_left_out_is_shown(store: Engine) -> None:
    told = " ".join(ask(store, {"instances": {}}).warnings)
    assert "3 rejected objects took no part" in told
    assert "2 superseded objects took no part" in told
    assert ask(store, {"instances": {}, "include": ["rejected", "superseded"]}).warnings == []
    assert "not rejected or superseded" in str(explain(store, {"instances": {}}).form)


def test_a_state_that_there_is_not_is_an_error(store: Engine) -> None:
    with pytest.raises(QuestionError, match="rejected") as found:
        ask(store, {"instances": {}, "include": ["reject"]})
    assert found.value.path == "/include/0"
