"""Measures of segments, beside highdicom's volumes, ITK's geometry and drawn truth."""

import highdicom as hd
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from highdicom.sr.coding import CodedConcept
from pydicom.uid import generate_uid

from cohortgraph.dicom.segmentation import measure
from cohortgraph.errors import ReadError

SPACING = (2.5, 0.5, 0.8)
"""Of planes, rows and columns in mm."""


def sources(planes: int) -> list[pydicom.Dataset]:
    """CT slices for highdicom to derive a segmentation from."""
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    slices = []
    for index in range(planes):
        ds = pydicom.Dataset()
        ds.file_meta = pydicom.dataset.FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", generate_uid()
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = study, series, frame
        ds.PatientID, ds.PatientName, ds.PatientBirthDate, ds.PatientSex = "1", "", "", ""
        ds.AccessionNumber, ds.StudyID, ds.StudyDate, ds.StudyTime = "", "", "", ""
        ds.Modality, ds.Rows, ds.Columns = "CT", 6, 7
        ds.ImagePositionPatient = [-10, 5, 100 + SPACING[0] * index]
        ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        ds.PixelSpacing, ds.SliceThickness = [*SPACING[1:]], 9
        slices.append(ds)
    return slices


def segmentation(mask: np.ndarray, kind: str, fractional: str | None = None) -> pydicom.Dataset:
    brain = CodedConcept("12738006", "SCT", "Brain")
    described = [
        hd.seg.SegmentDescription(number, f"{number}", CodedConcept("91723000", "SCT", "Anatomy"), brain, "MANUAL")
        for number in range(1, (mask.shape[3] if mask.ndim == 4 else int(mask.max()) if kind == "LABELMAP" else 1) + 1)
    ]
    return hd.seg.Segmentation(
        sources(len(mask)),
        mask,
        kind,
        described,
        generate_uid(),
        1,
        generate_uid(),
        1,
        "maker",
        "model",
        "1",
        "1",
        fractional_type=fractional,
        max_fractional_value=200,
    )


@pytest.fixture
def block() -> np.ndarray:
    """A block of 3 planes × 2 rows × 3 columns."""
    mask = np.zeros((5, 6, 7), np.uint8)
    mask[1:4, 2:4, 1:4] = 1
    return mask


def test_semantics_4_5_binary_counts_voxels(block):
    measured = measure(segmentation(block, "BINARY"))
    assert measured[0]["voxelCount"] == 18
    assert measured[0]["volume"] == pytest.approx(18 * 2.5 * 0.5 * 0.8 / 1000)
    assert measured[0]["boundingBox"] == pytest.approx([-9.2, 6.0, 102.5, -7.6, 6.5, 107.5])


def test_semantics_4_5_segments_of_one_object_are_measured_apart(block):
    measured = measure(segmentation(np.stack([block, np.roll(block, 1, axis=0) * (block > 0)], axis=-1), "BINARY"))
    assert {position: m["voxelCount"] for position, m in measured.items()} == {0: 18, 1: 12}


def test_semantics_4_5_occupancy_is_the_sum_of_fractions(block):
    measured = measure(segmentation(block * 0.25, "FRACTIONAL", "OCCUPANCY"))
    assert measured[0]["voxelCount"] == 18
    assert measured[0]["volume"] == pytest.approx(18 * 0.25 * 2.5 * 0.5 * 0.8 / 1000)


def test_semantics_4_5_probability_counts_from_one_half(block):
    mask = block * 0.49
    mask[1, 2, 1:3] = 0.5
    measured = measure(segmentation(mask, "FRACTIONAL", "PROBABILITY"))
    assert measured[0]["voxelCount"] == 2
    assert measured[0]["volume"] == pytest.approx(2 * 2.5 * 0.5 * 0.8 / 1000)


def test_semantics_4_5_label_map_counts_the_voxels_of_its_values(block):
    block[1, 2, 1] = 2
    measured = measure(segmentation(block, "LABELMAP"))
    assert [m["voxelCount"] for m in measured.values()] == [17, 1]


