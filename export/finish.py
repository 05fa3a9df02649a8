"""The end of an export: what is about all samples, and the folder under its own name."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import WorkFailed
from .complete import exported_by, write_manifest
from .place import Place
from .plan.file import Plan
from .plan.model import Sample
from .protocol import Made
from .samples.table import write_samples
from .unwritable import unwritable
from .writers import writer
from .written import Exported, Missing, ObjectsMissing

_WITHOUT_SAMPLES = ("dicom", "manifest", "parquet")
"""Forms that are not made of training samples."""


def finish(place: Place, *, skip_missing: bool) -> Exported:
    """Write what is about all samples, and let the export appear under its name; finished once, it is only read.

    Raises
    ------
    ObjectsMissing
        where objects could not be had and ``skip_missing`` is not given; what could be is there.
    WorkFailed
        where samples are not made yet, none gives a file, or a file can't be written.
    """
    if not place.planned() and (complete := exported_by(place.manifest())):
        place.tidy()  # a kill may have come before
        return complete
    with place.finishing() as folder:
        try:
            with place.opened() as plan:
                _check(place, plan, skip_missing)
                closing = writer(plan.head.form).finish(plan.head, _pairs(place, plan), folder)
                closing.warnings[:0] = plan.head.about.get("notes", ())
                if plan.head.form not in _WITHOUT_SAMPLES:
                    closing.files.append(write_samples(plan.head, _pairs(place, plan), folder))
                place.take(folder, closing.files)
                exported = write_manifest(place, plan, closing, folder)
                _check_any(place, exported)
        except OSError as error:
            raise unwritable(folder, error.strerror or str(error)) from error
        place.publish(folder)
    return exported


def _check(place: Place, plan: Plan, skip_missing: bool) -> None:
    missing = []
    for number, made in place.all_made(len(plan)):
        if made is None:
            raise WorkFailed(f"sample {number} of {len(plan)} in {place.under_way} is not made; run the export again")
        missing += [Missing(uid, reason) for uid, reason in sorted(made.missing.items())]
    if missing and not skip_missing:
        raise ObjectsMissing(
            missing,
            f"what could be had is in {place.under_way}, and the same command goes on; "
            "--skip-missing leaves them out, named in the manifest",
        )


def _check_any(place: Place, exported: Exported) -> None:
    if exported.samples and exported.skipped == exported.samples and not exported.missing:
        raise WorkFailed(
            f"none of the {exported.samples} samples gives a file: {exported.warnings[0]}; {place.under_way} can go"
        )


def _pairs(place: Place, plan: Plan) -> Iterator[tuple[Sample, Made]]:
    for number, made in place.all_made(len(plan)):
        if made is None:
            raise WorkFailed(f"sample {number} in {place.under_way} is gone; run the export again")
        yield plan.sample(number), made
