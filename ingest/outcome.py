"""What an ingest tells: events while it runs, a report at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields


@dataclass(frozen=True, slots=True)
class Event:
    """How far a phase of an ingest is.

    Attributes
    ----------
    phase
        ``send`` (files, to a server), ``read`` (headers), ``measure`` (pixels of segmentations), ``plan`` (objects),
        ``export``, ``fetch`` (its files), ``delete`` or ``reread`` (kept headers).
    done, total
        Files (objects, when measuring; samples, of an export that makes some); ``total`` is None while it is still
        being counted, and grows as archives are opened.
    seconds
        Since the phase began.
    size
        Bytes written, where that is counted.
    """

    phase: str
    done: int
    total: int | None
    seconds: float
    kept: int = 0
    unchanged: int = 0
    quarantined: int = 0
    size: int = 0
    failed: int = 0


Progress = Callable[[Event], None]


@dataclass(slots=True)
class Report:
    """The counts of one ingest; every file is counted once.

    Attributes
    ----------
    instances
        Objects written (kept and replaced), by kind.
    nodes
        Nodes created, by label.
    ignored_files
        URIs of the files that are no DICOM by content.
    """

    files: int = 0
    kept: int = 0
    unchanged: int = 0
    replaced: int = 0
    duplicates: int = 0
    conflicts: int = 0
    ignored: int = 0
    quarantined: int = 0
    instances: Counter[str] = field(default_factory=Counter)
    nodes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    ignored_files: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, object]:
        """As ``ingest --json`` prints it: without the names of ignored files."""
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "ignored_files"}
        return values | {
            "instances": dict(sorted(self.instances.items())),
            "nodes": dict(sorted(self.nodes.items())),
            "seconds": round(self.seconds, 3),
        }

    def add(self, other: Report) -> None:
        """Add the counts of another part of the same ingest."""
        for each in fields(self):
            value = getattr(self, each.name)
            value += getattr(other, each.name)
            setattr(self, each.name, value)
