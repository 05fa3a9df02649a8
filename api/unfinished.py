"""Folders that are being filled."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """A folder that is removed, with all that it holds, where filling it fails or nobody waits for it any more."""
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
