"""Relations in documents of 500 and 10,000 levels, where paths of any length take minutes or all memory."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from pydicom.sequence import Sequence

from cohortgraph.graph.engine import Engine
from cohortgraph.graph.writing.writer import Writer
from cohortgraph.ingest.readers.content.descent import add_last_descendants
from cohortgraph.queries import ask, count

from ..generated.loading import Headers
from ..ingest.documents import CONTAINS, FINDING, GROUP, HAS_CONCEPT_MOD, HEART, LUNG, SITE, Read, coded, document, item

LEVELS = 500
IN_HEART: dict[str, Any] = {"name": {"is": "SCT:363698007"}, "value": {"is": "SCT:80891009"}}
SECTIONS: dict[str, Any] = {"name": {"is": "DCM:125007"}}


@pytest.fixture(scope="module")
def deep(empty_engine: Engine) -> Engine:
    _write(empty_engine, LEVELS)
    return empty_engine


def _write(engine: Engine, levels: int) -> None:
    """Write a report at the heart with a finding at its end, halfway down to which the site becomes the lung."""
    ds = innermost = document(coded(HAS_CONCEPT_MOD, SITE, HEART))
    for level in range(levels):
        below = item(CONTAINS, "CONTAINER", GROUP)
        if level == levels // 2:
            below.ContentSequence = Sequence([coded(HAS_CONCEPT_MOD, SITE, LUNG)])
        innermost.ContentSequence = Sequence([*innermost.get("ContentSequence", []), below])
        innermost = below
    innermost.ContentSequence = Sequence([coded(CONTAINS, FINDING, HEART)])
    facts = Read(ds).facts
    add_last_descendants(facts.children)
    facts.instance["headerDigest"] = "none"
    Writer(engine, Headers(), pickle.loads).commit(new=[facts])


def test_semantics_2_10_the_ancestors_of_the_last_item_are_counted(deep: Engine) -> None:
    finding = {"name": {"is": "DCM:121071"}, "ancestors": {"count": {"of": SECTIONS, "eq": LEVELS}}}
    assert ask(deep, {"items": finding}).total == 1


def test_semantics_2_10_the_last_item_is_below_every_section(deep: Engine) -> None:
    assert count(deep, {"items": {**SECTIONS, "descendants": {"some": {"name": {"is": "DCM:121071"}}}}}) == LEVELS


def test_semantics_2_3_a_nearer_level_replaces_a_farther_one_at_any_depth(deep: Engine) -> None:
    assert count(deep, {"items": {**SECTIONS, "context": {"some": IN_HEART}}}) == LEVELS // 2
    assert count(deep, {"items": {**SECTIONS, "context": {"none": IN_HEART}}}) == LEVELS // 2


def test_a_report_of_ten_thousand_levels_is_written_and_asked_in_little_memory(ladybug: Engine) -> None:
    _write(ladybug, 10_000)
    finding = {"name": {"is": "DCM:121071"}}
    assert count(ladybug, {"items": {**SECTIONS, "descendants": {"some": finding}}}) == 10_000
    assert count(ladybug, {"items": {**finding, "ancestors": {"count": {"of": SECTIONS, "eq": 10_000}}}}) == 1
    (hit,) = ask(ladybug, {"items": finding}).hits
    assert len(hit["id"]) < 400
