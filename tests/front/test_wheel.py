"""The built wheel works by itself, whatever folders lie beside the user's script."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("graph", "ontology", "ingest", "queries", "registry", "dicom", "cohorts", "export", "api")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(out),
        str(ROOT),
    ]
    subprocess.run(command, check=True)
    (built,) = out.glob("*.whl")
    return built


def test_each_room_is_in_the_wheel_once_and_only_inside_the_package(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for room in ROOMS:
        assert f"cohortgraph/{room}/__init__.py" in names
    assert len(names) == len(set(names))
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"cohortgraph"}


def test_a_fresh_environment_runs_the_wheel_beside_decoy_folders(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    zipfile.ZipFile(wheel).extractall(packages)
    # The dependencies of this environment, without its .pth files: the editable install stays out of sight.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    work = tmp_path / "work"
    for room in ROOMS:
        (work / room).mkdir(parents=True)
        (work / room / "__init__.py").write_text("raise ImportError('the decoy was imported')")
    script = "import cohortgraph.cli as c, cohortgraph.ingest, cohortgraph.graph.schema; print(c.__file__)"
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    told = subprocess.run([python, "-c", script], cwd=work, env=alone, capture_output=True, text=True, check=True)
    assert str(packages) in told.stdout
    shown = subprocess.run(
        [python, "-m", "cohortgraph", "init", "--store", "made"], cwd=work, env=alone, capture_output=True, text=True
    )
    assert shown.returncode == 0, shown.stderr
    assert (work / "made" / "store.toml").is_file()
