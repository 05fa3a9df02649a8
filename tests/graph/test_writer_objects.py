"""Objects: stored, replaced, deleted, found in further places, measured; and the concepts they bring."""

from __future__ import annotations

import pytest

from cohortgraph.graph.engine import Engine
from cohortgraph.graph.facts import Coded, ConceptSeen, Location
from cohortgraph.graph.writing.concepts import canonical_unit
from cohortgraph.ontology import hierarchy, value_sets

from .objects import HEART, LEFT_VENTRICLE, MILLIMETRE, edges, instance, item, nodes, segment, writer


def test_what_is_stored_tells_new_same_and_changed_objects_apart(engine: Engine) -> None:
    into, facts = writer(engine), instance("1.1")
    into.commit([facts])
    stored = into.stored(["1.1", "1.2"])
    assert set(stored) == {"1.1"}
    assert stored["1.1"].header_digest == facts.instance["headerDigest"]
    assert (stored["1.1"].locations, stored["1.1"].datasets) == (("file:///d/1.1",), ("d",))


def test_a_commit_says_what_it_created(engine: Engine) -> None:
    committed = writer(engine).commit([instance("1.1", children=[segment(1), segment(2)]), instance("1.2")])
    assert committed.version == engine.version() == 1
    assert {label: committed.nodes[label] for label in ("Instance", "Segment", "Series")} == {
        "Instance": 2,
        "Segment": 2,
        "Series": 1,
    }


def test_semantics_1_6_the_same_object_elsewhere_is_one_more_location(engine: Engine) -> None:
    into = writer(engine)
    into.commit([instance("1.1")], locations=[("1.1", "d", Location("file:///copy"))])
    into.commit(locations=[("1.1", "e", Location("file:///e/1.1"))])
    stored = into.stored(["1.1"])["1.1"]
    assert stored.locations == ("file:///d/1.1", "file:///copy", "file:///e/1.1")
    assert edges(engine, "Instance", "IN_DATASET", "Dataset") == [("1.1", "d"), ("1.1", "e")]


def test_what_changes_nothing_leaves_the_version(engine: Engine) -> None:
    into = writer(engine)
    version = into.commit([instance("1.1")]).version
    assert into.commit(locations=[("1.1", "d", Location("file:///d/1.1"))]).version == version
    assert into.delete(["1.9"]).version == version
    assert into.commit().version == version


def test_a_replaced_object_keeps_its_ordinal_and_data_sets_and_nothing_else(engine: Engine) -> None:
    into = writer(engine)
    before = instance("1.1", contentLabel="old", children=[segment(1), segment(2), item("1", 0)])
    into.commit([before], locations=[("1.1", "e", Location("file:///e/1.1"))])
    ordinal = into.stored(["1.1"])["1.1"].ordinal
    into.commit(replace=[instance("1.1", contentDescription="new", children=[segment(2, 0)])])
    stored = into.stored(["1.1"])["1.1"]
    assert (stored.ordinal, stored.locations, stored.datasets) == (ordinal, ("file:///d/1.1",), ("d", "e"))
    assert nodes(engine, "Instance", "contentLabel", "contentDescription") == [("1.1", None, "new")]
    assert edges(engine, "Instance", "HAS_SEGMENT", "Segment") == [("1.1", 2)]
    assert edges(engine, "Instance", "HAS_ITEM", "ContentItem") == []


def test_deleting_leaves_concepts_and_no_orphans(engine: Engine) -> None:
    into = writer(engine)
    into.commit([instance("1.1", children=[segment(1), item("1", 0), item("1.1", 1, 0)])])
    into.delete(["1.1"])
    counts = {
        label: engine.read(f"MATCH (n:{label}) RETURN count(n) AS n").to_pylist()[0]["n"]
        for label in ("Patient", "Study", "Series", "Instance", "Segment", "ContentItem")
    }
    assert set(counts.values()) == {0}
    assert (LEFT_VENTRICLE,) in nodes(engine, "Concept")


def test_wrong_use_is_refused_before_anything_is_written(engine: Engine) -> None:
    into = writer(engine)
    version = into.commit([instance("1.1")]).version
    with pytest.raises(ValueError, match=r"1\.1 is stored already"):
        into.commit([instance("1.1"), instance("1.2")])
    with pytest.raises(ValueError, match=r"1\.2 is not stored"):
        into.commit(replace=[instance("1.2")])
    with pytest.raises(ValueError, match="given twice"):
        into.commit([instance("1.2"), instance("1.2")])
    assert engine.version() == version


