"""Labelled parts of objects as the graph knows them: segments, regions of interest, drawn regions of reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...graph.asking import along, ask, ids
from ...graph.engine import Engine, Row

DRAWN = "p.valueType IN ['SCOORD', 'SCOORD3D']"
_WHOLE = ("POLYGON", "CIRCLE", "ELLIPSE", "ELLIPSOID", "POINT", "MULTIPOINT")
"""Graphic Types of regions and points (PS3.3 C.18.6.1.2, C.18.9.1.2); a line may be one."""
_IMAGE_REGION = "DCM:111030"


@dataclass(frozen=True, slots=True, order=True)
class Coding:
    """A code of a part: the ids of its concept and laterality, and its Code Meaning."""

    concept: str
    laterality: str = ""
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A part of an object that can become a label.

    Attributes
    ----------
    key
        Segment Number, ROI Number, or the path of a content item.
    text
        Segment Label, ROI Name, or Tracking Identifier.
    types
        Of a segment or ROI; the finding of a content item.
    regions
        Anatomic regions; the finding sites of a content item.
    """

    key: str
    text: str = ""
    types: tuple[Coding, ...] = ()
    categories: tuple[Coding, ...] = ()
    regions: tuple[Coding, ...] = ()

    @property
    def laterality(self) -> str:
        """The id of the side that its type, else its region, has; empty where none or several."""
        for codings in (self.types, self.regions):
            sides = {each.laterality for each in codings if each.laterality}
            if sides:
                return sides.pop() if len(sides) == 1 else ""
        return ""


@dataclass(frozen=True, slots=True)
class _Kind:
    label: str
    parts: str
    number: str
    text: str
    edges: Mapping[str, str]


_KINDS = (
    _Kind(
        "Segment",
        "HAS_SEGMENT",
        "segmentNumber",
        "segmentLabel",
        {"types": "TYPE", "categories": "CATEGORY", "regions": "REGION"},
    ),
    _Kind(
        "Roi",
        "HAS_ROI",
        "roiNumber",
        "roiName",
        {"types": "ROI_TYPE", "categories": "ROI_CATEGORY", "regions": "ROI_REGION"},
    ),
    _Kind("ContentItem", "HAS_ITEM", "path", "trackingID", {"types": "FINDING", "regions": "SITE"}),
)
_SIDED = ("TYPE", "REGION", "ROI_TYPE", "ROI_REGION", "SITE")


def labelled(engine: Engine, uids: Iterable[str]) -> dict[str, list[Labelled]]:
    """SOP Instance UID → the parts of the object, in its own order; of reports those that are drawn or points."""
    found: defaultdict[str, list[Labelled]] = defaultdict(list)
    holders = ids(uids)
    for kind in _KINDS:
        match = f"MATCH (i:Instance {{id: r.id}}) OPTIONAL MATCH (i)-[:{kind.parts}]->(p:{kind.label})"
        returned = f"RETURN i.id AS id, p.key AS key, p.{kind.number} AS number, p.{kind.text} AS text"
        parts = (
            _drawn(engine, match, returned, holders)
            if kind.label == "ContentItem"
            else along(engine, f"{match} {returned}", holders, "key")
        )
        codings = _codings(engine, kind, parts)
        for row in sorted(parts, key=lambda row: int(row["key"])):
            if row["number"] is not None:
                of = {name: tuple(sorted(codings[row["key"], name])) for name in kind.edges}
                found[row["id"]].append(Labelled(str(row["number"]), str(row["text"] or ""), **of))
    return dict(found)


def _drawn(engine: Engine, match: str, returned: str, holders: list[Row]) -> list[Row]:
    """The regions and points of reports; of lines those that are closed, or called Image Region (PS3.16 TID 1410)."""
    drawn = f"{match} WHERE {DRAWN} OPTIONAL MATCH (p)-[:NAME]->(c:Concept)"
    returned = f"{returned}, p.graphicType AS type, p.graphicData AS data, c.id AS name"
    found = along(engine, f"{drawn} {returned}", holders, "key")
    return [row for row in found if row["type"] in _WHOLE or (row["type"] == "POLYLINE" and _is_region(row))]


def _is_region(row: Row) -> bool:
    data = list(row["data"] or ())
    return row["name"] == _IMAGE_REGION or (len(data) > 4 and data[:2] == data[-2:])


def _codings(engine: Engine, kind: _Kind, parts: list[Row]) -> defaultdict[tuple[int, str], list[Coding]]:
    found: defaultdict[tuple[int, str], list[Coding]] = defaultdict(list)
    keys = [{"key": row["key"]} for row in parts]
    for name, edge in kind.edges.items():
        side = "e.laterality" if edge in _SIDED else "''"
        query = (
            f"MATCH (p:{kind.label} {{key: r.key}})-[e:{edge}]->(c:Concept) "
            f"RETURN p.key AS key, c.id AS id, e.codeMeaning AS meaning, {side} AS laterality"
        )
        for row in ask(engine, query, keys):
            coding = Coding(str(row["id"]), str(row["laterality"] or ""), str(row["meaning"] or ""))
            found[row["key"], name].append(coding)
    return found
