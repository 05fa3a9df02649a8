"""What a server sends as files: one file, the manifest in a ZIP, the objects of a snapshot one by one."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from ..cohorts.contents import Frozen
from ..errors import NotFound, StoreError
from ..export.origin import Located
from ..export.pixels import Taken
from ..export.source import Source, of_snapshot
from ..export.unwritable import unwritable
from ..export.written import ObjectsMissing, Written
from .decode import decoded
from .http import SLOW, Http, segment

if TYPE_CHECKING:
    from ..graph.datasets import Described
    from .remote import RemoteClient

DIGEST = "X-Digest-SHA256"
_PAGE = 10_000
_WRITTEN = "written.json"


def download(http: Http, path: str, file: Path) -> Taken:
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
    return Taken("", digest.hexdigest(), size)


def unpacked(http: Http, method: str, path: str, folder: Path, **request: Any) -> Written:
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
                return decoded(Written, json.loads(archive.read(_WRITTEN)))
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from error


class There:
    """The files of one snapshot, as a server sends them: an export's origin."""

    def __init__(self, client: RemoteClient, ref: str) -> None:
        self._client = client
        self._ref = ref

    def source(self) -> Source:
        """The objects of the snapshot."""
        patient_ids = {each.patient: each.patient_id for page in self._pages() for each in page}
        return of_snapshot(self._client.snapshot(self._ref), patient_ids, self._pages())

    def located(self, page: list[Frozen]) -> Located:
        """The data sets of objects; where their files lie is the server's own business."""
        statement = "UNWIND $uids AS u MATCH (i:Instance {id: u})-[:IN_DATASET]->(d:Dataset) RETURN u AS id, d.id AS d"
        names: dict[str, set[str]] = {}
        for start in range(0, len(page), _SETS_OF):
            uids = [each.sop_instance_uid for each in page[start : start + _SETS_OF]]
            for row in self._client.cypher(statement, {"uids": uids}, limit=_PAGE).table.to_pylist():
                names.setdefault(row["id"], set()).add(row["d"])
        return {uid: ([], "; ".join(sorted(found))) for uid, found in names.items()}

    def take(self, frozen: Frozen, uris: Iterable[str], target: Path | None) -> Taken | str:
        """Download an object; or why it can't be had."""
        assert target is not None  # noqa: S101  an export of files names one
        try:
            return self._client.snapshot_file(self._ref, frozen.sop_instance_uid, target)
        except ObjectsMissing as error:
            return "; ".join(each.reason for each in error.missing)
        except NotFound as error:
            return str(error)

    def datasets(self) -> list[Described]:
        """Every data set, with its terms of use."""
        return self._client.datasets()

    def _pages(self) -> Iterator[list[Frozen]]:
        after = None
        while True:
            page = self._client.snapshot_entries(self._ref, "instances", limit=_PAGE, after=after)
            yield [_frozen(each) for each in page.entries]
            if (after := page.next) is None:
                return


_SETS_OF = 2_000
"""Objects whose data sets are asked for at once; the answer has a row for each of an object's data sets."""


def _frozen(entry: dict[str, str]) -> Frozen:
    names = ("patient", "patientID", "studyInstanceUID", "seriesInstanceUID", "sopInstanceUID", "headerDigest")
    return Frozen(*(entry[name] for name in names))


def file_of(ref: str, uid: str) -> str:
    """The path of an object of a snapshot."""
    return f"/api/snapshots/{segment(ref)}/files/{segment(uid)}"
