"""Values of any attribute, as pydicom reads them from the real files."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from cohortgraph.dicom.attributes import values
from cohortgraph.dicom.sequences import Level
from cohortgraph.errors import UsageError
from cohortgraph.ontology.tags import Kind, kind_of, tag

pytestmark = pytest.mark.filterwarnings("ignore")


def _files(shared_data: Path) -> list[Path]:
    return [path for path in sorted(shared_data.rglob("*.dcm")) if "fuzz" not in str(path)]


def _comparable(element: DataElement) -> list[Any] | None:
    """What pydicom reads, as it should compare; None of what this test can't tell."""
    kind = kind_of(element.VR)
    if kind is None or element.VR in ("AT", "TM", "DT") or "�" in str(element.value):
        return None
    found = list(element.value) if isinstance(element.value, MultiValue | list) else [element.value]
    if kind is Kind.NUMBER:
        return [float(each) for each in found if each not in (None, "") and math.isfinite(each)]
    texts = [str(each).strip(" \0") for each in found if each not in (None, "")]
    if kind is Kind.TEXT:
        return [text for text in texts if text]
    digits = [text.replace(".", "") for text in texts]  # ACR-NEMA wrote 1996.10.29
    return [date(*map(int, (text[:4], text[4:6], text[6:]))) for text in digits if re.fullmatch(r"\d{8}", text)]


def _elements(ds: Dataset) -> Iterator[tuple[str, DataElement]]:
    for element in ds:
        if element.tag.is_private:
            if element.private_creator and not element.tag.is_private_creator:
                yield f"{element.tag.group:04X},{element.private_creator},{element.tag.element & 0xFF:02X}", element
        elif element.keyword:
            yield element.keyword, element


def test_every_attribute_of_every_real_file_is_what_pydicom_reads(shared_data: Path) -> None:
    compared = private = 0
    for path in _files(shared_data):
        try:
            read, fresh = (pydicom.dcmread(path, stop_before_pixels=True, force=True) for _ in range(2))
            elements = list(_elements(read))
        except Exception:
            continue
        level = Level.of(fresh)
        for name, element in elements:
            expected = _comparable(element)
            try:
                asked = tag(name)
            except UsageError:
                assert expected is None or element.tag in (0x00282110, 0x00282112, 0x00282114)
                continue
            if expected is None or (asked.kind or kind_of(element.VR)) is not kind_of(element.VR):
                continue
            assert values(level, asked) == expected, (path.name, name)
            compared += 1
            private += element.tag.is_private
    assert compared > 10_000
    assert private > 400


@pytest.mark.parametrize(
    ("keyword", "vr", "written", "expected"),
    [
        ("ScanOptions", "CS", "HELICAL \\\\ AXIAL", ["HELICAL", "AXIAL"]),
        ("FocalSpots", "DS", "0.7\\1.2", [0.7, 1.2]),
        ("FocalSpots", "DS", "0.7\\\\wide", [0.7]),
        ("InstanceCreationDate", "DA", "20240229", [date(2024, 2, 29)]),
        ("InstanceCreationDate", "DA", "2024", []),
        ("InstanceCreationTime", "TM", "0830", ["08:30"]),
        ("ScanOptions", "CS", "", []),
    ],
)
def test_values_by_their_vr(keyword: str, vr: str, written: str, expected: list[Any]) -> None:
    ds = Dataset()
    with pydicom.config.disable_value_validation():
        ds.add(DataElement(tag(keyword).steps[0].tag, "LO", ""))
    element = pydicom.dataelem.RawDataElement(
        pydicom.tag.Tag(tag(keyword).steps[0].tag), vr, len(written), written.encode(), 0, False, True
    )
    assert values(Level({int(element.tag): element}, Dataset({element.tag: element})), tag(keyword)) == expected


def test_a_path_leads_to_every_item() -> None:
    ds = Dataset()
    ds.RequestAttributesSequence = [Dataset(), Dataset(), Dataset()]
    for item, step in zip(ds.RequestAttributesSequence, ("a", "b"), strict=False):
        item.ScheduledProcedureStepID = step
    path = tag("RequestAttributesSequence.ScheduledProcedureStepID")
    assert values(Level.of(ds), path) == ["a", "b"]


@pytest.mark.parametrize("block", [0x10, 0x42, 0xFF])
def test_a_private_attribute_is_found_in_whatever_block_its_creator_has(block: int) -> None:
    ds = Dataset()
    ds.add_new(0x00190000 | (block ^ 1 if block != 0x10 else 0x11), "LO", "OTHER")
    ds.add_new(0x00190000 | block, "LO", "ACME CT 1.0")
    ds.add_new(0x00190000 | block << 8 | 1, "LO", "soft")
    ds.add_new(0x00190000 | (block ^ 1 if block != 0x10 else 0x11) << 8 | 1, "LO", "not this")
    assert values(Level.of(ds), tag("0019,ACME CT 1.0,01")) == ["soft"]
