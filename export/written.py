"""What an export did, and how it fails where objects are missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import WorkFailed

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Missing:
    """An object of which no file can be read any more, or none that holds what was frozen; and why."""

    sop_instance_uid: str
    reason: str

    def to_dict(self) -> dict[str, str]:
        """As JSON."""
        return {"sopInstanceUID": self.sop_instance_uid, "reason": self.reason}

    def __str__(self) -> str:
        return f"{self.sop_instance_uid}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Exported:
    """A complete export.

    Attributes
    ----------
    objects, patients
        That its samples read.
    size
        Bytes of all files.
    skipped
        Samples without files.
    warnings
        Of samples, and why some were skipped.
    missing
        Objects that could not be had.
    unsampled
        Patients, studies or series that are no sample: nothing of theirs is read, fits a pick, or has a label.
    split
        Part → how many persons.
    """

    form: str
    samples: int
    objects: int
    files: int
    size: int
    skipped: int
    warnings: tuple[str, ...]
    missing: tuple[Missing, ...]
    patients: int = 0
    unsampled: int = 0
    split: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        told = {"warnings": list(self.warnings), "missing": [each.to_dict() for each in self.missing]}
        return asdict(self) | told


class ObjectsMissing(WorkFailed):
    """Objects of a snapshot can't be had; ``missing`` names each."""

    def __init__(self, missing: Sequence[Missing], goes_on: str) -> None:
        self.missing = tuple(missing)
        first = ", ".join(each.sop_instance_uid for each in missing[:_NAMED])
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        super().__init__(f"{len(missing)} objects are missing ({first}{more}); {goes_on}")
