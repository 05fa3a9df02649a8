"""Folders of this machine for copies of what lies elsewhere, which go when they are no longer needed.

They may hold data of patients, so none outlives its process for long: each is locked while its process lives, and a
process that makes its first one removes those of this user that no process holds, as after kill -9.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import suppress
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from types import TracebackType

PREFIX = "cohortgraph-"
_LOCK, _FILES = "lock", "files"


class Scratch:
    """An empty folder, ``path``, that goes when it is closed, nothing refers to it or its process ends."""

    def __init__(self) -> None:
        place = tempfile.gettempdir()
        _sweep(place)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        held = _locked(folder)
        self.path = folder / _FILES
        self.path.mkdir()
        # Ends with a process of a pool too, where atexit's handlers don't run; not in a forked one.
        self._remove = Finalize(self, _removed, (folder, held), exitpriority=10)

    def close(self) -> None:
        """Remove the folder and all that it holds."""
        self._remove()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _locked(folder: Path) -> int | None:
    """A lock that its process holds until it ends, whoever has its number then; None where there are none.

    The file gets its name when it is locked: a folder without it is not swept.
    """
    new = folder / f"{_LOCK}.new"
    held = os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    if not _lock(held):
        os.close(held)
        new.unlink()
        return None
    new.rename(folder / _LOCK)
    return held


def _lock(file: int) -> bool:
    """Whether this process holds the file's lock now."""
    try:
        import fcntl
    except ImportError:  # Windows: what was left there stays
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _removed(folder: Path, held: int | None) -> None:
    """The lock goes last, so that a folder of which a part is left is swept."""
    shutil.rmtree(folder / _FILES, ignore_errors=True)
    with suppress(OSError):
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()
    if held is not None:
        os.close(held)


@cache
def _sweep(place: str) -> None:
    """Remove what this user's processes left that have ended."""
    for lock in Path(place).glob(f"{PREFIX}*/{_LOCK}"):
        try:
            status = lock.parent.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
                continue
            held = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            continue
        if _lock(held):
            _removed(lock.parent, held)
        else:
            os.close(held)
