"""The naive evaluator against the answers that people read off the generated data."""

from __future__ import annotations

import pytest

from ..corpus.questions import Question, questions
from ..generated.traps import ELSEWHERE, traps
from .evaluate import Oracle
from .model import build
from .results import evidence, select


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle(build(traps(), ELSEWHERE))


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.title)
def test_the_oracle_answers_the_corpus(oracle: Oracle, question: Question) -> None:
    hits = oracle.hits(question.document)
    if question.expect is not None:
        assert [hit.id for hit in hits] == question.expect
    if question.listed is not None:
        assert [node.id for node in select(oracle, question.document, question.level)] == question.listed
    for hit in hits:
        found = evidence(oracle, question.document, hit)
        for path, ids in question.evidence.get(hit.id, {}).items():
            assert [node.id for node in found[path].nodes] == ids


def test_the_corpus_is_large_and_its_titles_differ() -> None:
    titles = [question.title for question in questions()]
    assert len(titles) == len(set(titles)) >= 70
