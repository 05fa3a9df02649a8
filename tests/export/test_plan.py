"""Plans: what a snapshot becomes, over real files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pydicom
import pytest

from cohortgraph.client import Client
from cohortgraph.cohorts.shelf import Shelf
from cohortgraph.errors import UsageError
from cohortgraph.export.labels.table import Table
from cohortgraph.export.plan.file import Plan
from cohortgraph.export.plan.model import Head, Sample
from cohortgraph.export.plan.options import Options
from cohortgraph.export.planning.build import build
from cohortgraph.export.writers.parquet import WRITER
from cohortgraph.graph.store.directory import Store


@pytest.fixture(scope="module")
def store(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """CT slices and what was segmented on them, frozen whole and as segmentations alone."""
    with Store.init(tmp_path_factory.mktemp("plan") / "store") as made:
        client = Client(made)
        client.ingest([shared_data / "dcmqi/data/segmentations"], "dcmqi", workers=1)
        client.create_cohort("all", {"patients": {}})
        client.freeze_cohort("all")
        client.create_cohort("drawn", {"instances": {"kind": {"eq": "segmentation"}}})
        client.freeze_cohort("drawn")
        yield made


@pytest.fixture
def shelf(store: Store) -> Iterator[Shelf]:
    found = Shelf(store.engine, store.registry_path)
    yield found
    found.close()


def test_each_image_series_is_a_sample_with_what_was_segmented_on_it(
    store: Store, shelf: Shelf, shared_data: Path, tmp_path: Path
) -> None:
    count = build(store.engine, shelf, "all", Options("nifti"), Table(), tmp_path / "plan.sqlite")
    with Plan(tmp_path / "plan.sqlite") as plan:
        samples = list(plan.samples())
        assert (len(plan), len(samples)) == (count, count)
        assert len({sample.name for sample in samples}) == count
        by_series = {sample.unit: sample for sample in samples}
        liver = pydicom.dcmread(shared_data / "dcmqi/data/segmentations/liver.dcm", stop_before_pixels=True)
        image = by_series[liver.ReferencedSeriesSequence[0].SeriesInstanceUID]
        (source,) = [each for each in image.labels if each.object.sop_instance_uid == liver.SOPInstanceUID]
        named = {label.value: label.name for label in plan.head.labels}
        assert [(part.key, named[part.value]) for part in source.parts] == [("1", "Liver")]
        assert len(image.series[0].objects) == 3
        assert plan.head.sources[0]["name"] == "dcmqi"


def test_an_image_without_labels_is_no_sample_of_nnunet(store: Store, shelf: Shelf, tmp_path: Path) -> None:
    build(store.engine, shelf, "all", Options("nnunet"), Table(), tmp_path / "plan.sqlite")
    with Plan(tmp_path / "plan.sqlite") as plan:
        assert all(sample.labels for sample in plan.samples())


def test_labels_whose_image_is_not_frozen_have_nothing_to_lie_on(store: Store, shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no image that .* level of studies or patients"):
        build(store.engine, shelf, "drawn", Options("nnunet"), Table(), tmp_path / "plan.sqlite")
    assert not list(tmp_path.iterdir())


def test_equal_snapshots_are_planned_alike(store: Store, shelf: Shelf, tmp_path: Path) -> None:
    for name in ("a", "b"):
        build(store.engine, shelf, "all", Options("nifti"), Table(), tmp_path / name)
    with Plan(tmp_path / "a") as one, Plan(tmp_path / "b") as other:
        assert one.head == other.head
        assert list(one.samples()) == list(other.samples())


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"form": "zip"}, "expected one of dicom, manifest, nifti"),
        ({"form": "nifti", "resample": "1mm x"}, "such as 1x1x1mm"),
        ({"form": "nifti", "split": "train=0.7,test=0.2"}, "make 0.9"),
        ({"form": "nifti", "spilt": "x"}, "no option 'spilt'"),
        ({"form": "nifti", "stratify": "sex"}, "without a split"),
        ({"form": "nifti", "columns": "sex"}, "columns is 'sex'; expected a list of texts"),
        ({"form": "nifti", "seed": "1"}, "seed is '1'; expected a whole number"),
        ({"form": "nifti", "include_model": "no"}, "expected true or false"),
        ({"sample": "study"}, "needs a form"),
    ],
)
def test_options_that_make_no_sense_say_what_would(values: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Options.of(values)


@pytest.fixture(scope="module")
def hearts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Path]]:
    """The demo's drawn patients: CT with segmentations, ECGs with reports; frozen whole."""
    folder = tmp_path_factory.mktemp("hearts")
    command = [sys.executable, "-m", "demo", str(folder / "data"), "--patients", "8"]
    subprocess.run(command, cwd=Path(__file__).parents[2], check=True, capture_output=True)
    with Store.init(folder / "store") as made:
        client = Client(made)
        client.ingest([folder / "data"], "demo", workers=1)
        client.create_cohort("all", {"patients": {}})
        client.freeze_cohort("all")
        yield made, folder / "data"


