"""Questions that stay: cohorts, curation, snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..documents import Document
from .opened import Opened

if TYPE_CHECKING:
    from ...cohorts.condition import Condition
    from ...cohorts.diff import Diff
    from ...cohorts.entries import Entries
    from ...cohorts.model import Cohort, Snapshot


class Cohorts(Opened):
    """The cohorts of a store."""

    def create_cohort(
        self, name: str, document: Document, *, level: str | None = None, notes: str = "", owner: str = ""
    ) -> Cohort:
        """Save a question under a name; it consists of what the question finds at ``level`` (default: its root).

        Raises
        ------
        UsageError
            where the name is not valid or taken, or the question is not valid.
        """
        return self._cohorts.create(name, document, level=level, notes=notes, owner=owner)

    def cohorts(self) -> list[Cohort]:
        """Every cohort, by name."""
        return self._cohorts.all()

    def cohort(self, name: str) -> Cohort:
        """One cohort: question, curation, snapshots, history."""
        return self._cohorts.cohort(name)

    def change_cohort(
        self,
        name: str,
        *,
        document: Document | None = None,
        level: str | None = None,
        notes: str | None = None,
        owner: str | None = None,
        by: str = "",
    ) -> Cohort:
        """Change what is given of a cohort; its snapshots stay. ``by`` is who does it (default: the owner)."""
        return self._cohorts.change(name, document=document, level=level, notes=notes, owner=owner, by=by)

    def delete_cohort(self, name: str) -> None:
        """Remove a cohort with all its snapshots."""
        self._cohorts.delete(name)

    def include_in_cohort(self, name: str, uid: str, reason: str, *, by: str = "") -> Cohort:
        """Take a patient, study, series, object or part of one into a cohort, whatever its question says.

        Raises
        ------
        UsageError
            where nothing in the store is called so, or the reason is empty.
        """
        return self._cohorts.decide(name, uid, "include", reason, by=by)

    def exclude_from_cohort(self, name: str, uid: str, reason: str, *, by: str = "") -> Cohort:
        """Keep a node, and all that is under it, out of a cohort, whatever its question and its inclusions say."""
        return self._cohorts.decide(name, uid, "exclude", reason, by=by)

    def freeze_cohort(self, name: str, *, note: str = "", by: str = "") -> Snapshot:
        """Keep what a cohort holds now as an immutable snapshot, wholly or not at all."""
        return self._cohorts.freeze(name, note=note, by=by)

    def snapshot(self, ref: str) -> Snapshot:
        """A snapshot, ``NAME@NUMBER``; ``NAME``: the newest of that cohort."""
        return self._cohorts.snapshot(ref)

    def snapshot_entries(
        self, ref: str, level: str | None = None, *, limit: int = 1000, after: str | None = None
    ) -> Entries:
        """A page of what a snapshot holds at a level (default: its own); ``after`` is the last page's ``next``."""
        return self._cohorts.entries(ref, level, limit=limit, after=after)

    def snapshot_condition(self, ref: str) -> Condition:
        """What has become of a snapshot's objects: which are gone from the store, which were replaced."""
        return self._cohorts.condition(ref)

    def diff_cohort(self, name: str, old: int | None = None, new: int | None = None) -> Diff:
        """What changed from one snapshot (default: the newest) to another (default: what the cohort holds now)."""
        return self._cohorts.diff(name, old, new)

    def restore_cohort(self, ref: str, *, by: str = "") -> Cohort:
        """Take question, level and curation of a snapshot back."""
        return self._cohorts.restore(ref, by=by)
