"""A patient, study, series or object as a readable tree: what ``cohortgraph show`` prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...errors import NotFound, UsageError
from ...graph import schema
from ...graph.engine import Engine, Row, rows
from ...graph.item_paths import inside

_CONTEXT = ("SITE", "FINDING", "METHOD", "TIMEPOINT", "SUBJECT")
_HIERARCHY = ("Patient", "Study", "Series", "Instance")
_DOWN = {"Patient": ("HAS_STUDY", "Study"), "Study": ("HAS_SERIES", "Series"), "Series": ("HAS_INSTANCE", "Instance")}
_TITLES = {
    "Patient": ("patientID", "patientSex", "patientBirthDate"),
    "Study": ("studyDate", "studyDescription"),
    "Series": ("modality", "seriesDate", "seriesDescription"),
    "Instance": ("kind", "instanceNumber", "documentTitle", "contentLabel"),
}
_PROPERTY = ("category", "type", "region")
_PARTS = {
    "Segment": (("segmentNumber", "segmentLabel"), _PROPERTY),
    "Roi": (("roiNumber", "roiName", "rtroiInterpretedType"), _PROPERTY),
    "WaveformChannel": (("path", "multiplexGroupLabel", "channelLabel"), ("source", "unit")),
    "AnnotationGroup": (("annotationGroupNumber", "annotationGroupLabel", "graphicType"), _PROPERTY),
}
"""Label of a child without children of its own → the properties of its title, and the fields of its coded edges."""


@dataclass(slots=True)
class Tree:
    """A node of the tree.

    Attributes
    ----------
    id
        The node's public id.
    title
        One readable line.
    context
        Of a content item, key → concepts with ``(from PATH)`` where inherited.
    """

    label: str
    id: str
    title: str
    context: dict[str, list[str]] = field(default_factory=dict)
    children: list[Tree] = field(default_factory=list)


def tree(engine: Engine, identifier: str) -> Tree:
    """The tree below a patient (id or Patient ID), a study, series or object (UID).

    Raises
    ------
    NotFound
        where nothing here has that identifier.
    UsageError
        where several patients share that Patient ID.
    """
    label, node = _find(engine, identifier)
    return _describe(engine, label, node)


def _find(engine: Engine, identifier: str) -> tuple[str, Row]:
    for label in reversed(_HIERARCHY):
        found = rows(engine.read(f"MATCH (n:{label} {{id: $id}}) RETURN n", {"id": identifier}))
        if found:
            return label, found[0]["n"]
    patients = rows(
        engine.read("MATCH (n:Patient {patientID: $id}) RETURN n ORDER BY n.id LIMIT 20", {"id": identifier})
    )
    if len(patients) > 1:
        ids = ", ".join(repr(patient["n"]["id"]) for patient in patients)
        raise UsageError(f"{len(patients)} patients have the Patient ID {identifier!r}; give one of their ids: {ids}")
    if not patients:
        raise NotFound(
            f"nothing here is called {identifier!r}; "
            "give a Study, Series or SOP Instance UID, a Patient ID or a patient's id"
        )
    return "Patient", patients[0]["n"]


def _describe(engine: Engine, label: str, node: Row) -> Tree:
    told = [str(node[name]) for name in _TITLES[label] if node.get(name) not in (None, "")]
    made = Tree(label, node["id"], "  ".join(told))
    if label == "Instance":
        made.children = [child for below in _PARTS for child in _parts(engine, made.id, below)] + _items(
            engine, made.id
        )
        return made
    edge, below = _DOWN[label]
    found = rows(engine.read(f"MATCH (:{label} {{id: $id}})-[:{edge}]->(n:{below}) RETURN n", {"id": made.id}))
    children = sorted(found, key=lambda child: _order(below, child["n"]))
    if label == "Series" and len(children) > 1:
        made.children = _summary(children)
    else:
        made.children = [_describe(engine, below, child["n"]) for child in children]
    return made


def _order(label: str, node: Row) -> tuple[Any, ...]:
    """By date, as DICOM's level has one, then by id; what has no date comes last."""
    date = node.get({"Study": "studyDate", "Series": "seriesDate"}.get(label, ""))
    return date is None, date or "", node["id"]


def _summary(children: list[Row]) -> list[Tree]:
    """The objects of a series without their own trees: a CT has hundreds."""
    instances = sorted((child["n"] for child in children), key=lambda n: (n.get("instanceNumber") or 0, n["id"]))
    return [
        Tree(
            "Instance",
            n["id"],
            "  ".join(str(n[name]) for name in _TITLES["Instance"] if n.get(name) not in (None, "")),
        )
        for n in instances
    ]


def _codes(engine: Engine, uid: str, label: str, type_: str) -> dict[int, list[Row]]:
    """Position of a child → its edges of one type, each with the concept's id."""
    found = rows(
        engine.read(
            f"MATCH (:Instance {{id: $id}})-[:{schema.CHILDREN[label]}]->(x:{label})-[e:{type_}]->(c:Concept) "
            "RETURN x.position AS position, e AS edge, c.id AS concept ORDER BY position, concept",
            {"id": uid},
        )
    )
    by_position: dict[int, list[Row]] = {}
    for row in found:
        by_position.setdefault(row["position"], []).append({**row["edge"], "concept": row["concept"]})
    return by_position


