"""How a question is understood: intermediate form, resolved codes, Cypher and the engine's plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..graph.engine import Engine, Plan
from .cypher.compile import Statement, keys
from .language.document import load
from .language.ir import (
    And,
    Clause,
    Coded,
    Compare,
    Count,
    Measured,
    Near,
    Not,
    Operand,
    Or,
    Question,
    Resolved,
    Some,
    TakesPart,
    Test,
    Within,
)
from .language.parse import as_level, parse
from .language.vocabulary import vocabulary


@dataclass(frozen=True, slots=True)
class Explanation:
    """A question's meaning and how it is answered.

    Attributes
    ----------
    level
        What is listed.
    form
        The intermediate form as indented text, each line with the JSON Pointer of its clause.
    resolved
        What each code, value set and meaning stands for in this store.
    statement
        The Cypher that finds the question's nodes, and its parameters.
    plan
        The engine's plan of it.
    warnings
        Codes that this store lacks.
    """

    level: str
    form: str
    resolved: tuple[Resolved, ...]
    statement: Statement
    plan: Plan
    warnings: tuple[str, ...]

    def __str__(self) -> str:
        codes = (f"{each.path}: {each.text} = {', '.join(each.concepts) or 'nothing here'}" for each in self.resolved)
        parameters = (f"${name} = {value!r}" for name, value in self.statement.parameters.items())
        parts = {
            "intermediate form": self.form,
            "codes": "\n".join(codes),
            "Cypher": self.statement.cypher,
            "parameters": "\n".join(parameters),
            "plan": self.plan.text,
            "warnings": "\n".join(self.warnings),
        }
        return "\n\n".join(f"# {title}\n{text}" for title, text in parts.items() if text)


def explain(engine: Engine, document: str | Mapping[str, Any], level: str | None = None) -> Explanation:
    """Explain a question without answering it.

    Raises
    ------
    QuestionError
        where the document is not valid.
    """
    words = vocabulary(engine)
    question = parse(load(document), words)
    listing = as_level(level) if level is not None else question.root
    statement = keys(question, words)
    plan = engine.explain(statement.cypher, statement.parameters)
    return Explanation(listing.name, form(question), question.resolved, statement, plan, question.warnings)


def form(question: Question) -> str:
    """The intermediate form as text."""
    lines = [f"{question.root.name} for which", *_lines(question.where, 1)]
    return "\n".join(lines)


def _lines(clause: Clause, depth: int) -> Iterator[str]:
    indent = "  " * depth
    match clause:
        case Compare(name=name, tests=tests):
            yield f"{indent}{name} {_tests(tests)}    {clause.path}"
        case Measured(tests=tests, unit=unit, units=units):
            beside = f" with unit {_set(units)}" if units is not None else ""
            yield f"{indent}number {_tests(tests)}{f' {unit}' if unit else ''}{beside}    {clause.path}"
        case Coded(edge=edge, concepts=concepts, laterality=laterality, modifier=modifier):
            sides = (("laterality", laterality), ("modifier", modifier))
            besides = "".join(f" {name} {_set(found)}" for name, found in sides if found is not None)
            yield f"{indent}{edge} {_set(concepts)}{besides}    {clause.path}"
        case And(clauses=clauses) | Or(clauses=clauses):
            yield f"{indent}{'all' if isinstance(clause, And) else 'any'} of    {clause.path}"
            for each in clauses:
                yield from _lines(each, depth + 1)
        case Not(clause=inner):
            yield f"{indent}not    {clause.path}"
            yield from _lines(inner, depth + 1)
        case TakesPart(states=states):
            yield f"{indent}not {' or '.join(states)}    {clause.path}"
        case Some(relation=relation, where=where):
            article = "some" if relation.plural else "the"
            yield f"{indent}{article} {relation.name} ({relation.target}) for which    {clause.path}"
            yield from _lines(where, depth + 1)
        case Count(relation=relation, where=where, tests=tests):
            yield f"{indent}number of {relation.name} {_tests(tests)}, of those for which    {clause.path}"
            yield from _lines(where, depth + 1)
        case Within():
            yield f"{indent}two series of one {clause.gap.within.lower()} for which    {clause.path}"
            yield from _lines(clause.ways[0], depth + 1)
        case Near(where=where, gap=gap, later=later):
            order = "at most" if not gap.ordered else "later by at most" if later else "earlier by at most"
            yield f"{indent}another whose {gap.property} is {order} {gap.most}, for which    {clause.path}"
            yield from _lines(where, depth + 1)


def _tests(tests: tuple[Test, ...]) -> str:
    return " and ".join(f"{op} {_operand(operand)}" for op, operand in tests)


def _operand(operand: Operand) -> str:
    return f"[{', '.join(map(str, operand))}]" if isinstance(operand, tuple) else str(operand)


def _set(concepts: frozenset[str] | None) -> str:
    if concepts is None:
        return "any concept"
    named = sorted(concepts)
    return f"in {{{', '.join(named)}}}" if named else "in {} (nothing here)"
