"""The schema, declared once: node labels, their properties, edge types and theirs.

Table creation, constraints, indexes, filter fields and docs/schema.md are derived from the two tables below; a new
node property is one line here. Property names are DICOM keywords in lowerCamelCase (semantics 1.1); the few that
have no keyword say so in ``doc``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

SCHEMA_VERSION = 2
POSITION_BITS = 20
"""A child's key is ``instance ordinal << POSITION_BITS | position``."""


class Type(StrEnum):
    """The value types both engines hold."""

    STRING = "STRING"
    INT64 = "INT64"
    DOUBLE = "DOUBLE"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    STRINGS = "STRING[]"
    INT64S = "INT64[]"
    DOUBLES = "DOUBLE[]"


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a node or an edge.

    Attributes
    ----------
    alias
        Its short name in a filter document, where it has one (``number`` for ``numericValue``).
    unit
        The declared UCUM unit of a number.
    local
        True for what belongs to one location of the object or to this store alone (URIs, transfer syntax, ordinals):
        left out of the store's digest.
    indexed
        True where Neo4j gets a range index.
    filtered
        False for what a question can't name.
    """

    name: str
    type: Type = Type.STRING
    doc: str = ""
    alias: str = ""
    unit: str = ""
    local: bool = False
    indexed: bool = False
    filtered: bool = True


@dataclass(frozen=True, slots=True)
class Node:
    """A node label. ``key`` is ``id`` (STRING) or, for the children of an instance, ``key`` (INT64).

    ``public`` is the fragment name of a child's derived public id: ``<SOP Instance UID>#segment/3``, whose last part
    is the property ``number``.
    """

    label: str
    key: Property
    properties: tuple[Property, ...]
    doc: str
    public: str = ""
    number: str = ""

    @property
    def is_child(self) -> bool:
        """True for a child of an instance, keyed by ordinal and position."""
        return self.key.type is Type.INT64

    @property
    def columns(self) -> tuple[Property, ...]:
        """The key, then the other properties."""
        return (self.key, *self.properties)

    def property(self, name: str) -> Property | None:
        """The property of that name or alias, or None."""
        return next((p for p in self.columns if name in (p.name, p.alias)), None)


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge type, between one or more pairs of labels.

    ``field`` is the name of the edge in a filter document where it leads to a Concept.
    """

    type: str
    pairs: tuple[tuple[str, str], ...]
    properties: tuple[Property, ...] = ()
    doc: str = ""
    field: str = ""

    @property
    def is_coded(self) -> bool:
        """True where the target is a Concept and the edge keeps the code as it was read."""
        return bool(self.pairs) and all(target == "Concept" for _, target in self.pairs) and self.properties != ()


def _id(doc: str, alias: str = "") -> Property:
    return Property("id", Type.STRING, doc, alias)


_KEY = Property("key", Type.INT64, "instance ordinal << 20 | position", local=True, filtered=False)


def _date(name: str, doc: str = "", alias: str = "") -> tuple[Property, Property]:
    """A date and, beside it, its epoch-day integer, which both engines compare and subtract."""
    return (
        Property(name, Type.DATE, doc, alias),
        Property(f"{name}Days", Type.INT64, f"{name} as days since 1970-01-01", indexed=True),
    )


def _number(name: str, unit: str = "", doc: str = "") -> Property:
    return Property(name, Type.DOUBLE, doc, unit=unit)


def _varying(name: str, unit: str) -> tuple[Property, Property, Property]:
    """What may differ from frame to frame (semantics 4.4): its values, the least and the greatest of them."""
    return (
        Property(name, Type.DOUBLES, f"the frames' distinct values, ascending, in {unit}"),
        _number(f"{name}Min", unit, "the least of them"),
        _number(f"{name}Max", unit, "the greatest of them"),
    )


_MERGED = (
    Property("contributors", doc="which instance gave each value (semantics 1.8), as JSON", filtered=False),
    Property("disagreements", Type.STRINGS, "properties on which instances disagree (semantics 1.8)"),
)

