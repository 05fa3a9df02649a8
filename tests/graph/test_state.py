"""Superseded and rejected objects, whatever arrives first, leaves, or comes again."""

from __future__ import annotations

from itertools import permutations

import pytest

from cohortgraph.graph.engine import Engine
from cohortgraph.graph.facts import Coded, InstanceFacts, Reference
from cohortgraph.graph.reading.digest import digest
from cohortgraph.graph.reading.referred import referred

from .objects import HEART, edges, instance, nodes, wipe, writer


def report(uid: str, *references: Reference, **more: str) -> InstanceFacts:
    return instance(uid, kind="report", codes=[Coded("SHOWS", HEART)], references=references, **more)


def predecessor(uid: str) -> Reference:
    return Reference(uid, properties={"basis": "predecessor"})


def rejection(uid: str) -> Reference:
    return Reference(uid, properties={"basis": "rejection"})


def history() -> list[InstanceFacts]:
    """A report, its amendment, an image, and a note that rejects the image and a missing one."""
    return [
        report("8.1.1"),
        report("8.1.2", predecessor("8.1.1")),
        instance("8.1.3"),
        instance("8.1.4", kind="keyObject", references=[rejection("8.1.3"), rejection("8.1.9")]),
    ]


def states(engine: Engine) -> dict[str, list[str]]:
    found = nodes(engine, "Instance", "superseded", "rejected")
    return {uid: [name for name, is_so in (("superseded", s), ("rejected", r)) if is_so] for uid, s, r in found}


def test_semantics_4_3_states_follow_in_any_order(engine: Engine) -> None:
    digests = set()
    for order in list(permutations(history()))[::5]:
        wipe(engine)
        write = writer(engine)
        for each in order:
            write.commit(new=[each])
        assert states(engine) == {"8.1.1": ["superseded"], "8.1.2": [], "8.1.3": ["rejected"], "8.1.4": []}
        assert edges(engine, "Instance", "SUPERSEDES", "Instance") == [("8.1.2", "8.1.1")]
        assert edges(engine, "Instance", "REJECTS", "Instance") == [("8.1.4", "8.1.3")]
        assert edges(engine, "Instance", "SHOWS", "Concept") == [("8.1.2", HEART)]
        digests.add(digest(engine))
    assert len(digests) == 1


@pytest.mark.parametrize("leaves", ["delete", "replace"])
def test_semantics_5_a_report_shows_again_when_what_superseded_it_goes(engine: Engine, leaves: str) -> None:
    write = writer(engine)
    write.commit(new=history())
    if leaves == "delete":
        write.delete(["8.1.2", "8.1.4"])
    else:
        write.commit(replace=[report("8.1.2"), instance("8.1.4")])
    assert not any(states(engine).values())
    assert ("8.1.1", HEART) in edges(engine, "Instance", "SHOWS", "Concept")
    assert edges(engine, "Instance", "SHOWED", "Concept") == []


def test_a_superseded_report_that_is_replaced_stays_superseded(engine: Engine) -> None:
    write = writer(engine)
    write.commit(new=history())
    before = digest(engine)
    write.commit(replace=[report("8.1.1"), instance("8.1.3")])
    assert digest(engine) == before
    write.delete(["8.1.1", "8.1.3"])
    write.commit(new=[report("8.1.1"), instance("8.1.3")])
    assert digest(engine) == before


def test_references_to_what_is_missing_are_grouped_by_what_holds_them(engine: Engine) -> None:
    write = writer(engine)
    write.commit(new=history())
    (found,) = referred(engine, unresolved=True)
    assert (found.basis, found.holder_kind, found.targets, found.example) == ("rejection", "keyObject", 1, "8.1.9")
    assert {(each.basis, each.resolved) for each in referred(engine)} == {
        ("predecessor", True),
        ("rejection", True),
        ("rejection", False),
    }
