"""What is said of dates that can't be compared (semantics 6.9)."""

from __future__ import annotations

from typing import Any

import pytest

from cohortgraph.errors import QuestionError
from cohortgraph.graph.engine import Batch, Engine
from cohortgraph.queries import ask, explain

from ..generated.builder import build
from ..generated.loading import load

DOCUMENT: dict[str, Any] = {"patients": {"within": {"first": {}, "then": {}, "days": 30}}}


@pytest.fixture
def shifted(empty_engine: Engine) -> Engine:
    """One patient in two data sets."""
    both = [build(f"1.{n}.1.1", patient="a", authority="hospital", dataset=f"set {n}") for n in (1, 2)]
    if not empty_engine.read("MATCH (d:Dataset) RETURN d.id AS id").num_rows:
        load(empty_engine, both, [])
    return empty_engine


def _shift(engine: Engine, *shifts: str) -> None:
    rows = [{"id": f"set {n}", "dateShift": shift} for n, shift in enumerate(shifts, 1)]
    meta = engine.version()
    engine.write(
        Batch(set_nodes={"Dataset": rows, "Meta": [{"id": "store", "version": meta + 1}]}),
    )


def test_semantics_6_9_unlike_date_shifts_are_an_error(shifted: Engine) -> None:
    _shift(shifted, "perPatient(key)", "none")
    with pytest.raises(QuestionError, match=r"none, perPatient\(key\)") as error:
        ask(shifted, DOCUMENT)
    assert error.value.path == "/patients/within"


def test_semantics_6_9_like_date_shifts_are_compared(shifted: Engine) -> None:
    _shift(shifted, "perPatient(key)", "perPatient(key)")
    assert ask(shifted, DOCUMENT).total == 0


def test_explain_names_the_gap(shifted: Engine) -> None:
    _shift(shifted, "none", "none")
    told = str(explain(shifted, DOCUMENT))
    assert "two series of one patient for which    /patients/within" in told
    assert "another whose studyDateDays is later by at most 30, for which    /patients/within/then" in told
