"""The naive evaluator's answers over the objects that a store holds in one state.

It is slow, so it looks at some states only; what it shares with the store is the reading of the files.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cohortgraph.graph.facts import Child, InstanceFacts, Properties
from cohortgraph.ingest.measure import Job as Measuring
from cohortgraph.ingest.measure import measure_object
from cohortgraph.ingest.reading import Job, read_object
from cohortgraph.ingest.sources import Sort, walk

from .answers import PAGE, Answer, Document, State


class Naive:
    """What every object of some archives says, read once."""

    def __init__(self, archives: Sequence[Path], dataset: str) -> None:
        self._facts: dict[str, InstanceFacts] = {}
        self._measures: dict[str, dict[int, Properties]] = {}
        self._measured: list[str] = []
        with tempfile.TemporaryDirectory() as scratch:
            for archive in archives:
                opened, pending = [], []
                for found in walk([archive], Path(scratch)):
                    if found.opened:
                        opened.append(found.opened)
                    if found.sort is not Sort.OBJECT or found.extent is None:
                        continue
                    facts = read_object(Job(found.extent, found.uri, found.size, dataset))
                    assert isinstance(facts, InstanceFacts), found.uri
                    self._facts[facts.sop_instance_uid] = replace(facts, header=b"")
                    if facts.instance.get("measurement"):
                        job = Measuring(facts.sop_instance_uid, (found.extent,))
                        self._measures[facts.sop_instance_uid] = measure_object(job).measures
                        pending.append(facts.sop_instance_uid)
                self._measured += sorted(pending)
                for each in opened:
                    each.close()

    def answers(self, state: State, documents: Iterable[tuple[int, Document]]) -> dict[int, Answer]:
        """Number → answer of each document in a state."""
        evaluate, taking_part = (importlib.import_module(f"tests.oracle.{name}") for name in ("evaluate", "state"))
        done, count = set(), 0
        for uid in self._measured:
            if count >= state.measured:
                break
            done.add(uid)
            count += len(self._measures[uid])
        held = list(self._facts)[: state.instances]
        oracle = evaluate.Oracle(taking_part.taking_part([self._as_held(uid, uid in done) for uid in held]))
        return {number: _answer(oracle.hits(document)) for number, document in documents}

    def _as_held(self, uid: str, is_measured: bool) -> InstanceFacts:
        facts = self._facts[uid]
        if not is_measured:
            return facts
        measures = self._measures[uid]
        children = [_measured(child, measures) for child in facts.children]
        return replace(facts, instance={**facts.instance, "measurement": "done"}, children=children)


def _measured(child: Child, measures: Mapping[int, Properties]) -> Child:
    if child.label != "Segment" or child.position not in measures:
        return child
    return replace(child, properties={**child.properties, **measures[child.position]})


def _answer(hits: Sequence[Any]) -> Answer:
    return len(hits), tuple(hit.id for hit in hits[:PAGE])
