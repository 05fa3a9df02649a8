"""Every edge type, the labels that it joins and its properties."""

from __future__ import annotations

from .model import Edge, Property, Type
from .nodes import VARYING

_CODE = (
    Property("codeMeaning", doc="as read"),
    Property("originalCode", doc="SCHEME:value as read, where normalisation changed it"),
    Property("codingSchemeVersion"),
    Property("otherAttributes", doc="further attributes of the code sequence item, as DICOM JSON"),
)
_LATERALITY = (
    Property("laterality", doc="concept id (semantics 2.8)"),
    Property("modifiers", Type.STRINGS, "concept ids of topographical and type modifiers (semantics 2.8)"),
)
_CONTEXT = (
    *_CODE,
    Property("own", Type.BOOLEAN, "False where inherited (semantics 2.9)"),
    Property("fromItem", doc="path of the item it came from"),
)
_MEASURED = (
    Property("valueIndex", Type.INT64, "which of several values, 0-based"),
    Property("numericValue", Type.DOUBLE, "the value of that index"),
    Property("canonicalValue", Type.DOUBLE, "in the concept's canonicalUnit (semantics 6.7)"),
)
BASES = (
    "referencedSeries",
    "sourceImage",
    "evidence",
    "contentItem",
    "predecessor",
    "identicalDocuments",
    "rejection",
    "frameOfReference",
    "trackingUID",
)
"""What references are by, but for those by the keyword of another sequence; the last two are derived."""

_REFERENCE = (
    Property("basis", doc=f"{', '.join(BASES)} or the keyword of another sequence (semantics 4.1, 4.2)"),
    Property("path", doc="of a DICOM attribute or, for a by-reference relationship, of the missing child"),
    Property("relationshipType", doc="of a by-reference content item relationship"),
    Property("sopClassUID", doc="Referenced SOP Class UID"),
    Property("frames", Type.INT64S, "Referenced Frame Number"),
    Property("segments", Type.INT64S, "Referenced Segment Number"),
    Property("channels", Type.INT64S, "Referenced Waveform Channels, group and channel alternating"),
    Property("purpose", doc="concept id of the Purpose of Reference Code"),
    Property("own", Type.BOOLEAN, "of a context region or segment: False where inherited (semantics 2.9)"),
    Property("fromItem", doc="path of the item that context came from"),
    Property("otherAttributes", doc="further attributes of the reference, as DICOM JSON"),
)


def _from_item(type_: str, field: str, properties: tuple[Property, ...], doc: str) -> Edge:
    return Edge(type_, (("ContentItem", "Concept"),), properties, doc, field)


def _coded(*holders: str) -> tuple[tuple[str, str], ...]:
    return tuple((holder, "Concept") for holder in holders)


def _property_codes(label: str, prefix: str) -> tuple[Edge, ...]:
    """Category, type and region: of one name in a question, but an edge type for each label.

    Ladybug plans badly from the concept's end of an edge type that several labels share.
    """
    return (
        Edge(f"{prefix}CATEGORY", _coded(label), _CODE, f"Property Category of a {label}", "category"),
        Edge(f"{prefix}TYPE", _coded(label), (*_CODE, *_LATERALITY), f"Property Type of a {label}", "type"),
        Edge(f"{prefix}REGION", _coded(label), (*_CODE, *_LATERALITY), f"Anatomic Region of a {label}", "region"),
    )


def _holders(*targets: str) -> tuple[tuple[str, str], ...]:
    return tuple((holder, target) for holder in ("Instance", "ContentItem") for target in targets)


