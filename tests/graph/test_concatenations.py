"""Parts of a concatenation as one logical instance, whatever part arrives first, is missing, or leaves."""

from __future__ import annotations

import pickle
from itertools import permutations

from cohortgraph.graph.engine import Engine
from cohortgraph.graph.facts import InstanceFacts
from cohortgraph.graph.reading.check import check
from cohortgraph.graph.reading.digest import digest
from cohortgraph.graph.writing.writer import Writer
from cohortgraph.queries import ask

from .objects import MemoryHeaders, again, instance, nodes, wipe, writer


def part(number: int, frames: int, *values: float) -> InstanceFacts:
    """A part of three; its UID does not follow its number."""
    varying = {"diffusionBValue": list(values), "diffusionBValueMin": min(values), "diffusionBValueMax": max(values)}
    place = {"concatenationUID": "6.1", "inConcatenationNumber": number, "inConcatenationTotalNumber": 3}
    return instance(f"8.1.{9 - number}", numberOfFrames=frames, **varying, **place)


PARTS = [part(1, 10, 0.0), part(2, 10, 0.0, 500.0), part(3, 4, 1000.0)]


def said(engine: Engine) -> dict[str, tuple[object, ...]]:
    found = nodes(engine, "Instance", "part", "numberOfFrames", "diffusionBValue")
    return {uid: tuple(rest) for uid, *rest in found}


def test_semantics_4_4_the_first_part_stands_for_all_in_any_order(engine: Engine) -> None:
    digests = set()
    for order in permutations(PARTS):
        wipe(engine)
        write = writer(engine)
        for each in order:
            write.commit(new=[each])
        assert said(engine) == {
            "8.1.8": (None, 24, [0.0, 500.0, 1000.0]),
            "8.1.7": (True, 10, [0.0, 500.0]),
            "8.1.6": (True, 4, [1000.0]),
        }
        digests.add(digest(engine))
    wipe(engine)
    writer(engine).commit(new=PARTS)
    assert {digest(engine)} == digests


def test_semantics_4_4_questions_see_one_instance(engine: Engine) -> None:
    write = writer(engine)
    write.commit(new=[*PARTS, instance("8.2.1", series="8.2")])
    (hit, _) = ask(engine, {"instances": {}}).hits
    assert (hit["sopInstanceUID"], hit["numberOfFrames"]) == ("8.1.8", 24)
    assert ask(engine, {"instances": {"diffusionBValue": {"eq": 1000}}}).total == 1
    assert ask(engine, {"series": {"instances": {"count": {"eq": 1}}}}).total == 2
    assert ask(engine, {"patients": {"instances": {"some": {"concatenationUID": {"exists": True}}}}}).total == 1


def test_semantics_4_4_missing_parts_are_named(engine: Engine) -> None:
    write = writer(engine)
    write.commit(new=[PARTS[1]])
    assert ask(engine, {"instances": {}}).warnings == ["the concatenation 6.1 lacks its parts 1, 3"]
    write.commit(new=[PARTS[0], PARTS[2]])
    assert ask(engine, {"instances": {}}).warnings == []


def test_what_a_part_says_by_itself_comes_back(engine: Engine) -> None:
    kept = MemoryHeaders()
    write = Writer(engine, kept, pickle.loads)
    write.commit(new=PARTS)
    before = digest(engine)
    write.delete(["8.1.8"])
    assert said(engine)["8.1.7"] == (None, 14, [0.0, 500.0, 1000.0])
    write.commit(new=[PARTS[0]])
    assert digest(engine) == before
    write.commit(replace=[part(2, 7, 9.0)])
    assert said(engine)["8.1.8"] == (None, 21, [0.0, 9.0, 1000.0])
    write.commit(replace=[PARTS[1]])
    assert digest(engine) == before
    assert check(engine, kept, again) == []
    write.delete([each.sop_instance_uid for each in PARTS])
    assert nodes(engine, "Concatenation") == []
