"""Object stores: what lies there is read, written and listed by its URI, such as ``s3://bucket/key``.

Credentials, regions and endpoints come from the environment, as each provider names them (``AWS_ACCESS_KEY_ID``,
``AWS_ENDPOINT_URL``, ``GOOGLE_APPLICATION_CREDENTIALS``, ``AZURE_STORAGE_ACCOUNT_NAME`` …).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar
from urllib.parse import unquote, urlsplit

import obstore
from obstore import exceptions, store

from ...errors import ReadError
from ..unwritable import unwritable
from .tries import Later, tried

if TYPE_CHECKING:
    from obstore import GetOptions, ObjectMeta
    from obstore.store import ObjectStore, RetryConfig

_ONCE: RetryConfig = {"max_retries": 0, "retry_timeout": timedelta(seconds=60)}
"""Tries are ours, as everywhere."""
_PARTS: RetryConfig = {"max_retries": 4, "retry_timeout": timedelta(seconds=180)}
"""But those of a part of a large file: without them all parts would be sent again for one."""
_KINDS: dict[str, Callable[[str, RetryConfig], ObjectStore]] = {
    "s3": lambda bucket, retries: store.S3Store(bucket, retry_config=retries),
    "gs": lambda bucket, retries: store.GCSStore(bucket, retry_config=retries),
    "az": lambda container, retries: store.AzureStore(container, retry_config=retries),
}
_BLOCK = 1 << 18
PART = 8 << 20
"""Bytes of a part; a smaller file is sent as a whole."""
_MOST_PARTS = 10_000
"""Of a file, in S3."""
_PARTS_AT_ONCE = 8
"""Of a file; each is in memory."""
_AT_ONCE = 500
_STATUS = re.compile(r"\b(4\d\d) [A-Z][A-Za-z ]+")
_CODE = re.compile(r"<Code>(\w+)</Code>")
_OF_THE_MACHINE = re.compile(r"https?://(169\.254\.169\.254|metadata(\.google\.internal)?)[:/]")
_ELSEWHERE = "incorrectly configured region"
_BUSY = ("408", "409", "429")
_REFUSED: dict[type[Exception], str] = {
    exceptions.PermissionDeniedError: "the store refuses it to the credentials in the environment",
    exceptions.UnauthenticatedError: "the store does not accept the credentials in the environment",
    exceptions.InvalidPathError: "it is no key of an object",
    exceptions.UnknownConfigurationKeyError: "the environment holds a setting that the store does not know",
    exceptions.NotSupportedError: "the store does not support it",
}


T = TypeVar("T")


class _Nothing(ReadError):
    """Nothing lies there."""


class _Changed(Later):
    """It is another object than a part of it that is here already."""


@cache
def _store(scheme: str, bucket: str, *, parts: bool = False) -> ObjectStore:
    return _KINDS[scheme](bucket, _PARTS if parts else _ONCE)


def download(uri: str, file: Path) -> None:
    """Bring an object into a file; one that is cut goes on where it stopped, as long as it is the same.

    Raises
    ------
    ReadError
        where it can't be had, and why.
    """
    place, key = _place(uri)
    tags: list[str] = []

    def once() -> None:
        try:
            with _asking():
                _rest(place, key, target, tags)
        except _Changed:
            tags.clear()  # begin again
            raise

    with file.open("wb") as target:
        tried(once)


def _rest(place: ObjectStore, key: str, target: BinaryIO, tags: list[str]) -> None:
    held = target.tell()
    options: GetOptions = {}
    if held and tags:
        options = {"range": {"offset": held}, "if_match": tags[0]}
    else:
        target.seek(0)
        target.truncate()
    answer = obstore.get(place, key, options=options)
    tags[:] = [found] if (found := answer.meta["e_tag"]) else []
    for block in answer.stream(min_chunk_size=_BLOCK):
        try:
            target.write(block)
        except OSError as error:
            raise unwritable(Path(target.name), error.strerror or str(error)) from error
    if target.tell() != answer.meta["size"]:
        raise Later("the answer ends early")


def upload(file: Path, uri: str) -> None:
    """Write a file into a store, where it appears whole; a large one goes in parts, each tried again by itself.

    Raises
    ------
    ReadError
        where it can't be written, and why.
    """
    place, key = _place(uri, parts=True)
    part = max(PART, -(-file.stat().st_size // _MOST_PARTS))

    def once() -> None:
        with file.open("rb") as stream, _asking():
            obstore.put(place, key, stream, chunk_size=part, max_concurrency=_PARTS_AT_ONCE)

    tried(once)


def read(uri: str) -> bytes | None:
    """What lies there; None where nothing does."""
    place, key = _place(uri)
    return _of_existing(lambda: bytes(obstore.get(place, key).bytes()))


def tag(uri: str) -> str | None:
    """What changes when what lies there is written anew; None where nothing lies there."""
    place, key = _place(uri)
    meta = _of_existing(lambda: obstore.head(place, key))
    return str(meta["e_tag"] or meta["last_modified"]) if meta else None


def size(uri: str) -> int | None:
    """How many bytes lie there; None where nothing does."""
    place, key = _place(uri)
    meta = _of_existing(lambda: obstore.head(place, key))
    return meta["size"] if meta else None


def digest(uri: str) -> str | None:
    """SHA-256 of what lies there; None where nothing does."""
    place, key = _place(uri)

    def once() -> str:
        found = hashlib.sha256()
        for block in obstore.get(place, key).stream(min_chunk_size=_BLOCK):
            found.update(block)
        return found.hexdigest()

    return _of_existing(once)


def names(uri: str) -> Iterator[tuple[str, int]]:
    """The keys that begin with a prefix, without it, and the bytes that lie there."""
    place, prefix = _place(uri)
    last: str | None = None

    def page(pages: Iterator[Sequence[ObjectMeta]]) -> Sequence[ObjectMeta]:
        with _asking():
            return next(pages, ())

    def begun() -> tuple[Iterator[Sequence[ObjectMeta]], Sequence[ObjectMeta]]:
        with _asking():
            pages = iter(obstore.list(place, prefix, offset=last))
        return pages, page(pages)

    pages, some = tried(begun)
    while some:
        for each in some:
            yield each["path"].removeprefix(prefix).removeprefix("/"), each["size"]
        last = some[-1]["path"]
        try:
            some = page(pages)
        except Later:
            pages, some = tried(begun)  # behind the last key


def remove(uris: Iterable[str]) -> None:
    """Remove what lies there, if anything does."""
    remaining = iter(uris)
    while some := list(islice(remaining, _AT_ONCE)):
        place, _ = _place(some[0])
        keys = [_place(each)[1] for each in some]

        def once(place: ObjectStore = place, keys: list[str] = keys) -> None:
            with _asking():
                obstore.delete(place, keys)

        with suppress(_Nothing):
            tried(once)


def _of_existing(ask: Callable[[], T]) -> T | None:
    def once() -> T:
        with _asking():
            return ask()

    try:
        return tried(once)
    except _Nothing:
        return None


def _place(uri: str, *, parts: bool = False) -> tuple[ObjectStore, str]:
    told = urlsplit(uri)
    return _store(told.scheme.lower(), told.netloc, parts=parts), unquote(told.path.removeprefix("/"))


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except ReadError:  # ours, which are ValueErrors too
        raise
    except exceptions.PreconditionError as error:
        raise _Changed("it changed while it was read") from error
    except (FileNotFoundError, exceptions.NotFoundError) as error:
        raise _Nothing("the store has no such object") from error
    except ValueError as error:
        raise ReadError("it is no key of an object") from error
    except tuple(_REFUSED) as error:
        raise ReadError(f"{_REFUSED[type(error)]}{_code(error)}") from error
    except exceptions.BaseError as error:
        answered = _STATUS.search(str(error))
        final = answered is not None and answered[1] not in _BUSY
        if _OF_THE_MACHINE.search(str(error)):
            told = "the environment holds no credentials, nor has this machine any of its own"
        elif _ELSEWHERE in str(error):
            final, told = True, "the bucket lies in another region than the environment says, such as in AWS_REGION"
        elif answered and final:
            told = f"the store answers {answered[0]}{_code(error)}"
        else:
            told = f"the store can't be asked: {answered[0] if answered else type(error).__name__}"
        raise (ReadError if final else Later)(told) from error


def _code(error: Exception) -> str:
    """What the store says it is, such as `` (InvalidAccessKeyId)``."""
    found = _CODE.search(str(error))
    return f" ({found[1]})" if found else ""
