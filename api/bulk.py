"""Arrow batches as the bytes of a stream: each batch is written, sent and forgotten."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..queries.answers.cells import cell

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
CSV = "text/csv; charset=utf-8"


class Drain(io.RawIOBase):
    """A file that hands out what was written to it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """How much was written."""
        return self._position

    def write(self, data: Any) -> int:
        """Take bytes."""
        part = bytes(data)
        self._parts.append(part)
        self._position += len(part)
        return len(part)

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def as_arrow(columns: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """In Arrow's streaming format."""
    drain = Drain()
    with pa.ipc.new_stream(pa.PythonFile(drain, "w"), columns) as writer:
        yield drain.taken()
        for batch in batches:
            writer.write_batch(batch)
            yield drain.taken()
    yield drain.taken()


def as_parquet(columns: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """As a Parquet file, a row group for each batch."""
    drain = Drain()
    with pq.ParquetWriter(pa.PythonFile(drain, "w"), columns, compression="zstd") as writer:
        yield drain.taken()
        for batch in batches:
            writer.write_batch(batch)
            yield drain.taken()
    yield drain.taken()


def as_csv(columns: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """As CSV (RFC 4180), with a line of names."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns.names)
    for batch in batches:
        writer.writerows([cell(value) for value in row.values()] for row in batch.to_pylist())
        yield _cut(text)
    yield _cut(text)


def _cut(text: io.StringIO) -> bytes:
    found = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return found


Writer = Callable[[pa.Schema, Iterable[pa.RecordBatch]], Iterator[bytes]]

FORMATS: dict[str, tuple[str, Writer]] = {
    "arrow": (ARROW, as_arrow),
    "parquet": (PARQUET, as_parquet),
    "csv": (CSV, as_csv),
}
"""Name of a format → its media type, and what writes it."""


def chosen(accept: str) -> str:
    """The format that an Accept header asks for: the first that is known, else ``json``."""
    types = {media.partition(";")[0]: name for name, (media, _) in FORMATS.items()}
    types |= {"application/json": "json", "*/*": "json", "application/*": "json"}
    asked = (part.partition(";")[0].strip().lower() for part in accept.split(","))
    return next((types[each] for each in asked if each in types), "json")
