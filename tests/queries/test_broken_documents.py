"""Broken documents: each error names the path in the document and the nearest valid name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cohortgraph.errors import QuestionError
from cohortgraph.graph.engines.ladybug import LadybugEngine
from cohortgraph.queries import load, parse
from cohortgraph.queries.language.vocabulary import Vocabulary, vocabulary

from ..corpus.questions import broken


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vocabulary]:
    engine = LadybugEngine(tmp_path_factory.mktemp("empty") / "graph")
    engine.ensure_schema()
    yield vocabulary(engine)
    engine.close()


@pytest.mark.parametrize("entry", broken(), ids=lambda entry: entry["title"])
def test_the_error_names_path_and_suggestion(empty: Vocabulary, entry: dict[str, Any]) -> None:
    with pytest.raises(QuestionError) as error:
        parse(load(entry["document"]), empty)
    assert error.value.path == entry["path"]
    assert error.value.suggestion == entry.get("suggestion")


def test_there_are_many() -> None:
    assert len(broken()) >= 30


def test_a_filter_may_not_be_nested_too_deeply(empty: Vocabulary) -> None:
    where: dict[str, Any] = {}
    for _ in range(100):
        where = {"NOT": where}
    with pytest.raises(QuestionError) as error:
        parse(load({"patients": where}), empty)
    assert error.value.path.startswith("/patients/NOT/NOT")


def test_a_filter_may_not_have_too_many_clauses(empty: Vocabulary) -> None:
    clauses = [{"patientSex": {"eq": "F"}}] * 501
    with pytest.raises(QuestionError) as error:
        parse(load({"patients": {"AND": clauses}}), empty)
    assert error.value.path.startswith("/patients/AND/")


def test_an_alias_that_unfolds_is_refused(empty: Vocabulary) -> None:
    text = "patients:\n  AND:\n  - &a {OR: []}\n  - {AND: [*a, *a]}\n"
    with pytest.raises(QuestionError):
        parse(load(text), empty)
