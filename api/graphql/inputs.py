"""``where:`` as input types: the filter document, field for field (docs/reference/query-language.md).

Whatever a filter may hold at a place, its input type has a field of the same name, and the value that GraphQL hands
over is the document itself. So a filter reads alike in YAML and in GraphQL, and ``queries.parse`` checks both.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...graph import schema
from ...graph.schema import Edge, Property, Type
from ...queries.cypher.order import sortable
from ...queries.language import within
from ...queries.language.conditions import CONCEPT_OPERATORS, EDGE_OPERATORS, ELEMENT, OPERATORS
from ...queries.language.ir import Op
from ...queries.language.parse import ASSERTIONS, BASIS, QUANTIFIERS, STATES, coded_fields, fields
from ...queries.language.relations import LEVELS, UNRESOLVED, Relation, relations, unresolved
from .making import Types

Fields = dict[str, tuple[str, str]]

_OPERANDS = {
    "String": Type.STRING,
    "Int64": Type.INT64,
    "Float": Type.DOUBLE,
    "Quantity": Type.DOUBLE,
    "Date": Type.DATE,
    "Boolean": Type.BOOLEAN,
}
"""What a condition compares with → the type whose operators it has."""

_WITHIN: Fields = {
    "first": ("SeriesFilter", "the earlier series"),
    "then": ("SeriesFilter", "the later series"),
    "days": ("Float", "at most so many days apart"),
    "hours": ("Float", "at most so many hours apart"),
    "ordered": ("Boolean", "false: whichever of them comes first"),
    "sameStudy": ("Boolean", "both in one study"),
    "by": ("String", "studyDate or seriesDate"),
}


def declare(types: Types) -> None:
    """Declare every input type of ``where`` and ``orderBy``."""
    types.enum("State", "Objects that take no part in a question, unless it includes them (semantics 4.3).", STATES)
    for operand, type_ in _OPERANDS.items():
        types.input(
            f"{operand}Condition",
            f"A condition on a {operand}; all that it holds must be true.",
            _tests(operand, type_),
        )
    concepts: Fields = {name: _concept(name) for name in CONCEPT_OPERATORS}
    types.input("ConceptCondition", "A condition on a concept; one target satisfies all that it holds.", concepts)
    sides: Fields = {name: ("Code", f"concept of the edge's {stored}") for name, stored in EDGE_OPERATORS.items()}
    types.input("SidedConceptCondition", "A condition on a concept with laterality and modifiers.", concepts | sides)
    types.input("WithinCondition", "Two series that lie so near in time (semantics 6.9).", _WITHIN)
    for label in filtered():
        types.input(f"{label}Filter", f"About one {label}: all that it holds must be true.", dict(_filter(label)))
        types.input(f"{label}Count", f"How many {label} nodes satisfy `of`.", _count(label))
        types.input(f"{label}Relation", f"About related {label} nodes.", _relation(label))
        types.input(f"{label}Reference", f"About {label} nodes that are referred to, or refer.", _reference(label))
        if unresolved(label) is not None:
            missing = {UNRESOLVED: ("UnresolvedTargetFilter", "about a target that is missing (semantics 6.10)")}
            types.input(f"{label}References", f"About what a {label} refers to.", _reference("Instance") | missing)
    for level in LEVELS:
        names = [declared.name for declared in sortable(level.label)]
        types.enum(f"{level.label}Property", f"What {level.name} can be ordered by.", names)
        order: Fields = {"by": (f"{level.label}Property!", ""), "descending": ("Boolean", "")}
        types.input(
            f"{level.label}Order", "By a property; nodes without it come last, ties in the stable order.", order
        )


def filtered() -> list[str]:
    """The labels that a filter can be about: the levels, and what relations lead to from there."""
    labels = {level.label: None for level in LEVELS}
    reached = {relation.target: None for label in labels for relation in relations(label).values()}
    return [*labels, *(label for label in reached if label not in labels), "UnresolvedTarget"]


def _tests(operand: str, type_: Type) -> Fields:
    written = "String" if type_ is Type.DATE else operand  # ISO or DA: read where the document is
    return {str(op): (_operand(op, written), "") for op in OPERATORS[type_]}


def _operand(op: Op, written: str) -> str:
    if op is Op.EXISTS:
        return "Boolean"
    return f"[{written}!]" if op in (Op.IN, Op.BETWEEN) else written


def _concept(operator: str) -> tuple[str, str]:
    if operator == "exists":
        return "Boolean", "whether there is any"
    return ("[String!]" if operator == "in" else "String"), _MEANING[operator]


_MEANING = {
    "is": "the concept or its exact aliases: SCT:87878005",
    "in": "one of these concepts",
    "isA": "the concept or one below it",
    "memberOf": "a concept of that value set: CID 3001, pacemaker",
    "meaning": "a concept with that Code Meaning, whatever its case",
}


def _filter(label: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for name in fields(label):
        yield name, _field(label, name)


def _field(label: str, name: str) -> tuple[str, str]:
    if name in ("AND", "OR"):
        return f"[{label}Filter!]", "all of these hold" if name == "AND" else "one of these holds"
    if name == "NOT":
        return f"{label}Filter", "this does not hold"
    if name in relations(label):
        return _related(relations(label)[name]), ""
    if name in coded_fields(label):
        return _coded(coded_fields(label)[name])
    if name in ASSERTIONS:
        return "ConceptCondition", f"the item {name} it (semantics 3.2)"
    if name == "within" and label in within.HOLDERS:
        return "WithinCondition", "two series near each other in time"
    declared = schema.node(label).property(name)
    return _property(declared) if declared is not None else ("JSON", "as the document has it: its names are the data's")


def _related(relation: Relation) -> str:
    if not relation.plural:
        return f"{relation.target}Filter"
    if relation.name == "references" and unresolved(relation.source) is not None:
        return f"{relation.source}References"
    return f"{relation.target}{'Reference' if relation.is_reference else 'Relation'}"


def _coded(edge: Edge) -> tuple[str, str]:
    properties = {each.name for each in edge.properties}
    sided = properties & set(EDGE_OPERATORS.values())
    return ("SidedConceptCondition" if sided else "ConceptCondition"), edge.doc


def _property(declared: Property) -> tuple[str, str]:
    type_ = ELEMENT.get(declared.type, declared.type)
    if type_ is Type.DOUBLE:
        measured = declared.unit or declared.name == "numericValue"
        unit = f" in {declared.unit}" if declared.unit else ""
        return ("QuantityCondition" if measured else "FloatCondition"), f"{declared.doc}{unit}"
    operand = next(name for name, each in _OPERANDS.items() if each is type_)
    return f"{operand}Condition", declared.doc


def _relation(label: str) -> Fields:
    said = {
        "some": "at least one",
        "every": "all of them, also where there is none",
        "none": "not one",
        "count": "so many",
    }
    return {name: (f"{label}Count" if name == "count" else f"{label}Filter", said[name]) for name in QUANTIFIERS}


def _reference(label: str) -> Fields:
    return _relation(label) | {BASIS: ("String", "only references of that basis: sourceImage … (semantics 4.1)")}


def _count(label: str) -> Fields:
    compared = {name: type_ for name, type_ in _tests("Int64", Type.INT64).items() if name != "exists"}
    return {"of": (f"{label}Filter", "which are counted; all where left out"), **compared}
