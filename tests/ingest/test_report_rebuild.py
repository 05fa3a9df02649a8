"""A document's content rebuilt from its facts, and from the graph, is the file's: element by element."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.valuerep import IS, DSfloat

from cohortgraph.dicom.header import digest
from cohortgraph.graph.engine import Engine
from cohortgraph.graph.writing.writer import Writer
from cohortgraph.ingest.readers import read
from cohortgraph.ingest.readers.common import ReadContext
from cohortgraph.ingest.readers.content.items import ROOT_TAGS
from cohortgraph.ingest.readers.content.rebuild import assemble, rebuild

from .documents import (
    CONTAINS,
    DIAMETER,
    FINDING,
    GROUP,
    HAS_CONCEPT_MOD,
    HEART,
    INFERRED_FROM,
    LUNG,
    NODULE,
    SITE,
    Read,
    by_reference,
    code,
    coded,
    container,
    document,
    item,
    measured,
    num,
    referenced,
    text,
    written,
)


def reports(folder: Path) -> list[Path]:
    found = [
        *folder.glob("**/*sr*.dcm"),
        *folder.glob("**/structured_report.dcm"),
        *folder.glob("cardio-ai/**/diagnosis.dcm"),
    ]
    return sorted({path for path in found if "fuzz" not in str(path)})


def same(ours: Dataset, theirs: Dataset, path: str = "") -> list[str]:
    """Where two Datasets differ: a tag, a VR, a value as it was written."""
    if list(map(int, sorted(ours.keys()))) != list(map(int, sorted(theirs.keys()))):
        return [f"{path}: {sorted(ours.keys())} instead of {sorted(theirs.keys())}"]
    differences = []
    for tag in theirs.keys():  # noqa: SIM118  (iterating a Dataset gives its elements)
        mine, other = ours[tag], theirs[tag]
        here = f"{path}/{other.keyword or tag}"
        if mine.VR != other.VR:
            differences.append(f"{here}: VR {mine.VR} instead of {other.VR}")
        elif isinstance(other.value, Sequence):
            if len(mine.value) != len(other.value):
                differences.append(f"{here}: {len(mine.value)} items instead of {len(other.value)}")
            for number, pair in enumerate(zip(mine.value, other.value, strict=False)):
                differences += same(*pair, f"{here}[{number}]")
        elif as_written(mine) != as_written(other):
            differences.append(f"{here}: {mine.value!r} instead of {other.value!r}")
    return differences


def as_written(element: DataElement) -> list[str]:
    value = element.value
    values = value if isinstance(value, (list, pydicom.multival.MultiValue)) else [value]
    numbers = (DSfloat, IS)
    return [getattr(one, "original_string", str(one)) if isinstance(one, numbers) else str(one) for one in values]


def content(ds: Dataset) -> Dataset:
    """What of a document belongs to its root content item."""
    root = Dataset()
    for tag in ds.keys():  # noqa: SIM118
        if int(tag) in ROOT_TAGS:
            root.add(ds[tag])
    return root


def test_every_real_report_is_rebuilt_from_its_facts(shared_data):
    paths = reports(shared_data)
    assert len(paths) == 66
    for path in paths:
        facts = Read(pydicom.dcmread(path)).facts
        assert same(assemble(facts.children, facts.references), content(pydicom.dcmread(path))) == [], path


def listed(element: dict) -> dict:
    """HL7's example gives an empty Value as ``""``, not as a list."""
    if "Value" in element and not isinstance(element["Value"], list):
        element["Value"] = [element["Value"]] if element["Value"] else []
    return element


def test_hl7s_measurement_report_is_rebuilt(shared_data):
    example = shared_data / "hl7-dicom-sr/input/dicom/Example-MeasurementReport.json"
    ds = Dataset.from_json(json.loads(example.read_text(), object_hook=listed))
    facts = Read(ds).facts
    assert len(facts.children) > 20
    assert same(assemble(facts.children, facts.references), content(ds)) == []


class Headers(dict[str, bytes]):
    """Kept headers in memory."""

    def put(self, blobs):
        self.update(blobs)

    def discard(self, digests):
        for one in digests:
            self.pop(one, None)


def commit(engine: Engine, *documents: Dataset) -> list[str]:
    facts = [read(ds, ReadContext("real")) for ds in documents]
    for one in facts:
        one.instance.setdefault("headerDigest", digest(one.header))
    Writer(engine, Headers(), lambda blob: None).commit(new=facts)
    return [one.sop_instance_uid for one in facts]


def test_every_real_report_is_rebuilt_from_the_graph(ladybug, shared_data):
    rebuilt_from_the_graph(ladybug, reports(shared_data))


