"""A cohort, its curation, its history and its snapshots, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["include", "exclude"]
"""What a person decides on an id, against the question."""

INSTANCE_LEVELS = ("patients", "studies", "series", "instances")
"""The levels that a snapshot has entries of, whatever the cohort consists of."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's decision on a patient, study, series, object, segment, item …, named by its public id.

    Attributes
    ----------
    time
        ISO 8601 in UTC.
    """

    uid: str
    decision: Verdict
    reason: str
    owner: str
    time: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "uid": self.uid,
            "decision": self.decision,
            "reason": self.reason,
            "owner": self.owner,
            "time": self.time,
        }


@dataclass(frozen=True, slots=True)
class Event:
    """Something done to a cohort: ``created``, ``changed``, ``included``, ``excluded``, ``frozen``, ``restored``.

    ``detail`` says what: the question, the id and the reason, the snapshot's number.
    """

    time: str
    owner: str
    event: str
    detail: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {"time": self.time, "owner": self.owner, "event": self.event, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a cohort held when it was frozen; its contents are read page by page (``Client.snapshot_entries``).

    Attributes
    ----------
    number
        From 1 within the cohort; its name is ``cohort@number``.
    digest
        SHA-256 over the question, the level, what was decided by hand and all contents, as 64 hexadecimal digits: equal
        for equal stores; times, persons, reasons, locations and the store's version are no part of it.
    question
        The filter document as it was asked.
    codes
        What each code, value set and meaning in it stood for: ``path``, ``text``, ``concepts``.
    curation
        The decisions that were applied.
    counts
        Level → how many.
    next_ordinal
        Of the store then; it is told to nobody else, so that it is 0 in what a server answers.
    warnings
        Of the answer, and of decisions on what is not in the store any more.
    """

    cohort: str
    number: int
    digest: str
    question: dict[str, Any]
    level: str
    codes: tuple[dict[str, Any], ...]
    curation: tuple[Decision, ...]
    counts: dict[str, int]
    warnings: tuple[str, ...]
    store_version: int
    software_version: str
    owner: str
    note: str
    created: str
    next_ordinal: int = field(default=0, compare=False, repr=False)

    @property
    def ref(self) -> str:
        """``NAME@NUMBER``."""
        return f"{self.cohort}@{self.number}"

    def to_dict(self) -> dict[str, Any]:
        """As JSON; ``next_ordinal`` belongs to the store alone and is left out."""
        return {
            "cohort": self.cohort,
            "number": self.number,
            "digest": self.digest,
            "question": self.question,
            "level": self.level,
            "codes": list(self.codes),
            "curation": [each.to_dict() for each in self.curation],
            "counts": self.counts,
            "warnings": list(self.warnings),
            "storeVersion": self.store_version,
            "softwareVersion": self.software_version,
            "owner": self.owner,
            "note": self.note,
            "created": self.created,
        }


@dataclass(frozen=True, slots=True)
class Cohort:
    """A saved question with its curation, its snapshots (oldest first) and its history.

    Attributes
    ----------
    level
        What it consists of: patients, studies, series, instances, segments, items …
    created
        ISO 8601 in UTC.
    """

    name: str
    question: dict[str, Any]
    level: str
    owner: str
    notes: str
    created: str
    snapshots: tuple[Snapshot, ...] = ()
    curation: tuple[Decision, ...] = ()
    history: tuple[Event, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.name,
            "question": self.question,
            "level": self.level,
            "owner": self.owner,
            "notes": self.notes,
            "created": self.created,
            "snapshots": [each.to_dict() for each in self.snapshots],
            "curation": [each.to_dict() for each in self.curation],
            "history": [each.to_dict() for each in self.history],
        }
