"""Whatever happened to a store, it ends as one that only ever saw the final objects."""

from __future__ import annotations

import pickle
import random
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohortgraph.graph.engine import Engine
from cohortgraph.graph.facts import Coded, InstanceFacts, Reference
from cohortgraph.graph.reading.check import check
from cohortgraph.graph.reading.digest import digest
from cohortgraph.graph.writing.writer import Writer

from .objects import AREA, HEART, MemoryHeaders, again, instance, item, segment, wipe

UIDS = [f"1.{n}" for n in range(1, 6)]
SERIES = ["8.1", "8.2", "8.3"]
MISSING = ["1.9", "8.9"]


def _references(holders: int) -> st.SearchStrategy[Reference]:
    return st.builds(
        lambda target, series, holder, basis: Reference(
            "" if series else target[0],
            series,
            holder,
            target[1],
            target[2],
            properties={"basis": basis, "frames": [1]},
        ),
        st.tuples(st.sampled_from([*UIDS, *MISSING]), st.none() | st.integers(1, 3), st.none() | st.just("1.2")),
        st.just("") | st.sampled_from([*SERIES, *MISSING]),
        st.none() | st.integers(0, holders - 1) if holders else st.none(),
        st.sampled_from(["sourceImage", "evidence"]),
    )


@st.composite
def objects(draw: st.DrawFn, uid: str) -> InstanceFacts:
    """Any object with this UID; its levels may contradict those of others."""
    children = [segment(number, n) for n, number in enumerate(draw(st.lists(st.integers(1, 3), max_size=3)))]
    items = [item("1", 0), item("1.1", 1, 0), item("1.2", 2, 0)][: draw(st.integers(0, 3))]
    says = st.sampled_from(["", "a", "b"])
    place = draw(
        st.sampled_from([("P", "8", "8.1"), ("P", "8", "8.2"), ("P", "9", "8.3"), ("Q", "8", "8.1"), ("Q", "9", "8.2")])
    )
    return instance(
        uid,
        patient=f"d|{place[0]}",
        study=place[1],
        series=place[2],
        dataset="d" if uid in UIDS[:3] else "e",
        date_=draw(st.sampled_from([None, date(2020, 1, 1), date(2021, 1, 1)])),
        patient_says={"patientSex": draw(says)},
        study_says={"studyDescription": draw(says), "studyID": draw(says)},
        series_says={"seriesDescription": draw(says)},
        children=[*children, *items],
        references=draw(st.lists(_references(len(items)), max_size=4)),
        codes=[Coded("ANATOMY", code) for code in draw(st.lists(st.sampled_from([HEART, AREA]), max_size=2))],
        contentLabel=draw(says),
    )


steps = st.sampled_from(UIDS).flatmap(lambda uid: st.tuples(st.just(uid), st.none() | objects(uid)))
histories = st.lists(st.lists(steps, min_size=1, max_size=5, unique_by=lambda step: step[0]), min_size=1, max_size=5)


def play(into: Writer, batches: list[list[tuple[str, InstanceFacts | None]]]) -> dict[str, InstanceFacts]:
    """Write, replace or delete each step's object; return what is left."""
    final: dict[str, InstanceFacts] = {}
    for batch in batches:
        arriving = [facts for _, facts in batch if facts is not None]
        new = [facts for facts in arriving if facts.sop_instance_uid not in final]
        into.commit(new=new, replace=[facts for facts in arriving if facts.sop_instance_uid in final])
        gone = [uid for uid, facts in batch if facts is None]
        into.delete(gone)
        final.update((facts.sop_instance_uid, facts) for facts in arriving)
        for uid in gone:
            final.pop(uid, None)
    return final


def split(facts: list[InstanceFacts], seed: int) -> list[list[tuple[str, Any]]]:
    """The objects in some order and some batches."""
    chosen = random.Random(seed)
    chosen.shuffle(facts)
    batches: list[list[tuple[str, Any]]] = [[]]
    for each in facts:
        if chosen.random() < 0.4:
            batches.append([])
        batches[-1].append((each.sop_instance_uid, each))
    return [batch for batch in batches if batch]


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories, seed=st.integers(0, 2**16))
def test_any_history_ends_as_a_fresh_store_of_the_final_objects(
    engine: Engine, history: list[list[tuple[str, InstanceFacts | None]]], seed: int
) -> None:
    wipe(engine)
    headers = MemoryHeaders()
    into = Writer(engine, headers, pickle.loads)
    empty = digest(engine)
    final = play(into, history)
    assert check(engine, headers, again) == []
    undisturbed = digest(engine)
    into.delete(UIDS)
    assert digest(engine) == empty
    play(into, split(list(final.values()), seed))
    assert digest(engine) == undisturbed