def test_kept_headers_come_before_and_go_after_the_graph(engine: Engine) -> None:
    into = writer(engine)
    before, after = instance("1.1"), instance("1.1", contentLabel="new")
    into.commit([before])
    into.commit(replace=[after])
    assert into._headers == {after.instance["headerDigest"]: after.header}
    into.delete(["1.1"])
    assert into._headers == {}


def test_measures_come_later_than_their_segments(engine: Engine) -> None:
    into = writer(engine)
    into.commit([instance("1.1", children=[segment(1), segment(2)], measurement="pending")])
    into.set_measures("1.1", {1: {"voxelCount": 4, "volume": 0.5}}, "done")
    assert nodes(engine, "Instance", "measurement") == [("1.1", "done")]
    found = engine.read("MATCH (s:Segment) RETURN s.segmentNumber AS n, s.volume AS volume ORDER BY n")
    assert found.to_pylist() == [{"n": 1, "volume": None}, {"n": 2, "volume": 0.5}]


def test_a_concept_brings_its_ancestors_and_value_sets(engine: Engine) -> None:
    writer(engine).commit([instance("1.1", children=[segment(1)])])
    parents = {target for source, target in edges(engine, "Concept", "IS_A", "Concept") if source == LEFT_VENTRICLE}
    assert parents == hierarchy.parents(LEFT_VENTRICLE)
    assert {identifier for (identifier,) in nodes(engine, "Concept")} >= hierarchy.ancestors(LEFT_VENTRICLE)
    sets = {name for concept, name in edges(engine, "Concept", "MEMBER_OF", "ValueSet") if concept == LEFT_VENTRICLE}
    assert sets == value_sets.memberships(LEFT_VENTRICLE)


def test_a_concept_gathers_every_meaning_and_alias_seen(engine: Engine) -> None:
    into = writer(engine)
    for uid, seen in (
        ("1.1", ConceptSeen({"Heart"}, coding_scheme_uid="2.16.840.1.113883.6.96")),
        ("1.2", ConceptSeen({"Herz"}, {"SRT:T-32000"})),
        ("1.3", ConceptSeen({"Heart"}, flagged=True)),
    ):
        facts = instance(uid, codes=[Coded("ANATOMY", HEART)])
        facts.concepts = {HEART: seen}
        into.commit([facts])
    heart = next(row for row in nodes(engine, "Concept", "meanings", "aliases", "flagged") if row[0] == HEART)
    assert heart == (HEART, ["Heart", "Herz"], ["SRT:T-32000"], True)


def test_what_another_writer_added_to_a_concept_stays(engine: Engine) -> None:
    one, other = writer(engine), writer(engine)
    for into, uid, meaning in ((one, "1.1", "Heart"), (other, "1.2", "Herz"), (one, "1.3", "Coeur")):
        facts = instance(uid, codes=[Coded("ANATOMY", HEART)])
        facts.concepts = {HEART: ConceptSeen({meaning})}
        into.commit([facts])
    assert next(row for row in nodes(engine, "Concept", "meanings") if row[0] == HEART)[1] == ["Coeur", "Heart", "Herz"]


def test_a_unit_knows_the_base_unit_of_its_dimension(engine: Engine) -> None:
    assert canonical_unit(MILLIMETRE) == "m"
    assert canonical_unit("UCUM:no such unit") is None
    child = item("1", 0)
    child.codes.append(Coded("UNIT", MILLIMETRE, {"valueIndex": 0, "numericValue": 5.0, "canonicalValue": 0.005}))
    writer(engine).commit([instance("1.1", children=[child])])
    assert (MILLIMETRE, "m", "UCUM", "mm") in nodes(
        engine, "Concept", "canonicalUnit", "codingSchemeDesignator", "codeValue"
    )


def test_a_change_that_another_writer_overtook_is_planned_anew(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = writer(engine), writer(engine)
    reserve = engine.reserve_ordinals

    def overtaken(count: int) -> int:
        monkeypatch.setattr(engine, "reserve_ordinals", reserve)
        other.commit([instance("1.2", study_says={"studyID": "2"})])
        return reserve(count)

    monkeypatch.setattr(engine, "reserve_ordinals", overtaken)
    assert one.commit([instance("1.1", study_says={"studyID": "1"})]).version == 2
    assert nodes(engine, "Study", "studyID", "disagreements") == [("8", "1", ["studyID"])]
