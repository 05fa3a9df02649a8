"""From a filter document to the intermediate form: every name, operand and limit is checked here, once.

The leaves are read in ``conditions``; this module knows the logic, the relations and the limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NoReturn

from ...errors import QuestionError
from ...graph import schema
from ...graph.declared import property_of
from . import attributes, limits, within
from .conditions import Conditions, mapping, nearest
from .document import pointer
from .ir import And, Clause, Compare, Count, Not, Op, Or, Question, Some, TakesPart, Within
from .relations import ATTRIBUTE, LEVELS, UNRESOLVED, Level, Relation, level, relations, unresolved
from .vocabulary import Vocabulary

BASIS = "basis"
"""Beside the quantifiers of a reference: only those of this basis (semantics 6.10)."""

INCLUDE = "include"
STATES = ("rejected", "superseded")
"""What takes no part in a question that does not include it (semantics 4.3)."""

PART = "part"
"""What another part of its concatenation stands for (semantics 4.4): it takes part in no question."""

_LOGIC = ("AND", "OR", "NOT")
ASSERTIONS = {"asserts": (("VALUE", "valued"), ("NAME", "affirmed")), "denies": (("NAME", "denied"),)}
"""Semantics 3.2: the edge that leads to the concept and the item's assertion, one of the pairs."""

_LABELS = frozenset(each.label for each in LEVELS)
QUANTIFIERS = ("some", "every", "none", "count")


def parse(document: Mapping[str, Any], vocabulary: Vocabulary) -> Question:
    """Validate a loaded document and resolve its codes to the concepts of a store.

    Raises
    ------
    QuestionError
        names the path in the document and the nearest valid name.
    """
    asked = {name: where for name, where in document.items() if name != INCLUDE}
    if len(asked) != 1:
        raise QuestionError("", f"expected one key, what the question is about ({_names()}); found {len(asked)}")
    ((name, where),) = asked.items()
    root = as_level(name, pointer("", name))
    included = _included(document.get(INCLUDE, []), pointer("", INCLUDE))
    left_out = tuple(state for state in STATES if state not in included and vocabulary.in_state(state))
    left_out += (PART,) if vocabulary.has_parts else ()
    parser = _Parser(vocabulary, left_out)
    path = pointer("", name)
    clause = parser.taking_part(parser.filter(where, root.label, path, 1), root.label, path)
    conditions = parser.conditions
    return Question(root, clause, tuple(conditions.resolved), tuple(dict.fromkeys(conditions.warnings)), left_out)


def _included(asked: Any, path: str) -> frozenset[str]:
    """The states whose objects are to take part (semantics 4.3)."""
    if not isinstance(asked, list):
        raise QuestionError(path, f"{INCLUDE} takes a list of {', '.join(STATES)}")
    for index, each in enumerate(asked):
        if each not in STATES:
            raise QuestionError(
                pointer(path, index),
                f"{each!r} is no state; expected {' or '.join(STATES)}",
                nearest(str(each), STATES),
            )
    return frozenset(asked)


def as_level(name: str, path: str = "") -> Level:
    """The level of that name.

    Raises
    ------
    QuestionError
        where there is none.
    """
    try:
        return level(name)
    except KeyError:
        choices = [each.name for each in LEVELS]
        raise QuestionError(path, f"{name!r} is no level; expected one of {_names()}", nearest(name, choices)) from None


@cache
def coded_fields(label: str) -> dict[str, schema.Edge]:
    """The coded edges of a label, by their field."""
    return {edge.field: edge for edge in schema.EDGES if edge.field and (label, "Concept") in edge.pairs}


@cache
def fields(label: str) -> tuple[str, ...]:
    """Every name that a filter on ``label`` may hold."""
    return (
        *_LOGIC,
        *_own(label),
        *relations(label),
        *(ASSERTIONS if label == "ContentItem" else ()),
        *(("within",) if label in within.HOLDERS else ()),
    )


