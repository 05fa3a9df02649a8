"""One owner process for an embedded store: a lock of the operating system, which ``kill -9`` frees too."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from ...errors import StoreError, StoreOwned

_held: set[Path] = set()
"""What this process owns: the lock of POSIX stops other processes, not a second opener in this one."""
_guard = threading.Lock()
_LONGEST = 4096


class Lock:
    """The lock of one store directory, held until ``release``.

    Parameters
    ----------
    directory
        Its file ``lock`` is locked and names the owner's process and, in a second line, the URL of its server.

    Raises
    ------
    StoreError
        where this process owns the store already.
    StoreOwned
        where another process does; names its server, where it is one.
    """

    def __init__(self, directory: Path) -> None:
        self._path = (directory / "lock").resolve()
        with _guard:
            if self._path in _held:
                raise StoreError(f"{directory} is open in this process already; close it first")
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            if not _try_lock(self._file):
                owner = os.read(self._file, _LONGEST).decode("ascii", "replace")
                os.close(self._file)
                raise _owned(directory, *owner.splitlines())
            self._write(f"{os.getpid()}\n")
            _held.add(self._path)

    def serve_at(self, url: str) -> None:
        """Tell others where this process answers for the store."""
        with _guard:
            self._write(f"{os.getpid()}\n{url}\n")

    def release(self) -> None:
        """Let others own the store; releasing twice is no error."""
        with _guard:
            if self._path in _held:
                _held.discard(self._path)
                os.truncate(self._file, 0)
                os.close(self._file)

    def _write(self, text: str) -> None:
        os.truncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, text.encode())


def _owned(directory: Path, process: str = "", url: str = "", *_: str) -> StoreOwned:
    if url:
        message = f"{directory} is served at {url} by process {process}; ask there, or stop that server"
    else:
        message = (
            f"{directory} is owned by process {process or 'unknown'}; stop it or wait until it ends: "
            "an embedded store has one owner at a time"
        )
    return StoreOwned(message, int(process) if process.isdigit() else None, url)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: int) -> bool:
        os.lseek(file, 1 << 30, os.SEEK_SET)  # far behind the text, which others may read
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(file, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _try_lock(file: int) -> bool:
        # lockf, not flock: a forked worker does not inherit it, so that it ends with the owner.
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
