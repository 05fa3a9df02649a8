"""Objects that a form of export has no use for: what they are, so that none is left out unnamed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from .gathered import Gathered


def unused(patient: Gathered, kinds: Collection[str], useful: Collection[str]) -> Counter[str]:
    """Modality → how many of a patient's objects no sample could hold; those that were altered tell of themselves.

    Parameters
    ----------
    kinds
        Of objects that samples are made of.
    useful
        SOP Instance UIDs of objects that hold labels or values.
    """
    return Counter(
        series.modality or each.kind
        for series in patient.series.values()
        for each in series.objects
        if each.kind and each.kind not in kinds
        if each.sop_instance_uid not in useful and each.sop_instance_uid not in patient.altered
    )


def told(modalities: Mapping[str, int], form: str) -> Iterator[str]:
    """That a form has no use for so many objects, where there are any."""
    if total := sum(modalities.values()):
        named = ", ".join(
            f"{number} {name}" for name, number in sorted(modalities.items(), key=lambda e: (-e[1], e[0]))
        )
        are = "objects are of no use to" if total > 1 else "object is of no use to"
        yield f"{total} {are} {form} and {'are' if total > 1 else 'is'} left out: {named}"
