"""Volumes with their labels, written as NIfTI: overlap, priority, another grid; read again by SimpleITK."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from cohortgraph.errors import UsageError
from cohortgraph.export.plan.model import Head, Label, LabelSource, Part, PlannedObject, PlannedSeries, Sample
from cohortgraph.export.protocol import Fetched, Made
from cohortgraph.export.writers import writer


class Case:
    """The real CT slices with a real segmentation of overlapping segments."""

    def __init__(self, shared_data: Path, folder: Path) -> None:
        self.folder = folder
        data = shared_data / "dcmqi/data/segmentations"
        self.files = {self._uid(path): path for path in (data / "ct-3slice").glob("*.dcm")}
        objects = tuple(self._object(uid, "image") for uid in sorted(self.files))
        self.series = PlannedSeries("1.7", "CT", "CT", "", objects)
        self.segmentation = data / "partial_overlaps.dcm"
        self.files[self._uid(self.segmentation)] = self.segmentation
        self.names = {item.SegmentNumber: item.SegmentLabel for item in pydicom.dcmread(self.segmentation)[0x620002]}

    def _uid(self, path: Path) -> str:
        return str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID)

    def _object(self, uid: str, kind: str) -> PlannedObject:
        return PlannedObject(uid, "1.5", "1.7", "", (), (), kind)

    def _fetch(self, objects: Iterable[PlannedObject]) -> tuple[dict[str, Fetched], dict[str, str]]:
        return {each.sop_instance_uid: Fetched(self.files[each.sop_instance_uid], "") for each in objects}, {}

    def write(self, form: str, *, ranks: dict[int, int] | None = None, spacing=None, wanted=(1, 2, 3, 4, 5)) -> Made:
        parts = tuple(Part(str(number), number, self.names[number]) for number in wanted)
        seg = LabelSource("segmentation", self._object(self._uid(self.segmentation), "segmentation"), "1.7", parts)
        sample = Sample("case", "1.7", "p", "P", "", (self.series,), (seg,))
        labels = tuple(Label(n, self.names[n], (), (ranks or {}).get(n)) for n in wanted)
        return writer(form).sample(
            Head("", form, {}, {}, (), labels, spacing=spacing), sample, self._fetch, self.folder
        )

    def theirs(self) -> dict[int, np.ndarray]:
        """Each segment by highdicom, in the order of the slices' places."""
        seg = hd.seg.segread(self.segmentation)
        uids = sorted(
            (uid for uid, path in self.files.items() if path.parent.name == "ct-3slice"),
            key=lambda uid: float(pydicom.dcmread(self.files[uid]).ImagePositionPatient[2]),
        )
        found = seg.get_pixels_by_source_instance(
            uids, assert_missing_frames_are_empty=True, ignore_spatial_locations=True
        )
        return {n: found[..., n - 1] > 0 for n in self.names}


@pytest.fixture
def case(shared_data: Path, tmp_path: Path) -> Case:
    return Case(shared_data, tmp_path)


def test_without_overlap_a_label_map_holds_each_segment(case: Case) -> None:
    theirs = case.theirs()
    pairs = [(a, b) for a in theirs for b in theirs if a < b and not (theirs[a] & theirs[b]).any()]
    one, other = pairs[0]
    made = case.write("nifti", wanted=(one, other))
    (labels,) = [file.path for file in made.files if "labels" in file.path]
    found = sitk.ReadImage(str(case.folder / labels))
    array = sitk.GetArrayFromImage(found)
    assert array.dtype == np.uint8
    assert np.array_equal(array == one, theirs[one])
    assert np.array_equal(array == other, theirs[other])
    image = sitk.ReadImage(str(case.folder / made.files[0].path))
    assert image.GetOrigin() == pytest.approx(found.GetOrigin())


def overlapping(theirs: dict[int, np.ndarray]) -> tuple[int, int]:
    return next((a, b) for a in theirs for b in theirs if a < b and (theirs[a] & theirs[b]).any())


def test_overlap_names_both_labels_and_their_object(case: Case) -> None:
    one, other = overlapping(case.theirs())
    with pytest.raises(UsageError) as told:
        case.write("nnunet", wanted=(one, other))
    message = str(told.value)
    assert case.names[one] in message
    assert case.names[other] in message
    assert case._uid(case.segmentation) in message
    assert "--priority" in message


@pytest.mark.parametrize("first", [0, 1])
def test_the_smaller_priority_stays(case: Case, first: int) -> None:
    theirs = case.theirs()
    pair = overlapping(theirs)
    stays, goes = pair[first], pair[1 - first]
    made = case.write("nifti", wanted=pair, ranks={stays: 1, goes: 2})
    (labels,) = [file.path for file in made.files if "labels" in file.path]
    array = sitk.GetArrayFromImage(sitk.ReadImage(str(case.folder / labels)))
    assert np.array_equal(array == stays, theirs[stays])
    assert np.array_equal(array == goes, theirs[goes] & ~theirs[stays])


def test_image_and_labels_lie_on_one_resampled_grid(case: Case) -> None:
    made = case.write("nnunet", wanted=(1,), spacing=(1.5, 1.5, 1.0))
    image, label = (sitk.ReadImage(str(case.folder / file.path)) for file in made.files)
    assert image.GetSpacing() == pytest.approx((1.5, 1.5, 1), abs=1e-3)
    assert (image.GetSize(), image.GetOrigin()) == (label.GetSize(), pytest.approx(label.GetOrigin()))
    inside = sitk.GetArrayFromImage(label) == 1
    own = case.theirs()[1]
    ct = pydicom.dcmread(next(iter(case.files.values())))
    volume = np.count_nonzero(own) * float(ct.PixelSpacing[0]) * float(ct.PixelSpacing[1]) * 1.0
    assert np.count_nonzero(inside) * 2.25 == pytest.approx(volume, rel=0.05)
    assert made.details["volumes"][0]["shape"] == list(image.GetSize())


