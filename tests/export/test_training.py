"""What training frameworks say of exports: nnU-Net's own verification and MONAI's own reading, where installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cohortgraph.client import Client
from cohortgraph.graph.store.directory import Store

ROOT = Path(__file__).parents[2]
LABELS = "left ventricle,right ventricle"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The demo's cohort, smaller: patients with both ventricles in one segmentation."""
    folder = tmp_path_factory.mktemp("training")
    command = [sys.executable, "-m", "demo", str(folder / "data"), "--patients", "10"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    question = (ROOT / "demo/questions/1-both-ventricles-in-one-segmentation.yaml").read_text()
    with Client(Store.init(folder / "store")) as made:
        made.ingest([folder / "data"], "demo", workers=1)
        made.create_cohort("both", question)
        made.freeze_cohort("both")
        yield made


@pytest.mark.skipif(not importlib.util.find_spec("nnunetv2"), reason="nnunetv2 is not installed")
def test_nnunet_finds_nothing_wrong(client: Client, tmp_path: Path) -> None:
    from nnunetv2.experiment_planning.verify_dataset_integrity import verify_dataset_integrity

    client.export_cohort("both", tmp_path / "Dataset001_V", "nnunet", segments=LABELS, workers=1)
    verify_dataset_integrity(str(tmp_path / "Dataset001_V"), num_processes=1)


@pytest.mark.skipif(not importlib.util.find_spec("monai"), reason="monai is not installed")
def test_monai_loads_images_with_their_labels(client: Client, tmp_path: Path) -> None:
    from monai.data import load_decathlon_datalist
    from monai.transforms import LoadImaged

    client.export_cohort("both", tmp_path / "m", "monai", segments=LABELS, split="train=0.5,test=0.5", workers=1)
    items = load_decathlon_datalist(str(tmp_path / "m" / "datalist.json"), True, "training")
    assert items
    for item in items:
        loaded = LoadImaged(keys=["image", "label"])(item)
        assert loaded["image"].shape == loaded["label"].shape
        assert set(loaded["label"].unique().tolist()) == {0, 1, 2}
