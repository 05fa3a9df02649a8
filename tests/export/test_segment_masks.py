"""Masks of segments, beside highdicom's reading of the same objects."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest

from cohortgraph.dicom.volumes import File, Grid, Stack, stacks
from cohortgraph.errors import ReadError
from cohortgraph.export.labels.masks import masks
from cohortgraph.export.labels.segmentations import own_stack
from cohortgraph.export.plan.model import LabelSource, Part, PlannedObject

FOLDERS = ("cardio-ai", "dcmqi", "dcmjs", "highdicom", "pydicom-data")


def segment_numbers(path: Path) -> list[int]:
    return [
        item.SegmentNumber
        for item in pydicom.dcmread(path, stop_before_pixels=True).SegmentSequence
        if item.SegmentedPropertyTypeCodeSequence[0].CodeValue != "125040"
    ]


def read(path: Path, stack: Stack, numbers: list[int] | None = None) -> np.ndarray:
    """Our masks: slices × rows × columns × segments."""
    parts = [Part(str(number), number, "") for number in numbers or segment_numbers(path)]
    source = LabelSource("segmentation", PlannedObject("", "", "", "", (), (), "segmentation"), "", tuple(parts))
    return np.stack([mask.array for mask in masks(source, path, stack)], axis=-1)


def segmentations(root: Path) -> list[Path]:
    found = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.dcm")):
            try:
                ds = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["Modality", "ImageType"])
            except Exception:
                continue
            if ds.get("Modality") == "SEG":
                found.append(path)
    return found


def by_highdicom(path: Path, numbers: list[int]) -> tuple[np.ndarray, np.ndarray] | None:
    """Its volume (slices × rows × columns × segments) and affine; None where it can't read the object."""
    try:
        volume = hd.seg.segread(path).get_volume(
            segment_numbers=numbers, combine_segments=False, allow_missing_positions=True
        )
    except (ValueError, RuntimeError, sqlite3.OperationalError):
        return None
    array = volume.array >= 0.5 if volume.array.dtype.kind == "f" else volume.array > 0
    affine = volume.affine[:, [2, 1, 0, 3]]
    if np.linalg.det(affine) < 0:  # it counts slices against the normal of their planes
        affine = affine @ np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, len(array) - 1], [0, 0, 0, 1]])
        array = array[::-1]
    return array, affine


def test_every_real_segmentation_on_its_own_grid_is_equal(shared_data: Path) -> None:
    compared = 0
    for path in segmentations(shared_data):
        numbers = segment_numbers(path)
        if "_sm_" in path.name or (expected := by_highdicom(path, numbers)) is None:
            continue
        stack = own_stack(path)
        ours, (theirs, affine) = read(path, stack), expected
        assert np.array_equal(ours, theirs), path
        assert np.abs(affine - stack.grid.affine).max() < 1e-4, path
        compared += 1
    assert compared > 80


@pytest.mark.parametrize(
    "name", ["liver_deflate", "liver_expb", "liver_j2k", "liver_rle"], ids=lambda name: name.split("_")[1]
)
def test_one_object_in_any_encoding_is_equal(shared_data: Path, name: str) -> None:
    path = shared_data / "pydicom-data/data_store/data" / f"{name}.dcm"
    theirs, _ = by_highdicom(shared_data / "dcmqi/data/segmentations/liver.dcm", [1])
    assert np.array_equal(read(path, own_stack(path)), theirs)


@pytest.mark.parametrize(
    ("object_", "image"),
    [
        ("liver.dcm", "ct-3slice"),
        ("partial_overlaps.dcm", "ct-3slice"),
        ("sparse-labelmap-ppv5.dcm", "24x38x3/image"),
        ("sparse-labelmap-noppv.dcm", "24x38x3/image"),
    ],
)
def test_a_segmentation_on_the_image_that_it_refers_to(shared_data: Path, object_: str, image: str) -> None:
    folder = shared_data / "dcmqi/data/segmentations"
    files = [File(str(pydicom.dcmread(path).SOPInstanceUID), path) for path in (folder / image).iterdir()]
    (stack,) = stacks(files)
    theirs = hd.seg.segread(folder / object_).get_pixels_by_source_instance(
        [frame.sop_instance_uid for frame in stack.frames],
        segment_numbers=segment_numbers(folder / object_),
        assert_missing_frames_are_empty=True,
        ignore_spatial_locations=True,
    )
    assert theirs.any()
    assert np.array_equal(read(folder / object_, stack), theirs > 0)


def test_a_segmentation_without_position_lies_on_what_it_refers_to(shared_data: Path) -> None:
    path = shared_data / "highdicom/data/test_files/seg_image_cr_binary.dcm"
    seg = hd.seg.segread(path)
    ((_, _, uid),) = seg.get_source_image_uids()
    assert np.array_equal(read(path, own_stack(path)), seg.get_pixels_by_source_instance([uid]) > 0)


def test_other_voxels_than_the_images_are_brought_onto_its_grid(shared_data: Path) -> None:
    path = shared_data / "dcmqi/data/segmentations/liver.dcm"
    own = own_stack(path).grid
    turn = np.array([[0.8, -0.6, 0, 3], [0.6, 0.8, 0.1, -2], [0, 0, 0.9, 0.2], [0, 0, 0, 1]])
    affine = own.affine @ np.diag([4, 3, 0.5, 1]) @ turn
    image = Stack(Grid((6, 90, 80), affine, own.frame_of_reference), ())
    voxels = np.stack(np.meshgrid(np.arange(80), np.arange(90), np.arange(6), indexing="ij"), axis=-1).reshape(-1, 3)
    (theirs, _) = by_highdicom(path, [1])
    at = own.to_index(voxels @ affine[:3, :3].T + affine[:3, 3])
    near = np.floor(at + 0.5).astype(int)
    sure = np.abs(at - np.floor(at) - 0.5).min(axis=1) > 1e-6
    inside = ((near >= 0) & (near < own.shape[::-1])).all(axis=1)
    expected = np.zeros(len(voxels), bool)
    expected[inside] = theirs[near[inside, 2], near[inside, 1], near[inside, 0], 0]
    found = read(path, image)[..., 0][voxels[:, 2], voxels[:, 1], voxels[:, 0]]
    assert expected.sum() > 1000
    assert np.array_equal(found[sure], expected[sure])


def test_a_segment_that_is_not_there_is_named(shared_data: Path) -> None:
    path = shared_data / "dcmqi/data/segmentations/liver.dcm"
    with pytest.raises(ReadError, match=r"liver.dcm: it has no segment 7; it has 1"):
        read(path, own_stack(path), [7])


def test_microscopy_is_refused(shared_data: Path) -> None:
    with pytest.raises(ReadError, match="slide"):
        own_stack(shared_data / "highdicom/data/test_files/seg_image_sm_dots.dcm")
