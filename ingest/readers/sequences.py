"""Every code and every reference outside the SR tree, at any nesting depth (semantics 4.1, 4.7).

Paths name attributes by keyword and items by 0-based number: ``RequestAttributesSequence[0].ReasonForVisitCode…[1]``.
What thousands of frames, contours or images repeat is one edge: item numbers of the Per-frame Functional Groups, of
the contours of an ROI and, for a Purpose of Reference, of all sequences are left out of the path, and what is then
equal is one. The frames that such a repeated reference names are united. References to what is never stored (a
procedure step, a detached study) are left to the kept header.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from ...dicom.codes import VALUES
from ...dicom.elements import decoded
from ...dicom.keywords import keyword_of, property_name
from ...dicom.plain import NOT_PLAIN
from ...dicom.sequences import Level
from ...dicom.values import MalformedValue, numbers, texts, vr_of
from ...graph.facts import Coded, InstanceFacts, Properties, Reference
from .coded import add_code, concepts_of
from .common import warn
from .forms import CAPACITY, Naming, Piece, Told, form_of
from .kinds import is_foreign

SEGMENT_SEQUENCE = 0x00620002
CONTENT_SEQUENCE = 0x0040A730
CONCEPT_NAME_CODE_SEQUENCE = 0x0040A043

_PER_FRAME = 0x52009230
_CONTOUR = 0x30060040
_FRAME = "PerFrameFunctionalGroupsSequence"
_PURPOSE_OF_REFERENCE = 0x0040A170
_REFERENCED_SOP_CLASS_UID = 0x00081150
_REFERENCED_SOP_INSTANCE_UID = 0x00081155
_REFERENCED_FRAME_NUMBER = 0x00081160
_NUMBERS = {"segments": 0x0062000B, "channels": 0x0040A0B0}
"""Referenced Segment Number, Referenced Waveform Channels."""
_SERIES_INSTANCE_UID = 0x0020000E
_PREPARATION = ("SpecimenDescriptionSequence", "SpecimenPreparationSequence")
"""The steps of a specimen's preparation are content items, read elsewhere."""

# What a nested value must contain to be worth parsing: a code value of any form, an instance or a series (PS3.5 7.1).
_CODE_VALUE, _LONG_CODE_VALUE, _URN_CODE_VALUE = b"\x08\x00\x00\x01", b"\x08\x00\x19\x01", b"\x08\x00\x20\x01"
_REFERENCED_SOP, _SERIES = b"\x08\x00\x55\x11", b"\x20\x00\x0e\x00"

# The outermost of these says what a reference is for; else it is the keyword of the sequence that holds it.
_BASES = {
    "ReferencedSeriesSequence": "referencedSeries",
    "RTReferencedSeriesSequence": "referencedSeries",
    "SourceImageSequence": "sourceImage",
    "DerivationImageSequence": "sourceImage",
    "SourceInstanceSequence": "sourceImage",
    "CurrentRequestedProcedureEvidenceSequence": "evidence",
    "PertinentOtherEvidenceSequence": "evidence",
    "PredecessorDocumentsSequence": "predecessor",
    "IdenticalDocumentsSequence": "identicalDocuments",
}

ANATOMY_SEQUENCES = ("AnatomicRegionSequence", "PrimaryAnatomicStructureSequence")
# The places where a code is the image's own, by the sequence that holds its sequence: "" is the Dataset itself.
_EDGES: dict[tuple[str, str], str] = {
    **{
        (parent, name): "ANATOMY"
        for parent in ("", "FrameAnatomySequence", "SpecimenDescriptionSequence")
        for name in ANATOMY_SEQUENCES
    },
    ("", "ViewCodeSequence"): "VIEW",
    ("", "ProcedureCodeSequence"): "PROCEDURE",
    ("RealWorldValueMappingSequence", "MeasurementUnitsCodeSequence"): "REAL_WORLD_UNIT",
    ("QuantityDefinitionSequence", "ConceptCodeSequence"): "QUANTITY",
}

