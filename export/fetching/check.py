"""Whether bytes are those of a frozen object: by its header, in whatever encoding."""

from __future__ import annotations

from typing import BinaryIO

from ...dicom import header
from ...errors import StoreError
from ...ingest.reading import kept_header
from ..plan.kept import KeptHeaders

OTHER = "holds another object than was frozen"


def holds(stream: BinaryIO, size: int, digest: str, headers: KeptHeaders) -> bool:
    """Whether the ``size`` bytes of a stream are the object of which a header of that digest was frozen.

    Parameters
    ----------
    headers
        A copy that is encoded otherwise than the frozen one is the same object too (semantics 1.6), which the frozen
        header tells.

    Raises
    ------
    ReadError
        where the header can't be read.
    """
    stream.seek(0)
    blob = kept_header(stream, size)
    if header.digest(blob) == digest:
        return True
    try:
        return header.same_content(headers.get(digest), blob)
    except StoreError:  # it was replaced since, and its header is kept no more
        return False
