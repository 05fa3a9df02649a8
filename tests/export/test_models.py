"""Objects that a model made stay out of samples and tables unless they are asked for (semantics 4.6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cohortgraph.client import Client
from cohortgraph.errors import UsageError
from cohortgraph.graph.store.directory import Store

from .planned import contents

MODEL = "liver-net@3"


@pytest.fixture
def client(shared_data: Path, tmp_path: Path) -> Iterator[Client]:
    """A real CT, and its segmentation in a data set of its own; the CT is in both."""
    data = shared_data / "dcmqi/data/segmentations"
    with Client(Store.init(tmp_path / "store")) as opened:
        for each in ("ct", "predictions"):
            opened.set_dataset(each, assigningAuthority="clinic")
        opened.ingest([data / "ct-3slice"], "ct", workers=1)
        opened.ingest([data / "ct-3slice", data / "partial_overlaps.dcm"], "predictions", workers=1)
        opened.create_cohort("all", {"patients": {}})
        opened.freeze_cohort("all")
        yield opened


def labels(folder: Path) -> list[str]:
    return sorted(path for path in contents(folder) if "label" in path and path.endswith(".nii.gz"))


def test_what_a_model_made_stays_out_and_is_named(client: Client, tmp_path: Path) -> None:
    client.export_cohort("all", tmp_path / "before", "nifti", workers=1)
    client.set_dataset("predictions", model=MODEL)
    client.export_cohort("all", tmp_path / "without", "nifti", workers=1)
    client.export_cohort("all", tmp_path / "with", "nifti", workers=1, include_model=True)
    assert len(labels(tmp_path / "before")) > 0
    assert labels(tmp_path / "without") == []
    images = {path: each for path, each in contents(tmp_path / "before").items() if path.endswith(".nii.gz")}
    assert {path: each for path, each in contents(tmp_path / "with").items() if path.endswith(".nii.gz")} == images
    (sample,) = pq.read_table(tmp_path / "without" / "samples.parquet").to_pylist()
    (dropped,) = sample["dropped"]
    assert dropped["reason"] == f"made by the model {MODEL}; --include-model takes it"
    told = json.loads((tmp_path / "without" / "manifest.json").read_text())
    assert told["incomplete"]["modelMade"] == 1


def test_a_complete_export_is_another_when_its_labels_turn_out_to_be_a_models(client: Client, tmp_path: Path) -> None:
    client.export_cohort("all", tmp_path / "out", "nifti", workers=1)
    client.set_dataset("predictions", model=MODEL)
    with pytest.raises(UsageError, match="another export"):
        client.export_cohort("all", tmp_path / "out", "nifti", workers=1)


def test_labels_of_a_model_alone_are_told(client: Client, tmp_path: Path) -> None:
    client.set_dataset("predictions", model=MODEL)
    with pytest.raises(UsageError, match="--include-model takes them"):
        client.export_cohort("all", tmp_path / "out", "nnunet", workers=1)


def test_tables_have_no_rows_of_them(client: Client, tmp_path: Path) -> None:
    client.set_dataset("predictions", model=MODEL)
    with pytest.raises(UsageError, match="--include-model takes them"):
        client.export_cohort("all", tmp_path / "out", "parquet", level="segments", workers=1)
    client.export_cohort("all", tmp_path / "series", "parquet", level="series", workers=1)
    rows = pq.read_table(tmp_path / "series" / "series.parquet").to_pylist()
    assert [row["modality"] for row in rows] == ["CT"]
    client.export_cohort("all", tmp_path / "all", "parquet", level="segments", include_model=True, workers=1)
    assert pq.read_table(tmp_path / "all" / "segments.parquet").num_rows == 5


def test_a_question_can_ask_for_them(client: Client) -> None:
    client.set_dataset("predictions", model=MODEL)
    asked = {"instances": {"datasets": {"some": {"model": {"exists": True}}, "every": {"model": {"exists": True}}}}}
    assert [hit["kind"] for hit in client.query(asked).hits] == ["segmentation"]
