"""Facets of real files against plain counts over what pydicom reads of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pydicom
import pytest
from pydicom.dataset import Dataset

from cohortgraph.graph.engine import rows
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.pipeline import Report
from cohortgraph.ontology.concept import Code
from cohortgraph.ontology.normalise import normalise
from cohortgraph.queries import facets

Real = tuple[Store, Report]
BACKGROUND = "DCM:125040"


@pytest.fixture(scope="module")
def objects(real: Real) -> dict[str, Dataset]:
    """SOP Instance UID → the file that is kept of it."""
    found = {}
    for row in rows(real[0].engine.read("MATCH (i:Instance) RETURN i.id AS uid, i.locations AS uris")):
        path = Path(unquote(urlsplit(row["uris"][0]).path))
        found[row["uid"]] = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    return found


def person(ds: Dataset) -> str:
    """An issuer is one too, and who has no Patient ID is nobody else (semantics 1.5)."""
    patient = str(ds.get("PatientID") or "").strip(" \0")
    return f"{ds.get('IssuerOfPatientID', '')}|{patient or ds.StudyInstanceUID}"


def concept(item: Dataset, ds: Dataset) -> str:
    designator = str(item.get("CodingSchemeDesignator", ""))
    schemes = {each.get("CodingSchemeDesignator"): each for each in ds.get("CodingSchemeIdentificationSequence", [])}
    named = item.get("CodingSchemeUID") or schemes.get(designator, Dataset()).get("CodingSchemeUID", "")
    uid = str(named) if designator.startswith("99") else ""
    return normalise(Code(str(item.CodeValue), designator, scheme_uid=uid), "real").id


def types(ds: Dataset) -> Iterator[str]:
    for segment in ds.get("SegmentSequence", []):
        named = {concept(item, ds) for item in segment.get("SegmentedPropertyTypeCodeSequence", [])}
        if not (ds.get("SegmentationType") == "LABELMAP" and BACKGROUND in named):
            yield from named


def names(ds: Dataset) -> Iterator[str]:
    waiting = [ds]
    while waiting:
        item = waiting.pop()
        waiting += item.get("ContentSequence", [])
        yield from (concept(each, ds) for each in item.get("ConceptNameCodeSequence", []))


def counted(objects: dict[str, Dataset], root: Callable[[Dataset], Any], values: Callable[[Dataset], Any]):
    """Value → how many distinct roots have it."""
    found: dict[str, set[Any]] = defaultdict(set)
    for _, ds in sorted(objects.items()):
        for value in values(ds):
            found[str(value)].add(root(ds))
    return {value: len(roots) for value, roots in found.items()}


def text(keyword: str) -> Callable[[Dataset], list[str]]:
    return lambda ds: [str(ds[keyword].value)] if ds.get(keyword) else []


@pytest.mark.parametrize(
    ("level", "by", "root", "values"),
    [
        ("instances", "sopClassUID", lambda ds: ds.SOPInstanceUID, text("SOPClassUID")),
        ("patients", "segments.type", person, types),
        ("series", "segments.type", lambda ds: ds.SeriesInstanceUID, types),
        ("studies", "instances.sopClassUID", lambda ds: ds.StudyInstanceUID, text("SOPClassUID")),
    ],
)
def test_a_facet_is_a_plain_count(real: Real, objects, level: str, by: str, root, values) -> None:
    found = facets(real[0].engine, {level: {}}, by)
    assert {each.value: each.matched for each in found.values} == counted(objects, root, values)
    roots = {root(ds) for ds in objects.values()}
    having = {root(ds) for ds in objects.values() if [*values(ds)]}
    assert (found.total, found.missing) == (len(roots), len(roots - having))


def test_a_facet_by_modality_counts_each_series_once(real: Real, objects: dict[str, Dataset]) -> None:
    """Where instances disagree, the one of the smallest UID decides (semantics 1.8)."""
    modality = {
        ds.SeriesInstanceUID: ds.Modality for _, ds in sorted(objects.items(), reverse=True) if ds.get("Modality")
    }
    found = facets(real[0].engine, {"series": {}}, "modality")
    assert {each.value: each.matched for each in found.values} == Counter(modality.values())


def test_a_facet_of_reports_counts_what_their_items_are_called(real: Real, objects: dict[str, Dataset]) -> None:
    found = facets(real[0].engine, {"instances": {"kind": {"eq": "report"}}}, "items.name")
    reports = {uid: ds for uid, ds in objects.items() if ds.get("ValueType") == "CONTAINER"}
    own = counted(reports, lambda ds: ds.SOPInstanceUID, names)
    assert {each.value: each.matched for each in found.values if each.matched} == own


def test_a_histogram_holds_every_number(real: Real, objects: dict[str, Dataset]) -> None:
    (drawn,) = facets(real[0].engine, {"instances": {}}, "rows").histograms
    rows_of = {ds.SOPInstanceUID: ds.Rows for ds in objects.values() if isinstance(ds.get("Rows"), int)}
    assert (drawn.minimum, drawn.maximum) == (min(rows_of.values()), max(rows_of.values()))
    assert sum(each.matched for each in drawn.bins) == len(rows_of)