def _references(engine: Engine, uid: str) -> dict[int, list[str]]:
    """Position of an item → the objects it references, with frames, segments and channels."""
    told: dict[int, list[str]] = {}
    for type_, label, note in (("REFERENCES", "Instance", ""), ("UNRESOLVED", "UnresolvedTarget", " (not here)")):
        found = rows(
            engine.read(
                f"MATCH (:Instance {{id: $id}})-[:HAS_ITEM]->(x:ContentItem)-[e:{type_}]->(t:{label}) "
                "RETURN x.position AS position, e AS edge, t.id AS target ORDER BY position, target",
                {"id": uid},
            )
        )
        for row in found:
            edge = row["edge"]
            parts = [f"{name} {edge[name]}" for name in ("frames", "segments", "channels") if edge.get(name)]
            told.setdefault(row["position"], []).append(" ".join([f"-> {row['target']}{note}", *parts]))
    return told


def _told(edge: Row) -> str:
    """A code as people read it: meaning (id), with its modifiers."""
    text = f"{edge['codeMeaning']} ({edge['concept']})" if edge.get("codeMeaning") else str(edge["concept"])
    qualified = [value for value in (edge.get("laterality"), *(edge.get("modifiers") or ())) if value]
    return f"{text} [{', '.join(qualified)}]" if qualified else text


def _parts(engine: Engine, uid: str, label: str) -> list[Tree]:
    """The segments, regions of interest, channels or annotation groups of an object."""
    titles, fields = _PARTS[label]
    has = schema.CHILDREN[label]
    found = rows(
        engine.read(f"MATCH (:Instance {{id: $id}})-[:{has}]->(n:{label}) RETURN n ORDER BY n.position", {"id": uid})
    )
    types = {e.field: e.type for e in schema.EDGES if e.field in fields and (label, "Concept") in e.pairs}
    codes = {name: _codes(engine, uid, label, types[name]) for name in fields} if found else {}
    made = []
    for row in found:
        node = row["n"]
        title = "  ".join(str(node[name]) for name in titles if node.get(name) is not None)
        if node.get("volume") is not None:
            title += f"  {node['volume']:.1f} mL"
        context = {
            name: [_told(edge) for edge in edges[node["position"]]]
            for name, edges in codes.items()
            if node["position"] in edges
        }
        made.append(Tree(label, schema.public_id(uid, label, node[schema.node(label).number]), title, context))
    return made


def _items(engine: Engine, uid: str) -> list[Tree]:
    found = rows(
        engine.read(
            "MATCH (:Instance {id: $id})-[:HAS_ITEM]->(n:ContentItem) RETURN n ORDER BY n.position", {"id": uid}
        )
    )
    if not found:
        return []
    codes = {type_: _codes(engine, uid, "ContentItem", type_) for type_ in ("NAME", "VALUE", "UNIT", *_CONTEXT)}
    references = _references(engine, uid)
    by_path: dict[str, Tree] = {}
    roots: list[Tree] = []
    for row in found:
        node = row["n"]
        made = _item(uid, node, codes)
        made.title = "  ".join([made.title, *references.get(node["position"], ())])
        by_path[inside(node["path"], node["position"])] = made
        parent = by_path.get(node["path"].rpartition(".")[0])
        (parent.children if parent else roots).append(made)
    return roots


def _item(uid: str, node: Row, codes: dict[str, dict[int, list[Row]]]) -> Tree:
    def edges(type_: str) -> list[Row]:
        return codes[type_].get(node["position"], [])

    name = "; ".join(_told(edge) for edge in edges("NAME"))
    value = _value(node, edges)
    relationship = (node.get("relationshipType") or "").lower()
    kind = node.get("valueType") or node["path"].rpartition("/")[0] or "?"
    title = f"{relationship} {kind} {name}".strip() + (f" = {value}" if value else "")
    context = {}
    for type_ in _CONTEXT:
        told = [_told(e) + ("" if e.get("own") else f" (from {e.get('fromItem')})") for e in edges(type_)]
        if told:
            context[type_.lower()] = told
    return Tree("ContentItem", schema.public_id(uid, "ContentItem", node["path"]), title, context)


def _value(node: Row, edges: Any) -> str:
    codes = "; ".join(_told(edge) for edge in edges("VALUE"))
    if codes:
        assertion = node.get("assertion")
        return codes if assertion in (None, "valued") else f"{codes} [{assertion}]"
    if node.get("numericString"):
        units = ", ".join(edge["concept"].partition(":")[2] for edge in edges("UNIT"))
        return f"{node['numericString']} {units}".rstrip()
    for name in ("textValue", "personName", "uid", "dateTime", "date", "time", "graphicType"):
        if node.get(name) is not None:
            return str(node[name])
    return ""
