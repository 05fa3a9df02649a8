"""Clauses that must hold beside the chain and begin at no code of their own, each walked from a node found before.

So are counts: their subquery is read for a whole label.

By OPTIONAL MATCH and a test for null: what follows a WITH, Ladybug 0.22 plans by itself and, where no code is in it,
from a scan of a whole label; only an optional part is read for the nodes found before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ...graph.schema import Type
from ..language.ir import And, Clause, Compare, Count, Measured, Not, Op, Or, Some, conjunction
from ..language.relations import Hop
from .patterns import Ref, hops, is_one_pattern, tied, where_
from .predicates import Predicates
from .seeds import Chain, chains

_AT_ONCE = 2
"""Hops of one OPTIONAL MATCH: of more, Ladybug begins in the middle, from a scan of the label there."""


class Parts(NamedTuple):
    """Clauses that must all hold: about a node's own properties, by subqueries, and by walks of their own."""

    own: list[Clause]
    related: list[Clause]
    required: list[Some | Count]


def parts(clauses: Iterable[Clause], predicates: Predicates) -> Parts:
    """The clauses by how they are asked."""
    found = Parts([], [], [])
    for part in (each for clause in clauses for each in conjunction(clause)):
        if _is_own(part, predicates):
            found.own.append(part)
        elif isinstance(part, Count) or (isinstance(part, Some) and not _begins_at_code(part, predicates)):
            found.required.append(part)
        elif isinstance(part, Not) and isinstance(part.clause, Some) and part.clause.relation.tie:
            found.required.append(Count(part.path, part.clause.relation, part.clause.where, ((Op.EQ, 0),)))
        else:
            found.related.append(part)
    return found


def walked(predicates: Predicates, clause: Some | Count, node: Ref, carried: Sequence[Ref]) -> list[str]:
    """The lines that keep those of the ``carried`` nodes whose ``node`` satisfies the clause."""
    target = predicates.ref(clause.relation.target)
    tie = tied(clause.relation, node, target)
    if isinstance(clause, Count):
        lines = reaching(
            predicates, node, clause.relation.hops, target, [*tie, *predicates.all([clause.where], target)]
        )
        number = predicates.variable("number")
        grouped = f"{carrying(carried)}, count(DISTINCT {target.key}) AS {number}"
        compared = predicates.passes(number, clause.tests, Type.INT64)
        return [*lines, f"{grouped} WHERE {compared}", carrying(carried)]
    asked = parts([clause.where], predicates)
    own, related = predicates.all(asked.own, target), predicates.all(asked.related, target)
    at_once, then = (tie, own + related) if tie else (own, related)  # a label is scanned for what is asked beside a tie
    lines = reaching(predicates, node, clause.relation.hops, target, at_once)
    lines.append(found(target, [target, *carried], then))
    for each in asked.required:
        lines += walked(predicates, each, target, [*carried, target])
    return [*lines, carrying(carried)]


def reaching(predicates: Predicates, node: Ref, steps: Sequence[Hop], target: Ref, where: Sequence[str]) -> list[str]:
    """The lines that walk from a node to ``target``, of which ``where`` holds."""
    lines = []
    while len(steps) > _AT_ONCE:
        between = predicates.ref(steps[_AT_ONCE - 1].label)
        lines.append(f"OPTIONAL MATCH ({node.name}){hops(steps[:_AT_ONCE], between)}")
        node, steps = between, steps[_AT_ONCE:]
    return [*lines, f"OPTIONAL MATCH ({node.name}){hops(steps, target)}{where_([*where])}"]


def found(target: Ref, carried: Iterable[Ref], where: Sequence[str]) -> str:
    """The line that keeps the ``carried`` nodes where ``target`` was reached and ``where`` holds."""
    return f"{carrying(carried)}{where_([f'{target.key} IS NOT NULL', *where])}"


def carrying(nodes: Iterable[Ref]) -> str:
    """The line that keeps these nodes, each combination once."""
    return f"WITH DISTINCT {', '.join(dict.fromkeys(node.name for node in nodes))}"


def _begins_at_code(clause: Some, predicates: Predicates) -> bool:
    """Whether its subquery is one pattern that ends at a code; of items of one object, a walk finds them sooner."""
    if clause.relation.tie:
        return False
    found = chains(clause.where, predicates.store)
    return bool(found) and all(
        is_one_pattern(chain.under((), clause.relation)) and not _has_more(chain) for chain in found
    )


def _has_more(chain: Chain) -> bool:
    return any(isinstance(part, Some) for beside in chain.beside for part in beside)


def _is_own(part: Clause, predicates: Predicates) -> bool:
    match part:
        case Compare():
            return True
        case Measured():  # of several values, by their edges
            return not (predicates.store.has_several_values or predicates.store.has_qualified)
        case Not(clause=inner):
            return _is_own(inner, predicates)
        case And(clauses=clauses) | Or(clauses=clauses):
            return all(_is_own(each, predicates) for each in clauses)
        case _:
            return False