_MODIFIERS = {
    "AnatomicRegionSequence": 0x00082220,
    "PrimaryAnatomicStructureSequence": 0x00082230,
    "ViewCodeSequence": 0x00540222,
    "SegmentedPropertyTypeCodeSequence": 0x00620011,
    "AnnotationPropertyTypeCodeSequence": 0x006A000B,
}
"""Code sequence → the sequence, inside its items, of what modifies them."""

_MODIFIED = ("ANATOMY", "VIEW", "REGION", "TYPE", "ROI_REGION", "ROI_TYPE", "ANNOTATION_REGION", "ANNOTATION_TYPE")

_QUANTITY = "SCT:246205007"
"""The name of the content item of a Quantity Definition Sequence that says what is measured (PS3.16 TID 9201)."""
_MAY_BE_SEQUENCE = frozenset(("SQ", "UN", None))
_BESIDE = (0x00082218, 0x00082228, 0x0040A168)
"""ANATOMY_SEQUENCES and Concept Code: what is beside them tells their laterality, or whether they are a quantity."""

_LATERALITIES = {"R": "SCT:24028007", "L": "SCT:7771000", "B": "SCT:51440002", "U": "SCT:66459002"}
"""Laterality (0020,0060) → the code of CID 244."""
_LATERALITY_TAGS = (0x00209072, 0x00200062, 0x00200060)  # of the frame, the image, the series


class Place(NamedTuple):
    """Where in an object a sequence item stands.

    Attributes
    ----------
    path
        As it is written on an edge.
    keywords
        Of the sequences above, outermost first, without functional groups.
    """

    path: str = ""
    keywords: tuple[str, ...] = ()

    def inside(self, tag: int, number: int) -> Place:
        """The place of an item of a sequence here."""
        keyword = keyword_of(tag)
        step = keyword if tag in (_PER_FRAME, _CONTOUR) else f"{keyword}[{number}]"
        keywords = self.keywords if tag >> 16 == 0x5200 else (*self.keywords, keyword)
        return Place(f"{self.path}.{step}" if self.path else step, keywords)


TOP = Place()


