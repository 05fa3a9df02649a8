"""What other readers find in the same reports: a naive walk, dcmtk's dcmdump and dsrdump, highdicom."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import highdicom
import pydicom
import pytest

from .dcmtk import DSR_ITEM, tool
from .documents import Read


def cardio_ai(folder: Path) -> list[Path]:
    found = [*folder.glob("cardio-ai/mm2_reports/*/diagnosis.dcm"), folder / "cardio-ai/example_ecg_sr.dcm"]
    assert len(found) == 61
    return found


def everywhere(folder: Path) -> list[Path]:
    others = ("dcmqi/data/sr-example/sr.dcm", "dcmjs/test/sample-sr.dcm", "dcmjs/examples/data/structured_report.dcm")
    documents = sorted(folder.glob("highdicom/data/test_files/sr_document*.dcm"))
    return [*cardio_ai(folder), *(folder / other for other in others), *documents]


def naive(ds: pydicom.Dataset, path: str = "1") -> dict[str, tuple[str | None, ...]]:
    """Path → value type, name, value, number as written and unit, by the simplest possible walk."""
    measured = ds.MeasuredValueSequence[0] if ds.get("MeasuredValueSequence") else pydicom.Dataset()
    number = measured.get("NumericValue")
    found = {
        path: (
            ds.ValueType,
            spelt(ds.get("ConceptNameCodeSequence")),
            spelt(ds.get("ConceptCodeSequence")),
            None if number is None else number.original_string,
            spelt(measured.get("MeasurementUnitsCodeSequence")),
        )
    }
    for position, child in enumerate(ds.get("ContentSequence", []), 1):
        found |= naive(child, f"{path}.{position}")
    return found


def spelt(sequence) -> str | None:
    return f"{sequence[0].CodingSchemeDesignator}:{sequence[0].CodeValue}" if sequence else None


def as_read(read: Read, path: str, type_: str) -> str | None:
    """The code of an item's edge as it was spelt in the file."""
    codes = read.codes(path, type_)
    return (codes[0].properties.get("originalCode") or codes[0].concept) if codes else None


def test_every_code_unit_and_pairing_is_kept(shared_data):
    for path in everywhere(shared_data):
        read = Read(pydicom.dcmread(path))
        ours = {
            item: (
                read.get(item, "valueType"),
                *(as_read(read, item, type_) for type_ in ("NAME", "VALUE")),
                read.get(item, "numericString"),
                as_read(read, item, "UNIT"),
            )
            for item in read.items
        }
        assert ours == naive(pydicom.dcmread(path)), path


def test_cardio_ais_reports_keep_each_code_as_often_as_it_is_there(shared_data):
    ours, theirs = Counter(), Counter()
    for path in cardio_ai(shared_data):
        read = Read(pydicom.dcmread(path))
        ours.update(as_read(read, item, kind) for item in read.items for kind in ("NAME", "VALUE", "UNIT"))
        for _, name, value, _, unit in naive(pydicom.dcmread(path)).values():
            theirs.update((name, value, unit))
    assert ours == theirs
    assert ours["DCM:121071"] >= 60


def test_dcmdump_counts_the_same_items(shared_data):
    dcmdump = tool("dcmdump")
    paths = everywhere(shared_data)
    printed = subprocess.run([dcmdump, "+P", "0040,a040", *paths], capture_output=True, text=True, check=True).stdout
    assert sum(len(Read(pydicom.dcmread(path)).items) for path in paths) == printed.count("(0040,a040) CS [")


def test_dsrdump_finds_the_same_paths_names_and_values(shared_data):
    dsrdump = tool("dsrdump")
    checked = 0
    for path in everywhere(shared_data):
        run = subprocess.run([dsrdump, "+Pn", "+Pc", "+U8", path], capture_output=True, text=True, check=False)
        if run.returncode:  # dcmtk refuses cardio-ai's ECG report: a CONTAINER HAS PROPERTIES
            continue
        read = Read(pydicom.dcmread(path))
        found = [DSR_ITEM.match(line) for line in run.stdout.splitlines()]
        printed = {item[1]: item.groups()[1:] for item in found if item}
        assert list(printed) == list(read.items), path
        for item, (relationship, value_type, value, scheme, _, rest) in printed.items():
            assert value_type == read.get(item, "valueType")
            assert (relationship or "").upper() == (read.get(item, "relationshipType") or "")
            assert (f"{scheme}:{value}" if value else None) == as_read(read, item, "NAME")
            if value_type == "NUM" and rest:
                assert rest.startswith(f'="{read.get(item, "numericString")}"')
        checked += 1
    assert checked >= 62


def test_highdicom_finds_the_same_measurement_groups(shared_data):
    path = shared_data / "highdicom/data/test_files/sr_document_with_multiple_groups.dcm"
    read = Read(pydicom.dcmread(path))
    report = highdicom.sr.srread(path).content
    groups = [*report.get_image_measurement_groups(), *report.get_planar_roi_measurement_groups()]
    groups += report.get_volumetric_roi_measurement_groups()
    assert len(groups) == 4
    for group in groups:
        (container,) = (p for p in read.named("DCM:125007") if read.get(p, "trackingUID") == group.tracking_uid)
        assert read.get(container, "trackingID") == group.tracking_identifier
        finding = [] if group.finding_type is None else [f"SCT:{group.finding_type.value}"]
        assert read.concepts(container, "FINDING") == finding
        sites = [f"SCT:{site.value.value}" for site in group.finding_sites]
        numbers = [p for p in read.items if p.startswith(container) and read.get(p, "valueType") == "NUM"]
        assert [as_read(read, p, "UNIT") for p in numbers] == [f"UCUM:{m.unit.value}" for m in group.get_measurements()]
        # highdicom prefers the Floating Point Value, which has more digits than the Numeric Value
        values = [m.value for m in group.get_measurements()]
        assert [read.get(p, "numericValue") for p in numbers] == pytest.approx(values, rel=1e-12)
        assert all(read.concepts(p, "SITE") == sites and read.concepts(p, "FINDING") == finding for p in numbers)
