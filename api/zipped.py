"""A folder as a ZIP stream: written for one request, sent file by file, then removed."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

from fastapi.responses import FileResponse, StreamingResponse
from starlette.background import BackgroundTask

from .bulk import Drain
from .served import Served, dumped, plain
from .unfinished import unfinished

OUTGOING = "outgoing"
WRITTEN = "written.json"
DIGEST = "X-Digest-SHA256"
_BLOCK = 1 << 20
_LEFT_S = 24 * 3600
LONG_S = 12 * 3600.0
"""Seconds that writing many files may take, a backup or an export."""


async def zipped(asked: Served, write: Callable[[Path], Any], name: str) -> StreamingResponse:
    """What ``write`` puts into the folder that it is given, and ``written.json``, which holds what it returns.

    Parameters
    ----------
    name
        Of the file that a browser saves.
    """
    outgoing = asked.client.directory / OUTGOING
    outgoing.mkdir(exist_ok=True)
    with unfinished(Path(tempfile.mkdtemp(dir=outgoing))) as place:
        folder = place / "files"
        written = await asked.read(lambda: write(folder), LONG_S)
    parts = asked.server.readers.pages(_packed(folder, dumped(plain(written))))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    removal = BackgroundTask(shutil.rmtree, place, ignore_errors=True)
    return StreamingResponse(parts, media_type="application/zip", headers=headers, background=removal)


async def sent(
    asked: Served, write: Callable[[Path], Any], name: str, digest: Callable[[Any], str] | None = None
) -> FileResponse:
    """The file that ``write`` makes at the path that it is given; ``digest`` of what it returns is its SHA-256."""
    outgoing = asked.client.directory / OUTGOING
    outgoing.mkdir(exist_ok=True)
    with unfinished(Path(tempfile.mkdtemp(dir=outgoing))) as place:
        written = await asked.read(lambda: write(place / name), LONG_S)
    removal = BackgroundTask(shutil.rmtree, place, ignore_errors=True)
    headers = {DIGEST: digest(written)} if digest else None
    return FileResponse(place / name, filename=name, headers=headers, background=removal)


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
