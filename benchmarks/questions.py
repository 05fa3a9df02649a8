"""Question times beside the best hand-written Cypher of the same meaning, on a generated archive; median of 5.

Both sides return the ids of the roots that match. Answers are compared before anything is timed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import partial
from typing import Any

from cohortgraph.graph.engine import Engine
from cohortgraph.graph.loading import load
from cohortgraph.graph.store.directory import Store
from cohortgraph.queries import ids

from .archive import Archive, archive
from .timing import paired, seconds

_LV, _RV, _RARE = "SCT:87878005", "SCT:53085002", "SCT:9000050"
_PR, _DIAMETER = "MDC:2:15872", "SCT:81827009"
_SEGMENT_OF_INSTANCE = "(i:Instance)-[:HAS_SEGMENT]->(:Segment)-[:TYPE]->(:Concept {id: $%s})"
_PATIENT_OF_ITEM = (
    "<-[:HAS_ITEM]-(:Instance)<-[:HAS_INSTANCE]-(:Series)<-[:HAS_SERIES]-(:Study)<-[:HAS_STUDY]-(p:Patient)"
)

QUESTIONS: dict[str, tuple[Mapping[str, Any], str, Mapping[str, Any]]] = {
    "both ventricles in one object": (
        {"instances": {"AND": [{"segments": {"some": {"type": {"is": code}}}} for code in (_LV, _RV)]}},
        f"MATCH {_SEGMENT_OF_INSTANCE % 'rv'} MATCH {_SEGMENT_OF_INSTANCE % 'lv'} RETURN DISTINCT i.id AS id",
        {"lv": _LV, "rv": _RV},
    ),
    "a rare structure over 100 mL": (
        {"segments": {"type": {"is": _RARE}, "volume": {"gt": {"value": 100, "unit": "mL"}}}},
        "MATCH (i:Instance)-[:HAS_SEGMENT]->(s:Segment)-[:TYPE]->(:Concept {id: $rare}) WHERE s.volume > 100 "
        "RETURN i.id AS id, s.segmentNumber AS number",
        {"rare": _RARE},
    ),
    "PR interval over 0.2 s": (
        {"patients": {"items": {"some": {"name": {"is": _PR}, "number": {"gt": {"value": 0.2, "unit": "s"}}}}}},
        "MATCH (x:ContentItem)-[:NAME]->(:Concept {id: $pr}) WHERE x.canonicalUnit = 's' AND x.canonicalValue > 0.2 "
        f"MATCH (x){_PATIENT_OF_ITEM} RETURN DISTINCT p.id AS id",
        {"pr": _PR},
    ),
    "diameter over 9 cm at the right ventricle": (
        {
            "items": {
                "name": {"is": _DIAMETER},
                "number": {"gt": {"value": 9, "unit": "cm"}},
                "site": {"is": _RV},
            }
        },
        "MATCH (x:ContentItem)-[:NAME]->(:Concept {id: $diameter}) "
        "WHERE x.canonicalUnit = 'm' AND x.canonicalValue > 0.09 "
        "MATCH (x)-[:SITE]->(:Concept {id: $rv}) MATCH (i:Instance)-[:HAS_ITEM]->(x) "
        "RETURN i.id AS id, x.path AS number",
        {"diameter": _DIAMETER, "rv": _RV},
    ),
    "rare structure and long PR, across objects": (
        {
            "patients": {
                "AND": [
                    {"segments": {"some": {"type": {"is": _RARE}}}},
                    {"items": {"some": {"name": {"is": _PR}, "number": {"gt": {"value": 200, "unit": "ms"}}}}},
                ]
            }
        },
        "MATCH (:Concept {id: $rare})<-[:TYPE]-(:Segment)<-[:HAS_SEGMENT]-(:Instance)<-[:HAS_INSTANCE]-(:Series)"
        "<-[:HAS_SERIES]-(:Study)<-[:HAS_STUDY]-(p:Patient) WITH DISTINCT p "
        "MATCH (p)-[:HAS_STUDY]->(:Study)-[:HAS_SERIES]->(:Series)-[:HAS_INSTANCE]->(:Instance)-[:HAS_ITEM]->"
        "(x:ContentItem)-[:NAME]->(:Concept {id: $pr}) "
        "WHERE x.canonicalUnit = 's' AND x.canonicalValue > 0.2 RETURN DISTINCT p.id AS id",
        {"rare": _RARE, "pr": _PR},
    ),
    "left ventricle but no right one": (
        {
            "patients": {
                "AND": [
                    {"segments": {"some": {"type": {"is": _LV}}}},
                    {"segments": {"none": {"type": {"is": _RV}}}},
                ]
            }
        },
        "MATCH (:Concept {id: $lv})<-[:TYPE]-(:Segment)<-[:HAS_SEGMENT]-(:Instance)<-[:HAS_INSTANCE]-(:Series)"
        "<-[:HAS_SERIES]-(:Study)<-[:HAS_STUDY]-(p:Patient) WITH DISTINCT p WHERE NOT EXISTS { "
        "MATCH (p)-[:HAS_STUDY]->(:Study)-[:HAS_SERIES]->(:Series)-[:HAS_INSTANCE]->(:Instance)-[:HAS_SEGMENT]->"
        "(:Segment)-[:TYPE]->(:Concept {id: $rv}) } RETURN p.id AS id",
        {"lv": _LV, "rv": _RV},
    ),
}


def by_hand(engine: Engine, cypher: str, parameters: Mapping[str, Any]) -> list[str]:
    """The ids that hand-written Cypher finds; children as ``<UID>#…/number``."""
    found = engine.read(cypher, parameters).to_pylist()
    return sorted(f"{row['id']}#{row['number']}" if "number" in row else row["id"] for row in found)


def _comparable(found: list[str]) -> list[str]:
    """Public ids without the name of the fragment, as ``by_hand`` gives them."""
    return sorted(f"{name.split('#')[0]}#{name.rpartition('/')[2]}" if "#" in name else name for name in found)


def run(series: int, url: str | None = None) -> None:
    """Load an archive of ``series`` series and print a line a question.

    Parameters
    ----------
    url
        Of an empty Neo4j, which keeps the archive; None for the embedded engine.
    """
    with tempfile.TemporaryDirectory() as folder, Store.init(url or folder, directory=folder if url else None) as store:
        if store.engine.version():
            raise SystemExit(f"{url} is not empty")
        _run(store.engine, archive(series))


def _run(engine: Engine, made: Archive) -> None:
    loading = seconds(partial(load, engine, made.nodes, made.edges))
    counted = {label: len(table) for label, table in made.nodes.items()}
    print(
        f"loaded {counted['Series']} series, {counted['Segment']} segments, {counted['ContentItem']} items "
        f"in {loading:.1f} s ({engine.name})"
    )
    print(f"{'question':<44}{'hits':>8}{'ours, ms':>10}{'by hand, ms':>13}{'ratio':>8}{'aim':>7}")
    for name, (document, cypher, parameters) in QUESTIONS.items():
        mine = ids(engine, document)
        if _comparable(mine) != by_hand(engine, cypher, parameters):
            raise SystemExit(f"{name}: the two answers differ")
        ours, hand = paired(partial(ids, engine, document), partial(by_hand, engine, cypher, parameters))
        print(f"{name:<44}{len(mine):>8}{ours * 1000:>10.1f}{hand * 1000:>13.1f}{ours / hand:>8.2f}{1.5:>6.1f}×")
