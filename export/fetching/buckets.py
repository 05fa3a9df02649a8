"""Objects of object stores: ``s3://bucket/key``, ``gs://bucket/key``, ``az://container/key``.

Credentials, regions and endpoints come from the environment, as each provider names them (``AWS_ACCESS_KEY_ID``,
``AWS_ENDPOINT_URL``, ``GOOGLE_APPLICATION_CREDENTIALS``, ``AZURE_STORAGE_ACCOUNT_NAME`` …).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

import obstore
from obstore import exceptions, store

from ...errors import ReadError
from ..unwritable import unwritable
from .tries import Later, tried

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ObjectStore, RetryConfig

_ONCE: RetryConfig = {"max_retries": 0, "retry_timeout": timedelta(seconds=60)}
"""Tries are ours, as everywhere."""
_KINDS: dict[str, Callable[[str], ObjectStore]] = {
    "s3": lambda bucket: store.S3Store(bucket, retry_config=_ONCE),
    "gs": lambda bucket: store.GCSStore(bucket, retry_config=_ONCE),
    "az": lambda container: store.AzureStore(container, retry_config=_ONCE),
}
_BLOCK = 1 << 18
_REFUSED: dict[type[Exception], str] = {
    FileNotFoundError: "the store has no such object",
    exceptions.NotFoundError: "the store has no such object",
    exceptions.PermissionDeniedError: "the store refuses it",
    exceptions.UnauthenticatedError: "the store does not accept the credentials in the environment",
    exceptions.InvalidPathError: "it is no key of an object",
    exceptions.PreconditionError: "it changed while it was read",
    exceptions.UnknownConfigurationKeyError: "the environment holds a setting that the store does not know",
    exceptions.NotSupportedError: "the store does not support it",
}


@cache
def _store(scheme: str, bucket: str) -> ObjectStore:
    return _KINDS[scheme](bucket)


def download(uri: str, file: Path) -> None:
    """Bring an object into a file; one that is cut goes on where it stopped, as long as it is the same.

    Raises
    ------
    ReadError
        where it can't be had, and why.
    """
    parts = urlsplit(uri)
    key = unquote(parts.path.removeprefix("/"))
    tags: list[str] = []
    with file.open("wb") as target:
        tried(lambda: _rest(parts.scheme.lower(), parts.netloc, key, target, tags))


def _rest(scheme: str, bucket: str, key: str, target: BinaryIO, tags: list[str]) -> None:
    held = target.tell()
    options: GetOptions = {}
    if held and tags:
        options = {"range": {"offset": held}, "if_match": tags[0]}
    else:
        target.seek(0)
        target.truncate()
    try:
        answer = obstore.get(_store(scheme, bucket), key, options=options)
        tags[:] = [tag] if (tag := answer.meta["e_tag"]) else []
        for block in answer.stream(min_chunk_size=_BLOCK):
            try:
                target.write(block)
            except OSError as error:
                raise unwritable(Path(target.name), error.strerror or str(error)) from error
        if target.tell() != answer.meta["size"]:
            raise Later("the answer ends early")
    except tuple(_REFUSED) as error:
        if isinstance(error, exceptions.PreconditionError):
            tags.clear()  # begin again
            raise Later(_REFUSED[type(error)]) from error
        raise ReadError(_REFUSED[type(error)]) from error
    except exceptions.BaseError as error:
        raise Later(f"the store can't be asked: {type(error).__name__}") from error
