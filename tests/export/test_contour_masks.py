"""Masks of contours: beside a second rasteriser, known areas and what the standard says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image, ImageDraw

from cohortgraph.dicom.polygons import contains, fill
from cohortgraph.dicom.volumes import Frame, Grid, Stack
from cohortgraph.errors import ReadError
from cohortgraph.export.labels.masks import masks
from cohortgraph.export.plan.model import LabelSource, Part, PlannedObject

FRAME = "1.2.3"
TILTED = np.linalg.qr(np.array([[1, 0.2, 0.3], [0.1, 1, 0.4], [-0.2, 0.1, 1]]))[0]


def grid(shape=(10, 40, 50), spacing=(1.5, 1.0, 2.0), axes=None) -> Grid:
    """Spacing along columns, rows and slices."""
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) if axes is None else axes) * spacing
    affine[:3, 3] = [-20, 10, 5]
    return Grid(shape, affine, FRAME)


def at(where: Grid, indices: np.ndarray) -> np.ndarray:
    """Points of the patient for columns, rows and slices."""
    return np.asarray(indices, float) @ where.affine[:3, :3].T + where.affine[:3, 3]


def structure_set(tmp_path: Path, contours: list[np.ndarray], type_="CLOSED_PLANAR", thickness=None) -> Path:
    ds = pydicom.Dataset()
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.481.3", "1.2.3.4"
    roi = pydicom.Dataset()
    roi.ROINumber, roi.ROIName, roi.ReferencedFrameOfReferenceUID = 1, "roi", FRAME
    ds.StructureSetROISequence = [roi]
    drawn = pydicom.Dataset()
    drawn.ReferencedROINumber = 1
    drawn.ContourSequence = []
    for points in contours:
        contour = pydicom.Dataset()
        contour.ContourGeometricType, contour.NumberOfContourPoints = type_, len(points)
        contour.ContourData = [f"{value:.4f}" for value in np.ravel(points)]
        if thickness:
            contour.ContourSlabThickness = str(thickness)
        drawn.ContourSequence.append(contour)
    ds.ROIContourSequence = [drawn]
    ds.save_as(tmp_path / "rs.dcm", enforce_file_format=False)
    return tmp_path / "rs.dcm"


def mask(path: Path, where: Grid) -> np.ndarray:
    source = LabelSource("structureSet", PlannedObject("", "", "", "", (), (), ""), "", (Part("1", 1, "roi"),))
    ((found,),) = [[each.array for each in masks(source, path, Stack(where, ()))]]
    return found


def circle(radius: float, centre=(25.0, 20.0), points=200) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack([centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)], axis=1)


def on_slice(outline: np.ndarray, slice_: float) -> np.ndarray:
    return np.column_stack([outline, np.full(len(outline), slice_)])


def by_pillow(polygons: list[np.ndarray], shape: tuple[int, int], times: int = 64) -> np.ndarray:
    """A second rasteriser: each polygon drawn so many times larger, sampled at the centres, joined by XOR."""
    inside = np.zeros(shape, bool)
    for polygon in polygons:
        image = Image.new("1", (shape[1] * times, shape[0] * times))
        ImageDraw.Draw(image).polygon([tuple(p) for p in polygon * times + times // 2], fill=1)
        inside ^= np.array(image)[times // 2 :: times, times // 2 :: times]
    return inside


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


def star(points=11, inner=6.0, outer=17.0) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 2 * points, endpoint=False) + 0.1
    radius = np.where(np.arange(2 * points) % 2, inner, outer)
    return np.stack([25.3 + radius * np.cos(angle), 19.7 + radius * np.sin(angle)], axis=1)


@pytest.mark.parametrize("polygons", [[circle(12.3)], [star()], [circle(15.2), circle(7.1)], [star(), circle(3.2)]])
def test_polygons_beside_a_second_rasteriser(polygons: list[np.ndarray]) -> None:
    ours = fill(polygons, (40, 50))
    assert dice(ours, by_pillow(polygons, (40, 50))) > 0.995
    centres = np.stack(np.meshgrid(np.arange(50.0), np.arange(40.0)), axis=-1).reshape(-1, 2)
    assert np.array_equal(ours.ravel(), contains(polygons, centres, 0.01))


def test_what_lies_on_the_path_is_inside() -> None:
    square = np.array([[2, 3], [6, 3], [6, 5], [2, 5]])
    expected = np.zeros((8, 9), bool)
    expected[3:6, 2:7] = True
    assert np.array_equal(fill([square], (8, 9)), expected)
    assert np.array_equal(fill([square[::-1] + 0.004], (8, 9)), expected)
    assert np.array_equal(fill([square + 0.5], (8, 9)), np.pad(expected[3:5, 2:6], ((4, 2), (3, 2))))


def test_what_is_outside_the_grid_is_cut_off() -> None:
    assert fill([np.array([[-5, -5], [20, -5], [20, 1.5], [-5, 1.5]])], (4, 6)).sum() == 12


@pytest.mark.parametrize("axes", [None, TILTED, np.eye(3)[[1, 2, 0]]], ids=["axial", "oblique", "sagittal"])
def test_contours_on_the_slices_of_an_image(tmp_path: Path, axes) -> None:
    where = grid(axes=axes)
    path = structure_set(tmp_path, [at(where, on_slice(circle(12.3 - n), n)) for n in (3, 4, 5)])
    found = mask(path, where)
    assert [int(n) for n in np.flatnonzero(found.any(axis=(1, 2)))] == [3, 4, 5]
    for n in (3, 4, 5):
        assert dice(found[n], by_pillow([circle(12.3 - n)], (40, 50))) > 0.99


@pytest.mark.parametrize("type_", ["CLOSED_PLANAR", "CLOSEDPLANAR_XOR"])
def test_a_contour_within_another_is_a_hole(tmp_path: Path, type_: str) -> None:
    where = grid()
    outlines = [circle(15.2), circle(8.1), circle(3.3)]
    path = structure_set(tmp_path, [at(where, on_slice(each, 4)) for each in outlines], type_)
    assert dice(mask(path, where)[4], by_pillow(outlines, (40, 50))) > 0.99


def test_a_keyhole_is_a_hole(tmp_path: Path) -> None:
    where = grid()
    outer, inner = circle(15.2), circle(8.1)[::-1]
    keyhole = np.concatenate([outer, outer[:1], inner[-1:], inner, outer[:1]])
    found = mask(structure_set(tmp_path, [at(where, on_slice(keyhole, 4))]), where)[4]
    assert dice(found, by_pillow([outer, inner], (40, 50))) > 0.97
    assert not found[20, 25]


def test_contours_between_slices_lie_on_the_nearest(tmp_path: Path) -> None:
    where = grid()
    path = structure_set(tmp_path, [at(where, on_slice(circle(10), n + 0.3)) for n in (3, 4, 5)])
    assert np.flatnonzero(mask(path, where).any(axis=(1, 2))).tolist() == [3, 4, 5]


def test_contours_on_every_second_slice_fill_those_between(tmp_path: Path) -> None:
    where = grid()
    path = structure_set(tmp_path, [at(where, on_slice(circle(10), n)) for n in (2, 4, 6)])
    assert np.flatnonzero(mask(path, where).any(axis=(1, 2))).tolist() == [1, 2, 3, 4, 5, 6]


def test_islands_are_not_joined(tmp_path: Path) -> None:
    where = grid()
    path = structure_set(tmp_path, [at(where, on_slice(circle(10), n)) for n in (1, 8)])
    assert np.flatnonzero(mask(path, where).any(axis=(1, 2))).tolist() == [1, 8]
    path = structure_set(tmp_path, [at(where, on_slice(circle(10), n)) for n in (1, 2, 7, 8)])
    assert np.flatnonzero(mask(path, where).any(axis=(1, 2))).tolist() == [1, 2, 7, 8]


def test_contours_across_the_slices(tmp_path: Path) -> None:
    """A box that is drawn on planes of columns."""
    where = grid()
    outline = np.array([[10, 2], [30, 2], [30, 7], [10, 7]])  # row and slice
    path = structure_set(tmp_path, [at(where, np.column_stack([np.full(4, n), outline])) for n in range(12, 20)])
    expected = np.zeros(where.shape, bool)
    expected[2:8, 10:31, 12:20] = True
    assert np.array_equal(mask(path, where), expected)


def test_contours_aslant_to_the_image_enclose_their_volume(tmp_path: Path) -> None:
    where, drawn = grid((60, 80, 90), (0.5, 0.5, 0.5)), grid((10, 40, 50), (1, 1, 1), TILTED)
    middle = at(where, np.array([[45, 40, 30]]))[0]
    shift = middle - at(drawn, np.array([[25, 20, 4.5]]))[0]
    path = structure_set(tmp_path, [at(drawn, on_slice(circle(6), n)) + shift for n in range(10)])
    volume = np.count_nonzero(mask(path, where)) * 0.125
    assert volume == pytest.approx(np.pi * 36 * 10, rel=0.01)


def test_regions_of_another_frame_of_reference_are_refused(tmp_path: Path) -> None:
    where = grid()
    path = structure_set(tmp_path, [at(where, on_slice(circle(10), 2))])
    with pytest.raises(ReadError, match=r"rs.dcm: ROI 1 lies in another Frame of Reference"):
        mask(path, Grid(where.shape, where.affine, "1.2.9"))


def test_open_contours_are_told(tmp_path: Path) -> None:
    where = grid()
    path = structure_set(tmp_path, [at(where, on_slice(circle(10), 2))], "OPEN_PLANAR")
    source = LabelSource("structureSet", PlannedObject("", "", "", "", (), (), ""), "", (Part("1", 1, "roi"),))
    (found,) = masks(source, path, Stack(where, ()))
    assert not found.array.any()
    assert found.warnings == ("ROI 1 (roi): contours of type OPEN_PLANAR enclose nothing",)


def test_of_several_volumes_those_are_labelled_that_are_referred_to(tmp_path: Path) -> None:
    where = grid((1, 40, 50))
    path = structure_set(tmp_path, [at(where, on_slice(circle(10), 0))])
    ds = pydicom.dcmread(path, force=True)
    image = pydicom.Dataset()
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", "1.2.1"
    other = pydicom.Dataset()
    other.ReferencedSOPClassUID, other.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", "1.2.2"
    series = pydicom.Dataset()
    series.SeriesInstanceUID, series.ContourImageSequence = "1.7", [image, other]
    study = pydicom.Dataset()
    study.RTReferencedSeriesSequence = [series]
    frame = pydicom.Dataset()
    frame.RTReferencedStudySequence = [study]
    ds.ReferencedFrameOfReferenceSequence = [frame]
    ds.ROIContourSequence[0].ContourSequence[0].ContourImageSequence = [image]
    ds.save_as(path, enforce_file_format=False)
    source = LabelSource("structureSet", PlannedObject("", "", "", "", (), (), ""), "1.7", (Part("1", 1, "roi"),))
    found = [len(list(masks(source, path, Stack(where, (Frame(uid, 1, path),))))) for uid in ("1.2.1", "1.2.2")]
    assert found == [1, 0]