def _own(label: str) -> tuple[str, ...]:
    """What a node of ``label`` has itself: properties, codes, attributes of the header."""
    properties = [p for p in schema.node(label).columns if p.filtered]
    return (
        *(p.alias for p in properties if p.alias),
        *(p.name for p in properties),
        *coded_fields(label),
        *((ATTRIBUTE,) if label == "Instance" else ()),
    )


def _names() -> str:
    return ", ".join(each.name for each in LEVELS)


class _Parser:
    def __init__(self, vocabulary: Vocabulary, left_out: tuple[str, ...]) -> None:
        self._left_out = left_out
        self._vocabulary = vocabulary
        self.conditions = Conditions(vocabulary)
        self._clauses = 0

    def taking_part(self, clause: Clause, label: str, path: str) -> Clause:
        """The clause about a node that takes part."""
        if not self._left_out or label not in _LABELS:
            return clause
        return And(path, (clause, TakesPart(path, self._left_out)))

    def _about(self, value: Any, relation: Relation, path: str, depth: int) -> Clause:
        """A filter about a node that a relation leads to."""
        return self.taking_part(self.filter(value, relation.target, path, depth), relation.target, path)

    def filter(self, value: Any, label: str, path: str, depth: int) -> Clause:
        """All clauses of one filter, about one node."""
        where = mapping(value, path, "a filter")
        limits.check("filterDepth", depth, "nest fewer filters", path)
        clauses = [self._clause(where, name, label, pointer(path, name), depth) for name in where]
        return clauses[0] if len(clauses) == 1 else And(path, tuple(clauses))

    def _clause(self, where: Mapping[str, Any], name: str, label: str, path: str, depth: int) -> Clause:
        self._count(path)
        operand = where[name]
        if name in ("AND", "OR"):
            return self._all_or_any(operand, name, label, path, depth)
        if name == "NOT":
            return Not(path, self.filter(operand, label, path, depth + 1))
        if name in relations(label):
            return self._relation(operand, relations(label)[name], path, depth)
        if name in coded_fields(label):
            return self.conditions.concept(operand, coded_fields(label)[name], path)
        if name in ASSERTIONS and label == "ContentItem":
            return self._assertion(operand, name, path)
        if name == "within" and label in within.HOLDERS:
            return self._within(operand, label, path, depth)
        if name == ATTRIBUTE and label == "Instance":
            return self._attributes(operand, path, depth)
        declared = schema.node(label).property(name)
        if declared is None or not declared.filtered:
            self._unknown(name, label, path)
        if declared.name == "numericValue":
            return self.conditions.number(operand, where.get("unit"), path)
        if declared.name == "patientID" and self._vocabulary.has_linked:
            return self._any_number(operand, label, path)
        return self.conditions.property(operand, declared, label, path)

    def _count(self, path: str) -> None:
        self._clauses += 1
        limits.check("clauses", self._clauses, "ask in several questions", path)

    def _any_number(self, operand: Any, label: str, path: str) -> Clause:
        """A person whose records are linked has several Patient IDs (semantics 1.5): a list, as in semantics 6.4."""
        own, several = (p for p in schema.node(label).properties if p.name in ("patientID", "linkedPatientIDs"))
        is_linked = Compare(path, several.name, several.type, ((Op.EXISTS, True),))
        one = self.conditions.property(operand, own, label, path)
        any_ = self.conditions.property(operand, several, label, path)
        return Or(path, (And(path, (Not(path, is_linked), one)), And(path, (is_linked, any_))))

    def _all_or_any(self, operand: Any, name: str, label: str, path: str, depth: int) -> Clause:
        if not isinstance(operand, list):
            raise QuestionError(path, f"{name} takes a list of filters")
        clauses = tuple(self.filter(each, label, pointer(path, index), depth + 1) for index, each in enumerate(operand))
        return And(path, clauses) if name == "AND" else Or(path, clauses)

    def _relation(self, operand: Any, relation: Relation, path: str, depth: int) -> Clause:
        if not relation.plural:
            where = mapping(operand, path, "a filter")
            wrong = next((each for each in where if each in QUANTIFIERS), None)
            if wrong:
                message = f"{relation.name} is a single node here: put the filter where {wrong!r} stands"
                raise QuestionError(pointer(path, wrong), message)
            return Some(path, relation, self._about(where, relation, path, depth + 1))
        missing = unresolved(relation.source) if relation.name == "references" else None
        choices = (*QUANTIFIERS, *((UNRESOLVED,) if missing else ()))
        quantified = dict(mapping(operand, path, f"one of {', '.join(choices)}", needed=True))
        if relation.is_reference and BASIS in quantified:
            basis = self.conditions.basis(quantified.pop(BASIS), pointer(path, BASIS))
            relation, missing = relation.by(basis), missing and missing.by(basis)
            mapping(quantified, path, f"one of {', '.join(choices)} beside {BASIS}", needed=True)
        clauses = []
        for name, each in quantified.items():
            here = pointer(path, name)
            if name not in choices:
                message = f"{relation.name} takes {', '.join(choices)}; found {name!r}"
                raise QuestionError(here, message, nearest(name, choices))
            walked = missing if name == UNRESOLVED and missing else relation
            clauses.append(self._quantified(each, name, walked, here, depth))
        return clauses[0] if len(clauses) == 1 else And(path, tuple(clauses))

    def _quantified(self, operand: Any, name: str, relation: Relation, path: str, depth: int) -> Clause:
        if name == "count":
            counted = dict(mapping(operand, path, "a comparison such as {gte: 2}", needed=True))
            of = self._about(counted.pop("of", {}), relation, pointer(path, "of"), depth + 1)
            return Count(path, relation, of, self.conditions.count(counted, path))
        if name == "every":
            fails = Not(path, self.filter(operand, relation.target, path, depth + 1))
            return Not(path, Some(path, relation, self.taking_part(fails, relation.target, path)))
        some = Some(path, relation, self._about(operand, relation, path, depth + 1))
        return Not(path, some) if name == "none" else some

    def _within(self, operand: Any, label: str, path: str, depth: int) -> Clause:
        series = relations(label)["series"]
        asked, gap = within.read(operand, label, path)
        first, then = (self._about(asked[name], series, pointer(path, name), depth + 1) for name in ("first", "then"))
        self.conditions.comparable_dates(path)
        return Within(path, series, first, then, gap)

    def _attributes(self, operand: Any, path: str, depth: int) -> Clause:
        asked = mapping(operand, path, attributes.EXPECTED, needed=True)
        clauses = tuple(self._attribute(asked[name], name, pointer(path, name), depth) for name in asked)
        return clauses[0] if len(clauses) == 1 else And(path, clauses)

    def _attribute(self, operand: Any, name: str, path: str, depth: int) -> Clause:
        """A condition on an attribute of the header: a property, or declared (semantics 4.7)."""
        tag = attributes.named(name, path)
        if place := property_of(tag):
            label, stored = place
            return attributes.above(label, self._clause({stored: operand}, stored, label, path, depth), path)
        self._count(path)
        if tag.name not in self._vocabulary.tags:
            raise attributes.undeclared(tag, path)
        return attributes.condition(operand, tag, path)

    def _assertion(self, operand: Any, name: str, path: str) -> Clause:
        ways = []
        for edge, assertion in ASSERTIONS[name]:
            coded = self.conditions.concept(operand, schema.edge(edge), path)
            said = Compare(path, "assertion", schema.Type.STRING, ((Op.EQ, assertion),))
            ways.append(And(path, (coded, said)))
        return ways[0] if len(ways) == 1 else Or(path, tuple(ways))

    def _unknown(self, name: str, label: str, path: str) -> NoReturn:
        for relation in relations(label).values():
            if name in _own(relation.target):
                message = f"{label} has no field {name!r}; it is one of {relation.target}, where {relation.name} leads"
                raise QuestionError(path, message, relation.name)
        raise QuestionError(path, f"{label} has no field {name!r}", nearest(name, fields(label)))
