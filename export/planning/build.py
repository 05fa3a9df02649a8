"""From a snapshot to a plan: samples, the objects that each reads, the labels that lie on its images.

Patient by patient, so that memory does not grow with the cohort. Only frozen objects take part: a label whose image was
not frozen has nothing to lie on, and is named as dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from ...cohorts.shelf import Shelf
from ...errors import UsageError
from ...graph.engine import Engine
from ...ingest.outcome import Progress
from ...queries.columns import attributes
from ..plan.file import write_plan
from ..plan.kept import KeptHeaders
from ..plan.model import Head
from ..plan.options import Options, shares, spacing
from ..samples.made import Chooser, Incomplete, patients, samples
from ..samples.picks import picks
from ..samples.rows import check_level, table_samples
from ..samples.units import check
from ..samples.unused import told as unused
from ..samples.values import Columns
from ..source import snapshot
from ..terms import allow
from .identity import identity_of
from .naming import named
from .parting import notes, sharing_studies, splitting
from .read import counted, models_of, sources_of

_NAMED = 3


def build(
    engine: Engine,
    shelf: Shelf,
    ref: str,
    options: Options,
    chooser: Chooser | None,
    file: Path,
    progress: Progress | None = None,
    headers: KeptHeaders | None = None,
) -> int:
    """Write the plan of an export of a snapshot; how many samples it has.

    Parameters
    ----------
    headers
        The store's, which the plan takes along, see :func:`~.file.write_plan`, and of which picks read time zones.
    chooser
        Of labels; None where none are wanted.

    Raises
    ------
    UsageError
        where nothing would be exported.
    """
    picked = picks(options.picks)
    check(options, picked)
    if options.form == "parquet":
        options = replace(options, level=options.level or shelf.snapshot(ref).level)
        check_level(options.level)
    asked = attributes((*options.columns, *filter(None, [options.stratify])), options.attribute_files)
    wanted = list({each.name: each for each in asked}.values())
    if chooser:
        with snapshot(shelf, ref) as source:
            for patient in patients(engine, source.pages, include_model=options.include_model):
                for uid in sorted(patient.parts):
                    chooser.see(patient.parts[uid])
    read: Counter[str] = Counter()
    with snapshot(shelf, ref) as source, Columns(engine, wanted) as columns:
        labels = chooser.labels() if chooser else ()
        models = {} if options.include_model else models_of(engine)
        head = Head(
            identity_of(source.identity, options, labels, wanted, models),
            options.form,
            source.about,
            options.to_dict(),
            (),
            labels,
            tuple(each.name for each in wanted),
            spacing=spacing(options.resample) if options.resample else None,
        )
        incomplete = Incomplete()
        if options.form == "parquet":
            found = table_samples(
                engine,
                shelf,
                ref,
                options.level,
                source.pages,
                columns,
                read,
                incomplete,
                include_model=options.include_model,
            )
        else:
            found = samples(engine, source.pages, options, chooser, picked, columns, incomplete, headers)
        sharing = sharing_studies(engine, shelf, ref) if options.split else []
        texts: set[str] = set()
        parted: Counter[str] = Counter()

        def headed() -> Head:
            _check_altered(ref, incomplete, options)
            sources = sources_of(engine, read)
            terms = allow(sources, options.purpose, options.override)
            told = {**source.about, "terms": terms.to_dict(), "incomplete": incomplete.to_dict()}
            told["attributes"] = {
                each.name: {"unit": each.unit, "several": columns.several[each.name]} for each in wanted
            }
            told["split"] = {part: parted[part] for part in shares(options.split)} if options.split else {}
            left = unused(incomplete.unused, options.form)
            told["notes"] = [*notes(sharing), *incomplete.notes(), *left]
            numeric = tuple(name for name in head.columns if name not in texts)
            return replace(head, about=told, sources=sources, numeric=numeric)

        count = write_plan(
            file,
            named(counted(found, read, texts, source.objects, progress)),
            headed,
            headers,
            split=splitting(options, parted, sharing) if options.split else None,
            stratify=asked[-1].name if options.stratify else "",
        )
    if not count:
        file.unlink()
        raise UsageError(f"{ref} has nothing to export as {options.form}: {_nothing(options, incomplete)}")
    return count


def _check_altered(ref: str, incomplete: Incomplete, options: Options) -> None:
    if incomplete.altered and not options.skip_missing:
        first = ", ".join(f"{uid} ({what})" for uid, what in islice(incomplete.altered.items(), _NAMED))
        raise UsageError(
            f"{len(incomplete.altered)} objects of {ref} were deleted or replaced since it was frozen: {first}; "
            "freeze the cohort again, or leave them out with --skip-missing"
        )


def _nothing(options: Options, incomplete: Incomplete) -> str:
    reasons = list(_reasons(options, incomplete))
    if reasons and incomplete.unlabelled:
        reasons.append(f"none of the labels lies on {incomplete.unlabelled} others")
    elif incomplete.unlabelled:
        reasons.append(_unlabelled(options, incomplete.unlabelled))
    return "; ".join([*(reasons or [_usual(options)]), *unused(incomplete.unused, options.form)])


def _reasons(options: Options, incomplete: Incomplete) -> Iterator[str]:
    if incomplete.count:
        lacks = sorted({role for each in incomplete.first for role in each["lacks"]})
        yield f"{incomplete.count} of its {options.sample} units have nothing that fits the pick of {', '.join(lacks)}"
    yield from incomplete.notes()
    if incomplete.withoutImage:
        yield (
            f"no image that {', '.join(incomplete.withoutImage[:_NAMED])} refer to is in the snapshot; "
            "freeze the cohort at the level of studies or patients"
        )
    if incomplete.modelMade:
        yield f"models made {incomplete.modelMade} of its objects; --include-model takes them"


def _unlabelled(options: Options, units: int) -> str:
    return (
        f"no label lies on its {units} {options.sample} units, and {options.form} takes none without; freeze "
        "the cohort with its segmentations, at the level of patients or studies, or export it as nifti or arrays, "
        "which need no labels"
    )


def _usual(options: Options) -> str:
    if options.form == "parquet":
        return f"it has nothing at the level of {options.level}"
    if options.sample == "pair":
        return "no series fits what others are picked near to; is its modality one of the cohort's?"
    wanted = "an ECG or another waveform" if options.form == "arrays" else "an image series"
    return f"it holds no object of {wanted}; freeze the cohort at the level of patients or studies to hold all"