def test_semantics_4_5_slide_microscopy_has_an_area(shared_data):
    file = shared_data / "highdicom/data/test_files/seg_image_sm_dots.dcm"
    ds = pydicom.dcmread(file)
    measured = measure(ds)[1]
    rows, columns = ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing
    assert measured["area"] == pytest.approx(measured["voxelCount"] * rows * columns)
    assert "volume" not in measured


def test_semantics_4_4_label_map_background_is_no_segment(shared_data):
    ds = pydicom.dcmread(shared_data / "dcmqi/data/segmentations/sparse-labelmap-ppv5.dcm")
    assert list(measure(ds)) == [1]
    assert ds.SegmentSequence[0].SegmentLabel == "Background"


def test_an_empty_segment_has_no_voxels_and_no_box(block):
    measured = measure(segmentation(np.stack([block, block * 0], axis=-1), "BINARY"))
    assert measured[1] == {"voxelCount": 0, "volume": 0.0}


def test_pixels_that_cannot_be_decoded_are_an_error(block):
    ds = segmentation(block, "BINARY")
    ds.PixelData = ds.PixelData[:2]
    with pytest.raises(ReadError, match="pixels"):
        measure(ds)


PACKED = ("liver_rle", "liver_deflate", "liver_j2k", "liver_expb", "liver_nonbyte_aligned_rle")


@pytest.mark.parametrize("name", [*PACKED, "liver_nonbyte_aligned_deflate", "liver_nonbyte_aligned_j2k"])
def test_every_encoding_of_one_segmentation_measures_the_same(shared_data, name):
    plain = measure(pydicom.dcmread(shared_data / "dcmqi/data/segmentations/liver.dcm"))
    assert measure(pydicom.dcmread(shared_data / f"pydicom-data/data_store/data/{name}.dcm")) == plain


def real_segmentations(shared_data):
    yield from sorted(shared_data.glob("cardio-ai/**/seg*.dcm"))[::3]
    yield from sorted(shared_data.glob("dcmqi/data/**/*.dcm"))
    yield from sorted(shared_data.glob("highdicom/**/seg_image_ct*.dcm"))
    yield from sorted(shared_data.glob("dcmjs/**/tumor*.dcm"))


def test_semantics_4_5_real_segments_measure_as_in_highdicom(shared_data):
    compared = 0
    for file in real_segmentations(shared_data):
        ds = pydicom.dcmread(file)
        if ds.Modality != "SEG":
            continue
        volumes = hd.seg.segread(file)
        for position, measured in measure(ds).items():
            number = ds.SegmentSequence[position].SegmentNumber
            volume = volumes.get_volume(segment_numbers=[number], combine_segments=False)
            values = volume.array[..., 0]
            if ds.get("SegmentationFractionalType") == "PROBABILITY":
                values = values >= 0.5
            assert measured["voxelCount"] == np.count_nonzero(values), file.name
            assert measured["volume"] == pytest.approx(values.sum() * np.prod(volume.spacing) / 1000), file.name
            compared += 1
    assert compared > 80


def test_semantics_4_5_real_segments_lie_where_itk_finds_them(shared_data):
    compared = 0
    for file in sorted(shared_data.glob("cardio-ai/**/seg*.dcm"))[:20]:
        image = sitk.ReadImage(str(file))
        if image.GetSpacing() == (1.0, 1.0, 1.0):  # ITK found no geometry
            continue
        measured = measure(pydicom.dcmread(file)).values()
        voxels = np.count_nonzero(sitk.GetArrayViewFromImage(image))
        assert sum(m["voxelCount"] for m in measured) == voxels
        assert sum(m["volume"] for m in measured) == pytest.approx(
            voxels * np.prod(image.GetSpacing()) / 1000, rel=1e-4
        )
        compared += 1
    assert compared > 10
