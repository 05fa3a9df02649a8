"""Phases of frames whose times differ from slice to slice: each voxel is written as 10 × phase + slice."""

from __future__ import annotations

import numpy as np
import pytest

from cohortgraph.dicom.volumes import stacks, values
from cohortgraph.dicom.volumes.phases import seconds


def clock(time):
    return f"12{int(time // 60):02}{time % 60:06.3f}"


def cine(phase, z):
    return {"TriggerTime": f"{25 * phase + 3.5 * z:.1f}"}


def short_cine(phase, z):
    return {"TriggerTime": f"{25 * phase + 2 * z}"}


def hearts_of_their_own(phase, z):
    return {"TriggerTime": f"{phase * (40 + 0.5 * z) + 1:.1f}"}


def pauses(phase, z):
    return {"AcquisitionTime": clock(10 * phase + z)}


def without_a_pause(phase, z):
    return {"AcquisitionTime": clock(5 * phase + z)}


def interleaved(phase, z):
    return {"AcquisitionTime": clock(5 * phase + (0, 3, 1, 4, 2)[z])}


TIMINGS = [cine, hearts_of_their_own, pauses, without_a_pause, interleaved]
LOST = [
    {(0, 1)},
    {(2, 0)},
    {(3, 4)},
    {(1, 2)},
    {(0, 0), (0, 1)},
    {(3, 3), (3, 4)},
    {(1, 1), (2, 3)},
]
"""Phase and slice."""


def held(write_slice, timing, lost):
    """The volumes of 4 phases of 5 slices, without what is lost."""
    files = [
        write_slice(
            100 + 10 * phase + z, z, PixelData=np.full(4, 10 * phase + z, np.uint16).tobytes(), **timing(phase, z)
        )
        for phase in range(4)
        for z in range(5)
        if (phase, z) not in lost
    ]
    return stacks(files)


@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize("lost", LOST)
def test_a_frame_that_is_missing_mixes_no_phases(write_slice, timing, lost):
    found = held(write_slice, timing, lost)
    phases = [{int(number) // 10 for number in values(stack).array[:, 0, 0]} for stack in found]
    assert all(len(each) == 1 for each in phases)
    for stack, (phase,) in zip(found, phases, strict=True):
        missing = sum(each == phase for each, _ in lost)
        told = [each for each in stack.warnings if " slices are missing at " in each]
        assert [each.split(" slices")[0] for each in told] == ([f"{missing} of 5"] if missing else [])


@pytest.mark.parametrize("timing", [pauses, without_a_pause])
def test_a_scan_that_was_broken_off_lacks_slices_of_its_last_phase(write_slice, timing):
    found = held(write_slice, timing, {(3, z) for z in range(1, 5)})
    heights = [values(stack).array[:, 0, 0].tolist() for stack in found]
    assert heights == [[10 * phase + z for z in range(5)] for phase in range(3)] + [[30]]
    assert "4 of 5 slices are missing at acquisitionTime 12" in found[-1].warnings[0]


def test_phases_of_which_each_place_lacks_another_are_matched_by_their_times(write_slice):
    found = held(write_slice, short_cine, {(phase, phase) for phase in range(4)} | {(2, 4)})
    assert all(len({int(number) // 10 for number in values(stack).array[:, 0, 0]}) == 1 for stack in found)
    assert {stack.dimensions["triggerTime"] for stack in found} == {2.0, 25.0, 50.0, 75.0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120102.5", 43262.5),
        ("12", 43200.0),
        ("12:01:02", 43262.0),
        ("00010102000001.25", 86400 * 2 + 1.25),
        ("00010101010000+0100", 86400 + 3600),
        ("x", None),
    ],
)
def test_times_as_seconds(text, expected):
    assert seconds(text) == expected
