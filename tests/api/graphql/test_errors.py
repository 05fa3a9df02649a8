"""Whatever is wrong with a where is told as on every other way in: path, nearest name; and each limit by its name."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cohortgraph.api.graphql import in_thread
from cohortgraph.api.graphql.schema import StoreSchema, schema
from cohortgraph.client import Client
from cohortgraph.graph.allowance import Allowance, allowed
from cohortgraph.graph.engine import Engine
from cohortgraph.graph.engines.ladybug import LadybugEngine
from cohortgraph.graph.store.directory import Store

from ...corpus.questions import broken
from ...oracle.model import LEVELS
from .literal import literal

LISTS = ("A code where a list belongs", "AND of a mapping", "in without a list")
"""Where GraphQL makes a list of one value by itself."""

WRITABLE = [
    entry
    for entry in broken()
    if entry["title"] not in LISTS
    and isinstance(entry["document"], dict)
    and len(entry["document"]) == 1
    and next(iter(entry["document"])) in LEVELS
    and isinstance(next(iter(entry["document"].values())), dict)
]


@pytest.fixture(scope="module", params=["ladybug"])
def empty_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One engine: what is refused never reaches it."""
    engine = LadybugEngine(tmp_path_factory.mktemp("store") / "graph", buffer_pool_bytes=256 << 20)
    engine.ensure_schema()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreSchema]:
    """GraphQL over a store that has declared nothing, as the broken documents expect."""
    engine = LadybugEngine(tmp_path_factory.mktemp("blank") / "graph", buffer_pool_bytes=256 << 20)
    engine.ensure_schema()
    yield schema(Client(cast(Store, SimpleNamespace(engine=engine))), in_thread)
    engine.close()


def _refused(asked: StoreSchema, text: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = asked.execute_sync(text, variables)
    assert answer.errors, "not refused"
    told = answer.errors[0].formatted
    return {"message": told["message"], **told["extensions"]}


@pytest.mark.parametrize("entry", WRITABLE, ids=lambda entry: entry["title"])
def test_the_path_in_the_document_and_the_nearest_name(blank: StoreSchema, entry: dict[str, Any]) -> None:
    ((root, where),) = entry["document"].items()
    text = f"query($where: {LEVELS[root]}Filter) {{ {root}(where: $where) {{ total }} }}"
    told = _refused(blank, text, {"where": where})
    assert told["code"] in ("question_invalid", "limit_exceeded")
    assert (told["path"], told["suggestion"]) == (entry["path"], entry.get("suggestion"))


def test_a_literal_is_told_alike(asked: StoreSchema) -> None:
    told = _refused(asked, '{ series(where: {modalty: {eq: "CT"}}) { total } }')
    assert (told["code"], told["path"], told["suggestion"]) == ("question_invalid", "/series/modalty", "modality")


def test_what_is_no_question_is_told_by_graphql(asked: StoreSchema) -> None:
    told = _refused(asked, "{ series { totl } }")
    assert told["code"] == "request_invalid"
    assert "Did you mean 'total'" in told["message"]


def test_a_facet_by_nothing_names_the_nearest(asked: StoreSchema) -> None:
    told = _refused(asked, '{ series { facets(by: "modalty") { by } } }')
    assert told["code"] == "usage_invalid"
    assert "modality" in told["message"]


def _limit(asked: StoreSchema, text: str, variables: dict[str, Any] | None = None) -> tuple[str, int, int]:
    told = _refused(asked, text, variables)
    assert told["code"] == "limit_exceeded"
    assert told["limit"] in told["message"]
    assert f"{told['most']:,}" in told["message"]
    assert told["found"] > told["most"]
    return told["limit"], told["found"], told["most"]


def test_the_depth_of_a_filter(asked: StoreSchema) -> None:
    where: dict[str, Any] = {}
    for _ in range(17):
        where = {"NOT": where}
    assert _limit(asked, f"{{ patients(where: {literal(where)}) {{ total }} }}") == ("filterDepth", 17, 16)


def test_the_clauses_of_a_filter(asked: StoreSchema) -> None:
    where = {"OR": [{"patientSex": {"eq": "F"}}] * 500}
    text = "query($where: PatientFilter) { patients(where: $where) { total } }"
    assert _limit(asked, text, {"where": where}) == ("clauses", 501, 500)


def test_of_a_page_of_nothing_the_total_is_told(asked: StoreSchema) -> None:
    text = """{
      none: patients(first: 0) { total nodes { id } }
      patients { total nodes { series(first: 0) { total nodes { id } } } }
    }"""
    answer = asked.execute_sync(text)
    assert answer.errors is None
    assert answer.data["none"] == {"total": answer.data["patients"]["total"], "nodes": []}
    assert answer.data["none"]["total"] > 0
    assert {len(each["series"]["nodes"]) for each in answer.data["patients"]["nodes"]} == {0}
    assert all(each["series"]["total"] > 0 for each in answer.data["patients"]["nodes"])


def test_the_nodes_of_a_page(asked: StoreSchema) -> None:
    assert _limit(asked, "{ patients(first: 1001) { total } }") == ("nodes", 1001, 1000)


def test_the_nodes_of_a_page_over_all_levels(asked: StoreSchema) -> None:
    items = "items(first: 200) { nodes { instance { items(first: 200) { nodes { id } } } } }"
    text = f"{{ patients(first: 200) {{ nodes {{ {items} more: {items} studies {{ nodes {{ {items} }} }} }} }} }}"
    name, found, most = _limit(asked, text)
    assert (name, most) == ("nodes", 1000)
    assert found > 1000


def test_the_tokens_of_a_text(asked: StoreSchema) -> None:
    ids = ", ".join('"1"' for _ in range(10_000))
    assert _limit(asked, f"{{ studies(where: {{id: {{in: [{ids}]}}}}) {{ total }} }}")[0] == "tokens"


@pytest.mark.parametrize("deep", [200, 5000])
def test_the_nesting_of_text_and_variables(asked: StoreSchema, deep: int) -> None:
    where = "{NOT:" * deep + "{}" + "}" * deep
    assert _limit(asked, f"{{ patients(where: {where}) {{ total }} }}")[0] in ("nesting", "tokens")
    nested: dict[str, Any] = {}
    for _ in range(deep):
        nested = {"NOT": nested}
    text = "query($where: PatientFilter) { patients(where: $where) { total } }"
    assert _limit(asked, text, {"where": nested})[0] == "nesting"


def test_the_aliases_of_an_operation(asked: StoreSchema) -> None:
    aliases = " ".join(f"a{n}: next" for n in range(51))
    assert _limit(asked, f"{{ patients {{ {aliases} }} }}") == ("aliases", 51, 50)


def test_the_cost_of_an_operation(asked: StoreSchema) -> None:
    facets = " ".join(f'f{n}: facets(by: "patientSex") {{ total }}' for n in range(40))
    assert _limit(asked, f"{{ patients {{ {facets} }} }}")[0] == "cost"


def test_fragments_that_unfold_to_millions_are_counted_not_unfolded(asked: StoreSchema) -> None:
    fragments = "fragment f0 on Patient { a0: id b0: id }"
    for n in range(1, 60):
        fragments += f" fragment f{n} on Patient {{ ...f{n - 1} ...f{n - 1} }}"
    name, found, _ = _limit(asked, f"{{ patients {{ nodes {{ ...f59 }} }} }} {fragments}")
    assert name == "aliases"
    assert found == 2**60


def test_a_time_out_reaches_the_engine(asked: StoreSchema) -> None:
    with allowed(Allowance(0.0)):
        assert _refused(asked, "{ patients { total } }")["code"] == "timed_out"
