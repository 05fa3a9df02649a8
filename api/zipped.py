"""A folder as a ZIP stream: written for one request, sent file by file, then removed."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from .bulk import Drain
from .served import Served, dumped, plain

OUTGOING = "outgoing"
WRITTEN = "written.json"
_BLOCK = 1 << 20
_LEFT_S = 24 * 3600


async def zipped(asked: Served, write: Callable[[Path], Any], name: str) -> StreamingResponse:
    """What ``write`` puts into the folder that it is given, and ``written.json``, which holds what it returns.

    Parameters
    ----------
    name
        Of the file that a browser saves.
    """
    outgoing = asked.client.directory / OUTGOING
    outgoing.mkdir(exist_ok=True)
    place = Path(tempfile.mkdtemp(dir=outgoing))
    folder = place / "files"
    try:
        written = await asked.read(lambda: write(folder))
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    parts = asked.server.readers.pages(_packed(folder, dumped(plain(written))))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    removal = BackgroundTask(shutil.rmtree, place, ignore_errors=True)
    return StreamingResponse(parts, media_type="application/zip", headers=headers, background=removal)


def clear(store: Path) -> None:
    """Remove what an earlier server was about to send when it was killed, but not what another one is sending now."""
    for left in (store / OUTGOING).glob("*"):
        if time.time() - left.stat().st_mtime > _LEFT_S:
            shutil.rmtree(left, ignore_errors=True)


def _packed(folder: Path, written: bytes) -> Iterator[bytes]:
    drain = Drain()
    with ZipFile(drain, "w", ZIP_STORED) as target:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            with path.open("rb") as source, target.open(str(path.relative_to(folder)), "w") as member:
                while block := source.read(_BLOCK):
                    member.write(block)
                    yield drain.taken()
        target.writestr(WRITTEN, written)
    yield drain.taken()
