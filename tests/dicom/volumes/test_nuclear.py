"""Multi-frame images of nuclear medicine, beside SimpleITK's reading where it has one."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from cohortgraph.dicom.volumes import File, stacks, values

AXIAL, CORONAL, OBLIQUE = [1, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, -1], [0.8, 0.6, 0, -0.6, 0.8, 0]


def image(path, frames, orientation=AXIAL, position=(-16, -20, 100), spacing=4.0, **more):
    """Frames of 3 × 4 voxels, each with its number from 1 in all of them."""
    ds = pydicom.Dataset()
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.20", "1.2.3", "NM"
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, "1.2.3"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"]
    ds.NumberOfFrames, ds.Rows, ds.Columns = frames, 3, 4
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.PixelSpacing, ds.SliceThickness, ds.SpacingBetweenSlices = [3, 2], 4, spacing
    detector = pydicom.Dataset()
    if position:
        detector.ImagePositionPatient = list(position)
    detector.ImageOrientationPatient = orientation
    ds.DetectorInformationSequence = [detector]
    ds.PixelData = np.repeat(np.arange(1, frames + 1, dtype=np.uint16), 12).tobytes()
    for keyword, value in more.items():
        setattr(ds, keyword, value)
    ds.save_as(path, enforce_file_format=True)
    return File("1.2.3", path)


def heights(stack):
    """Frame number → the place of its first voxel."""
    points = stack.grid.affine @ np.array([[0, 0, k, 1] for k in range(stack.grid.shape[0])]).T
    return dict(zip(values(stack).array[:, 0, 0].tolist(), points[:3].T.round(6).tolist(), strict=True))


@pytest.mark.parametrize("orientation", [AXIAL, CORONAL, OBLIQUE])
@pytest.mark.parametrize("spacing", [4.0, -4.0])
@pytest.mark.parametrize("more", [{"FrameIncrementPointer": 0x00540080, "SliceVector": [1, 2, 3, 4, 5]}, {}])
def test_slices_lie_where_simpleitk_has_them(tmp_path, orientation, spacing, more):
    file = image(tmp_path / "1.dcm", 5, orientation, spacing=spacing, **more)
    expected = sitk.ReadImage(str(file.path))
    (stack,) = stacks([file])
    assert stack.has_position
    assert stack.warnings == ()
    assert stack.grid.spacing == pytest.approx(expected.GetSpacing())
    found = heights(stack)
    for frame in range(5):
        assert found[frame + 1] == pytest.approx(expected.TransformIndexToPhysicalPoint((0, 0, frame)))


def test_the_slice_vector_orders_slices(tmp_path):
    file = image(tmp_path / "1.dcm", 4, SliceVector=[3, 1, 4, 2])
    (stack,) = stacks([file])
    assert values(stack).array[:, 0, 0].tolist() == [2, 4, 1, 3]
    assert stack.grid.affine[:3, 3].tolist() == [-16, -20, 100]


VECTORS = {
    "EnergyWindowVector": [1] * 6 + [2] * 6,
    "RRIntervalVector": [1] * 12,
    "TimeSlotVector": ([1] * 3 + [2] * 3) * 2,
    "SliceVector": [1, 2, 3] * 4,
}


@pytest.mark.parametrize("position", [(-16, -20, 100), None])
def test_a_gated_series_is_parted_by_every_other_vector(tmp_path, position):
    found = stacks([image(tmp_path / "1.dcm", 12, position=position, **VECTORS)])
    assert [values(stack).array[:, 0, 0].tolist() for stack in found] == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]
    assert [stack.dimensions for stack in found] == [
        {"energyWindowVector": window, "timeSlotVector": slot} for window in (1, 2) for slot in (1, 2)
    ]
    assert {stack.has_position for stack in found} == {position is not None}
    assert {stack.warnings for stack in found} == {() if position else ("it has no position in the patient",)}


def test_each_detector_has_its_own_place(tmp_path):
    file = image(tmp_path / "1.dcm", 4, SliceVector=[1, 2, 1, 2], DetectorVector=[1, 1, 2, 2])
    ds = pydicom.dcmread(file.path)
    other = pydicom.Dataset()
    other.ImagePositionPatient, other.ImageOrientationPatient = [0, 0, 0], CORONAL
    ds.DetectorInformationSequence.append(other)
    ds.save_as(file.path)
    first, second = sorted(stacks([file]), key=lambda stack: stack.grid.affine[2, 3], reverse=True)
    assert heights(first) == {1: [-16, -20, 100], 2: [-16, -20, 104]}
    assert heights(second) == {3: [0, 0, 0], 4: [0, 4, 0]}


def test_projections_of_detectors_that_turn_stay_one_stack_in_their_order(tmp_path):
    file = image(
        tmp_path / "1.dcm", 4, ImageType=["ORIGINAL", "PRIMARY", "TOMO", "EMISSION"], AngularViewVector=[1, 2, 3, 4]
    )
    (stack,) = stacks([file])
    assert values(stack).array[:, 0, 0].tolist() == [1, 2, 3, 4]
    assert not stack.has_position
