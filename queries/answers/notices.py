"""What a question left out though it may have been meant: other units, voxels not measured yet (semantics 6.7)."""

from __future__ import annotations

from collections.abc import Iterator

from ...graph.engine import Engine
from ..language.ir import And, Clause, Compare, Count, Measured, Not, Op, Or, Question, Some, Within, conjunction
from ..language.parse import PART
from ..language.relations import level
from ..language.vocabulary import Vocabulary
from .listing import number as number_of

_FROM_VOXELS = frozenset({"volume", "area", "voxelCount", "boundingBox"})
_HAS_NUMBER = ((Op.EXISTS, True),)


def notices(engine: Engine, question: Question, vocabulary: Vocabulary) -> list[str]:
    """The warnings that only the store's data can give."""
    found = []
    for number, beside in _numbers(question.where, ()):
        missed = _of_another_dimension(engine, number, beside, vocabulary)
        if missed:
            found.append(f"{number.path}: {missed} items have another dimension or no unit and were not compared")
    for uid, numbers in sorted(vocabulary.incomplete.items()) if PART in question.left_out else ():
        found.append(f"the concatenation {uid} lacks its parts {', '.join(map(str, numbers))}")
    for state in (state for state in question.left_out if state != PART):
        found.append(f"{vocabulary.in_state(state)} {state} objects took no part; include: [{state}] lets them")
    if not vocabulary.reading.is_complete:
        found.append("kept headers are still to be read for what is declared or new; go on with: cohortgraph upgrade")
    if vocabulary.unmeasured and _asks_for_voxels(question.where):
        found.append(f"the voxels of {vocabulary.unmeasured} segmentations are not measured yet")
    return found


def _of_another_dimension(engine: Engine, number: Measured, beside: tuple[Clause, ...], vocabulary: Vocabulary) -> int:
    """How many items satisfy what stands beside the number and have one, but none that compares."""
    has_number = Measured(number.path, _HAS_NUMBER)
    comparable = Measured(number.path, _HAS_NUMBER, number.unit)
    where = And(number.path, (*beside, has_number, Not(number.path, comparable)))
    return number_of(engine, Question(level("items"), where), vocabulary)


def _numbers(clause: Clause, beside: tuple[Clause, ...]) -> Iterator[tuple[Measured, tuple[Clause, ...]]]:
    """Every number with a unit, and the clauses about the same item that must hold with it."""
    parts = conjunction(clause)
    for index, part in enumerate(parts):
        others = beside + parts[:index] + parts[index + 1 :]
        match part:
            case Measured(unit=unit) if unit:
                yield part, tuple(each for each in others if not isinstance(each, Measured))
            case Or(clauses=clauses):
                for each in clauses:
                    yield from _numbers(each, others)
            case Not(clause=inner):
                yield from _numbers(inner, others)
            case Some(where=where) | Count(where=where):
                yield from _numbers(where, ())
            case Within(first=first, then=then):
                yield from _numbers(first, ())
                yield from _numbers(then, ())


def _asks_for_voxels(clause: Clause) -> bool:
    match clause:
        case Compare(name=name):
            return name in _FROM_VOXELS
        case And(clauses=clauses) | Or(clauses=clauses):
            return any(_asks_for_voxels(each) for each in clauses)
        case Not(clause=inner):
            return _asks_for_voxels(inner)
        case Some(where=where) | Count(where=where):
            return _asks_for_voxels(where)
        case Within(first=first, then=then):
            return _asks_for_voxels(first) or _asks_for_voxels(then)
        case _:
            return False
