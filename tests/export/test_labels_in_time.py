"""Labels on one of several volumes of a series, and on the frames of multi-frame images; made by highdicom."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.sr.coding import Code

from cohortgraph.dicom.volumes import File, Stack, stacks
from cohortgraph.export.plan.model import Head, Label, LabelSource, Part, PlannedObject, PlannedSeries, Sample
from cohortgraph.export.protocol import Fetched, Made
from cohortgraph.export.writers import writer

SERIES = "1.2.826.0.1.3680043.8.498.7"
_BRAIN = (Code("91723000", "SCT", "Anatomy"), Code("12738006", "SCT", "Brain"))


def segmentation(sources: Sequence[pydicom.Dataset], mask: np.ndarray, number: int) -> hd.seg.Segmentation:
    described = hd.seg.SegmentDescription(1, "brain", *_BRAIN, "MANUAL")
    uids = hd.UID(), number, hd.UID(), number
    return hd.seg.Segmentation(sources, mask, "BINARY", [described], *uids, "maker", "model", "1", "1")


def mask_of(shape: tuple[int, ...], number: int) -> np.ndarray:
    mask = np.random.default_rng(number).random(shape) > 0.7
    return np.asarray(mask, np.uint8)


class Case:
    """Images and what labels them, as a sample of one series."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Path] = {}
        self.images: list[PlannedObject] = []
        self.labels: list[LabelSource] = []

    def image(self, ds: pydicom.Dataset) -> pydicom.Dataset:
        self.images.append(self._held(ds, "image"))
        return ds

    def label(self, ds: pydicom.Dataset) -> None:
        part = Part("1", 1, "brain")
        self.labels.append(LabelSource("segmentation", self._held(ds, "segmentation"), SERIES, (part,)))

    def _held(self, ds: pydicom.Dataset, kind: str) -> PlannedObject:
        path = self.folder / f"{len(self.files)}.dcm"
        ds.save_as(path)
        self.files[str(ds.SOPInstanceUID)] = path
        return PlannedObject(str(ds.SOPInstanceUID), "1.5", SERIES, "", (), (), kind)

    @property
    def stacks(self) -> list[Stack]:
        return stacks(File(each.sop_instance_uid, self.files[each.sop_instance_uid]) for each in self.images)

    def made(self, form: str) -> Made:
        """The sample, written."""
        series = PlannedSeries(SERIES, "MR", "MR", "", tuple(self.images))
        sample = Sample("case", SERIES, "p", "P", "", (series,), tuple(self.labels))
        head = Head("", form, {}, {}, (), (Label(1, "brain", ()),))
        return writer(form).sample(
            head,
            sample,
            lambda objects: ({e.sop_instance_uid: Fetched(self.files[e.sop_instance_uid], "") for e in objects}, {}),
            self.folder / "out",
        )

    def write(self, form: str) -> dict[str, np.ndarray]:
        """The label map of each volume by the name of its file, as SimpleITK reads it."""
        made = self.made(form)
        assert (made.missing, made.skipped) == ({}, "")
        return {
            file.path: sitk.GetArrayFromImage(sitk.ReadImage(str(self.folder / "out" / file.path)))
            for file in made.files
            if "labels" in file.path
        }


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_each_volume_in_time_has_the_labels_of_its_own_frames(case: Case, shared_data: Path) -> None:
    paths = sorted((shared_data / "dcmqi/data/segmentations/ct-3slice").glob("*.dcm"))
    real = sorted(map(pydicom.dcmread, paths), key=lambda ds: float(ds.ImagePositionPatient[2]))
    masks = {}
    for time in (1, 2, 3):
        of_time = []
        for ds in real:
            each = copy.deepcopy(ds)
            each.SOPInstanceUID = each.file_meta.MediaStorageSOPInstanceUID = hd.UID()
            each.SpecificCharacterSet = "ISO_IR 100"
            each.TemporalPositionIdentifier, each.SeriesInstanceUID = time, SERIES
            of_time.append(case.image(each))
        if time != 2:  # of the second time there are no labels
            masks[time] = mask_of((len(real), real[0].Rows, real[0].Columns), time)
            case.label(segmentation(of_time, masks[time], time))
    assert [stack.dimensions["temporalPositionIdentifier"] for stack in case.stacks] == [1, 2, 3]
    found = case.write("nifti")
    assert sorted(found) == ["case/MR-1_labels-1.nii.gz", "case/MR-3_labels-2.nii.gz"]
    assert np.array_equal(found["case/MR-1_labels-1.nii.gz"], masks[1])
    assert np.array_equal(found["case/MR-3_labels-2.nii.gz"], masks[3])


