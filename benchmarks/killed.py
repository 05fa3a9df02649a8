"""Exports whose worker, or whose server, is killed at random moments: ``python -m benchmarks.killed --times 10``.

Each is made as NIfTI from synthetic series, killed (SIGKILL) so often, each time begun again, and at last let go on.
Then every file is verified by the manifest, and all of them compared with an export that nobody disturbed: byte by
byte, the time of creation apart. Moments are of a seed: some while the process starts, some while it works.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

from cohortgraph.client import Client
from cohortgraph.export.folder import Folder
from cohortgraph.export.jobs.board import Board, ExportJob
from cohortgraph.export.verify import verify
from cohortgraph.graph.store.directory import Store

_STARTING_S = 4.0
_WORKING_S = 0.6
_WAIT_S = 300.0
_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Killed:
    """What came of an export that was killed ``times`` times; ``made``: samples that were there at each kill."""

    who: str
    times: int
    made: tuple[int, ...]
    state: str
    sound: bool
    identical: bool
    files: int
    attempts: int


def filled(place: Path, series: int, slices: int = 12, side: int = 128, seed: int = 1) -> Path:
    """A store with a frozen cohort ``all`` of CT series with noise for voxels; its directory."""
    rng = np.random.default_rng(seed)
    for number in range(series):
        for k in range(slices):
            _slice(number, k, rng.integers(0, 2000, (side, side), dtype=np.uint16)).save_as(
                _made(place / "data" / f"{number}-{k}.dcm"), enforce_file_format=True
            )
    with Client(Store.init(place / "store")) as client:
        client.ingest([place / "data"], "synthetic", workers=1)
        client.create_cohort("all", {"patients": {}})
        client.freeze_cohort("all")
    return place / "store"


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _slice(number: int, k: int, voxels: np.ndarray[tuple[int, ...], np.dtype[np.uint16]]) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.{number}.{k}")
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = (
        f"1.3.{number}",
        f"1.4.{number}",
        f"1.5.{number}",
    )
    ds.PatientID, ds.Modality, ds.InstanceNumber = f"P{number}", "CT", k + 1
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, 2.5 * k], [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing, ds.SliceThickness = [0.7, 0.7], 2.5
    ds.Rows, ds.Columns = voxels.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit, ds.PixelRepresentation = 15, 0
    ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
    ds.PixelData = voxels.tobytes()
    return ds


def contents(folder: Path) -> dict[str, str]:
    """Relative path → SHA-256 of everything in an export; of its manifest without the time of creation."""
    found = {}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        data = path.read_bytes()
        if path == folder / "manifest.json":
            told = json.loads(data)
            del told["created"]
            data = json.dumps(told, sort_keys=True).encode()
        found[str(path.relative_to(folder))] = hashlib.sha256(data).hexdigest()
    return found


def worker_killed(store: Path, undisturbed: Path, times: int, seed: int) -> Killed:
    """Kill the worker of an export, which nothing but the next worker goes on with."""
    with Client(Store.open(str(store))) as client:
        job = client.start_export("all", "nifti")
    command = [sys.executable, "-m", "cohortgraph", "worker", "--store", str(store), "--concurrency", "1"]
    with Board(f"sqlite:///{store / 'jobs.sqlite'}") as board:
        return _killed("worker", board, job, undisturbed, times, seed, lambda: subprocess.Popen(command))


def server_killed(store: Path, undisturbed: Path, times: int, seed: int) -> Killed:
    """Kill the server, whose own worker ends with it, of an export that was asked for over HTTP."""
    log = store.parent / "serve.log"
    with Board(f"sqlite:///{store / 'jobs.sqlite'}") as board:
        for each in board.jobs():  # one that is there would be taken up
            board.delete(each.id)
    command = [sys.executable, "-m", "cohortgraph", "serve", "--store", str(store), "--port", "0"]

    def start() -> subprocess.Popen[bytes]:
        with log.open("wb") as stream:
            return subprocess.Popen(command, stderr=stream)

    process = start()
    url = _until(lambda: _url(log))
    told = {"cohort": "all", "format": "nifti"}
    identifier = httpx.post(f"{url}/api/exports", json=told, timeout=120).raise_for_status().json()["id"]
    with Board(f"sqlite:///{store / 'jobs.sqlite'}") as board:
        return _killed("server", board, board.job(identifier), undisturbed, times, seed, start, process)


def _killed(
    who: str,
    board: Board,
    job: ExportJob,
    undisturbed: Path,
    times: int,
    seed: int,
    start: Callable[[], subprocess.Popen[bytes]],
    process: subprocess.Popen[bytes] | None = None,
) -> Killed:
    moments, made = random.Random(seed), []
    for turn in range(times):
        process = process or start()
        before = board.job(job.id).progress.samples
        if turn % 3 == 0:
            time.sleep(moments.uniform(0, _STARTING_S))
        else:
            _until(lambda: board.job(job.id).progress.samples > before)  # noqa: B023  asked at once
            time.sleep(moments.uniform(0, _WORKING_S))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process = None
        made.append(board.job(job.id).progress.samples)
    process = start()
    try:
        _until(lambda: board.job(job.id).state in ("done", "failed", "cancelled"))
    finally:
        process.terminate()
        process.wait()
    job = board.job(job.id)
    out = Path(job.out)
    complete = job.state == "done"
    return Killed(
        who,
        times,
        tuple(made),
        job.state,
        complete and verify(Folder(out)).sound,
        complete and contents(out) == contents(undisturbed),
        len(contents(out)) if complete else 0,
        job.attempt,
    )


def _url(log: Path) -> str:
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    return next((line["url"] for line in lines if line.get("event") == "serving"), "")


def _until(holds: Callable[[], object]) -> str:
    ends = time.monotonic() + _WAIT_S
    while not (found := holds()):
        if time.monotonic() > ends:
            raise TimeoutError(f"it did not happen within {_WAIT_S:g} s")
        time.sleep(_LOOK_S)
    return str(found)


def main() -> None:
    """Print a line for worker and server each; exit code 1 where an export is not as the undisturbed one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--series", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = filled(Path(folder), told.series)
        with Client(Store.open(str(store))) as client:
            client.export_cohort("all", Path(folder) / "undisturbed", "nifti", workers=1)
        results = [
            kill(store, Path(folder) / "undisturbed", told.times, told.seed) for kill in (worker_killed, server_killed)
        ]
    print(
        f"{'killed':8}{'times':>6}{'state':>7}{'files':>7}{'verified':>10}{'identical':>11}  samples made at each kill"
    )
    for each in results:
        made = " ".join(map(str, each.made))
        print(
            f"{each.who:8}{each.times:6}{each.state:>7}{each.files:7}{each.sound!s:>10}{each.identical!s:>11}  {made}"
        )
    sys.exit(not all(each.identical and each.sound for each in results))


if __name__ == "__main__":
    main()