NODES: tuple[Node, ...] = (
    Node(
        "Dataset",
        Property("id", doc="name", alias="name"),
        (
            Property("title"),
            Property("license", doc="SPDX identifier or short name"),
            Property("doi"),
            Property("accessConditions"),
            Property("contact"),
            Property("useTerms", doc="consent and use terms (DUO)"),
            Property("assigningAuthority", doc="of Patient IDs that name no issuer (semantics 1.5)"),
            Property("dateShift", doc="none, removed or perPatient(name of the key) (semantics 6.9)"),
        ),
        "A named collection of objects",
    ),
    Node(
        "Patient",
        _id("<authority>|<Patient ID>, both percent-encoded (semantics 1.5)"),
        (
            Property("patientID", indexed=True),
            Property("authority", doc="Issuer of Patient ID, else the data set's assigning authority, else its name"),
            Property("linkedPatientIDs", Type.STRINGS, "every Patient ID of a person whose records are linked"),
            Property("patientIDMissing", Type.BOOLEAN, "Patient ID was empty: keyed by Study Instance UID"),
            Property("patientSex"),
            *_date("patientBirthDate"),
            Property("patientSpeciesDescription"),
            Property("ethnicGroup"),
            Property("patientComments"),
            *_MERGED,
        ),
        "A person or animal",
    ),
    Node(
        "Study",
        _id("Study Instance UID", "studyInstanceUID"),
        (
            *_date("studyDate"),
            Property("studyTime", doc="ISO 8601 time"),
            Property("studyDescription"),
            Property("studyID"),
            Property("accessionNumber"),
            Property("patientAge"),
            _number("patientSize", "m"),
            _number("patientWeight", "kg"),
            *_MERGED,
        ),
        "A Study (PS3.3 C.7.2)",
    ),
    Node(
        "Series",
        _id("Series Instance UID", "seriesInstanceUID"),
        (
            Property("modality", indexed=True),
            *_date("seriesDate"),
            Property("seriesTime", doc="ISO 8601 time"),
            Property(
                "seriesDateTimeSeconds",
                Type.INT64,
                "seriesDate and seriesTime as whole seconds since 1970-01-01, without time zone",
            ),
            *_date("studyDate", "the study's, copied so that series compare without a join"),
            Property("seriesDescription"),
            Property("seriesNumber", Type.INT64),
            Property("bodyPartExamined"),
            Property("laterality"),
            Property("protocolName"),
            Property("patientPosition"),
            Property("manufacturer"),
            Property("manufacturerModelName"),
            Property("institutionName"),
            Property("stationName"),
            Property("deviceSerialNumber"),
            Property("softwareVersions", Type.STRINGS),
            *_MERGED,
        ),
        "A Series (PS3.3 C.7.3)",
    ),
    Node(
        "Instance",
        _id("SOP Instance UID", "sopInstanceUID"),
        (
            Property("ordinal", Type.INT64, "dense number within this store", local=True, filtered=False),
            Property("kind", doc="image, segmentation, report, waveform, …", indexed=True),
            Property("sopClassUID", indexed=True),
            Property("instanceNumber", Type.INT64),
            Property("imageType", Type.STRINGS),
            *_date("contentDate"),
            Property("contentTime", doc="ISO 8601 time"),
            *_date("acquisitionDate"),
            Property("acquisitionTime", doc="ISO 8601 time"),
            Property("acquisitionDateTime", doc="ISO 8601 date and time"),
            Property("acquisitionNumber", Type.INT64),
            Property("numberOfFrames", Type.INT64),
            Property("rows", Type.INT64),
            Property("columns", Type.INT64),
            Property("frameOfReferenceUID", indexed=True),
            Property("pixelSpacing", Type.DOUBLES, "row spacing, column spacing in mm"),
            Property("imagePositionPatient", Type.DOUBLES, "x, y, z in mm"),
            Property("imageOrientationPatient", Type.DOUBLES, "six direction cosines"),
            _number("sliceThickness", "mm"),
            _number("spacingBetweenSlices", "mm"),
            _number("sliceLocation", "mm"),
            _number("kvp", "kV"),
            _number("exposureTime", "ms"),
            Property("convolutionKernel", Type.STRINGS),
            Property("contrastBolusAgent"),
            _number("magneticFieldStrength", "T"),
            _number("repetitionTime", "ms"),
            _number("echoTime", "ms"),
            _number("inversionTime", "ms"),
            _number("flipAngle", "deg"),
            Property("sequenceName"),
            Property("contentLabel"),
            Property("contentDescription"),
            Property("segmentationType"),
            Property("segmentationFractionalType"),
            Property("realWorldValueSlope", Type.DOUBLES, "of its real world value mappings"),
            Property("realWorldValueIntercept", Type.DOUBLES, "of its real world value mappings"),
            Property("lutLabel", Type.STRINGS, "of its real world value mappings"),
            *_varying("effectiveEchoTime", "ms"),
            *_varying("diffusionBValue", "s/mm2"),
            *_varying("nominalCardiacTriggerDelayTime", "ms"),
            *_varying("temporalPositionTimeOffset", "s"),
            Property("concatenationUID", doc="of the logical instance that it is a part of", indexed=True),
            Property("inConcatenationNumber", Type.INT64),
            Property("inConcatenationTotalNumber", Type.INT64),
            Property("structureSetLabel"),
            Property("structureSetName"),
            Property("approvalStatus"),
            Property("rtPlanLabel"),
            Property("rtPlanName"),
            Property("planIntent"),
            Property("doseUnits"),
            Property("doseType"),
            Property("doseSummationType"),
            Property("mimeTypeOfEncapsulatedDocument"),
            Property("documentTitle"),
            Property("completionFlag"),
            Property("verificationFlag"),
            Property("superseded", Type.BOOLEAN, "a later document names it as predecessor (semantics 4.3)"),
            Property("rejected", Type.BOOLEAN, "a rejection note names it (semantics 4.3)"),
            Property("burnedInAnnotation"),
            Property("patientIdentityRemoved"),
            Property("measurement", doc="of a segmentation's voxels: pending, done or failed", filtered=False),
            Property("warnings", Type.STRINGS, "what was odd in the object, kept all the same", filtered=False),
            Property("transferSyntaxUID", local=True),
            Property("photometricInterpretation", local=True),
            Property("lossyImageCompression", local=True),
            Property("locations", Type.STRINGS, "URIs of its copies", local=True, filtered=False),
            Property("headerDigest", doc="SHA-256 of the kept header", local=True, filtered=False),
            Property(
                "lineage",
                Type.STRINGS,
                "Study and Patient id, where its study has several patients or its series several studies",
                local=True,
                filtered=False,
            ),
        ),
        "A SOP Instance",
    ),
    Node(
        "Segment",
        _KEY,
        (
            Property("position", Type.INT64, "0-based, in the order of the Segment Sequence", filtered=False),
            Property("segmentNumber", Type.INT64, alias="number"),
            Property("segmentLabel", alias="label"),
            Property("segmentDescription"),
            Property("segmentAlgorithmType"),
            Property("segmentAlgorithmName"),
            Property("trackingID"),
            Property("trackingUID", indexed=True),
            Property("voxelCount", Type.INT64, "measured (semantics 4.5)"),
            Property("volume", Type.DOUBLE, "measured (semantics 4.5)", unit="mL"),
            Property("area", Type.DOUBLE, "measured, slide microscopy only", unit="mm2"),
            Property("boundingBox", Type.DOUBLES, "xmin, ymin, zmin, xmax, ymax, zmax of its voxels' centres in mm"),
            Property("otherAttributes", doc="what no property or edge holds, as DICOM JSON", filtered=False),
        ),
        "A segment of a Segmentation (PS3.3 C.8.20.4)",
        public="segment",
        number="segmentNumber",
    ),
    Node(
        "ContentItem",
        _KEY,
        (
            Property("position", Type.INT64, "0-based, in document order", filtered=False),
            Property(
                "path",
                doc="Referenced Content Item Identifier joined by dots: 1.3.2; outside a document's tree after what it "
                "belongs to: annotation/1, acquisition/1, specimen/1.1.2",
            ),
            Property("relationshipType"),
            Property("valueType", indexed=True),
            Property("textValue", alias="text"),
            Property("numericValue", Type.DOUBLE, "the first value", alias="number"),
            Property("numericString", doc="Numeric Value as it was written (DS, all values)", filtered=False),
            Property("canonicalValue", Type.DOUBLE, "numericValue in canonicalUnit (semantics 6.7)", filtered=False),
            Property("canonicalUnit", doc="UCUM base of the unit's dimension", filtered=False),
            *_date("date"),
            Property("time", doc="ISO 8601 time"),
            Property("dateTime", doc="ISO 8601 date and time"),
            Property("uid"),
            Property("personName"),
            Property("assertion", doc="affirmed, denied, undetermined or valued (semantics 3.1)"),
            Property("contextAmbiguous", Type.BOOLEAN, "two FINDINGs at the deciding level (semantics 2.7)"),
            Property("trackingID", doc="own or inherited"),
            Property("trackingUID", doc="own or inherited", indexed=True),
            Property("timePoint", doc="the text of Time Point, own or inherited"),
            Property("templateIdentifier"),
            Property("mappingResource"),
            Property("continuityOfContent"),
            Property("observationDateTime", doc="ISO 8601 date and time"),
            Property("observationUID"),
            Property("graphicType"),
            Property("graphicData", Type.DOUBLES, filtered=False),
            Property("referencedFrameOfReferenceUID"),
            Property("pixelOriginInterpretation"),
            Property("fiducialUID"),
            Property("temporalRangeType"),
            Property(
                "referencedWaveformChannels",
                Type.INT64S,
                "of a waveform annotation: multiplex group and channel alternating, channel 0 for the whole group",
            ),
            Property(
                "annotationGroupNumber", Type.INT64, "of a waveform annotation: those of one number belong together"
            ),
            Property("referencedSamplePositions", Type.INT64S, "1-based"),
            Property("referencedTimeOffsets", Type.DOUBLES, filtered=False),
            Property("referencedDateTime", Type.STRINGS, filtered=False),
            Property("otherAttributes", doc="what no property or edge holds, as DICOM JSON", filtered=False),
        ),
        "A content item: of a Structured Report (PS3.3 C.17.3), a waveform annotation (C.10.10), of the acquisition "
        "context (C.7.6.14) or of a specimen's preparation (C.7.6.22)",
        public="item",
        number="path",
    ),
    Node(
        "Roi",
        _KEY,
        (
            Property("position", Type.INT64, "0-based, in the order of the Structure Set ROI Sequence", filtered=False),
            Property("roiNumber", Type.INT64, alias="number"),
            Property("roiName", alias="name"),
            Property("roiDescription"),
            Property("roiGenerationAlgorithm"),
            Property("roiGenerationDescription"),
            Property("roiObservationLabel", doc="of the first observation that has one", alias="label"),
            Property("roiObservationDescription"),
            Property("rtroiInterpretedType", doc="ORGAN, PTV …", alias="interpretedType"),
            Property("referencedFrameOfReferenceUID", indexed=True),
            Property("roiVolume", Type.DOUBLE, "as the object says", unit="cm3"),
            Property("numberOfContours", Type.INT64, "in its Contour Sequence"),
            Property("contourGeometricType", Type.STRINGS, "the types of its contours, each once"),
            Property("volume", Type.DOUBLE, "of its closed planar contours: area × plane distance", unit="mL"),
            Property("boundingBox", Type.DOUBLES, "xmin, ymin, zmin, xmax, ymax, zmax of its contours in mm"),
        ),
        "A region of interest of an RT Structure Set (PS3.3 C.8.8.5, C.8.8.6, C.8.8.8)",
        public="roi",
        number="roiNumber",
    ),
    Node(
        "WaveformChannel",
        _KEY,
        (
            Property("position", Type.INT64, "0-based, through all multiplex groups", filtered=False),
            Property("path", doc="multiplex group and channel, both 1-based, joined by a dot: 1.2", alias="number"),
            Property("multiplexGroup", Type.INT64, "1-based"),
            Property("multiplexGroupLabel"),
            Property("waveformOriginality"),
            _number("samplingFrequency", "Hz"),
            Property("numberOfWaveformSamples", Type.INT64),
            Property("waveformBitsAllocated", Type.INT64),
            Property("waveformSampleInterpretation"),
            Property("channel", Type.INT64, "1-based, in its group"),
            Property("waveformChannelNumber", Type.INT64, "the device's own"),
            Property("channelLabel", alias="label"),
            Property("channelStatus", Type.STRINGS),
            Property(
                "correctedSensitivity", Type.DOUBLE, "Channel Sensitivity × its correction factor, in its UNIT a step"
            ),
            _number("channelSensitivity", doc="as the object says"),
            _number("channelSensitivityCorrectionFactor"),
            _number("channelBaseline"),
            _number("channelTimeSkew", "s"),
            Property("waveformBitsStored", Type.INT64),
            _number("filterLowFrequency", "Hz"),
            _number("filterHighFrequency", "Hz"),
            _number("notchFilterFrequency", "Hz"),
            _number("notchFilterBandwidth", "Hz"),
        ),
        "A channel of a waveform (PS3.3 C.10.9)",
        public="channel",
        number="path",
    ),
    Node(
        "AnnotationGroup",
        _KEY,
        (
            Property("position", Type.INT64, "0-based, in the order of the Annotation Group Sequence", filtered=False),
            Property("annotationGroupNumber", Type.INT64, alias="number"),
            Property("annotationGroupUID", indexed=True),
            Property("annotationGroupLabel", alias="label"),
            Property("annotationGroupDescription"),
            Property("annotationGroupGenerationType"),
            Property("graphicType"),
            Property("numberOfAnnotations", Type.INT64, alias="count"),
            Property("annotationCoordinateType", doc="2D or 3D; the object's"),
            Property("algorithmName", Type.STRINGS),
            Property("algorithmVersion", Type.STRINGS),
        ),
        "A group of microscopy bulk annotations (PS3.3 C.37.1)",
        public="annotation",
        number="annotationGroupNumber",
    ),
    Node(
        "Concept",
        _id("SCHEME:value (semantics 1.2)"),
        (
            Property("codingSchemeDesignator", doc="normalised"),
            Property("codeValue"),
            Property("meanings", Type.STRINGS, "every Code Meaning seen, sorted"),
            Property("codingSchemeUID"),
            Property("aliases", Type.STRINGS, "retired or local codes that were normalised to it"),
            Property("canonicalUnit", doc="of a UCUM unit: the base of its dimension"),
            Property("flagged", Type.BOOLEAN, "the value is not valid for its scheme (semantics 1.3)"),
        ),
        "A coded concept",
    ),
    Node(
        "ValueSet",
        _id("CID number or own name", "name"),
        (Property("title"), Property("source")),
        "A context group or value set",
    ),
    Node(
        "UnresolvedTarget",
        _id("the SOP Instance UID, <Series Instance UID>#series, or public id of a child that this store lacks"),
        (Property("kind", doc="instance, series, segment, item or channel", indexed=True),),
        "A target of a reference that is not here (yet)",
    ),
    Node(
        "LinkedRecord",
        _id("of a Patient record that is linked with others"),
        (Property("records", Type.STRINGS, "ids of all records of the person, sorted; the Patient has the first"),),
        "One of several records of a person (semantics 1.5)",
    ),
    Node(
        "Meta",
        _id("always 'store'"),
        (
            Property("version", Type.INT64, "goes up by one with each transaction that changes anything", local=True),
            Property("nextOrdinal", Type.INT64, local=True),
            Property("schemaVersion", Type.INT64, local=True),
        ),
        "The store's own counters",
    ),
)

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
_REFERENCE = (
    Property(
        "basis", doc="referencedSeries, sourceImage, evidence, contentItem, predecessor, rejection … (semantics 4.1)"
    ),
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
    Edge("ANATOMY", (("Instance", "Concept"),), (*_CODE, *_LATERALITY), "Anatomic Region", "anatomy"),
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
    Edge("REFERENCES_SERIES", (("Instance", "Series"),), _REFERENCE, "where only a series is named"),
    Edge("UNRESOLVED", _holders("UnresolvedTarget"), _REFERENCE, "a reference whose target is missing"),
    Edge("IS_A", (("Concept", "Concept"),), doc="shipped hierarchy; narrower to broader"),
    Edge("MEMBER_OF", (("Concept", "ValueSet"),), doc="shipped value sets and DICOM context groups"),
)

