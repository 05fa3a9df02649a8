"""Arrow's streaming format, read from an answer while it arrives."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pyarrow as pa

from ...errors import StoreError
from .http import SLOW, Http

_BLOCK = 1 << 16


def batches(http: Http, path: str, asked: dict[str, Any]) -> pa.RecordBatchReader:
    """The batches of an answer, read as they are taken."""
    opened = ExitStack()
    answer = opened.enter_context(http.stream("POST", path, timeout=SLOW, **asked))
    try:
        source = pa.ipc.open_stream(pa.PythonFile(io.BufferedReader(_Body(answer.iter_bytes(_BLOCK))), "r"))
    except BaseException:
        opened.close()
        raise

    def each() -> Iterator[pa.RecordBatch]:
        with opened:
            yield from _whole(source, http.url)

    return pa.RecordBatchReader.from_batches(source.schema, each())


def table(http: Http, path: str, asked: dict[str, Any]) -> tuple[pa.Table, Any]:
    """A whole answer, and its headers."""
    with http.stream("POST", path, **asked) as answer:
        return pa.ipc.open_stream(answer.read()).read_all(), answer.headers


def _whole(source: Any, url: str) -> Iterator[pa.RecordBatch]:
    try:
        yield from source
    except (pa.ArrowInvalid, OSError) as error:
        raise StoreError(f"the server at {url} did not finish its answer ({error})") from error


class _Body(io.RawIOBase):
    """The bytes of an answer as a file."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._rest = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, target: Any) -> int:
        """Fill ``target`` as far as the next part does."""
        if not self._rest:
            self._rest = next(self._parts, b"")
        taken = self._rest[: len(target)]
        target[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)
