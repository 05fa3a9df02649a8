"""Archives that stay open in a process from one sample to the next: a large one is listed and unpacked once."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from multiprocessing.util import Finalize
from pathlib import Path
from typing import BinaryIO

from ...dicom.location import Locations, Place, parse
from ...dicom.scratch import Scratch

_MOST = 4
"""Archives of this machine's files open at a time in a thread: what is unpacked of them takes space."""

_OF_THREAD = threading.local()
_ALL: list[Opened] = []


class Opened:
    """Files and members of archives by their URI; the archives read last stay open."""

    def __init__(self) -> None:
        self._archives: OrderedDict[tuple[str, int, int], tuple[Locations, Scratch]] = OrderedDict()

    def open(self, uri: str) -> tuple[BinaryIO, Path | None]:
        """A readable, seekable stream of a location's bytes, and the file that holds nothing else, where there is one.

        Raises
        ------
        UsageError
            where ``uri`` is no location.
        ReadError, OSError
            where it can't be opened.
        """
        place = parse(uri)
        if not place.members:
            return place.path.open("rb"), place.path
        return self._locations(place).open(uri), None

    def _locations(self, place: Place) -> Locations:
        status = os.stat(place.path)  # noqa: PTH116  an archive that changed is another one
        key = (os.fspath(place.path), status.st_mtime_ns, status.st_size)
        if key not in self._archives:
            while len(self._archives) >= _MOST:
                self._close(*self._archives.popitem(last=False)[1])
            scratch = Scratch()
            self._archives[key] = Locations(scratch.path), scratch
        self._archives.move_to_end(key)
        return self._archives[key][0]

    @staticmethod
    def _close(locations: Locations, scratch: Scratch) -> None:
        locations.close()
        scratch.close()

    def close(self) -> None:
        """Remove everything that was unpacked."""
        while self._archives:
            self._close(*self._archives.popitem()[1])


def opened() -> Opened:
    """What this thread has open, until its process ends."""
    if not hasattr(_OF_THREAD, "opened"):
        _OF_THREAD.opened = Opened()
        _ALL.append(_OF_THREAD.opened)
        if len(_ALL) == 1:  # runs at the end of a process of a pool too, where atexit's handlers don't
            Finalize(None, _close_all, exitpriority=10)
    return _OF_THREAD.opened  # type: ignore[no-any-return]


def _close_all() -> None:
    while _ALL:
        _ALL.pop().close()
