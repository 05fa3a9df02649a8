"""Which nodes a hit owes itself to: the clauses of a question followed down from its root (semantics 6.11, 6.12)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...graph import schema
from ..language.ir import And, Clause, Count, Not, Or, Question, Some, TakesPart, Within, conjunction
from ..language.relations import Hop, Relation
from .compile import Statement, key_columns, owner_hops
from .patterns import Ref, hops, where_
from .predicates import Predicates, Store


@dataclass(frozen=True, slots=True)
class Step:
    """From one node to the related ones that satisfy ``where``, if ``branch`` holds for it: the branches of OR."""

    branch: tuple[Clause, ...]
    relation: Relation
    where: Clause


@dataclass(frozen=True, slots=True)
class Trace:
    """A clause and the steps that lead from the root to the nodes it is about.

    Attributes
    ----------
    some
        True for ``some`` and singular relations, which a hit satisfies by at least one node.
    examines
        True for ``none``, ``every`` and what stands under a NOT, where all nodes reached were looked at.
    """

    path: str
    steps: tuple[Step, ...]
    some: bool = False
    examines: bool = False

    @property
    def binds(self) -> bool:
        """Whether it binds the nodes that it finds (semantics 6.11): a positive ``some``."""
        return self.some and self.steps[-1].relation.plural

    @property
    def label(self) -> str:
        """The label of the nodes."""
        return self.steps[-1].relation.target


def traces(question: Question) -> list[Trace]:
    """Every clause of the question that is about related nodes, in document order."""
    return list(_follow(question.where, (), ()))


def _follow(clause: Clause, steps: tuple[Step, ...], branch: tuple[Clause, ...]) -> Iterator[Trace]:
    match clause:
        case And(clauses=clauses):
            for each in clauses:
                yield from _follow(each, steps, branch)
        case Or(clauses=clauses):
            for each in clauses:
                yield from _follow(each, steps, (*branch, each))
        case Some(path=path, relation=relation, where=where) if not relation.is_condition:
            below = (*steps, Step(branch, relation, where))
            yield Trace(path, below, some=True)
            yield from _follow(where, below, ())
        case Count(path=path, relation=relation, where=where):
            yield Trace(path, (*steps, Step(branch, relation, where)))
        case Within(ways=ways):
            for way in ways:
                yield from _follow(way, steps, branch)
        case Not(path=path, clause=inner):
            yield from _examined(path, inner, steps, branch)
        case _:
            return


def _examined(path: str, clause: Clause, steps: tuple[Step, ...], branch: tuple[Clause, ...]) -> Iterator[Trace]:
    """What a negation looks at: all nodes reached by each walk directly under it."""
    match clause:
        case And(clauses=clauses) | Or(clauses=clauses):
            for each in clauses:
                yield from _examined(path, each, steps, branch)
        case Not(clause=inner):
            yield from _examined(path, inner, steps, branch)
        case Some(relation=relation) if relation.is_condition:
            return
        case (
            Some(relation=relation, where=where)
            | Count(relation=relation, where=where)
            | Within(relation=relation, first=where)
        ):
            there = And("", tuple(part for part in conjunction(where) if isinstance(part, TakesPart)))
            yield Trace(path, (*steps, Step(branch, relation, there)), examines=True)
        case _:
            return


def found(
    question: Question, trace: Trace, store: Store, hits: Sequence[Any], onwards: tuple[Hop, ...] = ()
) -> Statement:
    """The statement that lists, for these root keys, the nodes of a trace or those that ``onwards`` leads to.

    Columns: ``hit``, then those of ``key_columns``, null where a node satisfies a clause by none or leads nowhere.
    """
    predicates = Predicates(store)
    lines, nodes = trail(predicates, question, trace, hits, onwards)
    node = nodes[-1]
    owner = Ref("owner", "Instance") if schema.node(node.label).is_child else None
    if owner is not None:
        lines.append(f"OPTIONAL MATCH ({node.name}){hops(owner_hops(node.label), owner)}")
    return Statement(f"{' '.join(lines)} RETURN DISTINCT hit, {key_columns(node, owner)}", predicates.parameters)


def trail(
    predicates: Predicates, question: Question, trace: Trace, hits: Sequence[Any], onwards: tuple[Hop, ...] = ()
) -> tuple[list[str], list[Ref]]:
    """The clauses that match those nodes, beside the root key ``hit``, and the nodes on the way, from the root on."""
    node = Ref("n", question.root.label)
    nodes = [node]
    matches = [(f"({node.name}:{node.label} {{{schema.node(node.label).key.name}: hit}})", list[str]())]
    for step in trace.steps:
        matches[-1][1].extend(predicates.all(step.branch, node))
        related = predicates.ref(step.relation.target)
        pattern, where = predicates.walk(step.relation, step.where, node, related)
        matches.append((f"({node.name}){pattern}", where))
        node = related
        nodes.append(node)
    lines = [f"UNWIND {predicates.parameter(list(hits))} AS hit"]
    lines += [f"MATCH {pattern}{where_(where)}" for pattern, where in matches]
    if trace.steps and not trace.some:
        lines[-1] = f"OPTIONAL {lines[-1]}"
    if onwards:
        target = predicates.ref(onwards[-1].label)
        taking = [predicates.takes_part(question.left_out, target)] if question.left_out else []
        lines.append(f"OPTIONAL MATCH ({node.name}){hops(onwards, target)}{where_(taking)}")
        nodes.append(target)
    return lines, nodes
