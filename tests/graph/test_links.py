"""Links over shared Frames of Reference and Tracking UIDs, whatever arrives first, leaves, or changes its person."""

from __future__ import annotations

import pickle
from itertools import permutations

import pytest

from cohortgraph.graph.engine import Engine
from cohortgraph.graph.engines.ladybug import LadybugEngine
from cohortgraph.graph.facts import Child, InstanceFacts, Reference
from cohortgraph.graph.reading.check import check
from cohortgraph.graph.reading.digest import digest
from cohortgraph.graph.writing.writer import Writer

from .objects import MemoryHeaders, again, edges, instance, item, nodes, segment, wipe, writer


def image(uid: str, frame: str = "7.7", **more: str) -> InstanceFacts:
    return instance(uid, series=uid.rpartition(".")[0], frameOfReferenceUID=frame, **more)


def placed(uid: str, *frames: str, **more: object) -> InstanceFacts:
    """A segmentation that names no image."""
    facts = instance(uid, series=uid.rpartition(".")[0], kind="segmentation", **more)
    facts.frames = frames
    facts.header = pickle.dumps(facts)
    return facts


def tracked(number: int, uid: str) -> Child:
    made = segment(number)
    made.properties["trackingUID"] = uid
    return made


def measured(uid: str, *references: Reference, **more: str) -> InstanceFacts:
    """A report whose one item tracks 5.5."""
    children = [item("1", 0), item("1.1", 1, 0, trackingUID="5.5")]
    return instance(uid, series=uid.rpartition(".")[0], kind="report", children=children, references=references, **more)


def by_frame(engine: Engine) -> list[tuple[str, str]]:
    return edges(engine, "Instance", "REFERENCES_SERIES", "Series")


def by_tracking(engine: Engine) -> list[tuple[str, int]]:
    return edges(engine, "ContentItem", "REFERENCES", "Segment")


def history() -> list[InstanceFacts]:
    """Two series in one frame, one elsewhere; a segmentation there, a report that tracks its second segment."""
    return [
        image("8.1.1"),
        image("8.1.2"),
        image("8.2.1"),
        image("8.3.1", "7.9"),
        placed("8.4.1", "7.7", children=[tracked(1, "5.4"), tracked(2, "5.5")]),
        measured("8.5.1"),
    ]


def test_semantics_4_2_links_follow_in_any_order(engine: Engine) -> None:
    digests = set()
    for order in list(permutations(history()))[::144]:
        wipe(engine)
        write = writer(engine)
        for each in order:
            write.commit(new=[each])
        assert by_frame(engine) == [("8.4.1", "8.1"), ("8.4.1", "8.2")]
        assert by_tracking(engine) == [("1.1", 2)]
        digests.add(digest(engine))
    wipe(engine)
    writer(engine).commit(new=history())
    assert {digest(engine)} == digests


def test_a_link_goes_with_the_last_image_of_its_series_in_the_frame(engine: Engine) -> None:
    write = writer(engine)
    write.commit(new=history())
    before = digest(engine)
    write.delete(["8.1.1"])
    assert ("8.4.1", "8.1") in by_frame(engine)
    write.commit(replace=[image("8.1.2", "7.9")])
    assert by_frame(engine) == [("8.4.1", "8.2")]
    write.commit(new=[image("8.1.1")], replace=[image("8.1.2")])
    assert digest(engine) == before


def test_a_link_goes_when_an_explicit_reference_appears_and_comes_back_with_it_gone(engine: Engine) -> None:
    write = writer(engine)
    write.commit(new=history())
    before = digest(engine)
    named = placed("8.4.1", references=[Reference("8.1.1")], children=[tracked(1, "5.4"), tracked(2, "5.5")])
    write.commit(replace=[named, measured("8.5.1", Reference("8.4.1", segment=1, holder=1))])
    assert by_frame(engine) == []
    assert by_tracking(engine) == [("1.1", 1)]
    write.commit(replace=history()[4:])
    assert digest(engine) == before


@pytest.mark.parametrize("leaves", ["8.4.1", "8.5.1", "8.2.1"])
def test_what_is_deleted_and_comes_again_is_linked_again(engine: Engine, leaves: str) -> None:
    write = writer(engine)
    write.commit(new=history())
    before = digest(engine)
    write.delete([leaves])
    write.commit(new=[each for each in history() if each.sop_instance_uid == leaves])
    assert digest(engine) == before
    write.commit(replace=[each for each in history() if each.sop_instance_uid == leaves])
    assert digest(engine) == before


def test_hubs_go_with_what_shares_them(engine: Engine) -> None:
    write = writer(engine)
    write.commit(new=history())
    assert [row[0] for row in nodes(engine, "Tracked")] == ["d|P#5.4", "d|P#5.5"]
    write.delete([each.sop_instance_uid for each in history()])
    assert nodes(engine, "Tracked") == nodes(engine, "FrameOfReference") == []


def test_semantics_4_2_people_are_not_linked_with_one_another_until_they_are_one(engine: Engine) -> None:
    kept = MemoryHeaders()
    write = Writer(engine, kept, pickle.loads)
    facts = history()
    for each in facts[4:]:
        each.patient |= {"id": "d|Q", "patientID": "Q"}
        each.study["id"] = "9"
    facts[5].study["id"] = "8"
    facts[5].patient |= {"id": "d|P", "patientID": "P"}
    for each in facts:
        each.header = pickle.dumps(each)
    write.commit(new=facts)
    assert by_frame(engine) == by_tracking(engine) == []
    before = digest(engine)

    def records(uid: str, _: str) -> list[str]:
        return ["d|Q" if uid == "8.4.1" else "d|P"]

    write.link(["d|P", "d|Q"], records)
    assert by_frame(engine) == [("8.4.1", "8.1"), ("8.4.1", "8.2")]
    assert by_tracking(engine) == []  # another study
    assert [row[0] for row in nodes(engine, "Tracked")] == ["d|P#5.4", "d|P#5.5"]
    write.unlink("d|Q", records)
    assert by_frame(engine) == []
    assert digest(engine) == before
    assert check(engine, kept, again) == []


def test_check_computes_ties_and_links_anew(ladybug: LadybugEngine) -> None:
    from cohortgraph.graph.engine import Batch

    kept = MemoryHeaders()
    Writer(ladybug, kept, pickle.loads).commit(new=history())
    assert check(ladybug, kept, again) == []
    link = {"source": "8.4.1", "target": "8.1"}
    ladybug.write(Batch(drop_edges={("REFERENCES_SERIES", "Instance", "Series"): [link]}))
    tie = {"source": "8.3", "target": "d|P#7.9"}
    ladybug.write(Batch(drop_edges={("IN_FRAME", "Series", "FrameOfReference"): [tie]}))
    ladybug.write(Batch(drop_edges={("TRACKS", "Segment", "Tracked"): [{"source": 4 << 20, "target": "d|P#5.4"}]}))
    told = "\n".join(map(str, check(ladybug, kept, again)))
    assert "8.4.1: has not the REFERENCES_SERIES by frameOfReference that it should have" in told
    assert "8.3: is not in the Frames of Reference of its images" in told
    assert "d|P#7.9: is a FrameOfReference that nothing shares" in told
    assert "8.4.1#segment[0]: TRACKS to d|P#5.4 is missing" in told
