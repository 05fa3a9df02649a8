"""Regions and points of reports, beside highdicom's reading of the same content and known shapes."""

from __future__ import annotations

import csv
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest

from cohortgraph.dicom.volumes import Frame, Grid, Stack
from cohortgraph.errors import ReadError
from cohortgraph.export.labels.masks import masks
from cohortgraph.export.labels.parts import labelled
from cohortgraph.export.labels.points import heat_map, point_sets, write_points
from cohortgraph.export.labels.table import table
from cohortgraph.export.plan.model import LabelSource, Part, PlannedObject
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.pipeline import ingest
from cohortgraph.queries.language.vocabulary import vocabulary

GROUPS = "highdicom/data/test_files/sr_document_with_multiple_groups.dcm"
CIRCLE, RECTANGLE, POINT = "1.7.2.8", "1.7.3.6", "1.7.4.6"
FRAME = "1.3.6.1.4.1.5962.1.4.1.1.20040119072730.12322"


def source(*keys: str) -> LabelSource:
    parts = tuple(Part(key, number, f"label {number}") for number, key in enumerate(keys, start=1))
    return LabelSource("report", PlannedObject("1.2.3", "", "", "", (), (), "report"), "", parts)


def image(uid: str, shape=(3, 128, 128), frame: str = FRAME) -> Stack:
    """Slices, the second of which is the one that was drawn on."""
    affine = np.diag([0.8, 0.7, 5.0, 1.0])
    affine[:3, 3] = [100, 200, -30]
    frames = tuple(Frame(each, 1, Path()) for each in ("1.1", uid, "1.3")[: shape[0]])
    return Stack(Grid(shape, affine, frame), frames)


def coordinates(path: Path, name: str) -> list[tuple[hd.sr.ScoordContentItem, str]]:
    """Each region of a report as highdicom reads it, and the image that it was selected from."""
    found = []

    def walk(items: object) -> None:
        for item in items:
            if item.ValueType == name:
                selected = item.ContentSequence[0] if "ContentSequence" in item else None
                uid = str(selected.ReferencedSOPSequence[0].ReferencedSOPInstanceUID) if selected else ""
                found.append((item, uid))
            if "ContentSequence" in item:
                walk(item.ContentSequence)

    walk(hd.sr.srread(path).content)
    return found


def test_a_circle_and_a_rectangle_of_a_real_report(shared_data: Path) -> None:
    path = shared_data / GROUPS
    (circle, uid), (rectangle, _) = coordinates(path, "SCOORD")
    found = list(masks(source(CIRCLE, RECTANGLE, POINT), path, image(uid)))
    assert [mask.part.key for mask in found] == [CIRCLE, RECTANGLE]
    assert all(np.flatnonzero(mask.array.any(axis=(1, 2))).tolist() == [1] for mask in found)
    row, column = np.mgrid[:128, :128] + 0.5  # the standard's coordinates of the pixels' centres
    (x, y), (x_, y_) = circle.value
    inside = (column - x) ** 2 + (row - y) ** 2 <= (x_ - x) ** 2 + (y_ - y) ** 2
    assert np.array_equal(found[0].array[1], inside)
    low, high = rectangle.value.min(axis=0), rectangle.value.max(axis=0)
    inside = (column >= low[0]) & (column <= high[0]) & (row >= low[1]) & (row <= high[1])
    assert np.array_equal(found[1].array[1], inside)


def test_what_is_drawn_on_another_image_is_not_there(shared_data: Path) -> None:
    assert not list(masks(source(CIRCLE), shared_data / GROUPS, image("1.2")))


