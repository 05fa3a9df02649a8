"""That a file of an export can't be written."""

from __future__ import annotations

from pathlib import Path

from ..errors import WorkFailed


class Unwritable(WorkFailed):
    """The disk is full, or the folder not ours to write."""


def unwritable(file: Path | str, reason: str) -> Unwritable:
    """That a file can't be written."""
    return Unwritable(
        f"{file} can't be written: {reason}; what is complete stays, and the same command goes on when that is mended"
    )
