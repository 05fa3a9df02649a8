"""Objects, data sets and declared attributes: what fills a store, and what it says of where things came from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .opened import Opened

if TYPE_CHECKING:
    from ...graph.datasets import Described
    from ...graph.declared import DeclaredTag
    from ...ingest.delete import Deleted
    from ...ingest.pipeline import Progress, Report
    from ...ingest.reread import Reread
    from ...registry.registry import Held


class Data(Opened):
    """What goes into a store, and what may be said and forgotten of it."""

    def ingest(
        self,
        paths: Sequence[Path | str],
        dataset: str,
        *,
        workers: int | None = None,
        replace: bool = False,
        measure: bool = True,
        authority: str | None = None,
        progress: Progress | None = None,
    ) -> Report:
        """Read folders, DICOMDIRs, ZIP and tar files into the store; the same files again change nothing.

        Without ``measure`` segmentations stay pending: only their headers are read. ``authority`` assigned the Patient
        IDs that name no issuer (semantics 1.5).
        """
        from ...ingest.pipeline import ingest

        return ingest(
            self._store,
            [Path(path) for path in paths],
            dataset,
            workers=workers,
            progress=progress,
            replace=replace,
            measure=measure,
            authority=authority,
        )

    def quarantine(self) -> list[Held]:
        """What could not be read or is in conflict, with the reason."""
        from ...registry.registry import Registry

        with Registry(self._store.registry_path) as registry:
            return registry.held()

    def retry_quarantine(self, *, workers: int | None = None, progress: Progress | None = None) -> Report:
        """Read the files in quarantine again."""
        from ...ingest.pipeline import retry

        return retry(self._store, workers=workers, progress=progress)

    def datasets(self) -> list[Described]:
        """Every data set: its terms of use, how many objects and patients it holds."""
        from ...graph.datasets import datasets

        return datasets(self._store.engine)

    def dataset(self, name: str) -> Described:
        """One data set."""
        from ...graph.datasets import dataset

        return dataset(self._store.engine, name)

    def set_dataset(self, name: str, **changes: str) -> None:
        """Say something of a data set: ``title``, ``license``, ``doi``, ``accessConditions``, ``contact``,
        ``useTerms``, ``assigningAuthority``, ``dateShift``, ``model``; an empty text removes what was said.

        Raises
        ------
        UsageError
            where a value is not valid, or an authority would turn stored patients into other people.
        """
        from ...graph.datasets import describe

        describe(self._store.engine, name, changes)

    def delete_dataset(self, name: str, *, progress: Progress | None = None) -> Deleted:
        """Remove a data set; objects of other data sets stay. What was stopped goes on when called again."""
        from ...ingest.delete import delete_dataset

        return delete_dataset(self._store, name, progress=progress)

    def declared_tags(self) -> list[DeclaredTag]:
        """The attributes of the header that ``attribute:`` filters by (semantics 4.7), properties apart."""
        from ...graph.declared import listed

        return listed(self._store.engine)

    def declare_tags(self, names: Sequence[str], *, progress: Progress | None = None) -> Reread:
        """Declare attributes, and read them from the kept headers; what was stopped goes on when called again.

        Raises
        ------
        UsageError
            where a name is none of an attribute that can be compared, or one that filters always.
        """
        from ...ingest.reread import declare

        return declare(self._store, names, progress=progress)

    def forget_tags(self, names: Sequence[str], *, progress: Progress | None = None) -> Reread:
        """Forget attributes and remove their values from the graph; the kept headers stay."""
        from ...ingest.reread import forget

        return forget(self._store, names, progress=progress)

    def upgrade(self, *, progress: Progress | None = None) -> Reread:
        """Read kept headers again where an older version read them, or where a run was stopped."""
        from ...ingest.reread import upgrade

        return upgrade(self._store, progress=progress)
