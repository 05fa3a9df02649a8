"""Who is who: people, their records, contradictions, what references lead to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .opened import Opened

if TYPE_CHECKING:
    from ...graph.reading.disagreements import Conflict
    from ...graph.reading.referred import Referred
    from ...graph.writing.persons import Person


class Persons(Opened):
    """Who and what the objects of a store belong to."""

    def patients(self) -> list[Person]:
        """Every person, with the Patient records that are linked to one."""
        from ...graph.writing.persons import persons

        return persons(self._store.engine)

    def link_patients(self, records: Sequence[str]) -> tuple[str, ...]:
        """Make one person of several records, named by id or Patient ID; the ids of all the person's records.

        Raises
        ------
        UsageError
            where a record is not here, or a Patient ID is that of several.
        """
        from ...ingest.identity import link

        return link(self._store, records)

    def unlink_patient(self, record: str) -> str:
        """Make a person of its own of a record that was linked; its id."""
        from ...ingest.identity import unlink

        return unlink(self._store, record)

    def patient_conflicts(self) -> list[Conflict]:
        """What files contradict each other about: people, studies, series."""
        from ...ingest.identity import conflicts

        return conflicts(self._store)

    def references(self, *, unresolved: bool = False) -> list[Referred]:
        """References by what they lead to and what holds them; ``unresolved``: only those to what is not here."""
        from ...graph.reading.referred import referred

        return referred(self._store.engine, unresolved=unresolved)
