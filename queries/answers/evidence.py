"""Why a hit is one: for each clause, the nodes that satisfied it or how many were looked at (semantics 6.12)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from ...graph.engine import Engine
from ..cypher.bindings import found, traces
from ..language.ir import Question
from ..language.vocabulary import Vocabulary
from .listing import Key, KeyValue, by_hit

SHOWN = 100
"""So many ids are named; ``total`` counts all."""

Evidence = dict[str, dict[str, Any]]
"""JSON Pointer of a clause → ``{"ids", "total"}``, or ``{"examined"}`` and ``"vacuous"`` where that is 0."""


def evidence(
    engine: Engine, question: Question, vocabulary: Vocabulary, groups: Sequence[Sequence[KeyValue]]
) -> list[Evidence]:
    """The evidence of each group of hits taken together, one engine read for each clause."""
    hits = sorted({hit for group in groups for hit in group}, key=str)
    answers: list[Evidence] = [{} for _ in groups]
    nodes: list[dict[str, set[tuple[str, Key]]]] = [defaultdict(set) for _ in groups]
    examines = {}
    for trace in traces(question):
        of_hit = by_hit(engine, found(question, trace, vocabulary, hits)) if hits else {}
        examines[trace.path] = trace.examines
        for group, seen in zip(groups, nodes, strict=True):
            for hit in group:
                if hit in of_hit:  # else the clause stands in a branch that does not hold
                    seen[trace.path].update((trace.label, key) for key in of_hit[hit])
    for answer, seen in zip(answers, nodes, strict=True):
        for path, each in seen.items():
            answer[path] = _examined(len(each)) if examines[path] else _found(each)
    return answers


def _examined(number: int) -> dict[str, Any]:
    return {"examined": number, "vacuous": True} if number == 0 else {"examined": number}


def _found(nodes: set[tuple[str, Key]]) -> dict[str, Any]:
    ids = [key.public(label) for label, key in sorted(nodes, key=lambda node: node[1])]
    return {"ids": ids[:SHOWN], "total": len(ids)}