EDGES: tuple[Edge, ...] = (
    Edge("IN_DATASET", (("Instance", "Dataset"),), doc="a second data set adds an edge"),
    Edge("HAS_STUDY", (("Patient", "Study"),)),
    Edge("HAS_SERIES", (("Study", "Series"),)),
    Edge("HAS_INSTANCE", (("Series", "Instance"),)),
    Edge("HAS_SEGMENT", (("Instance", "Segment"),)),
    Edge("HAS_ITEM", (("Instance", "ContentItem"),), doc="every item of the tree, flat"),
    Edge("HAS_ROI", (("Instance", "Roi"),)),
    Edge("HAS_CHANNEL", (("Instance", "WaveformChannel"),)),
    Edge("HAS_ANNOTATION", (("Instance", "AnnotationGroup"),)),
    Edge(
        "HAS_CHILD",
        (("ContentItem", "ContentItem"),),
        (Property("relationshipType"),),
        "the by-value tree",
    ),
    *_property_codes("Segment", ""),
    *_property_codes("Roi", "ROI_"),
    *_property_codes("AnnotationGroup", "ANNOTATION_"),
    Edge("SOURCE", _coded("WaveformChannel"), (*_CODE, *_LATERALITY), "Channel Source", "source"),
    _from_item("NAME", "name", _CODE, "Concept Name"),
    _from_item("VALUE", "value", _CODE, "Concept Code of a CODE item"),
    _from_item("UNIT", "unit", (*_CODE, *_MEASURED), "Measurement Units"),
    Edge("SENSITIVITY_UNIT", _coded("WaveformChannel"), (*_CODE, *_MEASURED), "Channel Sensitivity Units", "unit"),
    Edge("REAL_WORLD_UNIT", _coded("Instance"), _CODE, "Measurement Units of its real world values", "unit"),
    Edge("QUANTITY", _coded("Instance"), _CODE, "Quantity of its real world values", "quantity"),
    _from_item("QUALIFIER", "qualifier", _CODE, "Numeric Value Qualifier"),
    _from_item("DERIVATION", "derivation", _CODE, "Derivation (DCM 121401), own only"),
    _from_item("SITE", "site", (*_CONTEXT, *_LATERALITY), "Finding Site"),
    _from_item("FINDING", "finding", _CONTEXT, "Finding"),
    _from_item("METHOD", "method", _CONTEXT, "Measurement Method"),
    _from_item("TIMEPOINT", "timepoint", _CONTEXT, "Time Point Type"),
    _from_item("SUBJECT", "subject", _CONTEXT, "Subject Class"),
    Edge(
        "ANATOMY",
        (("Instance", "Concept"),),
        (*_CODE, *_LATERALITY, Property("path", doc="BodyPartExamined where that says it, by PS3.16 Annex L")),
        "Anatomic Region",
        "anatomy",
    ),
    Edge("VIEW", (("Instance", "Concept"),), (*_CODE, *_LATERALITY), "View", "view"),
    Edge("PROCEDURE", (("Instance", "Concept"),), _CODE, "Procedure Code", "procedure"),
    Edge(
        "CODED",
        _coded("Instance", "Segment", "ContentItem", "Roi", "WaveformChannel", "AnnotationGroup"),
        (*_CODE, Property("path", doc="keywords and 0-based item numbers: A[0].B[1]")),
        "every other code sequence",
        "coded",
    ),
    Edge("SHOWS", (("Instance", "Concept"),), doc="what the object shows (semantics 5); derived"),
    Edge("SHOWED", (("Instance", "Concept"),), doc="SHOWS of a report while it is superseded or rejected"),
    Edge("SUPERSEDES", (("Instance", "Instance"),), doc="Predecessor Documents (semantics 4.3); derived"),
    Edge("REJECTS", (("Instance", "Instance"),), doc="from a rejection note (semantics 4.3); derived"),
    Edge(
        "REFERENCES",
        _holders("Instance", "Segment", "ContentItem", "WaveformChannel"),
        _REFERENCE,
        "from the holder to its target (semantics 6.10)",
    ),
    Edge(
        "REFERENCES_SERIES",
        (("Instance", "Series"),),
        _REFERENCE,
        "where only a series is named, or a Frame of Reference shared",
    ),
    Edge(
        "IN_FRAME",
        (("Series", "FrameOfReference"), ("Instance", "FrameOfReference")),
        doc="of a series with images there, and of an object that names no image (semantics 4.2); derived",
    ),
    Edge("TRACKS", (("Segment", "Tracked"),), doc="by its Tracking UID (semantics 2.10); derived"),
    Edge(
        "ITEM_TRACKS",
        (("ContentItem", "Tracked"),),
        (Property("placed", Type.BOOLEAN, "its context names a region or segment (semantics 4.2)"),),
        "by its Tracking UID, own or inherited (semantics 2.10); derived",
    ),
    Edge(
        "PART_OF",
        (("Instance", "Concatenation"),),
        (
            Property("inConcatenationNumber", Type.INT64),
            Property("inConcatenationTotalNumber", Type.INT64),
            Property("numberOfFrames", Type.INT64, "its own; the Instance of the first part says those of all"),
            *(Property(name, Type.DOUBLES, "its own") for name in VARYING),
        ),
        "derived (semantics 4.4)",
    ),
    Edge("UNRESOLVED", _holders("UnresolvedTarget"), _REFERENCE, "a reference whose target is missing"),
    Edge("ATTRIBUTES", (("Instance", "AttributeSet"),), doc="its declared attributes (semantics 4.7)"),
    Edge("HOLDS", (("AttributeSet", "Attribute"),), doc="one value of one attribute"),
    Edge("IS_A", (("Concept", "Concept"),), doc="shipped hierarchy; narrower to broader"),
    Edge("MEMBER_OF", (("Concept", "ValueSet"),), doc="shipped value sets and DICOM context groups"),
)
