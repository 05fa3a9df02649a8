"""Exports whose objects are no longer where they were read: had from elsewhere, or named."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

from cohortgraph.client import Client
from cohortgraph.export.written import ObjectsMissing
from cohortgraph.graph.store.directory import Store

from .planned import contents


@pytest.fixture
def client(shared_data: Path, tmp_path: Path) -> Iterator[Client]:
    with Client(Store.init(tmp_path / "store")) as made:
        shutil.copytree(shared_data / "dcmqi/data/segmentations/23x38x3", tmp_path / "data")
        made.ingest([tmp_path / "data"], "small", workers=1)
        made.create_cohort("all", {"patients": {}})
        made.freeze_cohort("all")
        yield made


def moved(tmp_path: Path) -> str:
    """Move every file to where its identity says; the template of where that is."""
    for file in list((tmp_path / "data").rglob("*.dcm")):
        ds = pydicom.dcmread(file, stop_before_pixels=True)
        target = tmp_path / "archive" / ds.StudyInstanceUID / f"{ds.SOPInstanceUID}.dcm"
        target.parent.mkdir(parents=True, exist_ok=True)
        file.rename(target)
    return f"{tmp_path}/archive/{{studyInstanceUID}}/{{sopInstanceUID}}.dcm"


def test_the_files_are_the_same_wherever_the_objects_come_from(client: Client, tmp_path: Path) -> None:
    client.export_cohort("all", tmp_path / "one", "nifti", workers=1)
    template = moved(tmp_path)
    client.export_cohort("all", tmp_path / "two", "nifti", workers=1, sources=[template])
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one.pop("manifest.json") != two.pop("manifest.json")  # which says where they came from
    assert one == two
    assert any(name.endswith(".nii.gz") for name in one)


def test_what_is_gone_is_named_and_the_rest_goes_on_as_asked(client: Client, tmp_path: Path) -> None:
    moved(tmp_path)
    with pytest.raises(ObjectsMissing, match="--skip-missing") as error:
        client.export_cohort("all", tmp_path / "out", "nifti", workers=1)
    objects = len(list((tmp_path / "archive").rglob("*.dcm")))
    assert len(error.value.missing) == objects
    assert "No such file or directory" in error.value.missing[0].reason
    made = client.export_cohort("all", tmp_path / "out", "nifti", workers=1, skip_missing=True)
    assert (len(made.missing), made.skipped) == (objects, made.samples)
