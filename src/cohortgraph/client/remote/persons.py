"""Who is who in a store, and what refers to what, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from ...graph.reading.disagreements import Conflict
from ...graph.reading.referred import Referred
from ...graph.writing.persons import Person
from .connected import Connected


class Persons(Connected):
    """Who is who."""

    def patients(self) -> list[Person]:
        return self._listed(Person, "/api/patients")

    def link_patients(self, records: Sequence[str]) -> tuple[str, ...]:
        return tuple(self._http.post("/api/patients/link", {"records": list(records)})["records"])

    def unlink_patient(self, record: str) -> str:
        return str(self._http.post("/api/patients/unlink", {"record": record})["record"])

    def patient_conflicts(self) -> list[Conflict]:
        return self._listed(Conflict, "/api/patients/conflicts")

    def references(self, *, unresolved: bool = False) -> list[Referred]:
        return self._listed(Referred, "/api/references", unresolved=unresolved)
