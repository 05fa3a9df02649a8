"""One statement for one relation of a nested page: what it leads to from all the nodes above at once.

Semantics 6.13. Its rows say which hit and which node above they belong to, and in which of the groups of 6.11 they were
found: a hit lists those of its lowest. They come with properties and codes; a node with several codes of a kind has a
row for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...graph import schema
from ..cypher.bindings import Trace, traces, trail
from ..cypher.compile import Statement, owner_hops
from ..cypher.patterns import Ref, hops, tied, where_
from ..cypher.predicates import Predicates, Store
from ..language.ir import Question
from ..language.relations import Relation, level_of, walk
from .listing import KeyValue, bound_groups
from .wanted import Wanted, descends

ALL = 99
"""The group of rows that show everything that a relation leads to."""


@dataclass(slots=True)
class Above:
    """The nodes that a relation starts from.

    Attributes
    ----------
    hits
        The hits that they belong to.
    nodes
        Their keys.
    free
        The keys of those that no clause led to: all of theirs is shown.
    """

    hits: Sequence[KeyValue]
    nodes: Sequence[KeyValue]
    free: Sequence[KeyValue] = field(default_factory=list)


def statement(question: Question, store: Store, wanted: Wanted, relation: Relation, above: Above) -> Statement:
    """The statement that finds a relation's nodes, with the columns of ``columns``."""
    predicates = Predicates(store)
    ways = [] if wanted.all or not relation.plural or not above.hits else _ways(question, relation)
    parts = [_matched(predicates, question, wanted, relation, trace, group, above) for group, trace in ways]
    starts = list(above.free if ways and not _may_bind_none(ways, question, relation) else above.nodes)
    if starts or not parts:
        parts.append(_everything(predicates, question, wanted, relation, starts))
    return Statement(" UNION ALL ".join(parts), predicates.parameters)


def root(wanted: Wanted, keys: Sequence[KeyValue]) -> Statement:
    """The statement that reads what is wanted of the root's nodes, by their keys."""
    node = Ref("n", wanted.label)
    lines = ["UNWIND $keys AS hit", f"MATCH (n:{wanted.label} {{{schema.node(wanted.label).key.name}: hit}})"]
    further, columns = _columns(wanted, node)
    return Statement(f"{' '.join([*lines, *further])} RETURN hit, {columns}", {"keys": list(keys)})


def _ways(question: Question, relation: Relation) -> list[tuple[int, Trace]]:
    """The traces that bind what the relation leads to, with their group; none behind one that every hit is bound by."""
    if descends(relation):
        level = level_of(relation.target)
        groups = list(bound_groups(question, level))
        up = walk(question.root.label, level.label)
        if up and not up[0].forward:
            groups.append([Trace("", ())])  # semantics 6.11 (c): what the hit itself lies under
    else:
        groups = [[each for each in traces(question) if each.binds and _over(each) == _named(relation)]]
    ways: list[tuple[int, Trace]] = []
    for number, group in enumerate(groups):
        ways += [(number, trace) for trace in group]
        if any(_always(trace) for trace in group):
            break
    return ways


def _over(trace: Trace) -> tuple[str, str]:
    return _named(trace.steps[-1].relation)


def _named(relation: Relation) -> tuple[str, str]:
    """A relation, of whatever basis (semantics 6.10)."""
    return relation.source, relation.name


def _always(trace: Trace) -> bool:
    """Whether the trace binds something for every hit: it stands in no branch of an OR."""
    return not any(step.branch for step in trace.steps)


def _may_bind_none(ways: Sequence[tuple[int, Trace]], question: Question, relation: Relation) -> bool:
    return not any(_always(trace) for _, trace in ways)


def _matched(
    predicates: Predicates,
    question: Question,
    wanted: Wanted,
    relation: Relation,
    trace: Trace,
    group: int,
    above: Above,
) -> str:
    """What one trace binds, beside the hit, and the node above it that the relation starts from."""
    start = question.root.label if not trace.steps else trace.label
    onwards = walk(start, relation.target) or () if descends(relation) else ()
    lines, nodes = trail(predicates, question, trace, above.hits, onwards)
    node = nodes[-1]
    if descends(relation):
        parent = nodes[0]
        if relation.source != question.root.label or not _stays_below(trace):
            parent = predicates.ref(relation.source)
            upwards = walk(relation.target, relation.source) or ()
            lines.append(f"OPTIONAL MATCH ({node.name}){hops(upwards, parent)}")
    else:
        parent = nodes[-2]
    lines.append(f"WITH DISTINCT hit, {parent.key} AS parent, {node.name}")
    return _returning(lines, wanted, node, "hit", group)


def _stays_below(trace: Trace) -> bool:
    """Whether all that the trace reaches lies below the hit."""
    return all(descends(step.relation) for step in trace.steps)


def _everything(
    predicates: Predicates, question: Question, wanted: Wanted, relation: Relation, starts: Sequence[KeyValue]
) -> str:
    source, node = predicates.ref(relation.source), predicates.ref(relation.target)
    key = schema.node(source.label).key.name
    taking = [predicates.takes_part(question.left_out, node)] if question.left_out else []
    where = [*tied(relation, source, node), *(each for each in taking if each != "true")]
    lines = [
        f"UNWIND {predicates.parameter(list(starts))} AS parent",
        f"MATCH ({source.name}:{source.label} {{{key}: parent}})",
        f"MATCH ({source.name}){hops(relation.hops, node)}{where_(where)}",
        f"WITH DISTINCT parent, {node.name}",
    ]
    nobody = "0" if schema.node(question.root.label).is_child else "''"
    return _returning(lines, wanted, node, nobody, ALL)


def _returning(lines: list[str], wanted: Wanted, node: Ref, hit: str, group: int) -> str:
    further, columns = _columns(wanted, node)
    return f"{' '.join([*lines, *further])} RETURN {hit} AS hit, parent AS parent, {group} AS found, {columns}"


def _columns(wanted: Wanted, node: Ref) -> tuple[list[str], str]:
    """The clauses that lead on from a node, and its columns.

    They are ``id`` and, of a child, ``position``, ``key`` and ``number``; ``p0`` … its properties; and for each kind of
    code, ``c0`` its concept's id, ``c0_0`` … what the edge says and ``c0_of0`` … the concept's properties.
    """
    declared = schema.node(node.label)
    lines = []
    columns = [f"{node.key} AS id"]
    if declared.is_child:
        lines.append(f"OPTIONAL MATCH ({node.name}){hops(owner_hops(node.label), Ref('owner', 'Instance'))}")
        number = f"{node.name}.`{declared.number}` AS number"
        columns = ["owner.id AS id", f"{node.name}.position AS position", f"{node.key} AS key", number]
    columns += [f"{node.name}.`{stored}` AS p{place}" for place, (_, stored) in enumerate(wanted.properties)]
    for place, edge in enumerate(wanted.codes):
        coded, concept = f"coded{place}", f"concept{place}"
        lines.append(f"OPTIONAL MATCH ({node.name})-[{coded}:{edge.type}]->({concept}:Concept)")
        columns.append(f"{concept}.id AS c{place}")
        columns += [f"{coded}.`{each.name}` AS c{place}_{n}" for n, each in enumerate(edge.properties)]
        columns += [f"{concept}.`{name}` AS c{place}_of{n}" for n, name in enumerate(wanted.concepts)]
    return lines, ", ".join(columns)
