"""What objects of one person share, computed anew: hubs, ties of series, and the links that follow (semantics 4.2)."""

from __future__ import annotations

from collections.abc import Iterator

from ..asking import ask, ids
from ..engine import Engine, rows
from ..writing import concatenations, ties
from ..writing.concatenations import CONCATENATION, MERGED
from ..writing.references import BY_FRAME, BY_TRACKING
from .records import PAGE

_ALONE = {
    label: f"MATCH (h:{label}) WHERE NOT EXISTS {{ MATCH (h)<-[:{'|'.join(edges)}]-() }} RETURN h.id AS id"
    for label, edges in (
        (ties.FRAME, ["IN_FRAME"]),
        (ties.TRACKED, ["TRACKS", "ITEM_TRACKS"]),
        (CONCATENATION, ["PART_OF"]),
    )
}
_LINKS = {
    "REFERENCES_SERIES": (
        BY_FRAME,
        "MATCH (a:Instance)-[:IN_FRAME]->(h:FrameOfReference) MATCH (h)<-[:IN_FRAME]-(b:Series) "
        "RETURN DISTINCT a.id AS id, a.id AS source, b.id AS target",
        "MATCH (a:Instance)-[e:REFERENCES_SERIES]->(b:Series) WHERE e.basis = '{}' "
        "RETURN a.id AS id, a.id AS source, b.id AS target",
    ),
    "REFERENCES": (
        BY_TRACKING,
        "MATCH (i:Instance)-[:HAS_ITEM]->(a:ContentItem)-[e:ITEM_TRACKS]->(h:Tracked) WHERE e.placed IS NULL "
        "MATCH (h)<-[:TRACKS]-(b:Segment)<-[:HAS_SEGMENT]-(j:Instance) "
        "RETURN DISTINCT i.id AS id, a.key AS source, b.key AS target, j.id AS other",
        "MATCH (i:Instance)-[:HAS_ITEM]->(a:ContentItem)-[e:REFERENCES]->(b:Segment) WHERE e.basis = '{}' "
        "RETURN i.id AS id, a.key AS source, b.key AS target",
    ),
}
"""Edge → the basis of its derived links, which there should be, which there are."""


def unsound(engine: Engine) -> Iterator[tuple[str, str]]:
    """What is wrong: the id of a node, and how."""
    for label, query in _ALONE.items():
        yield from ((row["id"], f"is a {label} that nothing shares") for row in rows(engine.read(query)))
    series = sorted(engine.read("MATCH (x:Series) RETURN x.id AS id").column("id").to_pylist())
    for start in range(0, len(series), PAGE):
        page = series[start : start + PAGE]
        stored, said = ties.stored_of_series(engine, page), ties.of_series(engine, page, {})
        for tie in sorted(stored ^ said):
            yield str(tie.key), "is not in the Frames of Reference of its images"
    yield from _parts(engine)
    for edge, (basis, expected, present) in _LINKS.items():
        wanted = rows(engine.read(expected))
        if edge == "REFERENCES":
            study = ties.studies(engine, {uid for row in wanted for uid in (row["id"], row["other"])})
            wanted = [row for row in wanted if study[row["id"]] == study[row["other"]]]
        there = rows(engine.read(present.format(basis)))
        listed = [{(row["id"], row["source"], row["target"]) for row in each} for each in (wanted, there)]
        for identifier in sorted({link[0] for link in listed[0] ^ listed[1]}):
            yield identifier, f"has not the {edge} by {basis} that it should have"


def _parts(engine: Engine) -> Iterator[tuple[str, str]]:
    """Parts of concatenations: what the first says for all (semantics 4.4)."""
    query = f"MATCH (h:{CONCATENATION}) RETURN h.id AS id, h.missingParts AS missing"
    stored = {row["id"]: row["missing"] or [] for row in rows(engine.read(query))}
    found = ties.by_hub(ties.stored_at(engine, {CONCATENATION: stored}))
    named = ", ".join(f"i.{name} AS {name}" for name in MERGED)
    for (_, identifier), listed in sorted(found.items()):
        parts = {tie.owner: tie.properties for tie in listed}
        if stored[identifier] != concatenations.missing(parts):
            yield identifier, "missingParts are not those that its parts lack"
        wanted = concatenations.logical(parts)
        for row in ask(engine, f"MATCH (i:Instance {{id: r.id}}) RETURN i.id AS id, {named}", ids(wanted)):
            if any(row[name] != value for name, value in wanted[row["id"]].items()):
                yield row["id"], "says not what its concatenation says"
