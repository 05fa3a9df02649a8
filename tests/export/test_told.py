"""What an export tells besides its files: labels nobody drew, waveforms without a place, records that hang together."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cohortgraph.client import Client
from cohortgraph.errors import UsageError
from cohortgraph.graph.store.directory import Store

ROOT = Path(__file__).parents[2]
BOTH = "left ventricle, right ventricle"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six drawn patients, of one of whom only one ventricle is drawn."""
    folder = tmp_path_factory.mktemp("told") / "data"
    subprocess.run([sys.executable, "-m", "demo", str(folder), "--patients", "6"], check=True, cwd=ROOT)
    return folder


@pytest.fixture
def client(demo: Path, tmp_path: Path) -> Iterator[Client]:
    with Client(Store.init(tmp_path / "store")) as opened:
        opened.ingest([demo], "demo", workers=1, measure=False)
        opened.create_cohort("all", {"patients": {}})
        opened.freeze_cohort("all")
        yield opened


@pytest.fixture
def parted(demo: Path, tmp_path: Path) -> Iterator[Client]:
    """Images and segmentations of the same studies, under patient records of two authorities."""
    with Client(Store.init(tmp_path / "store")) as opened:
        for name in ("CT", "SEG"):
            opened.ingest(sorted(demo.glob(f"DEMO-*/{name}")), name, workers=1, measure=False)
        opened.create_cohort("all", {"patients": {}})
        opened.freeze_cohort("all")
        yield opened


def manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text())


@pytest.mark.parametrize("form", ["nnunet", "monai"])
def test_a_label_that_nobody_drew_on_an_image_is_named(client: Client, demo: Path, tmp_path: Path, form: Any) -> None:
    told = client.export_cohort("all", tmp_path / "out", form, segments=BOTH, workers=1)
    truth = json.loads((demo / "truth.json").read_text())
    halves = {each["patientID"] for each in truth if each["ventricles"] == "left only"}
    assert halves
    assert {each.partition("_")[0] for each in told.warnings if "nobody drew right ventricle" in each} == halves


@pytest.mark.parametrize("form", ["nifti", "nnunet"])
def test_a_waveform_that_has_no_place_is_named(client: Client, tmp_path: Path, form: Any) -> None:
    picks = ("CT: first", "ECG: nearest CT")
    asked: dict[str, Any] = {"segments": "left ventricle"} if form == "nnunet" else {}
    told = client.export_cohort("all", tmp_path / "out", form, sample="patient", picks=picks, workers=1, **asked)
    assert f"ECG: {form} holds no waveforms; monai and arrays do" in told.warnings


@pytest.fixture
def undrawn(demo: Path, tmp_path: Path) -> Iterator[Client]:
    """Images and ECGs of which nothing is segmented."""
    with Client(Store.init(tmp_path / "store")) as opened:
        opened.ingest(sorted(demo.glob("DEMO-*/[CE][TC]*")), "demo", workers=1, measure=False)
        opened.create_cohort("all", {"patients": {}})
        opened.freeze_cohort("all")
        yield opened


@pytest.mark.parametrize("sample", ["pair", "series"])
def test_a_form_that_needs_labels_says_that_there_are_none(undrawn: Client, tmp_path: Path, sample: Any) -> None:
    picks = ("ECG: nearest CT",) if sample == "pair" else ()
    with pytest.raises(UsageError, match=rf"no label lies on its 6 {sample} units.* nifti or arrays, which need no"):
        undrawn.export_cohort("all", tmp_path / "out", "monai", sample=sample, picks=picks)


def test_arrays_of_pairs_hold_the_ecgs_and_name_the_images_once(undrawn: Client, tmp_path: Path) -> None:
    told = undrawn.export_cohort(
        "all", tmp_path / "out", "arrays", sample="pair", picks=("ECG: nearest CT",), workers=1
    )
    assert (told.samples, told.skipped, told.missing) == (6, 0, ())
    assert told.warnings == ("CT: arrays holds no images; nifti, nnunet and monai do",)
    arrays = json.loads((tmp_path / "out/arrays.json").read_text())
    assert {each["role"] for each in arrays} == {"ECG"}
    assert len({each["sample"] for each in arrays}) == 6


def test_records_that_share_a_study_stay_in_one_part(parted: Client, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    for seed in range(4):
        out = tmp_path / str(seed)
        told = parted.export_cohort("all", out, "parquet", level="instances", split="train=0.5,test=0.5", seed=seed)
        rows = pq.read_table(out / "instances.parquet").to_pylist()
        parts = {(row["patientID"], row["split"]) for row in rows}
        assert len(parts) == len({patient for patient, _ in parts}) > 1
        assert len({row["split"] for row in rows}) == 2
        assert any("records that share a study stay in one part of the split" in each for each in told.warnings)
    for record in sorted({row["patientID"] for row in rows}):
        parted.link_patients([f"CT|{record}", f"SEG|{record}"])
    told = parted.export_cohort("all", tmp_path / "linked", "parquet", split="train=0.5,test=0.5")
    assert told.warnings == ()


def test_labels_whose_image_is_of_another_record_are_told_so(parted: Client, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"are of the patient record CT\|DEMO-.*patients link, and freeze"):
        parted.export_cohort("all", tmp_path / "out", "nnunet", segments=BOTH)
    told = parted.export_cohort("all", tmp_path / "nifti", "nifti", workers=1)
    assert any("are of the patient record CT|DEMO-001, theirs is SEG|DEMO-001" in each for each in told.warnings)
    parted.link_patients(["CT|DEMO-001", "SEG|DEMO-001"])
    parted.freeze_cohort("all")
    assert parted.export_cohort("all", tmp_path / "out", "nnunet", segments=BOTH, workers=1).samples == 1


def test_a_label_object_that_is_gone_is_named_with_its_sample(parted: Client, demo: Path, tmp_path: Path) -> None:
    parted.link_patients(["CT|DEMO-001", "SEG|DEMO-001"])
    parted.freeze_cohort("all")
    file = min(demo.glob("DEMO-001/SEG/*.dcm"))
    held = file.read_bytes()
    file.unlink()
    try:
        told = parted.export_cohort("all", tmp_path / "out", "nifti", skip_missing=True, workers=1)
    finally:
        file.write_bytes(held)
    (uid,) = (each.sop_instance_uid for each in told.missing)
    assert any(each.startswith(f"DEMO-001_001: {uid}: its labels are missing") for each in told.warnings)


def test_a_file_that_lost_its_end_is_named(client: Client, demo: Path, tmp_path: Path) -> None:
    file = min(demo.glob("DEMO-002/CT/*.dcm"))
    held = file.read_bytes()
    file.write_bytes(held[:-3000])
    try:
        told = client.export_cohort("all", tmp_path / "out", "dicom", workers=1)
    finally:
        file.write_bytes(held)
    (warning,) = told.warnings
    assert warning.endswith("its file ends before its pixels do")


def test_a_disk_that_fills_while_it_is_planned_is_told(client: Client, tmp_path: Path) -> None:
    client.close()
    command = [sys.executable, "-m", "cohortgraph", "export", "all", "--format", "dicom", "--out", tmp_path / "out"]
    script = 'ulimit -f "$0"; exec "$@"'
    ended = subprocess.run(
        ["bash", "-c", script, "64", *command, "--store", tmp_path / "store"], capture_output=True, text=True
    )
    assert ended.returncode == 2
    assert "can't be written" in ended.stderr
    assert "Traceback" not in ended.stderr
