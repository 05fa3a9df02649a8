"""To which items an item gives its context, for every key: semantics 2.2-2.7 against a naive walk upwards."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohortgraph.graph.facts import InstanceFacts
from cohortgraph.ingest.readers.content import scopes

from ..generated import terms as t
from ..generated.builder import Item, build
from ..oracle.context import contexts
from .documents import CONTAINS, DIAMETER, HAS_CONCEPT_MOD, HEART, SITE, Read, coded, container, document, num

REPORTS = (
    "cardio-ai/example_ecg_sr.dcm",
    "dcmjs/examples/data/structured_report.dcm",
    "dcmjs/test/sample-sr.dcm",
    "dcmqi/data/sr-example/sr.dcm",
    "highdicom/data/test_files/sr_document.dcm",
    "highdicom/data/test_files/sr_document_with_multiple_groups.dcm",
)
SECTION = ("121070", "DCM", "Findings")


def taken(facts: InstanceFacts) -> dict[int, list[int]]:
    """Position of an item → positions of the items whose ranges hold its place."""
    items = [child.properties | {"at": child.position} for child in facts.children if child.label == "ContentItem"]
    found = defaultdict(list)
    for giver in items:
        for reach in giver.get("contextTo", ()):
            first, last = divmod(reach, 1 << 20)
            for item in items:
                if first <= item["contextPlace"] <= last:
                    found[item["at"]].append(giver["at"])
    return {item["at"]: sorted(found[item["at"]]) for item in items}


@pytest.mark.parametrize("name", REPORTS)
def test_semantics_2_3_real_reports_have_the_context_of_a_naive_walk(shared_data: Path, name: str) -> None:
    read = Read(pydicom.dcmread(shared_data / name))
    assert taken(read.facts) == contexts(read.facts)
    assert any(taken(read.facts).values())


@pytest.mark.parametrize("name", REPORTS)
def test_semantics_2_9_context_is_what_the_edges_of_dedicated_keys_come_from(shared_data: Path, name: str) -> None:
    facts = Read(pydicom.dcmread(shared_data / name)).facts
    path = {child.position: child.properties["path"] for child in facts.children}
    names = {c.position: coded.concept for c in facts.children for coded in c.codes if coded.type == "NAME"}
    keys = {"SITE": "SCT:363698007", "METHOD": "SCT:370129005", "FINDING": "DCM:121071"}
    of_context = taken(facts)
    for child in facts.children:
        for edge, key in keys.items():
            sources = {coded.properties["fromItem"] for coded in child.codes if coded.type == edge}
            assert sources == {path[giver] for giver in of_context[child.position] if names.get(giver) == key}


_RELATIONSHIPS = ["CONTAINS", "CONTAINS", "HAS PROPERTIES", "HAS CONCEPT MOD", "HAS OBS CONTEXT", "INFERRED FROM"]
_NAMES = [None, t.FINDING, t.SINGLE_IMAGE_FINDING, t.FINDING_CATEGORY, t.IMAGE_MODE, t.LEAD_ID, t.DERIVATION, t.GROUP]


def _items(children: st.SearchStrategy[list[Item]]) -> st.SearchStrategy[Item]:
    return st.builds(
        Item,
        st.sampled_from(_NAMES),
        st.sampled_from([None, None, t.NODULE, t.CALCIFICATION]),
        relationship=st.sampled_from(_RELATIONSHIPS),
        text=st.sampled_from(["", "", "some"]),
        children=children,
    )


_TREES = st.recursive(
    _items(st.just([])), lambda below: _items(st.lists(below, max_size=4)), max_leaves=25
)  # fmt: skip


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(children=st.lists(_TREES, max_size=4))
def test_semantics_2_4_made_up_reports_have_the_context_of_a_naive_walk(children: list[Item]) -> None:
    facts = build("1.1.1.1", patient="a", kind="report", report=Item(t.REPORT, children=children))
    assert taken(facts) == contexts(facts)


def test_what_is_not_replaced_is_one_range() -> None:
    numbers = [num(CONTAINS, DIAMETER, str(n)) for n in range(50)]
    read = Read(document(container(CONTAINS, SECTION, coded(HAS_CONCEPT_MOD, SITE, HEART), *numbers)))
    assert len(read.get("1.1.1", "contextTo")) == 1


def test_made_up_ranges_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scopes, "MOST", 10)
    sites = [each for _ in range(8) for each in (coded(CONTAINS, SITE, HEART), num(CONTAINS, DIAMETER, "1"))]
    read = Read(document(container(CONTAINS, ("125007", "DCM", "Measurement Group"), *sites)))
    assert "content items give context in more places than a store keeps" in " ".join(read.warnings)
    assert all("contextTo" not in child.properties for child in read.facts.children)
