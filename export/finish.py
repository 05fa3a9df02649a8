"""The end of an export: what is about all samples, and the folder under its own name."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from ..errors import WorkFailed
from .complete import read_manifest, write_manifest
from .place import INNER, Place
from .plan.file import Plan
from .plan.model import Sample
from .protocol import Made
from .samples.table import write_samples
from .unwritable import unwritable
from .writers import writer
from .written import Exported, Missing, ObjectsMissing
from .written_files import PARTIAL

_WITHOUT_SAMPLES = ("dicom", "manifest", "parquet")
"""Forms that are not made of training samples."""


def finish(place: Place, *, skip_missing: bool) -> Exported:
    """Write what is about all samples, and let the export appear under its name; finished once, it is only read.

    Raises
    ------
    ObjectsMissing
        where objects could not be had and ``skip_missing`` is not given; what could be is there.
    WorkFailed
        where samples are not made yet, or a file can't be written.
    """
    if not place.plan.is_file() and (complete := read_manifest(place.out)):
        shutil.rmtree(place.out / INNER, ignore_errors=True)  # a kill may have come before
        return complete
    try:
        with place.opened() as plan:
            _check(place, plan, skip_missing)
            closing = writer(plan.head.form).finish(plan.head, _pairs(place, plan), place.partial)
            if plan.head.form not in _WITHOUT_SAMPLES:
                closing.files.append(write_samples(plan.head, _pairs(place, plan), place.partial))
            for left in place.partial.rglob(f"*{PARTIAL}"):
                left.unlink(missing_ok=True)
            exported = write_manifest(place, plan, closing)
        if place.out.exists():
            place.out.rmdir()  # empty, as was seen
        place.partial.rename(place.out)
        shutil.rmtree(place.out / INNER)
    except OSError as error:
        raise unwritable(place.partial, error.strerror or str(error)) from error
    return exported


def _check(place: Place, plan: Plan, skip_missing: bool) -> None:
    missing = []
    for number, made in place.all_made(len(plan)):
        if made is None:
            raise WorkFailed(f"sample {number} of {len(plan)} in {place.partial} is not made; run the export again")
        missing += [Missing(uid, reason) for uid, reason in sorted(made.missing.items())]
    if missing and not skip_missing:
        raise ObjectsMissing(
            missing,
            f"what could be had is in {place.partial}, and the same command goes on; "
            "--skip-missing leaves them out, named in the manifest",
        )


def _pairs(place: Place, plan: Plan) -> Iterator[tuple[Sample, Made]]:
    for number, made in place.all_made(len(plan)):
        if made is None:
            raise WorkFailed(f"sample {number} in {place.partial} is gone; run the export again")
        yield plan.sample(number), made
