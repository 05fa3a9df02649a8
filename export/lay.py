"""The plan of an export in the folder where it will be made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError, WorkFailed
from ..graph.store.directory import Store
from .place import Place
from .plan.file import Plan
from .plan.options import AS_THEY_ARE, Options
from .source import snapshot
from .verify import verify
from .writers import writer

if TYPE_CHECKING:
    from ..cohorts.shelf import Shelf
    from ..ingest.outcome import Progress

_LABELLED = ("nifti", "nnunet", "monai")
"""Forms that hold labels, whether they are named or not."""


def lay(store: Store, shelf: Shelf, ref: str, options: Options, place: Place, progress: Progress | None = None) -> bool:
    """Plan an export of a snapshot; whether there is work to do: a complete one of the same may be there already.

    The plan of an export that was stopped is made anew: what it decides is the same, but where objects lie may not be.

    Raises
    ------
    UsageError
        where the folder holds something else, or nothing would be exported.
    WorkFailed
        where another export was stopped there, or the folder can't be written.
    """
    return laid(place, lambda file: _planned(store, shelf, ref, options, file, progress))


def _planned(store: Store, shelf: Shelf, ref: str, options: Options, file: Path, progress: Progress | None) -> None:
    from .labels.asked import read
    from .labels.table import Table
    from .planning.build import build
    from .planning.objects import plan_objects

    if options.form in AS_THEY_ARE:
        with snapshot(shelf, ref) as source:
            plan_objects(store.engine, source, options, file, progress, store.headers)
        return
    chooser = None
    if options.segments or options.form in _LABELLED:
        from ..queries import vocabulary

        rows = read(options.segments, vocabulary(store.engine)) if options.segments else None
        chooser = Table(rows, options.priority)
    build(store.engine, shelf, ref, options, chooser, file, progress, store.headers)


def laid(place: Place, plan: Callable[[Path], object]) -> bool:
    """Let ``plan`` write a plan into the folder of an export; whether there is work to do.

    A complete export of the same of which files are altered or gone, or objects were missing, is taken up again.
    """
    complete = place.manifest()
    identity = complete.get("identity")
    if not identity:
        place.check_free()
    with place.planning() as made:
        plan(made)
        with Plan(made) as new:
            writer(new.head.form).check(new.head, new.samples())
            wanted = new.head.identity
        if identity and identity != wanted:
            raise UsageError(
                f"{place.address} holds another export, of other objects or people, with other options or by another "
                "version; name a new folder"
            )
        if identity and not complete["missing"] and verify(place).sound:
            place.tidy()
            return False
        if place.planned():
            with place.opened() as old:
                if old.head.identity != wanted:
                    raise WorkFailed(
                        f"{place.under_way} belongs to another export, of other objects or people, with other options "
                        "or by another version; remove it or name another folder"
                    )
        place.begin(made)
    return True
