"""The objects, in archives that arrive one after the other."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from demo.generate import generate

_PER_PATIENT = 28
"""Objects that the demo draws of a patient, at least."""


def draw(folder: Path, objects: int) -> None:
    """Write the demo's patients, until there are so many objects."""
    generate(folder, patients=-(-objects // _PER_PATIENT))


def pack(source: Path, folder: Path, objects: int, batches: int) -> list[Path]:
    """So many ZIP archives of the first objects under a folder, in the order of their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    files = list(islice(sorted(source.rglob("*.dcm")), objects))
    if len(files) < objects:
        raise ValueError(f"{source} holds {len(files)} objects; expected {objects}")
    size = -(-objects // batches)
    return [
        _zipped(folder / f"{number:03d}.zip", files[begin : begin + size], source)
        for number, begin in enumerate(range(0, objects, size))
    ]


def _zipped(path: Path, files: Sequence[Path], source: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in files:
            archive.write(file, file.relative_to(source))
    return path
