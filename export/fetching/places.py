"""Objects from where the plan says they lie: files, members of archives, services; and from where else they may be."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ...dicom.content import UNPACK_ERRORS
from ...errors import ReadError, UsageError
from ...ingest.reading import reason_of
from ..pixels import unwritable
from ..plan.model import PlannedObject
from ..writers.protocol import Fetch
from .check import OTHER, KeptHeaders, holds
from .opened import opened


@contextmanager
def places(headers: KeptHeaders) -> Iterator[Fetch]:
    """What reads objects from the first place that still holds them; its files stay until the context ends.

    A file is read where it lies; a member of an archive becomes a file that goes with the context.

    Parameters
    ----------
    headers
        The frozen headers: the plan's.
    """
    with tempfile.TemporaryDirectory(prefix="cohortgraph-") as folder:

        def fetch(objects: Iterable[PlannedObject]) -> tuple[dict[str, Path], dict[str, str]]:
            found: dict[str, Path] = {}
            missing: dict[str, str] = {}
            for each in objects:
                taken = _taken(each, headers, Path(folder))
                if isinstance(taken, Path):
                    found[each.sop_instance_uid] = taken
                else:
                    missing[each.sop_instance_uid] = taken
            return found, missing

        yield fetch


def _taken(wanted: PlannedObject, headers: KeptHeaders, scratch: Path) -> Path | str:
    """A file with the object, or why there is none."""
    reasons = []
    for uri in wanted.uris:
        try:
            stream, file = opened().open(uri)
            with stream:
                if holds(stream, stream.seek(0, 2), wanted.header_digest, headers):
                    return file or _copied(stream, scratch)
            reasons.append(f"{uri} ({OTHER})")
        except (ReadError, UsageError, *UNPACK_ERRORS) as error:
            reasons.append(f"{uri} ({reason_of(error)})")
    return "; ".join(reasons) or "no location of it is known"


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
