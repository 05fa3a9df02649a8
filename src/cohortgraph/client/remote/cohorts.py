"""Cohorts and their snapshots, over HTTP."""

from __future__ import annotations

from ...cohorts.condition import Condition
from ...cohorts.diff import Diff
from ...cohorts.entries import Entries
from ...cohorts.model import Cohort, Snapshot
from ..decode import decoded
from ..documents import Document
from .connected import Connected
from .http import as_json, segment


class Cohorts(Connected):
    """Cohorts and snapshots."""

    def create_cohort(
        self, name: str, document: Document, *, level: str | None = None, notes: str = "", owner: str = ""
    ) -> Cohort:
        asked = {"name": name, "document": document, "level": level, "notes": notes, "owner": owner}
        return decoded(Cohort, self._http.post("/api/cohorts", asked))

    def cohorts(self) -> list[Cohort]:
        return self._listed(Cohort, "/api/cohorts")

    def cohort(self, name: str) -> Cohort:
        return decoded(Cohort, self._http.get(_cohort(name)))

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
        changes = {"document": document, "level": level, "notes": notes, "owner": owner, "by": by}
        return decoded(Cohort, self._http.ask("PATCH", _cohort(name), **as_json(changes)))

    def delete_cohort(self, name: str) -> None:
        self._http.ask("DELETE", _cohort(name))

    def include_in_cohort(self, name: str, uid: str, reason: str, *, by: str = "") -> Cohort:
        decision = {"uid": uid, "reason": reason, "by": by}
        return decoded(Cohort, self._http.post(f"{_cohort(name)}/include", decision))

    def exclude_from_cohort(self, name: str, uid: str, reason: str, *, by: str = "") -> Cohort:
        decision = {"uid": uid, "reason": reason, "by": by}
        return decoded(Cohort, self._http.post(f"{_cohort(name)}/exclude", decision))

    def freeze_cohort(self, name: str, *, note: str = "", by: str = "") -> Snapshot:
        return decoded(Snapshot, self._http.post(f"{_cohort(name)}/freeze", {"note": note, "by": by}))

    def snapshot(self, ref: str) -> Snapshot:
        return decoded(Snapshot, self._http.get(_snapshot(ref)))

    def snapshot_entries(
        self, ref: str, level: str | None = None, *, limit: int = 1000, after: str | None = None
    ) -> Entries:
        return decoded(Entries, self._http.get(f"{_snapshot(ref)}/entries", level=level, limit=limit, after=after))

    def snapshot_condition(self, ref: str) -> Condition:
        return decoded(Condition, self._http.get(f"{_snapshot(ref)}/condition"))

    def diff_cohort(self, name: str, old: int | None = None, new: int | None = None) -> Diff:
        return decoded(Diff, self._http.get(f"{_cohort(name)}/diff", old=old, new=new))

    def restore_cohort(self, ref: str, *, by: str = "") -> Cohort:
        return decoded(Cohort, self._http.post(f"{_snapshot(ref)}/restore", {"by": by}))


def _cohort(name: str) -> str:
    return f"/api/cohorts/{segment(name)}"


def _snapshot(ref: str) -> str:
    return f"/api/snapshots/{segment(ref)}"
