"""``attribute``: conditions on attributes of an instance's header that the store has declared (semantics 4.7).

A name is read as `ontology.tags` spells it. What the schema holds as a property (of the instance, or of its series,
study or patient) is asked there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from shlex import quote
from typing import Any

from ...errors import QuestionError, UsageError
from ...graph.schema import Type
from ...ontology import tags
from ...ontology.tags import Kind, Tag
from .conditions import located, split, typed_tests
from .ir import And, Clause, Compare, Not, Op, Some, Test
from .relations import ATTRIBUTE, Hop, Relation, relations

EXPECTED = "a condition for each attribute, such as {ReceiveCoilName: {eq: HEAD}},"

_ABOVE = {"Series": "series", "Study": "study", "Patient": "patient"}
_STORED = {Kind.TEXT: ("text", Type.STRING), Kind.NUMBER: ("number", Type.DOUBLE), Kind.DATE: ("days", Type.DATE)}
_HELD = Relation(
    ATTRIBUTE,
    "Instance",
    "Attribute",
    (Hop("ATTRIBUTES", True, "AttributeSet"), Hop("HOLDS", True, "Attribute")),
    plural=False,
    repeats=True,
)


def named(name: str, path: str) -> Tag:
    """The attribute of that name; QuestionError where there is none that can be compared."""
    try:
        return tags.tag(name)
    except UsageError as error:
        raise located(path, error) from None


def above(label: str, where: Clause, path: str) -> Clause:
    """What must hold of the instance itself, or of its series, study or patient."""
    if label == "Instance":
        return where
    return Some(path, replace(relations("Instance")[_ABOVE[label]], name=ATTRIBUTE), where)


def undeclared(tag: Tag, path: str) -> QuestionError:
    """The error for an attribute that is known, but not declared."""
    command = f"cohortgraph tags declare {quote(tag.name)}"
    return QuestionError(path, f"{tag.name} is not declared in this store; to read it from the headers: {command}")


def condition(asked: Any, tag: Tag, path: str) -> Clause:
    """A condition on a declared attribute: some one value satisfies it (semantics 6.4)."""
    name, type_ = _STORED[tag.kind or _kind_of(asked)]
    is_named = Compare(path, "name", Type.STRING, ((Op.EQ, tag.name),))

    def held(*tests: Test) -> Clause:
        stored = Type.INT64 if type_ is Type.DATE else type_
        where = And(path, (is_named, Compare(path, name, stored, tests))) if tests else is_named
        return Some(path, _HELD, where)

    def leaf(tests: tuple[Test, ...]) -> Clause:
        ((op, operand), *_) = tests
        if op is Op.EXISTS:
            return held()
        if op is Op.NE:
            return And(path, (held(), Not(path, held((Op.EQ, operand)))))
        return held(*tests)

    return split(path, typed_tests(asked, path, type_), leaf)


def _kind_of(asked: Any) -> Kind:
    """What a private attribute of unknown VR is asked as: a number where all operands are numbers."""
    operands = [each for name, each in asked.items() if name != Op.EXISTS] if isinstance(asked, Mapping) else []
    flat = [one for each in operands for one in (each if isinstance(each, list) else [each])]
    is_number = bool(flat) and all(isinstance(one, int | float) and not isinstance(one, bool) for one in flat)
    return Kind.NUMBER if is_number else Kind.TEXT
