"""Regions of interest (PS3.3 C.8.8.5, C.8.8.6, C.8.8.8) beside pydicom and the simplest possible geometry."""

from __future__ import annotations

from math import cos, pi, sin

import pydicom
import pytest
from pydicom.data import get_testdata_file

from cohortgraph.ingest.readers import ReadContext, read

from .reading import code, ct, edges, facts_of, group

CT = "1.2.840.10008.5.1.4.1.1.2"


def square(z: float, side: float, at: float = 0.0, **attributes):
    points = [(at, at), (at + side, at), (at + side, at + side), (at, at + side)]
    image = group(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=f"9.{int(z)}")
    described = {
        "ContourGeometricType": "CLOSED_PLANAR",
        "ContourData": [str(value) for x, y in points for value in (x, y, z)],
        "ContourImageSequence": [image],
    }
    return group(**{**described, **attributes})


def structure_set(contours=(), observations=(), **roi):
    described = {"ROINumber": "7", "ROIName": "LV", "ROIGenerationAlgorithm": "MANUAL"}
    return ct(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.481.3",
        Modality="RTSTRUCT",
        StructureSetROISequence=[group(**{**described, "ReferencedFrameOfReferenceUID": "8.1", **roi})],
        ROIContourSequence=[group(ReferencedROINumber="7", ContourSequence=list(contours))],
        RTROIObservationsSequence=[group(ReferencedROINumber="7", **each) for each in observations],
    )


def volume(*contours):
    (roi,) = facts_of(structure_set(contours)).children
    return roi.properties.get("volume")


def test_a_region_has_its_names_observation_and_codes():
    observed = {
        "ROIObservationLabel": "left ventricle",
        "RTROIInterpretedType": "ORGAN",
        "RTROIIdentificationCodeSequence": [code("T-32600", "SRT")],
        "SegmentedPropertyCategoryCodeSequence": [code("123037004")],
        "TherapeuticRoleTypeCodeSequence": [code("130047", "DCM")],
    }
    facts = facts_of(structure_set([square(0, 10), square(5, 10)], [observed]))
    (roi,) = facts.children
    assert roi.properties == {
        "position": 0,
        "roiNumber": 7,
        "roiName": "LV",
        "roiGenerationAlgorithm": "MANUAL",
        "referencedFrameOfReferenceUID": "8.1",
        "roiObservationLabel": "left ventricle",
        "rtroiInterpretedType": "ORGAN",
        "numberOfContours": 2,
        "contourGeometricType": ["CLOSED_PLANAR"],
        "volume": 1.0,
        "boundingBox": [0.0, 0.0, 0.0, 10.0, 10.0, 5.0],
    }
    assert {(coded.type, coded.concept) for coded in roi.codes} == {
        ("CODED", "DCM:130047"),
        ("ROI_CATEGORY", "SCT:123037004"),
        ("ROI_TYPE", "SCT:87878005"),
    }


def test_semantics_5_a_structure_set_shows_the_types_of_its_regions():
    facts = facts_of(structure_set(observations=[{"RTROIIdentificationCodeSequence": [code("87878005")]}]))
    assert edges(facts, "SHOWS") == [("SCT:87878005", {})]
    assert {coded.type for coded in facts.codes} == {"SHOWS"}


def test_semantics_4_1_each_image_of_a_region_is_referenced_once():
    facts = facts_of(structure_set([square(0, 10), square(0, 5), square(5, 10)]))
    path = "ROIContourSequence[0].ContourSequence.ContourImageSequence[0]"
    assert [(r.sop_instance_uid, r.properties["basis"], r.properties["path"]) for r in facts.references] == [
        ("9.0", "contourImage", path),
        ("9.5", "contourImage", path),
    ]


def test_semantics_4_5_a_volume_is_area_times_plane_distance():
    assert volume(square(0, 10), square(5, 20), square(10, 10)) == pytest.approx((100 + 400 + 100) * 5 / 1000)
    assert volume(square(0, 10), square(5, 10), square(15, 10)) == pytest.approx(100 * 5 * 3 / 1000)  # one left out
    assert volume(square(0, 10, ContourSlabThickness="3")) == pytest.approx(0.3)
    assert volume(square(0, 10)) is None