def test_labels_of_one_time_of_a_multi_frame_image_lie_on_that_one(case: Case, shared_data: Path) -> None:
    path = shared_data / "dicom2nifti/tests/data/philips_enhanced/fmri/001/IM-0001-9600-0001.dcm"
    image = pydicom.dcmread(path)
    for keyword in ("PatientSex", "PatientBirthDate", "AccessionNumber", "StudyID"):
        setattr(image, keyword, image.get(keyword, ""))
    image.SeriesInstanceUID, image.FrameOfReferenceUID = SERIES, hd.UID()
    case.image(image)
    third = case.stacks[2]
    numbers = [frame.number for frame in third.frames]
    assert len(case.stacks) == 4
    of_time = copy.deepcopy(image)
    of_time.PerFrameFunctionalGroupsSequence = [image.PerFrameFunctionalGroupsSequence[n - 1] for n in numbers]
    of_time.NumberOfFrames = len(numbers)
    (shared,) = of_time.SharedFunctionalGroupsSequence
    for keyword in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
        setattr(shared, keyword, of_time.PerFrameFunctionalGroupsSequence[0][keyword].value)
    mask = mask_of(third.grid.shape, 3)
    seg = segmentation([of_time], mask, 1)
    for group in seg.PerFrameFunctionalGroupsSequence:
        (source,) = group.DerivationImageSequence[0].SourceImageSequence
        source.ReferencedFrameNumber = numbers[int(source.ReferencedFrameNumber) - 1]
    case.label(seg)
    found = case.write("nifti")
    assert list(found) == ["case/MR-3_labels-1.nii.gz"]
    assert np.array_equal(found["case/MR-3_labels-1.nii.gz"], mask)


def test_labels_of_a_multi_frame_image_lie_on_its_frames(case: Case, shared_data: Path) -> None:
    image = pydicom.dcmread(shared_data / "dcmqi/data/segmentations/24x38x3/multiframe/mf.dcm")
    image.SeriesInstanceUID = SERIES
    case.image(image)
    (stack,) = case.stacks
    mask = mask_of(stack.grid.shape, 1)
    case.label(segmentation([image], mask, 1))
    (found,) = case.write("nnunet").values()
    assert np.array_equal(found, mask[[frame.number - 1 for frame in stack.frames]])


def real(shared_data: Path) -> list[pydicom.Dataset]:
    """CT slices in the order of their places."""
    paths = sorted((shared_data / "dcmqi/data/segmentations/ct-3slice").glob("*.dcm"))
    return sorted(map(pydicom.dcmread, paths), key=lambda ds: float(ds.ImagePositionPatient[2]))


def anew(ds: pydicom.Dataset, **more: object) -> pydicom.Dataset:
    """A copy that is an object of its own."""
    made = copy.deepcopy(ds)
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = hd.UID()
    made.SpecificCharacterSet, made.SeriesInstanceUID = "ISO_IR 100", SERIES
    for keyword, value in more.items():
        setattr(made, keyword, value)
    return made


def test_a_case_is_of_the_volume_that_has_labels(case: Case, shared_data: Path) -> None:
    first, second = (
        [case.image(anew(ds, TemporalPositionIdentifier=time)) for ds in real(shared_data)] for time in (1, 2)
    )
    mask = mask_of((len(second), second[0].Rows, second[0].Columns), 2)
    case.label(segmentation(second, mask, 2))
    made = case.made("nnunet")
    image, labels = (sitk.GetArrayFromImage(sitk.ReadImage(str(case.folder / "out" / f.path))) for f in made.files)
    assert np.array_equal(labels, mask)
    assert made.details["volumes"][0]["sopInstanceUIDs"] == [ds.SOPInstanceUID for ds in second]
    assert made.warnings == ("MR: 2 volumes, of which the largest with labels is taken",)
    assert len(first) == len(image)
    case.label(segmentation(first, mask, 2))
    (told,) = case.made("nnunet").warnings
    assert told.endswith("is taken; 2 have labels, all of which form nifti holds")


def test_labels_that_lie_nowhere_make_no_case(case: Case, shared_data: Path) -> None:
    images = [case.image(anew(ds)) for ds in real(shared_data)]
    seg = segmentation(images, mask_of((len(images), images[0].Rows, images[0].Columns), 1), 1)
    seg.FrameOfReferenceUID = hd.UID()
    for group in seg.PerFrameFunctionalGroupsSequence:
        del group.DerivationImageSequence
    del seg.SourceImageSequence
    case.label(seg)
    for form in ("nnunet", "monai"):
        made = case.made(form)
        assert (made.files, made.skipped) == ((), "nothing tells where some of its labels lie")


def test_frames_that_stand_for_several_slices_fill_them(case: Case, shared_data: Path) -> None:
    model, planes = real(shared_data)[0], range(9)
    z = float(model.ImagePositionPatient[2])
    place = [float(each) for each in model.ImagePositionPatient[:2]]
    images = [anew(model, ImagePositionPatient=[*place, z + n], SliceThickness=1) for n in planes]
    thick = [anew(model, ImagePositionPatient=[*place, z + n], SliceThickness=3) for n in (1, 4, 7)]
    seg = segmentation(thick, np.ones((3, model.Rows, model.Columns), np.uint8), 1)
    measures = seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SpacingBetweenSlices = measures.SliceThickness = 3
    for group in seg.PerFrameFunctionalGroupsSequence:
        del group.DerivationImageSequence
    del seg.SourceImageSequence, seg.ReferencedSeriesSequence
    for each in images:
        case.image(each)
    case.label(seg)
    (found,) = case.write("nifti").values()
    assert found.all(axis=(1, 2)).tolist() == [True] * len(planes)
