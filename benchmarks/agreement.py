"""``python -m benchmarks.agreement FOLDER``: volumes of real series beside SimpleITK's and dcm2niix's, a line each.

``equal`` means: each voxel within one stored step, and each voxel's place within a thousandth of a mm (SimpleITK) or of
a voxel (dcm2niix, whose affine is of float32); axes that dcm2niix swaps or turns around are turned back. dcm2niix
scales as displayed (-p n), as DICOM's own rescaling does, not by Philips' private slopes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from cohortgraph.dicom.volumes import File, Stack, Values, stacks, values
from cohortgraph.errors import ReadError

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_NO_IMAGES = ("SEG", "SR", "ANN", "PR", "KO", "ECG", "RTSTRUCT", "SM")

Array = NDArray[Any]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
def main(folder: Path) -> None:
    """Compare the image series under FOLDER."""
    import SimpleITK

    quiet: Any = SimpleITK.ProcessObject
    quiet.SetGlobalWarningDisplay(False)
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    print("series\tvolumes\tSimpleITK\tdcm2niix")
    for name, files in series(folder):
        try:
            found = [(stack, values(stack)) for stack in stacks(files)]
        except ReadError as error:
            print(f"{name}\t{error}")
            continue
        shapes = "; ".join(sorted({"×".join(map(str, stack.grid.shape)) for stack, _ in found}))
        told = [by_simpleitk(*each) for each in found]
        itk = ", ".join(sorted(set(told)))
        niix = by_dcm2niix(found, files)
        counts["SimpleITK", "equal" if itk == "equal" else "otherwise"] += 1
        counts["dcm2niix", "equal" if niix == "equal" else "otherwise"] += 1
        print(f"{name}\t{len(found)} of {shapes}\t{itk}\t{niix}", flush=True)
    for (reader, outcome), count in sorted(counts.items()):
        print(f"{reader}: {count} {outcome}")


def series(folder: Path) -> Iterator[tuple[str, list[File]]]:
    """The image series, an object's first file each, named by a file."""
    import pydicom

    found: defaultdict[str, dict[str, File]] = defaultdict(dict)
    for path in sorted(folder.rglob("*.dcm")):
        try:
            ds = pydicom.dcmread(path, stop_before_pixels=True)
            uid, modality = str(ds.SOPInstanceUID), ds.get("Modality", "")
        except Exception:  # not all real files are sound
            continue
        if "Rows" in ds and "SeriesInstanceUID" in ds and modality not in _NO_IMAGES and "fuzz" not in str(path):
            found[ds.SeriesInstanceUID].setdefault(uid, File(uid, path))
    for files in found.values():
        first = next(iter(files.values())).path
        yield str(first.relative_to(folder)), list(files.values())


def by_simpleitk(stack: Stack, found: Values) -> str:
    """How SimpleITK reads the same slices."""
    import SimpleITK

    paths = list(dict.fromkeys(str(frame.path) for frame in stack.frames))
    image: Any
    try:
        image = SimpleITK.ReadImage(paths if len(paths) > 1 else paths[0])
    except RuntimeError:
        return "can't read it"
    theirs: Array = SimpleITK.GetArrayFromImage(image)
    numbers = [frame.number for frame in stack.frames]
    if len(paths) == 1 and theirs.shape[0] >= max(numbers):
        theirs = theirs[[number - 1 for number in numbers]]
    if theirs.shape != found.array.shape:
        return f"shape {theirs.shape}"
    if not _close(found.real(), theirs, found.slope):
        return "other values"
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    # of a single slice it knows no thickness, of frames of one file no place but the first one's
    known = [0, 1, 2, 3] if len(paths) > 1 else [0, 1]
    return "equal" if np.abs(affine - stack.grid.affine)[:, known].max() <= 1e-3 else "other places"


def by_dcm2niix(found: list[tuple[Stack, Values]], files: list[File]) -> str:
    """Whether each volume is among those that dcm2niix makes of the same files."""
    import dcm2niix
    import nibabel

    with tempfile.TemporaryDirectory() as scratch:
        source, target = Path(scratch) / "in", Path(scratch) / "out"
        source.mkdir()
        target.mkdir()
        for number, file in enumerate(files):
            (source / f"{number:05}.dcm").symlink_to(file.path.resolve())
        command = [dcm2niix.bin, "-z", "n", "-p", "n", "-b", "n", "-f", "%s_%d", "-o", str(target), str(source)]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        theirs: list[tuple[Array, Array]] = []
        for path in sorted(target.glob("*.nii")):
            image: Any = nibabel.load(path)
            theirs += _volumes(np.asanyarray(image.dataobj), image.affine)
        told = {_beside(stack, mine, theirs) for stack, mine in found}
        return ", ".join(sorted(told)) if theirs else "makes none"


def _volumes(array: Array, affine: Array) -> Iterator[tuple[Array, Array]]:
    """Three-dimensional volumes, with colour last."""
    if array.dtype.names:
        array = np.stack([array[name] for name in array.dtype.names], axis=-1)
        colour = array.reshape(*array.shape[:3], -1, 3)
        yield from ((colour[..., index, :], affine) for index in range(colour.shape[3]))
        return
    array = array.reshape(*(*array.shape, 1, 1)[:3], -1)
    yield from ((array[..., index], affine) for index in range(array.shape[3]))


def _beside(stack: Stack, found: Values, theirs: list[tuple[Array, Array]]) -> str:
    mine = np.moveaxis(found.real(), (0, 1, 2), (2, 1, 0))
    affine = _LPS_TO_RAS @ stack.grid.affine
    outcome = "other shape"
    for array, their_affine in theirs:
        turned = _turned(array, their_affine, affine)
        if turned is None or turned[0].shape != mine.shape:
            continue
        same = _close(mine, turned[0], found.slope)
        near = bool(np.abs(np.linalg.solve(affine, turned[1]) - np.eye(4))[:3].max() < 1e-3)
        single = len(stack.frames) == 1
        if same and (near or single):
            return "equal"
        outcome = "other places" if same else outcome if outcome == "other places" else "other values"
    return outcome


def _turned(array: Array, affine: Array, wanted: Array) -> tuple[Array, Array] | None:
    """Axes of an array swapped and turned around as brings it nearest to what is wanted; None where nothing does."""
    axes = np.linalg.solve(wanted[:3, :3], affine[:3, :3])
    swapped = np.abs(axes).argmax(axis=1)
    if sorted(swapped) != [0, 1, 2]:
        return None
    array, affine = np.moveaxis(array, swapped, (0, 1, 2)), affine[:, [*swapped, 3]]
    for axis in range(3):
        if axes[axis, swapped[axis]] < 0:
            array = np.flip(array, axis)
            affine[:3, 3] += affine[:3, axis] * (array.shape[axis] - 1)
            affine[:3, axis] *= -1
    return array, affine


def _close(mine: Array, theirs: Array, step: float) -> bool:
    allowed = max(abs(step), 1e-4 * float(np.abs(theirs.astype(float)).max())) if step != 1 else 1e-3
    return bool(np.abs(mine.astype(float) - theirs.astype(float)).max() <= allowed)


if __name__ == "__main__":
    sys.exit(main())