@dataclass(slots=True)
class Walk:
    """The codes and references of one holder: an Instance, a Segment.

    ``codes`` and ``references`` are what has been found, by what tells one from another; ``walked`` are the sequences
    in per-frame functional groups that were read, by path and bytes, and whether they refer: frames repeat them.
    ``told`` is what items said, by their form and place; ``trace`` is whom items named so far, and how, None where
    anything else has their path.
    """

    facts: InstanceFacts
    edges: dict[tuple[str, str], str] = field(default_factory=lambda: _EDGES)
    codes: dict[tuple[object, ...], Coded] = field(default_factory=dict)
    references: dict[tuple[object, ...], Reference] = field(default_factory=dict)
    walked: dict[tuple[str, int, bytes] | None, bool] = field(default_factory=dict)
    told: dict[Hashable, Told] = field(default_factory=dict)
    trace: list[tuple[str, Naming] | None] = field(default_factory=list)

    def read(self, ds: Dataset, skip: Collection[int] = (), place: Place = TOP) -> None:
        """Read every sequence of one nesting level and below."""
        self.read_level(Level.of(ds), skip, place)

    def read_level(self, level: Level, skip: Collection[int] = (), place: Place = TOP) -> bool:
        """Read every sequence of one nesting level and below; True where there was a reference."""
        worth = [
            tag
            for tag, entry in level.entries.items()
            if entry.VR in _MAY_BE_SEQUENCE and tag not in skip and _worth_parsing(entry)
        ]
        if not worth or place.keywords == _PREPARATION:
            return False
        return True in [self._sequence(level, tag, place) for tag in sorted(worth)]

    def _sequence(self, level: Level, tag: int, place: Place) -> bool:
        value = level.entries[tag].value
        key = None
        if isinstance(value, bytes) and tag not in _BESIDE and place.path.startswith(_FRAME):
            key = place.path, tag, value
        if key in self.walked:
            return self.walked[key]
        found = self._pieces(level, tag, place)
        if not found and not isinstance(decoded(level.dataset, tag).value, Sequence):
            warn(self.facts, f"{keyword_of(tag)}: not a valid SQ")
        refers = True in [self._piece(piece, tag, place.inside(tag, n), level) for n, piece in enumerate(found)]
        if key:
            self.walked[key] = refers
        return refers

    def _pieces(self, level: Level, tag: int, place: Place) -> list[Piece]:
        """The items of a sequence; those that are like others, but for what they refer to, are not read."""
        of_frame = place.path.startswith(_FRAME)
        read: set[Hashable] = set()
        found: list[Piece] = []
        try:
            for number, encoded in enumerate(() if tag in _BESIDE else level.pieces(tag)):
                form = form_of(encoded, place.path, tag, number if of_frame else -1)
                if form and (form.rest in read or form.rest in self.told):
                    found.append(Piece(encoded, form))
                else:
                    found.append(Piece(encoded, form, level.piece(tag, encoded)))
                    read.add(form and form.rest)
        except NOT_PLAIN:
            found = []
        return found or [Piece(item=item) for item in level.items(tag)]

    def _piece(self, piece: Piece, tag: int, place: Place, holder: Level) -> bool:
        form = piece.form
        told = self.told.get(form.rest) if form else None
        if form and told:
            for uid, naming in zip(form.uids, told.at(place.path), strict=True):
                self._refer(uid, naming)
            return told.refers
        begin = len(self.trace)
        refers = self._item(piece.item or holder.piece(tag, piece.encoded), tag, place, holder)
        if form and len(self.told) < CAPACITY and (namings := form.namings(self.trace[begin:])) is not None:
            self.told[form.rest] = Told(place.path, refers, namings)
        return refers

    def _item(self, item: Level, tag: int, place: Place, holder: Level) -> bool:
        tags = item.entries.keys()
        skip = () if tags.isdisjoint(VALUES) else self._code(item, tag, place, holder)
        refers = _REFERENCED_SOP_INSTANCE_UID in tags and self._reference(item, place)
        refers = self.read_level(item, skip, place) or refers
        return refers or (_SERIES_INSTANCE_UID in tags and self._series(item, place))

    def _code(self, item: Level, tag: int, place: Place, holder: Level) -> Collection[int]:
        """Add a code; the answer is what of its item is told by the edge already."""
        keyword = keyword_of(tag)
        parent = place.keywords[-2] if len(place.keywords) > 1 else ""
        type_ = self.edges.get((parent, keyword), "CODED")
        if type_ == "QUANTITY" and _QUANTITY not in concepts_of(self.facts, holder, CONCEPT_NAME_CODE_SEQUENCE):
            type_ = "CODED"
        properties: Properties = {}
        if type_ == "CODED":
            properties["path"] = ".".join(place.keywords) if tag == _PURPOSE_OF_REFERENCE else self._noted(place)
        elif type_ in _MODIFIED:
            properties = self._modified(item, keyword, holder)
        made: list[Coded] = []
        if coded := add_code(self.facts, made, type_, item, **properties):
            self.codes.setdefault((type_, coded.concept, str(coded.properties)), coded)
        return (_MODIFIERS[keyword],) if type_ in _MODIFIED and keyword in _MODIFIERS else ()

    def _modified(self, item: Level, keyword: str, holder: Level) -> Properties:
        """Modifiers and laterality of a code: properties of its edge, never edges of their own (semantics 2.8)."""
        modifiers = concepts_of(self.facts, item, _MODIFIERS.get(keyword, 0))
        sided = next((one for one in modifiers if one in _LATERALITIES.values()), "")
        if not sided and keyword in ANATOMY_SEQUENCES:
            sided = laterality(holder)
        properties: Properties = {"modifiers": modifiers} if modifiers else {}
        return {**properties, "laterality": sided} if sided else properties

    def _reference(self, item: Level, place: Place) -> bool:
        uid = _text(item, _REFERENCED_SOP_INSTANCE_UID)
        sop_class_uid = _text(item, _REFERENCED_SOP_CLASS_UID)
        if not uid or is_foreign(sop_class_uid):
            return False
        others: Properties = {"sopClassUID": sop_class_uid} if sop_class_uid else {}
        for name, tag in _NUMBERS.items():
            if found := _integers(item, tag):
                others[name] = found
        if purposes := concepts_of(self.facts, item, _PURPOSE_OF_REFERENCE):
            others["purpose"] = purposes[0]
        frames = _integers(item, _REFERENCED_FRAME_NUMBER)
        self._refer(uid, Naming(_basis(place.keywords), place.path, others, (*map(str, others.values()),), frames))
        return True

    def _refer(self, uid: str, naming: Naming) -> None:
        self.trace.append((uid, naming))
        key = uid, naming.basis, naming.path, naming.told
        reference = self.references.get(key)
        if reference is None:
            properties: Properties = {"basis": naming.basis, "path": naming.path, **naming.others}
            reference = self.references[key] = Reference(uid, properties=properties)
        if naming.frames:
            reference.properties["frames"] = sorted({*naming.frames, *_listed(reference.properties.get("frames"))})

    def _noted(self, place: Place) -> str:
        """The path of a place, noted in ``trace``."""
        if not place.path.startswith(_FRAME):
            self.trace.append(None)
        return place.path

    def _series(self, item: Level, place: Place) -> bool:
        """A reference to a series of which no instance is named."""
        uid = _text(item, _SERIES_INSTANCE_UID)
        if uid:
            properties: Properties = {"basis": _basis(place.keywords), "path": self._noted(place)}
            key = (uid, str(properties))
            self.references.setdefault(key, Reference(series_instance_uid=uid, properties=properties))
        return bool(uid)