def test_a_point_of_a_real_report(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / GROUPS
    ((item, _),) = coordinates(path, "SCOORD3D")
    (found,) = point_sets(source(CIRCLE, POINT), path, image("1.2"))
    assert np.allclose(found.points, item.value)
    made = write_points([found], tmp_path, "points")
    assert np.allclose(np.load(tmp_path / "points.npy"), item.value)
    (row,) = csv.DictReader((tmp_path / "points.csv").open())
    assert [float(row[axis]) for axis in "xyz"] == pytest.approx(item.value.ravel().tolist())
    assert (row["value"], row["name"], row["key"]) == ("2", "label 2", POINT)
    assert write_points([found], tmp_path, "points") == made


def test_a_point_in_another_frame_of_reference_is_refused(shared_data: Path) -> None:
    with pytest.raises(ReadError, match=r"item 1.7.4.6 lies in another Frame of Reference"):
        list(point_sets(source(POINT), shared_data / GROUPS, image("1.2", frame="1.9")))


def _report(tmp_path: Path, type_: str, graphic: str, data: np.ndarray, uid: str = "") -> Path:
    ds = pydicom.Dataset()
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.34", "1.2.3"
    item = pydicom.Dataset()
    item.ValueType, item.GraphicType, item.GraphicData = type_, graphic, np.ravel(data).tolist()
    if uid:
        selected, referenced = pydicom.Dataset(), pydicom.Dataset()
        referenced.ReferencedSOPInstanceUID, selected.ValueType = uid, "IMAGE"
        selected.ReferencedSOPSequence = [referenced]
        item.ContentSequence = [selected]
    else:
        item.ReferencedFrameOfReferenceUID = FRAME
    ds.ContentSequence = [item]
    ds.save_as(tmp_path / "sr.dcm", enforce_file_format=False)
    return tmp_path / "sr.dcm"


def places(stack: Stack) -> np.ndarray:
    """The centre of each voxel in mm: slices × rows × columns × 3."""
    indices = np.stack(np.meshgrid(*(np.arange(n) for n in stack.grid.shape), indexing="ij")[::-1], axis=-1)
    return indices @ stack.grid.affine[:3, :3].T + stack.grid.affine[:3, 3]


def test_an_ellipse_on_a_frame(tmp_path: Path) -> None:
    stack = image("1.2")
    path = _report(tmp_path, "SCOORD", "ELLIPSE", np.array([[20, 60], [100, 60], [60, 40], [60, 80]]), "1.2")
    (found,) = masks(source("1.1"), path, stack)
    row, column = np.mgrid[:128, :128] + 0.5
    assert np.array_equal(found.array[1], ((column - 60) / 40) ** 2 + ((row - 60) / 20) ** 2 <= 1)


def test_an_ellipsoid(tmp_path: Path) -> None:
    stack = image("1.2", (12, 128, 128))
    centre = np.array([140.0, 240, -2])
    ends = np.array([[20, 0, 0], [0, 15, 0], [0, 0, 21]])
    path = _report(tmp_path, "SCOORD3D", "ELLIPSOID", np.array([centre + s * e for e in ends for s in (-1, 1)]))
    (found,) = masks(source("1.1"), path, stack)
    assert np.array_equal(found.array, (((places(stack) - centre) / [20, 15, 21]) ** 2).sum(axis=-1) <= 1)


def test_a_polygon_in_space_lies_on_the_nearest_slice(tmp_path: Path) -> None:
    stack = image("1.2")
    corners = np.array([[110, 210, -24], [150, 210, -24], [150, 230, -24], [110, 230, -24], [110, 210, -24]])
    (found,) = masks(source("1.1"), _report(tmp_path, "SCOORD3D", "POLYGON", corners), stack)
    x, y, _ = np.moveaxis(places(stack)[1], -1, 0)
    assert np.array_equal(found.array[1], (x >= 110) & (x <= 150) & (y >= 210) & (y <= 230))
    assert not found.array[[0, 2]].any()


_BALL = np.array([[-9, 0, 0], [9, 0, 0], [0, -9, 0], [0, 9, 0], [0, 0, -9], [0, 0, 9]])
_TURNED = np.array([[6, 6, 0], [-6, -6, 0], [6, -6, 0], [-6, 6, 0], [0, 0, 2], [0, 0, -2]])


@pytest.mark.parametrize(
    ("type_", "graphic", "data", "told"),
    [
        ("SCOORD", "CIRCLE", [[60, 60], [70, 60]], ""),
        ("SCOORD", "CIRCLE", [[118, 60], [128, 60]], ""),
        ("SCOORD", "CIRCLE", [[119, 60], [129, 60]], "partly "),
        ("SCOORD", "CIRCLE", [[60, 140], [70, 140]], "outside"),
        ("SCOORD3D", "POLYGON", [[110, 210, -24], [150, 210, -24], [150, 230, -24]], ""),
        ("SCOORD3D", "POLYGON", [[110, 210, -34], [150, 210, -34], [150, 230, -34]], "outside"),
        ("SCOORD3D", "ELLIPSOID", np.add(_BALL, [140, 240, -24]), "partly "),  # the slices end 7.5 mm away
        ("SCOORD3D", "ELLIPSOID", np.add(_BALL, [140, 240, 4]), "outside"),
        ("SCOORD3D", "ELLIPSOID", np.add(_TURNED, [108.2, 240, -25]), ""),  # it reaches 8.49 mm to the left
        ("SCOORD3D", "ELLIPSOID", np.add(_TURNED, [107.9, 240, -25]), "partly "),
    ],
)
def test_regions_outside_the_image_are_told(tmp_path: Path, type_: str, graphic: str, data: object, told: str) -> None:
    path = _report(tmp_path, type_, graphic, np.array(data), "1.2" if type_ == "SCOORD" else "")
    (found,) = masks(source("1.1"), path, image("1.2"))
    where = told.replace("outside", "")
    assert found.warnings == ((f"item 1.1 (label 1): it lies {where}outside the image",) if told else ())
    assert found.array.any() == (told != "outside")


def test_points_on_a_frame_are_in_the_middle_of_its_slice(tmp_path: Path) -> None:
    stack = image("1.2")
    path = _report(tmp_path, "SCOORD", "MULTIPOINT", np.array([[0.5, 0.5], [10.5, 20.5]]), "1.2")
    (found,) = point_sets(source("1.1"), path, stack)
    assert np.allclose(found.points, [[100, 200, -25], [108, 214, -25]])


def test_a_heat_map_is_a_gaussian_around_each_point() -> None:
    stack = image("1.2")
    points = np.array([[120.0, 230, -24], [125, 228, -25], [900, 0, 0]])
    found = heat_map(points, stack.grid, 3.0)
    squared = ((places(stack)[..., None, :] - points) ** 2).sum(axis=-1)
    expected = np.exp(-squared / 18).max(axis=-1)
    assert np.abs(found - expected).max() <= np.exp(-8) + 1e-6
    assert np.allclose(found[expected > 0.001], expected[expected > 0.001], atol=1e-6)


@pytest.mark.parametrize(
    ("key", "message"), [("1.9", "no content item 1.9"), ("1.1", "expected coordinates")], ids=["absent", "other"]
)
def test_items_that_draw_nothing_are_refused(shared_data: Path, key: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        list(masks(source(key), shared_data / GROUPS, image("1.2")))


def test_regions_and_points_are_parts_with_their_finding_and_site(shared_data: Path, store: Store) -> None:
    ingest(store, [shared_data / GROUPS], "sr", workers=1)
    uid = str(pydicom.dcmread(shared_data / GROUPS).SOPInstanceUID)
    parts = {part.key: part for part in labelled(store.engine, [uid])[uid]}
    assert set(parts) == {CIRCLE, RECTANGLE, POINT}
    assert {key: part.text for key, part in parts.items()} == {
        CIRCLE: "LungNodule0001",
        RECTANGLE: "Aorta0001",
        POINT: "Vertebra0001",
    }
    made = table("any arterial blood vessel, Vertebra0001", "", vocabulary(store.engine))
    made.see(parts.values())
    found = {key: made.part(part) for key, part in parts.items()}
    assert {key: part.value for key, part in found.items() if part} == {RECTANGLE: 1, POINT: 2}
