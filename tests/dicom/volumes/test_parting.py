"""Which frames of a series make a volume."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from cohortgraph.dicom.volumes import stacks, values


def heights(found):
    return [values(stack).array[:, 0, 0].tolist() for stack in found]


def test_b_values_are_told_before_directions_and_repeats(write_slice):
    shots = [(0.0, None), (0.0, None), (1000.0, [1, 0, 0]), (1000.0, [0, 1, 0])]
    files = []
    for shot, (b, direction) in enumerate(shots):
        for z in (0, 1):
            more = {} if direction is None else {"DiffusionGradientOrientation": [float(x) for x in direction]}
            files.append(write_slice(10 * shot + z, z, DiffusionBValue=b, **more))
    found = stacks(files)
    assert heights(found) == [[0, 1], [10, 11], [30, 31], [20, 21]]
    assert [stack.dimensions["diffusionBValue"] for stack in found] == [0, 0, 1000, 1000]
    assert [stack.dimensions.get("repetition") for stack in found] == [1, 2, None, None]
    assert [stack.dimensions.get("diffusionGradientOrientation") for stack in found[2:]] == [
        "0.0\\1.0\\0.0",
        "1.0\\0.0\\0.0",
    ]


def test_frames_are_parted_by_whatever_a_multi_frame_image_is_indexed_by(write_slice):
    def group(z, pass_):
        content, place, group = Dataset(), Dataset(), Dataset()
        content.DimensionIndexValues = [z + 1, pass_]
        place.ImagePositionPatient = [0, 0, z]
        group.FrameContentSequence, group.PlanePositionSequence = [content], [place]
        return group

    def index(pointer):
        item = Dataset()
        item.DimensionIndexPointer = pointer
        return item

    frames = [(z, pass_) for z in (0, 1, 2) for pass_ in (2, 1)]
    image = write_slice(
        1,
        0,
        NumberOfFrames=len(frames),
        PerFrameFunctionalGroupsSequence=[group(*frame) for frame in frames],
        DimensionIndexSequence=[
            index(0x00209057),
            index(0x00189344),
        ],  # In-Stack Position Number, Contrast/Bolus Agent Phase
        PixelData=b"".join(np.full(4, 10 * pass_ + z, np.uint16).tobytes() for z, pass_ in frames),
    )
    found = stacks([image])
    assert heights(found) == [[10, 11, 12], [20, 21, 22]]
    assert [stack.dimensions for stack in found] == [
        {"contrastBolusAgentPhaseIndex": 1},
        {"contrastBolusAgentPhaseIndex": 2},
    ]


@pytest.mark.parametrize("has_position", [True, False])
def test_frames_without_functional_groups_are_told(write_slice, has_position):
    groups = []
    for z in (0, 1, 2):
        place, group = Dataset(), Dataset()
        place.ImagePositionPatient = [0, 0, z] if has_position else None
        group.PlanePositionSequence = [place]
        groups.append(group)
    more = {} if has_position else {"ImagePositionPatient": None}
    pixels = np.repeat(np.arange(4, dtype=np.uint16), 4).tobytes()
    image = write_slice(1, 0, NumberOfFrames=4, PerFrameFunctionalGroupsSequence=groups, PixelData=pixels, **more)
    (stack,) = stacks([image])
    assert heights([stack]) == [[0, 1, 2]]
    assert stack.warnings[-1].startswith("1 of the 4 frames of an object have no functional groups")


@pytest.mark.parametrize(
    ("creator", "group", "vr", "written"),
    [
        ("SIEMENS MR HEADER", 0x0019, "IS", ("0", "1000")),
        ("Philips Imaging DD 001", 0x2001, "FL", (0.0, 1000.0)),
        ("GEMS_PARM_01", 0x0043, "IS", (["1000000000", "8"], ["1000001000", "8"])),
        ("SIEMENS MR HEADER", 0x0019, "UN", (b"0 ", b"1000")),
    ],
)
def test_b_values_are_found_in_whichever_block_their_creator_has(write_slice, creator, group, vr, written):
    element = {0x0019: 0x0C, 0x2001: 0x03, 0x0043: 0x39}[group]
    files = []
    for number, value in enumerate(written):
        for z in (0, 1):
            file = write_slice(10 * number + z, z)
            ds = pydicom.dcmread(file.path, force=True)
            ds.add_new((group, 0x0010), "LO", "SOMEBODY ELSE")
            ds.add_new((group, 0x1000 | element), vr, written[0])
            ds.add_new((group, 0x0011), "LO", creator)
            ds.add_new((group, 0x1100 | element), vr, value)
            ds.save_as(file.path, enforce_file_format=False)
            files.append(file)
    found = stacks(files)
    assert heights(found) == [[0, 1], [10, 11]]
    assert [stack.dimensions for stack in found] == [{"diffusionBValue": 0}, {"diffusionBValue": 1000}]


def test_trigger_times_of_their_own_part_by_their_order_at_each_place(write_slice):
    files = [
        write_slice(10 * phase + z, z, TriggerTime=str(phase * (40 + z) + 1)) for phase in (2, 0, 1) for z in (0, 1, 2)
    ]
    found = stacks(files)
    assert heights(found) == [[0, 1, 2], [10, 11, 12], [20, 21, 22]]
    assert [stack.dimensions for stack in found] == [{"triggerTime": 1}, {"triggerTime": 41}, {"triggerTime": 81}]


def test_a_scan_that_was_broken_off_keeps_its_whole_volumes(write_slice):
    files = [write_slice(10 * t + z, z, TemporalPositionIdentifier=t) for t in (1, 2, 3) for z in (0, 1, 2)][:-1]
    assert heights(stacks(files)) == [[10, 11, 12], [20, 21, 22], [30, 31]]


def test_positions_that_are_written_rounded_make_one_volume(write_slice):
    found = stacks([write_slice(n, round(0.75 * n, 1)) for n in range(1, 9)])
    assert heights(found) == [[1, 2, 3, 4, 5, 6, 7, 8]]


def test_directions_that_are_written_rounded_make_one_volume(write_slice):
    tilted = [0.9999999, 0.0004999, 0, -0.0004999, 0.9999999, 0], [0.9999999, 0.0005001, 0, -0.0005001, 0.9999999, 0]
    found = stacks([write_slice(n, n, ImageOrientationPatient=tilted[n % 2]) for n in range(4)])
    assert heights(found) == [[0, 1, 2, 3]]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ((0, 5, 10, 20, 30), [[0, 1, 2], [3, 4]]),
        ((0, 20, 25, 30, 35), [[1, 2, 3, 4], [0]]),
        ((0, 1, 2, 3, 5, 6, 7), [[0, 1, 2, 3], [4, 5, 6]]),
        ((0, 4, 5, 9), [[0, 1], [2, 3]]),
    ],
)
def test_a_step_of_its_own_ends_a_volume(write_slice, places, expected):
    found = stacks([write_slice(number, z) for number, z in enumerate(places)])
    assert heights(found) == expected


def test_localizers_are_a_volume_each(write_slice):
    sagittal = [0, 1, 0, 0, 0, -1]
    files = [write_slice(0, 0), write_slice(1, 10), write_slice(2, 5, ImageOrientationPatient=sagittal)]
    assert heights(stacks(files)) == [[0, 1], [2]]


def test_axes_that_are_none_leave_an_image_without_a_place(write_slice):
    (stack,) = stacks([write_slice(1, 0, ImageOrientationPatient=[0, 0, 0, 0, 0, 0])])
    assert not stack.has_position
