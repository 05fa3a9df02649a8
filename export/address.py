"""Which place an address names."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..errors import UsageError
from .folder import Folder
from .place import Place
from .plan.source import STORES


def place_of(address: str | Path) -> Place:
    """A folder, as a path or ``file:///…``, or a prefix in an object store: ``s3://bucket/prefix``, ``gs://…``, ``az://…``.

    Raises
    ------
    UsageError
        where it is none of these, or the library for stores is not installed.
    """
    scheme, parted, _ = str(address).partition("://")
    if not parted:
        return Folder(Path(address))
    if scheme.lower() == "file":
        return Folder(_path(str(address)))
    if scheme.lower() not in STORES:
        raise UsageError(f"an export can't be made at {address}; expected a folder, or one of s3://, gs:// and az://")
    try:
        from .bucket import Bucket
    except ImportError as error:
        raise UsageError(f"object stores need {error.name}: pip install 'cohortgraph[export]'") from error
    return Bucket(str(address))


def folder_of(address: str | Path) -> Path:
    """A folder of this machine.

    Raises
    ------
    UsageError
        where it is something else, such as an object store.
    """
    place = place_of(address)
    if not isinstance(place, Folder):
        raise UsageError(f"files are brought into a folder of this machine, not to {place.address}; name a folder")
    return place.out


def _path(address: str) -> Path:
    parts = urlsplit(address)
    path = Path(unquote(parts.path))
    if parts.netloc not in ("", "localhost") or parts.query or parts.fragment or path == Path(path.anchor):
        raise UsageError(f"{address} is no folder of this machine; expected such as file:///data/export, or its path")
    return path
