"""The attributes that a store has declared (semantics 4.7), and whether its kept headers were read for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property

from ..ontology import tags
from . import schema
from .engine import Batch, Engine, rows
from .schema import SCHEMA_VERSION

_LABELS = ("Instance", "Series", "Study", "Patient")

_PROPERTIES = {
    "declared": "declaredTags",
    "forgotten": "forgottenTags",
    "read_version": "readVersion",
    "behind": "tagsBehind",
    "reread_after": "rereadAfter",
}


@dataclass(frozen=True)
class Reading:
    """What the kept headers of a store are read for.

    Attributes
    ----------
    declared, forgotten
        Declared beside the default set; forgotten of it.
    read_version
        The schema that every header was read for; 0 of a store that is older than the record of it.
    behind
        Whether headers are still to be read for the declared attributes.
    reread_after
        Schema and SOP Instance UID of the last object that a stopped run has read again, parted by a blank.
    """

    declared: frozenset[str] = frozenset()
    forgotten: frozenset[str] = frozenset()
    read_version: int = SCHEMA_VERSION
    behind: bool = False
    reread_after: str = ""

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Every declared attribute, sorted."""
        return tuple(sorted((self.declared | {*tags.default()}) - self.forgotten))

    @property
    def is_old(self) -> bool:
        """Whether headers were read by the readers of an older schema."""
        return self.read_version < SCHEMA_VERSION

    @property
    def resumes_after(self) -> str:
        """SOP Instance UID after which a stopped run goes on; empty where it begins."""
        version, _, uid = self.reread_after.partition(" ")
        return uid if version == str(SCHEMA_VERSION) else ""

    def reached(self, uid: str) -> Reading:
        """With the objects up to that one read again."""
        return replace(self, reread_after=f"{SCHEMA_VERSION} {uid}")

    def completed(self) -> Reading:
        """With all of them."""
        return replace(self, read_version=SCHEMA_VERSION, behind=False, reread_after="")

    @property
    def is_complete(self) -> bool:
        """Whether everything in the headers that this software and the declared attributes ask for is in the graph."""
        return not self.is_old and not self.behind

    def declaring(self, *names: str) -> Reading:
        """With these declared, too; itself where all of them are."""
        more = {*names} - {*self.tags}
        if not more:
            return self
        added = more - {*tags.default()}
        return replace(
            self, declared=self.declared | added, forgotten=self.forgotten - more, behind=True, reread_after=""
        )

    def forgetting(self, *names: str) -> Reading:
        """Without these; itself where none of them is declared."""
        less = {*names} & {*self.tags}
        if not less:
            return self
        forgotten = self.forgotten | (less & {*tags.default()})
        return replace(self, declared=self.declared - less, forgotten=forgotten, behind=True, reread_after="")


@cache
def property_of(tag: tags.Tag) -> tuple[str, str] | None:
    """Label and name of the property that an attribute is in every store, of the instance or of what is above it."""
    (step, *deeper) = tag.steps
    if deeper or step.creator:
        return None
    for label in _LABELS:
        for each in schema.node(label).columns:
            if each.filtered and tag.name.casefold() in (each.name.casefold(), each.alias.casefold()):
                return label, each.name
    return None


def reading(engine: Engine) -> Reading:
    """What the store says."""
    returned = ", ".join(f"m.{stored} AS {name}" for name, stored in _PROPERTIES.items())
    found = rows(engine.read(f"MATCH (m:Meta {{id: 'store'}}) RETURN {returned}"))
    if not found:
        return Reading()
    (row,) = found
    return Reading(
        frozenset(row["declared"] or ()),
        frozenset(row["forgotten"] or ()),
        int(row["read_version"] or 0),
        bool(row["behind"]),
        row["reread_after"] or "",
    )


def record(engine: Engine, now: Reading) -> None:
    """Let the store say so."""
    row = {stored: getattr(now, name) for name, stored in _PROPERTIES.items()}
    row |= {"declaredTags": sorted(now.declared) or None, "forgottenTags": sorted(now.forgotten) or None}
    row |= {"tagsBehind": now.behind or None, "rereadAfter": now.reread_after or None}
    engine.write(Batch(set_nodes={"Meta": [{"id": "store", **row}]}))


@dataclass(frozen=True, slots=True)
class DeclaredTag:
    """A declared attribute.

    Attributes
    ----------
    kind
        text, number or date; empty of a private one that pydicom's dictionary doesn't know.
    default
        Whether every store has it declared.
    values
        How many distinct values the store holds.
    """

    name: str
    kind: str
    default: bool
    values: int


def listed(engine: Engine) -> list[DeclaredTag]:
    """Every declared attribute, by name."""
    found = rows(engine.read("MATCH (a:Attribute) WITH a.name AS name, count(a) AS n RETURN name, n"))
    values = {row["name"]: row["n"] for row in found}
    default = {*tags.default()}
    return [
        DeclaredTag(name, str(tags.tag(name).kind or ""), name in default, values.get(name, 0))
        for name in reading(engine).tags
    ]
