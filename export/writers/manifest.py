"""Where DICOM objects lie: each one's address, its SHA-256 and bytes as it is read there; no file is copied."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..names import uid_name
from ..plan.model import Head, Sample
from ..protocol import Closing, Fetch, Made, Writer
from ..written_files import digest_of
from .listed import Row, write_list


class Manifest:
    """Reads the objects of a sample, a series."""

    def check(self, head: Head, samples: Iterable[Sample]) -> None:
        """Any objects can be read."""

    def sample(self, head: Head, sample: Sample, fetch: Fetch, folder: Path) -> Made:
        """Read each object that can be had."""
        rows: dict[str, Row] = {}
        missing: dict[str, str] = {}
        for series in sample.series:
            for each in series.objects:
                found, gone = fetch([each])
                missing |= gone
                for uid, (path, uri) in found.items():
                    rows[uid_name(uid)] = Row(uri, digest_of(path), path.stat().st_size)
        return Made(sample.name, (), missing, details={"rows": rows})

    def finish(self, head: Head, made: Iterable[tuple[Sample, Made]], folder: Path) -> Closing:
        """Write manifest.csv."""
        return Closing([write_list(made, "location", _rows, folder)])


def _rows(made: Made) -> dict[str, Row]:
    return {name: Row(*row) for name, row in made.details["rows"].items()}


WRITER: Writer = Manifest()
