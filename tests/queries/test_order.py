"""Pages in the order of a property: nodes without it last, ties in the stable order, whatever the pages' size."""

from __future__ import annotations

from typing import Any

import pytest

from cohortgraph.errors import UsageError
from cohortgraph.graph.engine import Engine
from cohortgraph.queries.answers.nested import page
from cohortgraph.queries.answers.wanted import Wanted
from cohortgraph.queries.cypher.order import order

from ..oracle.evaluate import Oracle
from ..oracle.model import LEVELS, Node

HEART = ["SCT:87878005", "SCT:53085002", "SCT:10200004"]
QUESTIONS: list[tuple[dict[str, Any], str]] = [
    ({"studies": {}}, "studyDate"),
    ({"segments": {}}, "volume"),
    ({"segments": {"OR": [{"type": {"is": code}} for code in HEART]}}, "volume"),  # no single statement
    ({"series": {"items": {"some": {}}}}, "modality"),
    ({"items": {"instance": {"kind": {"eq": "report"}}}}, "numericValue"),
    ({"patients": {"segments": {"some": {"type": {"is": HEART[0]}}}, "series": {"some": {}}}}, "patientID"),
]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(("document", "by"), QUESTIONS)
def test_pages_join_to_the_ordered_whole(
    loaded: Engine, oracle: Oracle, document: dict[str, Any], by: str, descending: bool
) -> None:
    ((root, _),) = document.items()
    asked = order(LEVELS[root], by, descending=descending)
    hits = oracle.hits(document)
    joined: list[str] = []
    after = None
    for _ in range(len(hits)):
        wanted = Wanted("", LEVELS[root], properties=((by, asked.by.name),), first=max(2, len(hits) // 4), after=after)
        answer = page(loaded, document, wanted, order=asked)
        assert answer.total == len(hits)
        joined += [each["id"] for each in answer.nodes]
        after = answer.next
        if after is None:
            break
    assert joined == [node.id for node in _ordered(hits, asked.by.name, descending)]


def _ordered(hits: list[Node], name: str, descending: bool) -> list[Node]:
    present = [node for node in hits if _value(node, name) is not None]
    return sorted(present, key=lambda node: _value(node, name), reverse=descending) + [
        node for node in hits if _value(node, name) is None
    ]


def _value(node: Node, name: str) -> Any:
    value = node.properties.get(name)
    return None if value != value else value


def test_a_misspelt_property_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'studyDate'"):
        order("Study", "studydat")


def test_a_cursor_of_another_order_is_refused(loaded: Engine) -> None:
    first = page(loaded, {"studies": {}}, Wanted("", "Study", first=2), order=order("Study", "studyDate"))
    with pytest.raises(UsageError, match="studies by studyDate"):
        page(loaded, {"studies": {}}, Wanted("", "Study", first=2, after=first.next))
