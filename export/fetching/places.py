"""Objects from where the plan says they lie: files, members of archives, services; and from where else they may be."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ...dicom.content import UNPACK_ERRORS
from ...dicom.scratch import Scratch
from ...errors import ReadError, UsageError
from ...ingest.reading import reason_of
from ..plan.kept import KeptHeaders
from ..plan.model import PlannedObject
from ..plan.source import WEB, is_remote, source, without_secrets
from ..protocol import Fetch, Fetched
from ..unwritable import unwritable
from .check import OTHER, holds
from .opened import opened

_AT_ONCE = 8
"""Objects that come over the network at the same time: most of the time is spent in waiting."""


@contextmanager
def places(headers: KeptHeaders, sources: Iterable[str] = (), patient_id: str = "") -> Iterator[Fetch]:
    """What reads objects from the first place that still holds them; its files stay until the context ends.

    A file is read where it lies; a member of an archive, and what comes from a server, becomes a file that goes with
    the context. This machine's places are tried first, then servers in their order, several objects at a time.

    Parameters
    ----------
    headers
        The frozen headers: the plan's.
    sources
        Where else objects may be had; see :func:`~.source.source`.
    patient_id
        Patient ID, which a template of ``sources`` may name.
    """
    others = tuple(map(source, sources))
    with Scratch() as folder, ThreadPoolExecutor(_AT_ONCE) as threads:

        def fetch(objects: Iterable[PlannedObject]) -> tuple[dict[str, Fetched], dict[str, str]]:
            found: dict[str, Fetched] = {}
            missing: dict[str, str] = {}
            afar: list[tuple[PlannedObject, list[str], list[str]]] = []
            for each in objects:
                uris = [*each.uris, *(other.uri(each, patient_id) for other in others)]
                taken = _first(_near, each, [uri for uri in uris if not is_remote(uri)], headers, folder)
                remote = list(dict.fromkeys(filter(is_remote, uris)))
                if isinstance(taken, Fetched):
                    found[each.sop_instance_uid] = taken
                elif remote:
                    afar.append((each, remote, taken))
                else:
                    missing[each.sop_instance_uid] = _told(taken)
            tasks = [threads.submit(_first, _far, each, uris, headers, folder) for each, uris, _ in afar]
            for (each, _, before), task in zip(afar, tasks, strict=True):
                try:
                    taken = task.result()
                except BaseException:
                    threads.shutdown(wait=False, cancel_futures=True)
                    raise
                if isinstance(taken, Fetched):
                    found[each.sop_instance_uid] = taken
                else:
                    missing[each.sop_instance_uid] = _told(before + taken)
            return found, missing

        yield fetch


def _first(
    read: Callable[[str, PlannedObject, KeptHeaders, Path], Path | None],
    wanted: PlannedObject,
    uris: Iterable[str],
    headers: KeptHeaders,
    scratch: Path,
) -> Fetched | list[str]:
    """A file with the object, or why each place has none."""
    reasons = []
    for uri in uris:
        try:
            if file := read(uri, wanted, headers, scratch):
                return Fetched(file, without_secrets(uri))
            reasons.append(f"{without_secrets(uri)} ({OTHER})")
        except (ReadError, UsageError, *UNPACK_ERRORS) as error:
            reasons.append(f"{without_secrets(uri)} ({reason_of(error)})")
    return reasons


def _told(reasons: list[str]) -> str:
    return "; ".join(reasons) or "no location of it is known"


def _near(uri: str, wanted: PlannedObject, headers: KeptHeaders, scratch: Path) -> Path | None:
    stream, file = opened().open(uri)
    with stream:
        if holds(stream, stream.seek(0, 2), wanted.header_digest, headers):
            return file or _copied(stream, scratch)
    return None


def _far(uri: str, wanted: PlannedObject, headers: KeptHeaders, scratch: Path) -> Path | None:
    if uri.partition("://")[0].lower() in WEB:
        from .web import download
    else:
        from .buckets import download
    with tempfile.NamedTemporaryFile(dir=scratch, suffix=".dcm", delete=False) as made:
        file = Path(made.name)
    kept = False
    try:
        download(uri, file)
        with file.open("rb") as stream:
            kept = holds(stream, file.stat().st_size, wanted.header_digest, headers)
    except ImportError as error:
        raise ReadError(f"it needs {error.name}: pip install 'cohortgraph[export]'") from error
    finally:
        if not kept:
            file.unlink()
    return file if kept else None


def _copied(stream: BinaryIO, scratch: Path) -> Path:
    """A member of an archive as a file of its own."""
    stream.seek(0)
    with tempfile.NamedTemporaryFile(dir=scratch, suffix=".dcm", delete=False) as target:
        while block := stream.read(1 << 20):
            try:
                target.write(block)
            except OSError as error:
                raise unwritable(Path(target.name), error.strerror or str(error)) from error
    return Path(target.name)
