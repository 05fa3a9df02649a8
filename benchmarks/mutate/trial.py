"""``python -m benchmarks.mutate.trial FOLDER SECONDS``: read every file of a folder, ingest it, check the store.

A process of its own, whose end, memory and time the caller looks at. It prints what it is at on standard error, and
one line of JSON at its end.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.pipeline import ingest
from cohortgraph.ingest.reading import Job, read_object
from cohortgraph.ingest.recheck import check
from cohortgraph.ingest.sources import Sort, walk


@dataclass(slots=True)
class Outcome:
    """What became of a folder.

    Attributes
    ----------
    late
        Files that took more CPU time than allowed; who waits for something forever is found by the caller.
    slowest_s
        The longest reading of one object, in seconds.
    problems
        What is wrong with the store afterwards: anything is an error of ours.
    kept, refused, other
        Files that are kept, in quarantine, and in conflict or no DICOM.
    """

    late: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    peak_mib: int = 0
    kept: int = 0
    refused: int = 0
    other: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Take in what became of another folder, but for what went wrong there."""
        self.kept += other.kept
        self.refused += other.refused
        self.other += other.other
        self.slowest_s, self.peak_mib = max(self.slowest_s, other.slowest_s), max(self.peak_mib, other.peak_mib)


class _Late(BaseException):
    """Goes through whatever catches exceptions."""


def main(folder: Path, limit_s: float) -> None:
    """Try a folder."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as scratch:
        read(folder, Path(scratch), limit_s, outcome)
        store(folder, Path(scratch) / "store", outcome)
    outcome.peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps(asdict(outcome)))


def read(folder: Path, scratch: Path, limit_s: float, outcome: Outcome) -> None:
    """Read each object by itself, and take its time."""
    opened = []
    for found in walk([folder], scratch):
        if found.opened:
            opened.append(found.opened)
        if found.sort is not Sort.OBJECT or found.extent is None:
            continue
        print(found.uri, file=sys.stderr, flush=True)
        began = time.process_time()
        try:
            with _limited(limit_s):
                read_object(Job(found.extent, found.uri, found.size, "trial"))
        except _Late:
            outcome.late.append(found.uri)
        outcome.slowest_s = max(outcome.slowest_s, time.process_time() - began)
    for archive in opened:
        archive.close()


def store(folder: Path, target: Path, outcome: Outcome) -> None:
    """Ingest all, and look for what is half-written, lost or uncounted."""
    print("ingest", file=sys.stderr, flush=True)
    with Store.init(target) as made:
        report = ingest(made, [folder], "trial", workers=1)
        outcome.kept = report.kept + report.duplicates
        outcome.refused = report.quarantined
        outcome.other = report.conflicts + report.ignored
        if report.files != outcome.kept + outcome.refused + outcome.other:
            outcome.problems.append(f"{report.files} files, but {report.to_dict()}")
        print("check", file=sys.stderr, flush=True)
        outcome.problems += map(str, check(made))


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise _Late

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
