"""A table as Parquet: the nodes of a snapshot at a level with their properties, codes, data sets, named attributes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...queries.answers.stream import columns
from ...queries.language.parse import as_level
from ..plan.model import Head, Sample
from ..protocol import Closing, Fetch, Made, Writer
from ..samples.table import column_types, write_table


class Parquet:
    """``LEVEL.parquet``, in the order of patients and of their nodes; read from the plan, no object is fetched."""

    def check(self, head: Head, samples: Iterable[Sample]) -> None:
        """Any level can be held."""

    def sample(self, head: Head, sample: Sample, fetch: Fetch, folder: Path) -> Made:
        """Nothing is to be done for a patient."""
        return Made(sample.name)

    def finish(self, head: Head, made: Iterable[tuple[Sample, Made]], folder: Path) -> Closing:
        """Write the table."""
        level = str(head.options["level"])
        types = column_types(head)
        declared = columns(as_level(level).label)
        own = [field for field in declared if field.name not in types]
        shape = pa.schema([*own, ("datasets", pa.string()), ("split", pa.string()), *types.items()])
        rows = ({**row, "split": sample.split or None} for sample, _ in made for row in _rows(sample))
        return Closing([write_table(rows, shape, folder, f"{level}.parquet")])


def _rows(sample: Sample) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sample.values["rows"]
    return found


WRITER: Writer = Parquet()
