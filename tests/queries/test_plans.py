"""EXPLAIN of the whole corpus on both engines: no cross product, and a code is where the search begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pytest

from cohortgraph.graph.engine import Engine, Plan
from cohortgraph.queries import ask, explain

from ..corpus.questions import Question, questions
from ..generated.bulk import crowd
from ..generated.loading import load, settle
from ..generated.traps import ELSEWHERE, traps
from ..oracle.evaluate import CODED, DOWN, UP
from ..oracle.model import LEVELS

PATIENTS = 400
"""Enough beside the traps that an engine does not scan a label just because it is small."""

BELOW_SERIES = {"Instance", "Segment", "ContentItem"}
NAMES_CODES = {"is", "in", "isA", "memberOf", "meaning"}
RELATED = {name for names in (*DOWN.values(), *UP.values()) for name in names}
FIELDS = {name for names in CODED.values() for name in names} | {"asserts", "denies"}


def gives_a_code(where: Mapping[str, Any]) -> bool:
    """Whether a clause that must hold gives a code: not under NOT, none, every or count; in OR, in every branch."""
    for name, clause in where.items():
        if name == "AND" and any(gives_a_code(each) for each in clause):
            return True
        if name == "OR" and clause and all(gives_a_code(each) for each in clause):
            return True
        if name in FIELDS and NAMES_CODES & clause.keys():
            return True
        if name in RELATED and gives_a_code(clause.get("some", {}) if _is_quantified(clause) else clause):
            return True
    return False


def _is_quantified(clause: Mapping[str, Any]) -> bool:
    return bool({"some", "none", "every", "count", "unresolved"} & clause.keys())


def negates(where: Any) -> bool:
    """Whether anything in the question is under NOT, none or every: such a clause may scan the root's label."""
    if isinstance(where, list):
        return any(negates(each) for each in where)
    return isinstance(where, Mapping) and (
        bool({"NOT", "none", "every"} & where.keys()) or any(negates(each) for each in where.values())
    )


@pytest.fixture(scope="module")
def crowded(request: pytest.FixtureRequest, empty_engine: Engine) -> Engine:
    """Each engine in turn with the traps among many ordinary objects."""
    load(empty_engine, [*crowd(PATIENTS), *traps()], ELSEWHERE)
    if empty_engine.name == "neo4j":
        settle(request.getfixturevalue("neo4j_url"))
    return empty_engine


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.title)
def test_plan(crowded: Engine, question: Question) -> None:
    plan = explain(crowded, question.document).plan
    assert not plan.cross_product, plan.text
    ((root, where),) = question.document.items()
    if gives_a_code(where):
        allowed = {LEVELS[root]} if negates(where) else set()
        assert not set(plan.scans) & BELOW_SERIES - allowed, plan.text


def test_most_questions_of_the_corpus_give_a_code() -> None:
    assert sum(gives_a_code(next(iter(question.document.values()))) for question in questions()) > 70


class _Listening:
    """An engine that explains each statement before it runs it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = engine.name
        self.plans: list[tuple[str, Plan]] = []

    def read(self, cypher: str, parameters: Mapping[str, Any] | None = None, **limits: Any) -> pa.Table:
        self.plans.append((cypher, self._engine.explain(cypher, parameters)))
        return self._engine.read(cypher, parameters, **limits)

    def version(self) -> int:
        return self._engine.version()


@pytest.fixture
def listening(crowded: Engine) -> Iterator[Any]:
    yield _Listening(crowded)


@pytest.mark.parametrize(
    "question", [q for q in questions() if q.level or q.evidence][::2], ids=lambda question: question.title
)
def test_listings_and_evidence_plan_no_cross_product(listening: Any, question: Question) -> None:
    ask(listening, question.document, level=question.level, evidence=True, limit=2)
    assert listening.plans
    for cypher, plan in listening.plans:
        assert not plan.cross_product, f"{cypher}\n{plan.text}"
