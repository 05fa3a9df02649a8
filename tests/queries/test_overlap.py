"""Overlap: every combination of questions, counted by the oracle's sets and by the engines."""

from __future__ import annotations

from itertools import combinations

import pytest

from cohortgraph.errors import UsageError
from cohortgraph.graph.engine import Engine
from cohortgraph.queries import overlap

from ..corpus.questions import questions
from ..oracle.evaluate import Oracle
from ..oracle.results import select

LEFT = {"patients": {"segments": {"some": {"type": {"is": "SCT:87878005"}}}}}
RIGHT = {"patients": {"segments": {"some": {"type": {"is": "SCT:53085002"}}}}}
CT = {"series": {"modality": {"eq": "CT"}}}


@pytest.mark.parametrize("level", [None, "studies", "instances"])
def test_every_combination_is_counted(loaded: Engine, oracle: Oracle, level: str | None) -> None:
    asked = {question.title: question.document for question in questions()[::9]}
    asked = dict(list(asked.items())[:6]) | {"CT": CT}
    found = overlap(loaded, asked, level)
    assert found.level == (level or "patients")
    sets = {name: {node.id for node in select(oracle, each, found.level)} for name, each in asked.items()}
    everything = {node.id for node in oracle.graph.level(found.level)}
    assert found.total == len(everything)
    assert found.questions == {name: len(ids) for name, ids in sets.items()}
    counted = {each.questions: each for each in found.combinations}
    for size in range(len(asked) + 1):
        for names in combinations(asked, size):
            together = everything.intersection(*(sets[name] for name in names))
            alone = together.difference(*(ids for name, ids in sets.items() if name not in names))
            if together:
                assert (counted[names].exactly, counted[names].at_least) == (len(alone), len(together))
            else:
                assert names not in counted


def test_questions_about_one_level_are_counted_there(loaded: Engine) -> None:
    assert overlap(loaded, {"left": LEFT, "right": RIGHT}).level == "patients"
    assert overlap(loaded, {"CT": CT}).level == "series"
    assert overlap(loaded, {"CT": CT, "left": LEFT}).level == "patients"


def test_both_ventricles(loaded: Engine) -> None:
    found = {each.questions: each for each in overlap(loaded, {"left": LEFT, "right": RIGHT}).combinations}
    assert (found["left", "right"].exactly, found["left", "right"].at_least) == (3, 3)
    assert (found["left",].exactly, found["left",].at_least) == (1, 4)


@pytest.mark.parametrize("number", [0, 13])
def test_one_to_twelve_questions(loaded: Engine, number: int) -> None:
    with pytest.raises(UsageError, match="1 to 12 questions"):
        overlap(loaded, {str(place): LEFT for place in range(number)})
