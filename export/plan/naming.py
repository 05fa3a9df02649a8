"""Names of samples: the Patient ID and the sample's number among the patient's, safe on every file system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from ..names import patient_folders
from .model import Sample


def named(samples: Iterable[Sample]) -> Iterator[Sample]:
    """The samples with names that are theirs alone; they come patient by patient."""
    taken: dict[str, str] = {}
    for patient, group in groupby(samples, key=lambda each: each.patient):
        for number, sample in enumerate(group, start=1):
            folder = patient_folders({patient: sample.patient_id})[patient]
            if taken.setdefault(folder.casefold(), patient) != patient:  # another patient has that Patient ID
                folder = patient_folders({patient: sample.patient_id, "": sample.patient_id})[patient]
            yield replace(sample, name=f"{folder}_{number:03d}")
