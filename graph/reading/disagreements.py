"""Where files contradict each other about who and what they show (semantics 1.5, 1.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ..engine import Engine, rows
from ..writing.levels import members
from ..writing.merge import LEVELS, Levels, level

_PEOPLE = ("patientBirthDate", "patientSex")


@dataclass(frozen=True, slots=True)
class Conflict:
    """A contradiction.

    Attributes
    ----------
    kind
        ``patients of a study``, ``studies of a series``, or ``Label.property``.
    subject
        Id of the node that it is about.
    values
        What is said → how many objects say it.
    """

    kind: str
    subject: str
    values: dict[str, int]


def conflicts(engine: Engine, reread: Callable[[str], Levels]) -> list[Conflict]:
    """Every contradiction: of people first, then the others.

    Parameters
    ----------
    reread
        What the object with this header digest says of its levels: only the winning value is stored.
    """
    found = [
        *_shared(engine, "patients of a study", "Study", "HAS_STUDY", "Patient"),
        *_shared(engine, "studies of a series", "Series", "HAS_SERIES", "Study"),
    ]
    told = []
    for label in LEVELS:
        query = f"MATCH (n:{label}) WHERE size(n.disagreements) > 0 RETURN n.id AS id, n.disagreements AS names"
        named = {row["id"]: row["names"] for row in rows(engine.read(query))}
        for identifier, listed in sorted(members(engine, label, named).items()):
            said: dict[str, Counter[str]] = {name: Counter() for name in named[identifier]}
            for member in listed:
                properties = level(reread(member.header_digest), label)
                for name, counts in said.items():
                    value = properties.get(name)
                    if value not in (None, "", []):
                        counts[str(value)] += 1
            told += [Conflict(f"{label}.{name}", identifier, dict(sorted(c.items()))) for name, c in said.items()]
    told = [each for each in told if not each.kind.endswith("Days")]
    return found + sorted(told, key=lambda each: each.kind.partition(".")[2] not in _PEOPLE)


def _shared(engine: Engine, kind: str, label: str, edge: str, above: str) -> list[Conflict]:
    query = (
        f"MATCH (n:{label})<-[:{edge}]-(a:{above}) WITH n.id AS id, count(a) AS times WHERE times > 1 "
        "RETURN id ORDER BY id"
    )
    shared = [row["id"] for row in rows(engine.read(query))]
    found = members(engine, label, shared)
    index = LEVELS.index(above)
    return [
        Conflict(kind, each, dict(sorted(Counter(member.place[index] for member in found.get(each, ())).items())))
        for each in shared
    ]
