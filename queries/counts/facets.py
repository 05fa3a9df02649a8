"""Counts by a property or code, over what matched and over all that the same patients have (semantics 6.12)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ...graph.asking import ask as ask_by_key
from ...graph.asking import ids
from ...graph.engine import Engine, Row
from ...graph.schema import Edge, Type
from ...ontology.meanings import meaning
from ..answers.ask import Document
from ..answers.listing import KeyValue, by_hit, followed, hits
from ..cypher.bindings import Trace, found, trail
from ..cypher.compile import Statement
from ..cypher.predicates import Predicates
from ..frames import Tabular
from ..language.document import load
from ..language.ir import And, Question
from ..language.parse import parse
from ..language.relations import Hop, level, walk
from ..language.vocabulary import Vocabulary, vocabulary
from .paths import Path, path
from .tally import Bin, Histogram, Measure, Roots, Value, dated, histogram, measured, named

if TYPE_CHECKING:
    import pyarrow as pa

_PATIENTS = Question(level("patients"), And("", ()))
_WHOLE = (Type.INT64, Type.INT64S)
_NUMBERS = (*_WHOLE, Type.DOUBLE, Type.DOUBLES)


@dataclass(frozen=True, slots=True)
class Facet(Tabular):
    """Counts of distinct root nodes.

    Attributes
    ----------
    by
        What they are counted by, in full.
    level, total
        What the question is about, and how many it finds.
    missing, missing_copatient
        How many have no value in their matched children, and how many none in anything of their patients.
    values
        The most frequent first; months or years in their order.
    histograms
        Of numbers: one for each dimension, the fullest first.
    """

    by: str
    level: str
    total: int
    missing: int
    missing_copatient: int
    values: list[Value] = field(default_factory=list)
    histograms: list[Histogram] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def to_arrow(self) -> pa.Table:
        """A row for each value and each interval, and a last one for what has none: ``value`` and ``low`` are null."""
        import pyarrow as pa

        rows = [{"value": v.value, "meaning": v.meaning, **_counts(v)} for v in self.values]
        for each in self.histograms:
            rows += [{"low": b.low, "high": b.high, "unit": each.unit, **_counts(b)} for b in each.bins]
        rows.append({"matched": self.missing, "copatient": self.missing_copatient})
        texts = [(name, pa.string()) for name in ("value", "meaning", "unit")]
        numbers = [(name, pa.float64()) for name in ("low", "high")]
        counts = [(name, pa.int64()) for name in ("matched", "copatient")]
        return pa.Table.from_pylist(rows, pa.schema([*texts, *numbers, *counts]))


def _counts(counted: Value | Bin) -> dict[str, int]:
    return {"matched": counted.matched, "copatient": counted.copatient}


def facets(engine: Engine, document: Document, by: str) -> Facet:
    """Count the hits of a question by what their matched children hold.

    Parameters
    ----------
    by
        Relation names from the root and a field: ``series.modality``, ``segments.type``. A field that the root lacks
        is looked for below it, then above it.

    Raises
    ------
    QuestionError
        where the document is not valid.
    UsageError
        where ``by`` names no property or code; says which is nearest.
    """
    words = vocabulary(engine)
    question = parse(load(document), words)
    way = path(by, question.root)
    own = [hit.value for hit in hits(engine, question, words)]
    matched = _values(engine, question, words, way, own)
    copatient = _copatient(engine, question, words, way, own)
    for value, roots in matched.items():  # what a patient's report refers to may be another patient's
        copatient[value] |= roots
    missing, nowhere = (len(own) - len(set[KeyValue]().union(*side.values())) for side in (matched, copatient))
    counted = Facet(way.text, question.root.name, len(own), missing, nowhere, warnings=list(question.warnings))
    if way.is_measured:
        return replace(counted, histograms=measured(matched, copatient))
    if way.type in _NUMBERS:
        return replace(counted, histograms=_drawn(way, matched, copatient))
    if way.type is Type.DATE:
        return replace(counted, values=dated(matched, copatient))
    return replace(counted, values=_with_meanings(engine, way, named(matched, copatient)))


def _values(engine: Engine, question: Question, words: Vocabulary, way: Path, own: Sequence[KeyValue]) -> Roots:
    """What the matched nodes of the way's level lead to, with the hits that they belong to."""

    def statement(trace: Trace, remaining: list[KeyValue], onwards: tuple[Hop, ...]) -> Statement:
        predicates = Predicates(words)
        lines, nodes = trail(predicates, question, trace, remaining, onwards)
        further, columns = way.values(predicates, nodes[-1])
        return Statement(f"{' '.join([*lines, *further])} RETURN DISTINCT hit, {columns}", predicates.parameters)

    roots: Roots = defaultdict(set)
    for row in followed(engine, question, way.level, own, statement):
        for value in _present(row):
            roots[value].add(row["hit"])
    return roots


def _copatient(engine: Engine, question: Question, words: Vocabulary, way: Path, own: Sequence[KeyValue]) -> Roots:
    """What everything of the hits' patients at the way's level leads to, with the hits."""
    if not own:
        return defaultdict(set)
    of_patient = _hits_of_patients(engine, question, words, own)
    of_value = _values(engine, _PATIENTS, words, way, sorted(of_patient))
    roots: Roots = defaultdict(set)
    for value, patients in of_value.items():
        roots[value].update(*(of_patient[patient] for patient in patients))
    return roots


def _hits_of_patients(
    engine: Engine, question: Question, words: Vocabulary, own: Sequence[KeyValue]
) -> dict[Any, set[KeyValue]]:
    patients = _PATIENTS.root
    if question.root == patients:
        return {hit: {hit} for hit in own}
    upwards = walk(question.root.label, patients.label) or ()
    of_patient: dict[Any, set[KeyValue]] = defaultdict(set)
    for hit, above in by_hit(engine, found(question, Trace("", ()), words, own, upwards)).items():
        for patient in above:
            of_patient[patient.value].add(hit)
    return of_patient


def _present(row: Row) -> Iterator[Any]:
    """The values in a row: none of a missing one, the elements of a list; NaN is none (semantics 6.4, 6.7)."""
    if "number" in row:
        if row["qualifier"] is None and _is_value(row["number"]):
            yield Measure(row["number"], row["unit"], row["canonical"], row["base"])
        return
    value = row["value"]
    for each in value if isinstance(value, list) else [value]:
        if _is_value(each):
            yield str(each).lower() if isinstance(each, bool) else each


def _is_value(value: Any) -> bool:
    return value not in (None, "") and not (isinstance(value, float) and not math.isfinite(value))


def _drawn(way: Path, matched: Roots, copatient: Roots) -> list[Histogram]:
    whole = way.type in _WHOLE
    return [histogram(getattr(way.field, "unit", ""), matched, copatient, whole=whole)] if copatient else []


def _with_meanings(engine: Engine, way: Path, values: Iterable[Value]) -> list[Value]:
    """Concepts with their shipped meanings, else with one that the data give."""
    if not isinstance(way.field, Edge):
        return list(values)
    shipped = {each.value: meaning(each.value) for each in values}
    unnamed = ids(concept for concept, text in shipped.items() if not text)
    seen = ask_by_key(engine, "MATCH (c:Concept {id: r.id}) RETURN c.id AS id, c.meanings AS meanings", unnamed)
    told = shipped | {row["id"]: next(iter(row["meanings"] or ()), "") for row in seen}
    return [replace(each, meaning=told[each.value]) for each in values]