_NODES = {node.label: node for node in NODES}
_EDGES = {edge.type: edge for edge in EDGES}


def node(label: str) -> Node:
    """The declaration of a label; KeyError where there is none."""
    return _NODES[label]


def edge(type_: str) -> Edge:
    """The declaration of an edge type; KeyError where there is none."""
    return _EDGES[type_]


def edge_tables() -> Iterator[tuple[Edge, str, str]]:
    """Every (edge type, source label, target label)."""
    for declared in EDGES:
        for source, target in declared.pairs:
            yield declared, source, target


CHILDREN: dict[str, str] = {
    target: e.type for e in EDGES for source, target in e.pairs if source == "Instance" and e.type.startswith("HAS_")
}
"""Child label → the edge that leads from its Instance to it."""


def child_key(ordinal: int, position: int) -> int:
    """The key of an instance's child.

    Raises
    ------
    OverflowError
        where ``position`` does not fit POSITION_BITS.
    """
    if not 0 <= position < 1 << POSITION_BITS:
        raise OverflowError(f"position {position} of a child exceeds {(1 << POSITION_BITS) - 1}")
    return ordinal << POSITION_BITS | position


def public_id(sop_instance_uid: str, label: str, number: str | int) -> str:
    """A child's public id: ``<SOP Instance UID>#item/1.3.2``; of an item outside the tree ``…#annotation/1``."""
    number = str(number)
    return f"{sop_instance_uid}#{number if '/' in number else f'{_NODES[label].public}/{number}'}"
