"""Names of samples: the Patient ID and the sample's number among the patient's, safe on every file system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from ..names import patient_folders
from ..plan.model import Sample


def named(samples: Iterable[Sample]) -> Iterator[Sample]:
    """The samples with names that are theirs alone; they come patient by patient."""
    taken: set[str] = set()
    for (patient, patient_id), group in groupby(samples, key=lambda each: (each.patient, each.patient_id)):
        folder = patient_folders({patient: patient_id})[patient]
        if folder.casefold() in taken:  # another patient has that Patient ID, or this person another such record
            own = f"{patient}|{len(taken)}"
            folder = patient_folders({own: patient_id, "": patient_id})[own]
        taken.add(folder.casefold())
        for number, sample in enumerate(group, start=1):
            yield replace(sample, name=f"{folder}_{number:03d}")
