"""Nested pages: the oracle's children, in so many engine reads, within the limits (semantics 6.13)."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from cohortgraph.errors import LimitExceeded
from cohortgraph.graph.engine import Engine
from cohortgraph.queries.answers.nested import Nodes, Shown, page
from cohortgraph.queries.answers.wanted import Wanted
from cohortgraph.queries.language import limits
from cohortgraph.queries.language.parse import coded_fields
from cohortgraph.queries.language.relations import relations, unresolved

from ..corpus.questions import Question, questions
from ..oracle.concepts import edges
from ..oracle.evaluate import CODED, Oracle
from ..oracle.model import LEVELS, Node
from ..oracle.nested import below

DEEP = 3
LEFT = {"patients": {"segments": {"some": {"type": {"is": "SCT:87878005"}}}}}


class _Counting:
    """An engine that counts what is read of another."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.reads = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def read(self, *arguments: Any, **given: Any) -> Any:
        self.reads += 1
        return self._engine.read(*arguments, **given)


def _wanted(label: str, *below: Wanted, **given: Any) -> Wanted:
    return Wanted("", label, first=500, below=below, **given)


def _related(label: str, name: str, *below: Wanted, **given: Any) -> Wanted:
    found = unresolved(label) if name == "unresolved" else relations(label)[name]
    assert found is not None
    return Wanted(name, found.target, found, first=given.pop("first", 500), below=below, **given)


def _drawn(random: Random, label: str, deep: int) -> tuple[Wanted, ...]:
    """A relation of that label, and one of where it leads to, and so on."""
    names = [*relations(label), *(["unresolved"] if unresolved(label) else [])]
    if not deep or not names:
        return ()
    name = random.choice(names)
    target = "UnresolvedTarget" if name == "unresolved" else relations(label)[name].target
    found = _related(label, name, *_drawn(random, target, deep - 1), all=random.random() < 0.2)
    return (found,)


def _same(
    oracle: Oracle, where: dict[str, Any], hit: Node, node: Node, shown: Shown, wanted: Wanted, free: bool
) -> None:
    assert shown["id"] == node.id
    for each in wanted.below:
        expected, beyond = below(oracle, hit, where, node, each.name, free=free, every=each.all)
        told = shown[f"{each.name}()"]
        nodes = told.nodes if isinstance(told, Nodes) else [told] if told is not None else []
        assert [one["id"] for one in nodes] == [one.id for one in expected], each.name
        for one, two in zip(expected, nodes, strict=True):
            _same(oracle, where, hit, one, two, each, beyond)


@pytest.mark.parametrize("number", range(len(questions())), ids=lambda number: questions()[number].title)
def test_semantics_6_13_nested_nodes_are_the_oracles(
    loaded: Engine, oracle: Oracle, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if loaded.name == "neo4j" and number % 4:
        pytest.skip("each fourth question is enough for an engine that reads the same statements")
    monkeypatch.setitem(limits.LIMITS, "nodes", 100_000)
    question: Question = questions()[number]
    ((root, where),) = question.document.items()
    wanted = _wanted(LEVELS[root], *_drawn(Random(number), LEVELS[root], DEEP))
    expected = oracle.hits(question.document)
    answer = page(loaded, question.document, wanted)
    assert answer.total == len(expected)
    for node, shown in zip(expected, answer.nodes, strict=True):
        _same(oracle, where, node, node, shown, wanted, False)


@pytest.mark.parametrize("levels", [["studies"], ["studies", "series"], ["series", "instances", "segments"]])
def test_a_page_takes_a_read_for_each_relation_and_two_more(loaded: Engine, levels: list[str]) -> None:
    below: tuple[Wanted, ...] = ()
    for above, name in reversed(list(zip(["patients", *levels], levels, strict=False))):
        label = relations(LEVELS[above])[name].target
        below = (_related(LEVELS[above], name, *below, codes=tuple(coded_fields(label).values())),)
    wanted = Wanted("", "Patient", properties=(("patientID", "patientID"),), first=500, below=below)
    for document in (LEFT, {"patients": {}}):
        for first in (1, 500):
            counting = _Counting(loaded)
            page(counting, document, replace(wanted, first=first))  # what the store's words are is read once a version
            counting.reads = 0
            page(counting, document, replace(wanted, first=first))
            assert 0 < counting.reads <= wanted.depth + 2


def test_semantics_6_13_properties_and_codes_are_those_of_the_data(loaded: Engine, oracle: Oracle) -> None:
    fields = coded_fields("ContentItem")
    wanted = _wanted("ContentItem", properties=(("path", "path"),), codes=tuple(fields.values()))
    answer = page(loaded, {"items": {"site": {"exists": True}}}, wanted)
    assert answer.nodes
    for shown in answer.nodes:
        node = oracle.graph.nodes["ContentItem"][shown["id"]]
        assert shown["path"] == node.properties["path"]
        for name in fields:
            expected = sorted({code.concept for code in edges(node, CODED["ContentItem"][name])})
            assert sorted({code["concept"]["id"] for code in shown[name]}) == expected
            for code in shown[name]:
                assert code["concept"]["meaning"] or code["codeMeaning"] in (None, "")


def test_pages_of_children_join_to_the_whole(loaded: Engine) -> None:
    items = {"instances": {"kind": {"eq": "report"}, "items": {"count": {"gte": 4}}}}
    whole = page(loaded, items, _wanted("Instance", _related("Instance", "items"))).nodes[0]["items()"]
    assert whole.total == len(whole.nodes) > 3 and whole.next is None
    joined: list[str] = []
    after = None
    for _ in range(whole.total):
        some = _related("Instance", "items", first=2, after=after)
        part = page(loaded, items, Wanted("", "Instance", first=1, below=(some,))).nodes[0]["items()"]
        assert part.total == whole.total
        joined += [each["id"] for each in part.nodes]
        after = part.next
        if after is None:
            break
    assert joined == [each["id"] for each in whole.nodes]


def test_too_many_nodes_are_refused_with_limit_and_number(loaded: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, "nodes", 20)
    with pytest.raises(LimitExceeded, match=r"nodes is \d+ and may be at most 20") as error:
        page(loaded, {"patients": {}}, Wanted("", "Patient", first=15, below=(_related("Patient", "instances"),)))
    assert error.value.found > 20


def test_too_many_rows_are_refused_before_they_are_read(loaded: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, "rows", 10)
    monkeypatch.setattr(limits, "ROWS", 10)
    with pytest.raises(LimitExceeded, match="rows is 11 and may be at most 10"):
        page(loaded, {"patients": {}}, Wanted("", "Patient", below=(_related("Patient", "items", first=1),)))
