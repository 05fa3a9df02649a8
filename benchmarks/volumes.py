"""``python -m benchmarks.volumes FOLDER``: image series → NIfTI, ours beside dcm2niix and plain pydicom with numpy.

Each way is a process of its own over the same series, in turn, several times; start-up is timed apart (an empty run).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import click

_OURS = """
import sys
from pathlib import Path
from cohortgraph.dicom.volumes import File, stacks, values
from cohortgraph.export.writers.niftis import write_nifti
for number, folder in enumerate(sys.argv[2:]):
    files = [File(path.name, path) for path in sorted(Path(folder).iterdir())]
    for each, stack in enumerate(stacks(files) if files else ()):
        write_nifti(values(stack), stack.grid, Path(sys.argv[1]) / f"{number}-{each}.nii.gz")
"""
_PLAIN = """
import gzip, sys
from pathlib import Path
import numpy as np, pydicom
for number, folder in enumerate(sys.argv[2:]):
    read = sorted(map(pydicom.dcmread, Path(folder).iterdir()), key=lambda ds: float(ds.ImagePositionPatient[2]))
    if not read:
        continue
    slope, intercept = (float(read[0].get(f"Rescale{name}", n)) for n, name in ((1, "Slope"), (0, "Intercept")))
    voxels = np.stack([ds.pixel_array * slope + intercept for ds in read])
    with gzip.open(Path(sys.argv[1]) / f"{number}.gz", "wb", 6) as target:
        target.write(voxels.astype(np.int16).tobytes())
"""
_DCM2NIIX = """
import subprocess, sys
import dcm2niix
for folder in sys.argv[2:]:
    command = [dcm2niix.bin, "-z", "i", "-b", "n", "-f", "%j", "-o", sys.argv[1], folder]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
"""
WAYS = {"ours": _OURS, "dcm2niix": _DCM2NIIX, "pydicom + numpy": _PLAIN}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option("--series", default=10, show_default=True, help="Series to convert, the largest first")
@click.option("--times", default=5, show_default=True, help="How often each way is tried")
def main(folder: Path, series: int, times: int) -> None:
    """Convert series of the images under FOLDER."""
    with tempfile.TemporaryDirectory() as scratch:
        folders = apart(folder, Path(scratch), series)
        slices = sum(len(list(each.iterdir())) for each in folders)
        (Path(scratch) / "empty").mkdir()
        print(f"{len(folders)} series, {slices} slices")
        took: dict[str, list[tuple[float, int, int]]] = defaultdict(list)
        for _ in range(times):
            for name, program in WAYS.items():
                base, _, _ = timed(program, [] if name == "dcm2niix" else [Path(scratch) / "empty"])
                seconds, peak, size = timed(program, folders)
                took[name].append((seconds - base, peak, size))
    fastest = median(each[0] for each in took["dcm2niix"])
    for name, each in took.items():
        seconds = median(one[0] for one in each)
        print(
            f"  {name:<16} {1000 * seconds / slices:6.2f} ms a slice  {seconds / fastest:5.2f} × dcm2niix  "
            f"peak {max(one[1] for one in each)} MiB  {each[0][2] / 1e6:.1f} MB"
        )


def apart(folder: Path, target: Path, most: int) -> list[Path]:
    """A folder for each of the largest image series with places in the patient, of links to its files."""
    import pydicom

    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*.dcm")):
        ds = pydicom.dcmread(path, stop_before_pixels=True)
        if "ImagePositionPatient" in ds and ds.get("Modality") in ("CT", "MR"):
            found[ds.SeriesInstanceUID].append(path)
    folders = []
    for uid in sorted(found, key=lambda uid: (-len(found[uid]), uid))[:most]:
        (target / uid).mkdir()
        for number, path in enumerate(found[uid]):
            (target / uid / f"{number:05}.dcm").symlink_to(path.resolve())
        folders.append(target / uid)
    return folders


def timed(program: str, folders: list[Path]) -> tuple[float, int, int]:
    """Seconds of a process, its peak memory in MiB (dcm2niix': that of what starts it), and bytes that it wrote."""
    with tempfile.TemporaryDirectory() as out:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-c", program, out, *map(str, folders)], stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        if status:
            raise RuntimeError(f"a way ended with {status}: {program.splitlines()[1]} …")
        size = sum(path.stat().st_size for path in Path(out).iterdir())
    return seconds, used.ru_maxrss >> 10, size


if __name__ == "__main__":
    main()
