"""What a server sends as files: one file, or the manifest in a ZIP."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from ...errors import StoreError
from ...export.protocol import MadeFile
from ...export.unwritable import unwritable
from ...export.written import Exported
from ..decode import decoded
from .http import SLOW, Http, segment

DIGEST = "X-Digest-SHA256"
_WRITTEN = "written.json"


def download(http: Http, path: str, file: Path) -> MadeFile:
    """Write an answer into a file, which appears whole, or not at all where it is not what its digest says.

    Raises
    ------
    WorkFailed
        where the file can't be written; StoreError where it did not arrive as it was sent.
    """
    partial = file.with_name(f"{file.name}.partial")
    try:
        with http.stream("GET", path, timeout=SLOW) as answer:
            file.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as target:
                digest, size = hashlib.sha256(), 0
                for block in answer.iter_bytes():
                    digest.update(block)
                    size += target.write(block)
            if answer.headers.get(DIGEST, digest.hexdigest()) != digest.hexdigest():
                raise StoreError(f"{file} did not arrive as the server sent it; the same command tries again")
        partial.replace(file)
    except OSError as error:
        raise unwritable(file, error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return MadeFile(str(file), digest.hexdigest(), size)


def unpacked(http: Http, method: str, path: str, folder: Path, **request: Any) -> Exported:
    """Write the files of a ZIP into a folder, each whole, and tell what the server says of them."""
    import json

    try:
        with tempfile.TemporaryFile() as packed:
            with http.stream(method, path, timeout=SLOW, **request) as answer:
                for block in answer.iter_bytes():
                    packed.write(block)
            folder.mkdir(parents=True, exist_ok=True)
            with ZipFile(packed) as archive:
                for name in archive.namelist():
                    if name != _WRITTEN:
                        partial = folder / f"{Path(name).name}.partial"
                        partial.write_bytes(archive.read(name))
                        partial.replace(folder / Path(name).name)
                return decoded(Exported, json.loads(archive.read(_WRITTEN)))
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from error


def file_of(ref: str, uid: str) -> str:
    """The path of an object of a snapshot."""
    return f"/api/snapshots/{segment(ref)}/files/{segment(uid)}"
