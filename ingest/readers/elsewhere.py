"""Content items outside a document's tree: waveform annotations (PS3.3 C.10.10), the acquisition context (C.7.6.14) and
the steps of a specimen's preparation (C.7.6.22). They carry no context (semantics 2) and show nothing (semantics 5).

Their paths begin with what they belong to: ``annotation/1``, ``acquisition/1``, its modifier ``acquisition/1.1``. A
specimen and each step of its preparation is a CONTAINER, so that what belongs to one step stays together:
``specimen/1.2.3`` is the third item of the second step of the first specimen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from ...dicom.codes import VALUES
from ...dicom.sequences import Level
from ...dicom.values import MalformedValue
from ...graph.facts import Child, InstanceFacts, Properties, Reference
from .coded import add_code
from .common import warn
from .content import items, measured
from .content.references import BASIS, named_channels
from .content.tree import Item
from .content.values import Warn, first, integers

WAVEFORM_ANNOTATION_SEQUENCE = 0x0040B020
ACQUISITION_CONTEXT_SEQUENCE = 0x00400555
SPECIMEN_DESCRIPTION_SEQUENCE = 0x00400560
SPECIMEN_PREPARATION_SEQUENCE = 0x00400610
_STEP_CONTENT_ITEM_SEQUENCE = 0x00400612
_CONTENT_ITEM_MODIFIER_SEQUENCE = 0x00400441
_SPECIMEN_IDENTIFIER, _SPECIMEN_UID = 0x00400551, 0x00400554
_UNFORMATTED_TEXT_VALUE = 0x00700006
_ANNOTATION_GROUP_NUMBER = 0x0040A180
_REFERENCED_WAVEFORM_CHANNELS = 0x0040A0B0

_TOLD = frozenset(
    {
        measured.NUMERIC_VALUE,
        measured.MEASUREMENT_UNITS,
        _CONTENT_ITEM_MODIFIER_SEQUENCE,
        _UNFORMATTED_TEXT_VALUE,
        _ANNOTATION_GROUP_NUMBER,
        _REFERENCED_WAVEFORM_CHANNELS,
    }
)


def read_items_elsewhere(level: Level, facts: InstanceFacts) -> None:
    """Add an object's content items outside a tree, after those of the tree."""
    known = sum(child.label == "ContentItem" for child in facts.children)
    reader = _Reader(facts, [], known)
    reader.sequence(level, WAVEFORM_ANNOTATION_SEQUENCE, "annotation/")
    reader.sequence(level, ACQUISITION_CONTEXT_SEQUENCE, "acquisition/")
    for number, specimen in enumerate(level.items(SPECIMEN_DESCRIPTION_SEQUENCE), 1):
        if steps := specimen.items(SPECIMEN_PREPARATION_SEQUENCE):
            reader.specimen(specimen, steps, f"specimen/{number}")
    warn(facts, *dict.fromkeys(reader.warnings))


@dataclass(slots=True)
class _Reader:
    facts: InstanceFacts
    warnings: list[str]
    position: int

    def sequence(self, level: Level, tag: int, prefix: str, parent: int | None = None) -> None:
        """The items of a sequence, numbered from 1 after ``prefix``."""
        for number, item in enumerate(level.items(tag), 1):
            self._item(item, f"{prefix}{number}", parent)

    def specimen(self, specimen: Level, steps: list[Level], path: str) -> None:
        """The steps of a specimen's preparation."""
        described = {"uid": first(specimen, _SPECIMEN_UID), "textValue": first(specimen, _SPECIMEN_IDENTIFIER)}
        holder = self._container(path, None, {name: value for name, value in described.items() if value})
        for number, step in enumerate(steps, 1):
            own = self._container(f"{path}.{number}", holder, {})
            self.sequence(step, _STEP_CONTENT_ITEM_SEQUENCE, f"{path}.{number}.", own)

    def _container(self, path: str, parent: int | None, properties: Properties) -> int:
        return self._add(
            Child("ContentItem", self.position, {"path": path, "valueType": "CONTAINER", **properties}, parent=parent)
        )

    def _add(self, child: Child) -> int:
        child.properties["position"] = child.position
        self.facts.children.append(child)
        self.position += 1
        return child.position

    def _item(self, level: Level, path: str, parent: int | None) -> None:
        note = partial(self._note, path)
        item = Item(level, self.position, path, parent, has_content=False)
        child = items.read_tags(self.facts, item, level.entries.keys() - _TOLD, note)
        if not level.entries.keys().isdisjoint(VALUES):  # a code where a content item should be
            add_code(self.facts, child.codes, "CODED", level, path=path)
        self._number(level, child, note)
        if text := first(level, _UNFORMATTED_TEXT_VALUE):
            child.properties["textValue"] = text
        self._channels(level, child, note)
        self._add(child)
        self.sequence(level, _CONTENT_ITEM_MODIFIER_SEQUENCE, f"{path}.", child.position)

    def _number(self, level: Level, child: Child, note: Warn) -> None:
        if level.entries.keys().isdisjoint((measured.NUMERIC_VALUE, measured.MEASUREMENT_UNITS)):
            return
        written: list[str] = []
        measured.read_value(self.facts, child, level, written, note)
        if written:
            child.properties["numericString"] = "\\".join(written)

    def _channels(self, level: Level, child: Child, note: Warn) -> None:
        """The channels of the object's own waveform that an annotation is about."""
        try:
            channels = integers(level, _REFERENCED_WAVEFORM_CHANNELS)
            group = integers(level, _ANNOTATION_GROUP_NUMBER)
        except MalformedValue:
            note("ReferencedWaveformChannels or AnnotationGroupNumber is malformed")
            return
        if group:
            child.properties["annotationGroupNumber"] = group[0]
        if channels:
            child.properties["referencedWaveformChannels"] = channels
        for channel in named_channels(channels):
            properties: Properties = {"basis": BASIS, "channels": channels}
            self.facts.references.append(
                Reference(self.facts.sop_instance_uid, holder=child.position, channel=channel, properties=properties)
            )

    def _note(self, path: str, message: str) -> None:
        self.warnings.append(f"content item {path}: {message}")
