"""What is read ahead is told as GraphQL itself tells it, answers and errors alike."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from graphql import GraphQLError
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from cohortgraph.api.graphql import in_thread
from cohortgraph.api.graphql.schema import StoreSchema, schema
from cohortgraph.queries.answers.nested import Answer, Nodes

CONCEPT = {"id": "SCT:87878005", "meaning": "left ventricle"}
SEGMENT = {"id": "1.2#segment/1", "label": "LV", "volume": 1.5, "type": [{"concept": CONCEPT}]}
TEXT = """{
  series(first: 2) {
    __typename total next pageInfo { hasNextPage }
    nodes {
      id number: seriesNumber modality
      instances { total nodes { id left: segments(first: 1) { nodes { ...shown } } segments { nodes { ...shown } } } }
    }
  }
} fragment shown on Segment { __typename label volume type { concept { id meaning children { id } } } }"""


def series(**changed: Any) -> dict[str, Any]:
    return {"id": "1", "seriesNumber": 7, "modality": "SEG", "instances()": Nodes([instance()], 1)} | changed


def instance(**changed: Any) -> dict[str, Any]:
    return {"id": "1.2", "left()": Nodes([SEGMENT], 1), "segments()": Nodes([SEGMENT], 1)} | changed


ANSWERS = {
    "all is well": [series(), series(id="2", modality=None)],
    "nothing below": [series(**{"instances()": Nodes([], 0)})],
    "a number that is none": [series(**{"instances()": Nodes([], "seven")}), series()],  # type: ignore[arg-type]
    "a number too large": [series(**{"instances()": Nodes([], 1 << 40)})],
    "a text that is none": [series(modality={}), series()],
    "no id": [series(id=None)],
    "nothing where a page must be": [series(**{"instances()": None})],
    "a relation that was not read": [{"id": "1"}],
    "a node that is none": [series(**{"instances()": Nodes([None], 1)})],
    "a segment without codes": [
        series(**{"instances()": Nodes([instance(**{"left()": Nodes([{"label": 3}], 1)})], 1)})
    ],
    "a code without concept": [
        series(**{"instances()": Nodes([instance(**{"left()": Nodes([SEGMENT | {"type": [{}]}], 1)})], 1)})
    ],
}


class Answering:
    """A client that answers so."""

    def __init__(self, nodes: list[dict[str, Any]]) -> None:
        self._nodes = nodes

    def page(self, *_: Any, **__: Any) -> Answer:
        return Answer(self._nodes, len(self._nodes), "next")

    def validate(self, _: Any) -> list[str]:
        return []


def told(asked: StoreSchema) -> tuple[Any, list[Any]]:
    found = asked.execute_sync(TEXT)
    return found.data, [(error.message, error.path, error.locations) for error in found.errors or ()]


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_completed_as_graphql_does(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = schema(Answering(ANSWERS[name]), in_thread)  # type: ignore[arg-type]
    monkeypatch.setattr(sys.modules[StoreSchema.__module__], "told", _untold)
    data, errors = told(ours)
    ours.execution_context_class = StrawberryGraphQLCoreExecutionContext
    assert (data, errors) == told(ours)
    assert bool(errors) == (name not in ("all is well", "nothing below"))


def _untold(errors: list[GraphQLError], *_: Any) -> list[GraphQLError]:
    return errors