def planned(store: Store, file: Path, **options: Any) -> tuple[Head, list[Sample]]:
    shelf = Shelf(store.engine, store.registry_path)
    try:
        build(store.engine, shelf, "all", Options(**options), Table(), file)
    finally:
        shelf.close()
    with Plan(file) as plan:
        return plan.head, list(plan.samples())


def test_samples_carry_named_attributes_in_their_unit(hearts: tuple[Store, Path], tmp_path: Path) -> None:
    store, data = hearts
    truth = {each["patientID"]: each for each in json.loads((data / "truth.json").read_text())}
    _, samples = planned(store, tmp_path / "p", form="monai", columns=("PR interval", "patients.patientSex", "age"))
    assert samples
    for sample in samples:
        assert sample.values.get("PR interval") == truth[sample.patient_id]["pr_interval"]


def test_no_person_is_in_two_parts_and_the_shares_hold(hearts: tuple[Store, Path], tmp_path: Path) -> None:
    _, samples = planned(hearts[0], tmp_path / "p", form="nifti", split="train=0.5,test=0.5", seed=3)
    parts = {(sample.patient, sample.split) for sample in samples}
    assert len(parts) == len({sample.patient for sample in samples})
    assert {split for _, split in parts} == {"train", "test"}
    assert planned(hearts[0], tmp_path / "q", form="nifti", split="train=0.5,test=0.5", seed=3)[1] == samples


def test_a_pair_takes_the_ecg_near_its_ct(hearts: tuple[Store, Path], tmp_path: Path) -> None:
    head, samples = planned(hearts[0], tmp_path / "p", form="nifti", sample="pair", picks=("ECG: nearest CT, 30 d",))
    truth = json.loads((hearts[1] / "truth.json").read_text())
    near = {each["patientID"] for each in truth if abs(each["ecg_days_before_ct"]) <= 30}
    assert {sample.patient_id for sample in samples} == near
    assert all([each.role for each in sample.series] == ["CT", "ECG"] for sample in samples)
    assert head.about["incomplete"]["count"] == len(truth) - len(near)


def test_terms_that_forbid_the_purpose_stop_the_export(hearts: tuple[Store, Path], tmp_path: Path) -> None:
    store, _ = hearts
    Client(store).set_dataset("demo", license="CC-BY-NC-4.0")
    with pytest.raises(UsageError, match=r"demo: its licence CC-BY-NC-4\.0 is for non-commercial use"):
        planned(store, tmp_path / "p", form="nifti", purpose="commercial")
    assert not list(tmp_path.iterdir())
    head, _ = planned(store, tmp_path / "p", form="nifti", purpose="commercial", override="contract 7")
    assert head.options["override"] == "contract 7"
    assert head.about["terms"]["citations"] == ["demo. CC-BY-NC-4.0"]


def test_a_segmentation_whose_image_is_not_frozen_is_a_sample_on_a_grid_of_its_own(
    store: Store, shelf: Shelf, tmp_path: Path
) -> None:
    build(store.engine, shelf, "drawn", Options("nifti"), Table(), tmp_path / "plan.sqlite")
    with Plan(tmp_path / "plan.sqlite") as plan:
        samples = list(plan.samples())
    assert samples
    assert all(not sample.series and all(not source.image for source in sample.labels) for sample in samples)
    assert all({source.object.series for source in sample.labels} == {sample.unit} for sample in samples)


@pytest.mark.parametrize("level", ["patients", "series", "segments", "items"])
def test_a_table_has_a_row_for_each_node_with_what_the_files_say(
    hearts: tuple[Store, Path], tmp_path: Path, level: str
) -> None:
    store, data = hearts
    head, samples = planned(
        store, tmp_path / "p", form="parquet", level=level, columns=("PR interval", "modality"), split="a=0.5,b=0.5"
    )
    pairs = [(sample, WRITER.sample(head, sample, lambda _: ({}, {}), tmp_path)) for sample in samples]
    (file,) = WRITER.finish(head, pairs, tmp_path).files
    table = pq.read_table(tmp_path / file.path)
    assert table.num_rows == Client(store).count({level: {}})
    assert set(table["split"].to_pylist()) == {"a", "b"}
    assert (head.numeric, table.schema.field("PR interval").type) == (("PR interval",), pa.float64())
    truth = {each["patientID"]: each["pr_interval"] for each in json.loads((data / "truth.json").read_text())}
    assert {row["patientID"]: row["PR interval"] for row in table.to_pylist()}.items() <= truth.items()
    (again,) = WRITER.finish(head, pairs, tmp_path).files
    assert again == file
