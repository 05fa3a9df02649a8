"""References resolve whatever arrives first, and come loose when their target goes (semantics 4.1)."""

from __future__ import annotations

from cohortgraph.graph.engine import Engine
from cohortgraph.graph.facts import Reference

from .objects import edges, instance, item, nodes, segment, writer

TO_SEGMENT = Reference("1.2", segment=3)
TO_ITEM = Reference("1.2", item="1.2")
HOLDER = instance("1.1", references=[Reference("1.2"), TO_SEGMENT, TO_ITEM])
TARGET = instance("1.2", series="8.2", children=[segment(3), item("1", 0), item("1.2", 1, 0)])


def resolved(engine: Engine) -> list[object]:
    return [edges(engine, "Instance", "REFERENCES", label) for label in ("Instance", "Segment", "ContentItem")]


def test_semantics_4_1_the_target_may_come_first_last_or_with_its_holder(engine: Engine) -> None:
    found = [[("1.1", "1.2")], [("1.1", 3)], [("1.1", "1.2")]]
    into = writer(engine)
    for batches in ([[TARGET], [HOLDER]], [[HOLDER], [TARGET]], [[HOLDER, TARGET]], [[TARGET, HOLDER]]):
        for batch in batches:
            into.commit(batch)
        assert resolved(engine) == found
        assert nodes(engine, "UnresolvedTarget") == []
        into.delete(["1.1", "1.2"])


def test_semantics_4_1_a_missing_target_is_kept_with_what_it_is(engine: Engine) -> None:
    writer(engine).commit([instance("1.1", references=[*HOLDER.references, Reference(series_instance_uid="8.7")])])
    assert nodes(engine, "UnresolvedTarget", "kind") == [
        ("1.2", "instance"),
        ("1.2#item/1.2", "item"),
        ("1.2#segment/3", "segment"),
        ("8.7#series", "series"),
    ]


def test_semantics_4_1_deleting_the_target_turns_its_references_back(engine: Engine) -> None:
    into = writer(engine)
    into.commit([HOLDER, TARGET])
    into.delete(["1.2"])
    assert resolved(engine) == [[], [], []]
    waiting = [target for _, target in edges(engine, "Instance", "UNRESOLVED", "UnresolvedTarget")]
    assert waiting == ["1.2", "1.2#item/1.2", "1.2#segment/3"]


def test_replacing_the_target_keeps_references_to_it_and_asks_again_for_its_children(engine: Engine) -> None:
    into = writer(engine)
    into.commit([HOLDER, TARGET])
    into.commit(replace=[instance("1.2", series="8.2", children=[segment(1), item("1", 0), item("1.2", 1, 0)])])
    assert resolved(engine) == [[("1.1", "1.2")], [], [("1.1", "1.2")]]
    assert edges(engine, "Instance", "UNRESOLVED", "UnresolvedTarget") == [("1.1", "1.2#segment/3")]
    into.commit(replace=[TARGET])
    assert resolved(engine) == [[("1.1", "1.2")], [("1.1", 3)], [("1.1", "1.2")]]
    assert nodes(engine, "UnresolvedTarget") == []


def test_every_property_of_a_reference_survives_waiting(engine: Engine) -> None:
    properties = {
        "basis": "contentItem",
        "path": "1.1",
        "sopClassUID": "1.2.840.10008.5.1.4.1.1.66.4",
        "frames": [1, 5],
        "segments": [3],
        "channels": [1, 2],
        "purpose": "DCM:121322",
        "own": False,
    }
    into = writer(engine)
    into.commit(
        [instance("1.1", children=[item("1", 0)], references=[Reference("1.2", holder=0, properties=properties)])]
    )
    into.commit([TARGET])
    returned = ", ".join(f"e.{name} AS {name}" for name in properties)
    found = engine.read(f"MATCH (:ContentItem)-[e:REFERENCES]->(:Instance {{id: '1.2'}}) RETURN {returned}")
    assert found.to_pylist() == [properties]


def test_an_unresolved_target_goes_with_its_last_holder(engine: Engine) -> None:
    into = writer(engine)
    into.commit([instance("1.1", references=[Reference("1.9")]), instance("1.3", references=[Reference("1.9")])])
    into.delete(["1.1"])
    assert nodes(engine, "UnresolvedTarget") == [("1.9",)]
    into.commit(replace=[instance("1.3")])
    assert nodes(engine, "UnresolvedTarget") == []


def test_an_object_may_refer_to_itself_and_to_a_segment_that_it_lacks(engine: Engine) -> None:
    references = [Reference("1.1"), Reference("1.1", segment=1), Reference("1.1", segment=2)]
    into = writer(engine)
    into.commit([instance("1.1", children=[segment(1)], references=references)])
    into.commit(replace=[instance("1.1", children=[segment(1)], references=references)])
    assert resolved(engine) == [[("1.1", "1.1")], [("1.1", 1)], []]
    assert edges(engine, "Instance", "UNRESOLVED", "UnresolvedTarget") == [("1.1", "1.1#segment/2")]
    into.delete(["1.1"])
    assert nodes(engine, "UnresolvedTarget") == []


def test_items_refer_to_items_of_their_own_tree(engine: Engine) -> None:
    children = [item("1", 0), item("1.1", 1, 0), item("1.2", 2, 0)]
    by_reference = Reference("1.1", holder=2, item="1.1", properties={"relationshipType": "INFERRED FROM"})
    writer(engine).commit([instance("1.1", children=children, references=[by_reference])])
    assert edges(engine, "ContentItem", "REFERENCES", "ContentItem") == [("1.2", "1.1")]


def test_a_reference_to_a_series_resolves_when_its_first_object_comes(engine: Engine) -> None:
    into = writer(engine)
    into.commit([instance("1.1", references=[Reference(series_instance_uid="8.2")])])
    into.commit([TARGET])
    assert edges(engine, "Instance", "REFERENCES_SERIES", "Series") == [("1.1", "8.2")]
    into.delete(["1.2"])
    assert edges(engine, "Instance", "UNRESOLVED", "UnresolvedTarget") == [("1.1", "8.2#series")]


def test_a_series_and_an_instance_of_equal_uid_are_told_apart(engine: Engine) -> None:
    into = writer(engine)
    into.commit([instance("1.1", references=[Reference("7"), Reference(series_instance_uid="7")])])
    into.commit([instance("7", series="8.2")])
    assert edges(engine, "Instance", "REFERENCES", "Instance") == [("1.1", "7")]
    assert edges(engine, "Instance", "UNRESOLVED", "UnresolvedTarget") == [("1.1", "7#series")]