def laterality(level: Level) -> str:
    """The concept of the laterality of a frame, an image or its series; empty where none is told."""
    letters = (_text(level, tag) for tag in _LATERALITY_TAGS)
    return next((_LATERALITIES[letter] for letter in letters if letter in _LATERALITIES), "")


def read_sequences(facts: InstanceFacts, level: Level, skip: Collection[int]) -> None:
    """Add the codes and references of an object's sequences, but for the top-level tags in ``skip``."""
    walk = Walk(facts)
    walk.read_level(level, skip)
    facts.codes.extend(walk.codes.values())
    add_references(facts, walk)


def add_references(facts: InstanceFacts, walk: Walk) -> None:
    """Add the references found, and one more to each segment that they name."""
    for reference in walk.references.values():
        facts.references.append(reference)
        for segment in _listed(reference.properties.get("segments")):
            facts.references.append(
                Reference(reference.sop_instance_uid, segment=segment, properties=dict(reference.properties))
            )


def _worth_parsing(entry: DataElement | RawDataElement) -> bool:
    """Whether an element is a sequence that, as far as its bytes tell, holds a code or a reference."""
    if entry.VR != "SQ" and (entry.VR not in (None, "UN") or vr_of(entry.tag, entry.VR) != "SQ"):
        return False
    if not isinstance(entry, RawDataElement) or not entry.is_little_endian:
        return True
    value = entry.value or b""
    return (
        _CODE_VALUE in value
        or _REFERENCED_SOP in value
        or _LONG_CODE_VALUE in value
        or _URN_CODE_VALUE in value
        or _SERIES in value
    )


@lru_cache(maxsize=1 << 10)
def _basis(keywords: tuple[str, ...]) -> str:
    """What a reference inside these sequences is for."""
    known = next((_BASES[keyword] for keyword in keywords if keyword in _BASES), "")
    return known or property_name(keywords[-1].removesuffix("Sequence"))


def _text(level: Level, tag: int) -> str:
    entry = level.entries.get(tag)
    if isinstance(entry, RawDataElement) and (entry.value or b"").isascii():  # a UID or a CS, whatever its VR says
        return (entry.value or b"").decode().strip(" \0")
    try:
        return "".join(texts(level.dataset, tag)[:1]) if entry else ""
    except MalformedValue:
        return ""


def _integers(level: Level, tag: int) -> list[int]:
    if tag not in level.entries:
        return []
    try:
        return [int(value) for value in numbers(level.dataset, tag)]
    except MalformedValue:
        return []


def _listed(value: object) -> list[int]:
    return value if isinstance(value, list) else []