def alone(path: Path, carrier: str = "segmentation", keys: tuple[str, ...] = ("1",), image: str = "") -> Sample:
    held = PlannedObject("1.2.3", "", "1.8", "", (), (), carrier)
    parts = tuple(Part(key, number, f"label {number}") for number, key in enumerate(keys, start=1))
    return Sample("case", "1.8", "p", "P", "", (), (LabelSource(carrier, held, image, parts),))


def write_alone(path: Path, folder: Path, spacing=None) -> Made:
    head = Head("", "nifti", {}, {}, (), (Label(1, "label 1", ()),), spacing=spacing)
    return writer("nifti").sample(head, alone(path), lambda objects: ({"1.2.3": Fetched(path, "")}, {}), folder)


def test_a_segmentation_without_its_image_lies_on_its_own_grid(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "cardio-ai/mm2_reports/A0S9V9/seg_0_ED.dcm"
    made = write_alone(path, tmp_path)
    assert [file.path for file in made.files] == ["case/labels-1.nii.gz"]
    volume = hd.seg.segread(path).get_volume(segment_numbers=[1], combine_segments=False)
    image = sitk.ReadImage(str(tmp_path / made.files[0].path))
    found = np.argwhere(sitk.GetArrayFromImage(image) == 1)[:, ::-1]
    ours = np.array([image.TransformIndexToPhysicalPoint(index.tolist()) for index in found])
    theirs = np.argwhere(volume.array[..., 0]) @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    assert len(ours) == len(theirs) > 1000
    assert np.abs(np.sort(ours, axis=0) - np.sort(theirs, axis=0)).max() < 1e-2
    assert made.details["labels"][0]["voxels"] == {1: len(theirs)}


def test_a_segmentation_of_a_slide_is_told_not_missing(shared_data: Path, tmp_path: Path) -> None:
    made = write_alone(shared_data / "highdicom/data/test_files/seg_image_sm_dots.dcm", tmp_path)
    assert (made.files, made.missing) == ((), {})
    assert "microscopy" in made.skipped


def test_points_are_written_beside_their_volume(case: Case, tmp_path: Path) -> None:
    ct = pydicom.dcmread(next(iter(case.files.values())))
    report = pydicom.Dataset()
    report.file_meta = pydicom.dataset.FileMetaDataset()
    report.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    report.SOPClassUID, report.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.34", "1.2.3"
    item = pydicom.Dataset()
    item.ValueType, item.GraphicType, item.GraphicData = "SCOORD3D", "POINT", [10.0, -50.0, -127.69]
    item.ReferencedFrameOfReferenceUID = ct.FrameOfReferenceUID
    report.ContentSequence = [item]
    report.save_as(tmp_path / "sr.dcm", enforce_file_format=False)
    case.files["1.2.3"] = tmp_path / "sr.dcm"
    sample = alone(tmp_path / "sr.dcm", "report", ("1.1",), "1.7")
    sample = Sample("case", "1.7", "p", "P", "", (case.series,), sample.labels)
    head = Head("", "nifti", {}, {}, (), (Label(1, "label 1", ()),))
    made = writer("nifti").sample(head, sample, case._fetch, tmp_path / "out")
    names = [file.path.partition("/")[2] for file in made.files]
    assert names == ["CT.nii.gz", "CT_points-1.npy", "CT_points-1.csv", "CT_points-1-1_heat.nii.gz"]
    assert np.load(tmp_path / "out/case/CT_points-1.npy").tolist() == [pytest.approx([10, -50, -127.69])]
    heat = sitk.ReadImage(str(tmp_path / "out/case/CT_points-1-1_heat.nii.gz"))
    top = np.unravel_index(sitk.GetArrayFromImage(heat).argmax(), heat.GetSize()[::-1])
    assert heat.TransformIndexToPhysicalPoint([int(n) for n in top[::-1]]) == pytest.approx((10, -50, -127.69), abs=0.5)


def test_the_label_table_tells_names_codes_and_colours(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "dcmqi/data/segmentations/liver.dcm"
    head = Head("", "nifti", {}, {}, (), (Label(1, "liver", ("SCT:10200004",)),))
    form = writer("nifti")
    made = form.sample(head, alone(path), lambda objects: ({"1.2.3": Fetched(path, "")}, {}), tmp_path)
    files = form.finish(head, [(alone(path), made)], tmp_path).files
    assert [file.path for file in files] == ["labels.json", "labels.csv"]
    (row,) = json.loads((tmp_path / "labels.json").read_text())["labels"]
    item = pydicom.dcmread(path).SegmentSequence[0]
    rgb = hd.color.CIELabColor.from_dicom_value(list(item.RecommendedDisplayCIELabValue)).to_rgb()
    assert row == {
        "value": 1,
        "name": "liver",
        "concepts": ["SCT:10200004"],
        "meanings": ["Liver"],
        "colour": [int(each) for each in rgb],
        "priority": None,
    }
    (cells,) = csv.DictReader((tmp_path / "labels.csv").open())
    assert (cells["value"], cells["name"], cells["concepts"]) == ("1", "liver", "SCT:10200004")