def test_real_reports_of_each_kind_are_rebuilt_from_the_graph(engine, shared_data):
    rebuilt_from_the_graph(engine, [path for path in reports(shared_data) if path.name != "diagnosis.dcm"])


def rebuilt_from_the_graph(engine: Engine, found: list[Path]) -> None:
    paths = {pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID: path for path in found}
    for uid in commit(engine, *map(pydicom.dcmread, paths.values())):
        assert same(rebuild(engine, uid), content(pydicom.dcmread(paths[uid]))) == [], paths[uid]


def awkward() -> Dataset:
    """A document of what is rare, odd or wrong."""
    icon, template, long, urn = Dataset(), Dataset(), Dataset(), Dataset()
    icon.Rows, icon.BitsAllocated, icon.PixelData = 2, 8, b"\0\1\2\3"
    template.MappingResource, template.TemplateIdentifier, template.TemplateVersion = "DCMR", "1500", "2020"
    long.LongCodeValue, long.CodingSchemeDesignator, long.CodeMeaning = "7" * 30, "99X", "Größe"
    long.CodingSchemeUID, long.ContextIdentifier = "1.2.99", "7000"
    urn.URNCodeValue, urn.CodeMeaning = "urn:lex:eu:1", "A law"
    bare = Dataset()
    bare.CodeMeaning = "a meaning alone"
    image = referenced(
        "9.1",
        ReferencedFrameNumber=["1", "2"],
        ReferencedSegmentNumber=[1, 2],
        IconImageSequence=[icon],
        PurposeOfReferenceCodeSequence=[code(HEART)],
        ReferencedSOPSequence=[referenced("9.2")],
    )
    floating = measured("1.0")
    floating.FloatingPointValue = 1.0
    unitless = measured("1.50")
    del unitless.MeasurementUnitsCodeSequence
    valueless = measured("1")
    valueless.NumericValue = None
    own_characters = text(CONTAINS, FINDING, "Größe")
    own_characters.SpecificCharacterSet = "ISO_IR 192"
    strange = item("NEAR", "HOLOGRAM", FINDING, ContentSequence=[])
    strange.private_block(0x0099, "X", create=True).add_new(1, "OB", b"\1\2")
    wrong = item(CONTAINS, "TEXT", FINDING)
    wrong.add(DataElement(0x0040A160, "LO", "short"))
    no_name = item(CONTAINS, "CODE", None, ConceptNameCodeSequence=[], ConceptCodeSequence=[code(HEART), code(LUNG)])
    return document(
        text(CONTAINS, FINDING, " spaced\r\nand \\ slashed"),
        item(CONTAINS, "TEXT", FINDING, TextValue=""),
        item(CONTAINS, "DATE", FINDING, Date="2019.01.02"),
        item(CONTAINS, "TIME", FINDING, Time="11"),
        item(CONTAINS, "DATETIME", FINDING, DateTime="20190102-0500"),
        item(CONTAINS, "PNAME", FINDING, PersonName="Doe^Jane=山田^花子="),
        item(CONTAINS, "CODE", FINDING, ConceptCodeSequence=[long]),
        item(CONTAINS, "CODE", FINDING, ConceptCodeSequence=[urn]),
        item(CONTAINS, "CODE", FINDING, ConceptCodeSequence=[bare]),
        coded(CONTAINS, FINDING, ("2501", "", "without a scheme")),
        coded(CONTAINS, FINDING, ("T-32000", "SRT", "Heart")),
        no_name,
        *(
            item(CONTAINS, "NUM", DIAMETER, MeasuredValueSequence=values)
            for values in (
                [],
                [floating],
                [unitless],
                [valueless],
                [measured("1"), measured("2")],
                [measured(["1", "2"])],
            )
        ),
        item(CONTAINS, "NUM", DIAMETER),
        num(CONTAINS, DIAMETER, "1e-3", by_reference(INFERRED_FROM, 1, 1), by_reference("SELECTED FROM", 1, 99)),
        item(CONTAINS, "IMAGE", None, ReferencedSOPSequence=[image]),
        item(CONTAINS, "IMAGE", None, ReferencedSOPSequence=[image, referenced("9.3")]),
        item(CONTAINS, "COMPOSITE", None, ReferencedSOPSequence=[]),
        item(CONTAINS, "WAVEFORM", None, ReferencedSOPSequence=[referenced("9.4", ReferencedWaveformChannels=[1, 0])]),
        item(CONTAINS, "SCOORD", FINDING, GraphicType="POINT", GraphicData=[0.1, 2.0]),
        item(CONTAINS, "TCOORD", FINDING, TemporalRangeType="POINT", ReferencedTimeOffsets=["1.50"]),
        container(
            CONTAINS,
            GROUP,
            by_reference(CONTAINS, 1, 2),
            coded(CONTAINS, FINDING, NODULE),
            coded(HAS_CONCEPT_MOD, SITE, LUNG, coded(HAS_CONCEPT_MOD, SITE, HEART)),
            item(CONTAINS, "IMAGE", ("121191", "DCM", "Referenced Segment"), ReferencedSOPSequence=[image]),
            num(CONTAINS, DIAMETER, "10.0"),
        ),
        own_characters,
        strange,
        wrong,
        SpecificCharacterSet="ISO_IR 192",
        ContentTemplateSequence=[template],
        ObservationDateTime="20190102113000",
    )


