"""Which place an address names."""

from __future__ import annotations

from pathlib import Path

from ..errors import UsageError
from .folder import Folder
from .place import Place
from .plan.source import STORES


def place_of(address: str | Path) -> Place:
    """A folder, or a prefix in an object store: ``s3://bucket/prefix``, ``gs://…``, ``az://…``.

    Raises
    ------
    UsageError
        where it is none of these, or the library for stores is not installed.
    """
    scheme, parted, _ = str(address).partition("://")
    if not parted:
        return Folder(Path(address))
    if scheme.lower() not in STORES:
        raise UsageError(f"an export can't be made at {address}; expected a folder, or one of s3://, gs:// and az://")
    try:
        from .bucket import Bucket
    except ImportError as error:
        raise UsageError(f"object stores need {error.name}: pip install 'cohortgraph[export]'") from error
    return Bucket(str(address))