def test_of_nested_contours_every_second_one_is_a_hole():
    hole = [square(z, 4, at=3) for z in (0, 5)]
    island = [square(z, 2, at=4) for z in (0, 5)]
    beside = [square(z, 3, at=20) for z in (0, 5)]
    whole = [square(z, 10) for z in (0, 5)]
    assert volume(*whole, *hole, *island, *beside) == pytest.approx((100 - 16 + 4 + 9) * 10 / 1000)


def test_oblique_planes_are_measured_across_their_normal():
    def turned(distance: float):
        across, along = (cos(pi / 6), 0.0, sin(pi / 6)), (0.0, 1.0, 0.0)
        normal = (-sin(pi / 6), 0.0, cos(pi / 6))
        corners = [(0, 0), (10, 0), (10, 10), (0, 10)]
        values = [
            f"{a * across[axis] + b * along[axis] + distance * normal[axis]:.9f}"
            for a, b in corners
            for axis in range(3)
        ]
        return square(0, 1, ContourData=values)

    assert volume(turned(0), turned(2)) == pytest.approx(0.4, rel=1e-6)


def test_points_and_open_contours_have_no_volume():
    assert (
        volume(square(0, 10, ContourGeometricType="OPEN_PLANAR"), square(5, 10, ContourGeometricType="POINT")) is None
    )


def test_planes_that_are_not_parallel_have_no_volume():
    upright = square(0, 1, ContourData=["0", "0", "0", "0", "9", "0", "0", "9", "9", "0", "0", "9"])
    assert volume(square(0, 10), square(5, 10), upright) is None


def test_a_malformed_contour_is_listed_and_no_volume_is_guessed():
    facts = facts_of(structure_set([square(0, 10), square(5, 10), square(10, 10, ContourData=["1", "2"])]))
    (roi,) = facts.children
    assert roi.properties["numberOfContours"] == 3
    assert "volume" not in roi.properties
    assert facts.instance["warnings"] == ["ContourData: not three coordinates for each point"]


def test_what_names_a_region_that_is_not_there_is_the_objects_own():
    ds = structure_set(observations=[{}])
    ds.RTROIObservationsSequence[0].ReferencedROINumber = "8"
    ds.RTROIObservationsSequence[0].RTROIIdentificationCodeSequence = [code("87878005")]
    facts = facts_of(ds)
    assert [c.concept for c in facts.codes] == ["SCT:87878005"]
    assert edges(facts, "SHOWS") == []


def test_a_real_structure_set_is_as_pydicom_reads_it():
    path = str(get_testdata_file("rtstruct.dcm"))
    facts = read(pydicom.dcmread(path, force=True), ReadContext("set"))
    ds = pydicom.dcmread(path, force=True)
    assert [child.properties["roiName"] for child in facts.children] == [
        roi.ROIName for roi in ds.StructureSetROISequence
    ]
    for child, roi, contours, observed in zip(
        facts.children,
        ds.StructureSetROISequence,
        ds.ROIContourSequence,
        ds.RTROIObservationsSequence,
        strict=True,
    ):
        said = child.properties
        assert said["roiNumber"] == roi.ROINumber == contours.ReferencedROINumber == observed.ReferencedROINumber
        assert said["roiGenerationAlgorithm"] == roi.ROIGenerationAlgorithm
        assert said["referencedFrameOfReferenceUID"] == roi.ReferencedFrameOfReferenceUID
        assert said["rtroiInterpretedType"] == observed.RTROIInterpretedType
        assert said["numberOfContours"] == len(contours.ContourSequence)
    assert facts.children[0].properties["volume"] == pytest.approx(_by_hand(ds.ROIContourSequence[0]))
    (series,) = facts.references
    named = ds.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert series.series_instance_uid == named.SeriesInstanceUID
    assert series.properties["basis"] == "referencedSeries"


def _by_hand(contours: pydicom.Dataset) -> float:
    """mL of axial contours, one a plane, by the shoelace formula."""
    heights, total = [], 0.0
    for contour in contours.ContourSequence:
        values = [float(value) for value in contour.ContourData]
        points = list(zip(values[::3], values[1::3], strict=True))
        heights.append(values[2])
        total += abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1], strict=True))) / 2
    return total * abs(heights[1] - heights[0]) / 1000
