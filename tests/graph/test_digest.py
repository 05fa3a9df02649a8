"""The digest names what a store holds, and nothing of how it came there; stats count it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cohortgraph.graph.engine import Batch, Engine
from cohortgraph.graph.engines.ladybug import LadybugEngine
from cohortgraph.graph.facts import Coded, ConceptSeen, InstanceFacts, Location, Reference
from cohortgraph.graph.reading.digest import digest, stats

from .objects import HEART, LEFT_VENTRICLE, edges, instance, item, segment, writer


def objects() -> list[InstanceFacts]:
    """Of every kind of node and edge something."""
    area = item("1.1", 1, 0, numericValue=5, canonicalValue=0.005, date=None)
    return [
        instance("1.1", children=[segment(1), segment(2)], codes=[Coded("ANATOMY", HEART, {"codeMeaning": "Heart"})]),
        instance("1.2", series="8.2", children=[item("1", 0), area], pixelSpacing=[0.5, 1]),
        instance(
            "1.3",
            series="8.3",
            references=[Reference("1.1", segment=2, properties={"frames": [1]}), Reference("9.9"), Reference("1.2")],
        ),
    ]


def test_equal_for_every_order_and_batch_split(engine: Engine) -> None:
    into = writer(engine)
    into.commit(objects())
    at_once = digest(engine)
    into.delete(["1.1", "1.2", "1.3"])
    for facts in reversed(objects()):
        into.commit([facts])
    assert digest(engine) == at_once


def test_equal_on_both_engines(engine: Engine, tmp_path: Path) -> None:
    writer(engine).commit(objects())
    other = LadybugEngine(tmp_path / "other", buffer_pool_bytes=256 << 20)
    other.ensure_schema()
    writer(other).commit(objects())
    assert digest(engine) == digest(other)
    other.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts[0].children.pop(),
        lambda facts: facts[0].children[0].properties.update(segmentLabel="LV"),
        lambda facts: facts[0].codes[0].properties.update(codeMeaning="heart"),
        lambda facts: facts[0].codes[0].__setattr__("concept", LEFT_VENTRICLE),
        lambda facts: facts[1].children[1].__setattr__("parent", None),
        lambda facts: facts[1].study.update(studyID="7"),
        lambda facts: facts[2].references[0].__setattr__("segment", 1),
        lambda facts: facts[2].references[0].properties.update(frames=[2]),
        lambda facts: facts[2].__setattr__("dataset", "e"),
    ],
)
def test_anything_else_gives_another(ladybug: LadybugEngine, change: object) -> None:
    into = writer(ladybug)
    into.commit(objects())
    before = digest(ladybug)
    into.delete(["1.1", "1.2", "1.3"])
    changed = objects()
    change(changed)  # type: ignore[operator]
    into.commit(changed)
    assert digest(ladybug) != before


def test_what_is_local_is_left_out(ladybug: LadybugEngine) -> None:
    into = writer(ladybug)
    into.commit(objects())
    before = digest(ladybug)
    into.commit(locations=[("1.1", "d", Location("file:///elsewhere"))])
    local = {"ordinal": 9, "transferSyntaxUID": "1.2.840.10008.1.2.1", "photometricInterpretation": "YBR_FULL"}
    ladybug.write(Batch(set_nodes={"Instance": [{"id": "1.3", **local}]}))
    assert digest(ladybug) == before


def test_what_is_left_of_objects_that_are_gone_is_left_out(ladybug: LadybugEngine) -> None:
    into = writer(ladybug)
    into.commit([instance("1.1")])
    before = digest(ladybug)
    gone = instance("1.2", dataset="e", codes=[Coded("ANATOMY", LEFT_VENTRICLE)])
    gone.concepts = {LEFT_VENTRICLE: ConceptSeen({"LV"}, {"SRT:T-32600"})}
    into.commit([gone])
    assert digest(ladybug) != before
    into.delete(["1.2"])
    assert edges(ladybug, "Concept", "IS_A", "Concept")
    assert digest(ladybug) == before


def test_stats_count_nodes_edges_codes_and_what_is_odd(engine: Engine) -> None:
    odd = instance("1.4", series="8.3", study_says={"studyID": "2"}, codes=[Coded("ANATOMY", "SCT:C0018787")])
    odd.concepts["SCT:C0018787"] = ConceptSeen({"Heart"}, flagged=True)
    writer(engine).commit([*objects(), instance("1.5", study_says={"studyID": "1"}), odd])
    found = stats(engine)
    assert (found.version, found.nodes["Instance"], found.nodes["Segment"], found.edges["HAS_CHILD"]) == (1, 5, 2, 1)
    assert (found.top_codes[0].edges, {code.id for code in found.top_codes[:2]}) == (
        2,
        {LEFT_VENTRICLE, "SCT:42798000"},
    )
    assert (found.unresolved, found.flagged) == (1, ["SCT:C0018787"])
    assert found.disagreements == {"Study.studyID": 1}
