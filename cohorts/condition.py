"""What has become of a snapshot's objects: gone from the store, or replaced by others of the same UID."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine as Database

from ..graph.asking import ask, ids
from ..graph.engine import Engine
from .contents import objects
from .model import Snapshot

_QUERY = "MATCH (i:Instance {id: r.id}) RETURN i.id AS id, i.headerDigest AS digest"


@dataclass(frozen=True, slots=True)
class Condition:
    """How a snapshot stands beside the store as it is.

    Attributes
    ----------
    gone
        ``patients``, ``studies``, ``series``, ``instances`` → ids of which the store has no frozen object any more.
    changed
        SOP Instance UIDs of objects that were replaced since.
    """

    snapshot: str
    objects: int
    gone: dict[str, tuple[str, ...]]
    changed: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "snapshot": self.snapshot,
            "objects": self.objects,
            "gone": {level: list(gone) for level, gone in self.gone.items()},
            "changed": list(self.changed),
        }


def condition(graph: Engine, database: Database, snapshot: Snapshot, number: int) -> Condition:
    """Compare each frozen object with the store; ``number`` is the registry's of the snapshot."""
    total = 0
    changed: list[str] = []
    lost: dict[str, dict[str, None]] = {level: {} for level in ("patients", "studies", "series", "instances")}
    here: dict[str, set[str]] = {level: set() for level in ("patients", "studies", "series")}
    with database.connect() as connection:
        for page in objects(connection, number):
            total += len(page)
            digests = {
                row["id"]: row["digest"] or "" for row in ask(graph, _QUERY, ids(o.sop_instance_uid for o in page))
            }
            for each in page:
                above = {"patients": each.patient, "studies": each.study, "series": each.series}
                if each.sop_instance_uid not in digests:
                    lost["instances"][each.sop_instance_uid] = None
                    for level, identifier in above.items():
                        lost[level][identifier] = None
                    continue
                for level, identifier in above.items():
                    here[level].add(identifier)
                if digests[each.sop_instance_uid] != each.header_digest:
                    changed.append(each.sop_instance_uid)
    gone = {level: tuple(each for each in found if each not in here.get(level, ())) for level, found in lost.items()}
    return Condition(snapshot.ref, total, gone, tuple(changed))
