"""What a facet counts by: a path of relation names from the question's root to a property or a code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from ...errors import UsageError
from ...graph.schema import Edge, Property, Type, node
from ..cypher.patterns import Ref, hops, tied, where_
from ..cypher.predicates import Predicates
from ..language.conditions import nearest
from ..language.parse import coded_fields, fields
from ..language.relations import LEVELS, Level, Relation, level_of, lineage, relations, walk


@dataclass(frozen=True, slots=True)
class Path:
    """A way from a root to a field.

    Attributes
    ----------
    text
        Its names in full, joined by dots: ``series.modality``.
    level
        Where the relations that lead straight down from the root end: whose matched nodes are looked at.
    onwards
        The relations from there on, each to whatever it reaches.
    field
        The property or coded edge at the end.
    """

    text: str
    level: Level
    onwards: tuple[Relation, ...]
    field: Property | Edge

    @property
    def is_measured(self) -> bool:
        """Whether it ends at a content item's numbers, each of which has a unit of its own."""
        return isinstance(self.field, Property) and self.field.name == "numericValue"

    @property
    def type(self) -> Type | None:
        """The type of the property; None of a coded edge."""
        return self.field.type if isinstance(self.field, Property) else None

    def values(self, predicates: Predicates, start: Ref) -> tuple[list[str], str]:
        """The clauses from a node of ``level`` to the values, null where there are none, and their columns.

        The columns are ``value`` or, where ``is_measured``, ``number``, ``canonical``, ``unit``, ``base`` and
        ``qualifier``.
        """
        lines, at = [], start
        for relation in self.onwards:
            target = predicates.ref(relation.target)
            tie = where_(tied(relation, at, target))
            lines.append(f"OPTIONAL MATCH ({at.name}){hops(relation.hops, target)}{tie}")
            at = target
        if self.is_measured:
            lines.append(f"OPTIONAL MATCH ({at.name})-[u:UNIT]->(unit:Concept)")
            lines.append(f"OPTIONAL MATCH ({at.name})-[:QUALIFIER]->(qualifier:Concept)")
            return lines, (
                f"coalesce(u.numericValue, {at.name}.numericValue) AS number, u.canonicalValue AS canonical, "
                "unit.id AS unit, unit.canonicalUnit AS base, qualifier.id AS qualifier"
            )
        if isinstance(self.field, Edge):
            lines.append(f"OPTIONAL MATCH ({at.name})-[:{self.field.type}]->(concept:Concept)")
            return lines, "concept.id AS value"
        return lines, f"{at.name}.`{self.field.name}` AS value"


def path(by: str, root: Level) -> Path:
    """Read ``segments.type``; a field that the root lacks is looked for below the root, then above it.

    The root's own name may stand before its fields.

    Raises
    ------
    UsageError
        where a name is no relation or field there; names the nearest that is.
    """
    *names, last = by.split(".")
    if names[:1] == [root.name]:
        names = names[1:]
    if not names and _field(root.label, last) is None:
        names = _nearest_level(root, last)
    at, level, onwards = root.label, root, list[Relation]()
    for name in names:
        relation = relations(at).get(name)
        if relation is None:
            _unknown(by, name, f"{at} has no relation {name!r}", tuple(relations(at)))
        below = relation.target in _LABELS and at in lineage(relation.target)
        if not onwards and below and relation.hops == walk(at, relation.target):
            level = level_of(relation.target)
        else:
            onwards.append(relation)
        at = relation.target
    field = _field(at, last)
    if field is None and last in relations(at):
        raise UsageError(f"--by {by}: {last!r} leads to other nodes; add one of their fields, as in segments.type")
    if field is None:
        reached = (at,) if names else (at, *lineage(at), *(each.label for each in LEVELS))
        choices = {name for label in reached for name in fields(label) if _field(label, name) is not None}
        _unknown(by, last, f"{at} has no field {last!r}", tuple(sorted({*choices, *relations(at)})))
    return Path(".".join((*names, last)), level, tuple(onwards), field)


_LABELS = {level.label for level in LEVELS}


def _field(label: str, name: str) -> Property | Edge | None:
    declared = node(label).property(name)
    if declared is not None and declared.filtered:
        return declared
    return coded_fields(label).get(name)


def _nearest_level(root: Level, name: str) -> list[str]:
    """The one relation to the nearest level that has the field: downwards first; none where no level has it."""
    place = LEVELS.index(root)
    for level in (*LEVELS[place + 1 :], *reversed(LEVELS[:place])):
        way = level.name if root.label in lineage(level.label) else level.singular
        if _field(level.label, name) is not None and way in relations(root.label):
            return [way]
    return []


def _unknown(by: str, name: str, message: str, choices: tuple[str, ...]) -> NoReturn:
    near = nearest(name, choices)
    raise UsageError(f"--by {by}: {message}" + (f"; did you mean {near!r}?" if near else ""))