@pytest.mark.parametrize("from_file", [True, False])
def test_what_is_awkward_is_rebuilt_from_its_facts(from_file):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds, again = (written(awkward()) if from_file else awkward() for _ in range(2))
        facts = Read(ds).facts
        assert same(assemble(facts.children, facts.references), content(again)) == []


def test_what_is_awkward_is_rebuilt_from_the_graph(engine):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (uid,) = commit(engine, written(awkward()))
        assert same(rebuild(engine, uid), content(written(awkward()))) == []


def test_a_resolved_reference_is_rebuilt(engine):
    """Image and segment are there when the report comes: its references lead to nodes, not to waiting targets."""
    segment = Dataset()
    segment.SegmentNumber, segment.SegmentLabel = 1, "x"
    target = document(SegmentSequence=[segment])
    target.SOPClassUID, target.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.66.4", "9.1"
    image = item(CONTAINS, "IMAGE", None, ReferencedSOPSequence=[referenced("9.1", ReferencedSegmentNumber=[1])])
    commit(engine, written(target))
    (uid,) = commit(engine, written(document(image)))
    assert same(rebuild(engine, uid), content(written(document(image)))) == []


def test_an_object_without_content_items_has_nothing_to_rebuild(engine):
    assert len(rebuild(engine, "1.2.3")) == 0


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\x1b"), max_size=20)
CODES = st.builds(
    lambda *triple: code(triple),
    st.text("ABC123-:", max_size=6),
    st.sampled_from(["SCT", "SRT", "DCM", "UCUM", "LN", "", "99X", "urn", "a:b", "LOINC"]),
    st.text("ab é", max_size=6),
)
ITEMS = st.recursive(
    st.one_of(
        st.builds(lambda value: text(CONTAINS, FINDING, value), TEXTS),
        st.builds(
            lambda name, value: item(CONTAINS, "CODE", None, ConceptNameCodeSequence=name, ConceptCodeSequence=value),
            st.lists(CODES, max_size=2),
            st.lists(CODES, max_size=2),
        ),
        st.builds(
            lambda value, unit: item(
                CONTAINS, "NUM", DIAMETER, MeasuredValueSequence=[measured(value, ("mm", unit, "mm"))]
            ),
            st.sampled_from(["1", "1.0", "-0", "1e5", "+.5", " 7 ", ""]),
            st.sampled_from(["UCUM", "", "99X"]),
        ),
        st.builds(lambda *numbers: by_reference(INFERRED_FROM, *numbers), st.integers(1, 3), st.integers(1, 3)),
    ),
    lambda inner: st.builds(lambda children: container(CONTAINS, GROUP, *children), st.lists(inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ITEMS, max_size=5))
@pytest.mark.filterwarnings("ignore")
def test_any_tree_is_rebuilt_from_its_facts(children):
    ds = document(*children, SpecificCharacterSet="ISO_IR 192")
    facts = Read(written(ds)).facts
    assert same(assemble(facts.children, facts.references), content(written(ds))) == []


def test_a_tree_of_many_levels_is_rebuilt_with_what_refers_into_its_depth():
    levels = 230  # paths begin anew at every hundredth; pydicom reads not many more
    tree = container(CONTAINS, GROUP, by_reference(INFERRED_FROM, *[1] * 150))
    for _ in range(levels):
        tree = container(CONTAINS, GROUP, tree)
    ds = document(tree, by_reference(INFERRED_FROM, *[1] * levels), by_reference(INFERRED_FROM, *[1] * 5, 9))
    facts = Read(ds).facts
    by_path = {child.properties["path"]: child.position for child in facts.children}
    assert [by_path.get(one.item) for one in facts.references] == [levels - 1, None, 149]
    assert same(assemble(facts.children, facts.references), content(ds)) == []
