"""Every code that a plain walk over the files finds is an edge of what it stands in (semantics 4.7)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pydicom.data
import pytest

from cohortgraph.graph import schema
from cohortgraph.graph.engine import rows
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.pipeline import Report, ingest
from cohortgraph.ontology.concept import Code
from cohortgraph.ontology.normalise import normalise
from cohortgraph.registry import Registry

from .walker import Found, Holder, Step, codes, path_of

DERIVED = {"SHOWS", "SHOWED", "SITE", "FINDING", "METHOD", "TIMEPOINT", "SUBJECT", "DERIVATION"}
"""Edges that repeat a code of elsewhere."""
TYPES = {
    ("ContentItem", "ConceptNameCodeSequence"): "NAME",
    ("ContentItem", "ConceptCodeSequence"): "VALUE",
    ("ContentItem", "MeasurementUnitsCodeSequence"): "UNIT",
    ("Segment", "SegmentedPropertyTypeCodeSequence"): "TYPE",
    ("Segment", "SegmentedPropertyCategoryCodeSequence"): "CATEGORY",
    ("Segment", "AnatomicRegionSequence"): "REGION",
    ("WaveformChannel", "ChannelSourceSequence"): "SOURCE",
}
"""The edge that a code right below its holder must be."""
MODIFIERS = re.compile(r"(Modifier|ModifiersCode|ModifierCode)Sequence$")
REPEATED = {"PerFrameFunctionalGroupsSequence", "ContourSequence"}
"""Sequences whose items a path does not tell apart."""
BACKGROUND = "125040"


@dataclass(frozen=True)
class Edge:
    """A coded edge of the graph."""

    type: str
    concept: str
    original: str
    path: str
    modifiers: tuple[str, ...]


def edges(store: Store) -> dict[tuple[str, Holder], list[Edge]]:
    """The coded edges of every holder, by SOP Instance UID."""
    found: dict[tuple[str, Holder], list[Edge]] = defaultdict(list)
    for edge, label, target in schema.edge_tables():
        if target != "Concept" or label == "Concept" or edge.type in DERIVED:
            continue
        names = {p.name for p in edge.properties}
        path, modifiers = ("e.path" if "path" in names else "''"), ("e.modifiers" if "modifiers" in names else "null")
        start, number = "(n:Instance)", "''"
        if label != "Instance":
            start = f"(i:Instance)-[:{schema.CHILDREN[label]}]->(n:{label})"
            number = "n.path" if label in ("ContentItem", "WaveformChannel") else "n.position"
        uid = "n.id" if label == "Instance" else "i.id"
        query = (
            f"MATCH {start} MATCH (n)-[e:{edge.type}]->(c:Concept) RETURN {uid} AS uid, {number} AS number, "
            f"c.id AS concept, e.originalCode AS original, {path} AS path, {modifiers} AS modifiers"
        )
        for row in rows(store.engine.read(query)):
            holder = Holder() if label == "Instance" else Holder(label, row["number"])
            made = Edge(edge.type, row["concept"], row["original"] or "", row["path"], tuple(row["modifiers"] or ()))
            found[row["uid"], holder].append(made)
    return found


def located(store: Store) -> Iterator[tuple[str, Path]]:
    """SOP Instance UID and file of every copy that is stored."""
    for row in rows(store.engine.read("MATCH (i:Instance) RETURN i.id AS uid, i.locations AS uris")):
        for uri in row["uris"]:
            yield row["uid"], path_of(uri)


def missing(store: Store, dataset: str) -> tuple[int, list[str]]:
    """How many codes the files hold, and those that are no edge where they should be one."""
    held = edges(store)
    looked, lost = 0, []
    for uid, path in located(store):
        for code in codes(path):
            looked += 1
            concept = normalise(Code(code.value, code.designator, scheme_uid=code.uid), dataset).id
            if not any(_is(edge, code, concept) for edge in held[uid, code.holder]) and not _is_background(path, code):
                lost.append(f"{path.name}: {_written(code.place)} {code.designator}:{code.value}")
    return looked, lost


def _is(edge: Edge, code: Found, concept: str) -> bool:
    if not code.inside:  # a code where a content item should be
        return edge.concept == concept
    keyword = code.inside[-1][0]
    if MODIFIERS.search(keyword) and concept in edge.modifiers:
        return True
    wanted = TYPES.get((code.holder.label, keyword)) if len(code.inside) == 1 else None
    if edge.concept != concept or wanted not in (None, edge.type):
        return False
    as_read = f"{code.designator}:{code.value}"
    return edge.original in ("", as_read) and (edge.type != "CODED" or _stands_at(edge.path, code.place))


def _stands_at(path: str, place: tuple[Step, ...]) -> bool:
    """Whether an edge's path ends as the place does; a Purpose of Reference is told without item numbers."""
    told = ".".join(name for name, _ in place if not name.endswith("FunctionalGroupsSequence"))
    if place[-1][0] != "PurposeOfReferenceCodeSequence":
        told = _written(place)
    return bool(path) and told.endswith(path)


def _written(place: Iterable[Step]) -> str:
    return ".".join(name if name in REPEATED else f"{name}[{number}]" for name, number in place)


def _is_background(path: Path, code: Found) -> bool:
    """What a label map says of the voxels of no segment is no statement (semantics 4.4)."""
    if code.holder.label != "Segment":
        return False
    ds = pydicom.dcmread(path, stop_before_pixels=True)
    types = ds.SegmentSequence[code.holder.number].SegmentedPropertyTypeCodeSequence
    return ds.SegmentationType == "LABELMAP" and types[0].CodeValue == BACKGROUND


def test_every_code_of_the_real_files_is_an_edge(real: tuple[Store, Report]) -> None:
    looked, lost = missing(real[0], "real")
    assert lost == []
    assert looked > 6000


def test_every_code_of_files_in_conflict_is_an_edge_where_they_are_kept(
    real: tuple[Store, Report], tmp_path: Path
) -> None:
    with Registry(real[0].registry_path) as registry:
        waiting = [path_of(each.uri) for each in registry.conflicts()]
    assert waiting
    while waiting:
        with Store.init(tmp_path / f"{len(waiting)}") as store, Registry(store.registry_path) as registry:
            ingest(store, waiting, "real", workers=1)
            left = [path_of(each.uri) for each in registry.conflicts()]
            assert missing(store, "real")[1] == []
            assert len(left) < len(waiting)
            waiting = left


@pytest.mark.parametrize("folder", ["test_files", "charset_files"])
def test_every_code_of_the_files_that_pydicom_ships_is_an_edge(tmp_path: Path, folder: str) -> None:
    files = Path(pydicom.data.__file__).parent / folder
    with Store.init(tmp_path / "store") as store:
        ingest(store, [files], "pydicom", workers=1, measure=False)
        looked, lost = missing(store, "pydicom")
    assert lost == []
    assert looked > (200 if folder == "test_files" else -1)
