"""References grouped by what they lead to, and what holds them (semantics 4.1)."""

from __future__ import annotations

from dataclasses import dataclass

from ..engine import Engine, rows


@dataclass(frozen=True, slots=True)
class Referred:
    """References alike.

    Attributes
    ----------
    target
        What they lead to: instance, series, segment or item.
    basis
        See REFERENCES in the schema.
    holder_kind, holder_series
        Kind and Series Instance UID of the objects that hold them.
    holders, targets, references
        How many there are of each.
    example
        The id of one target.
    """

    target: str
    resolved: bool
    basis: str
    holder_kind: str
    holder_series: str
    holders: int
    targets: int
    references: int
    example: str


_LABELS = {"Instance": "instance", "Series": "series", "Segment": "segment", "ContentItem": "item"}


def referred(engine: Engine, *, unresolved: bool = False) -> list[Referred]:
    """Every group, by the objects that hold the references; ``unresolved``: only of what is not here."""
    found: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    edges = [("UNRESOLVED", "UnresolvedTarget")]
    if not unresolved:
        edges += [("REFERENCES", label) for label in ("Instance", "Segment", "ContentItem")]
        edges += [("REFERENCES_SERIES", "Series")]
    for edge, label in edges:
        for holder, path in (("i", ""), ("c", "-[:HAS_ITEM]->(c:ContentItem)")):
            if holder == "c" and label == "Series":
                continue
            kind = "t.kind" if label == "UnresolvedTarget" else f"'{_LABELS[label]}'"
            owner = {"Segment": "<-[:HAS_SEGMENT]-(o:Instance)", "ContentItem": "<-[:HAS_ITEM]-(o:Instance)"}.get(label)
            query = (
                f"MATCH (s:Series)-[:HAS_INSTANCE]->(i:Instance){path} MATCH ({holder})-[e:{edge}]->(t:{label})"
                f"{owner or ''} RETURN {kind} AS kind, e.basis AS basis, i.kind AS holderKind, s.id AS series, "
                f"i.id AS holder, {'o' if owner else 't'}.id AS target"
            )
            for row in rows(engine.read(query)):
                resolved = "" if label == "UnresolvedTarget" else "resolved"
                key = (row["series"], row["holderKind"] or "", row["kind"] or "", row["basis"] or "", resolved)
                found.setdefault(key, []).append((row["holder"], row["target"]))
    return [
        Referred(
            target,
            bool(resolved),
            basis,
            kind,
            series,
            len({holder for holder, _ in pairs}),
            len({each for _, each in pairs}),
            len(pairs),
            min(each for _, each in pairs),
        )
        for (series, kind, target, basis, resolved), pairs in sorted(found.items())
    ]
