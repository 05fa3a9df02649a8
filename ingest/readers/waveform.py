"""Channels of all multiplex groups of a waveform (PS3.3 C.10.9) with their sources and sensitivities."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from itertools import count

from pydicom.dataset import Dataset

from ...dicom.keywords import keyword_of
from ...dicom.sequences import Level, items
from ...dicom.values import MalformedValue, texts
from ...graph.facts import Child, InstanceFacts, Properties
from .coded import concepts_of
from .common import declared, read_properties, warn
from .content.measured import decimal_of, in_unit
from .sequences import TOP, Walk, add_references

WAVEFORM_SEQUENCE = 0x54000100
_CHANNEL_DEFINITION_SEQUENCE = 0x003A0200
_CHANNEL_SOURCE_MODIFIERS_SEQUENCE = 0x003A0209
_CHANNEL_SENSITIVITY, _CORRECTION_FACTOR = 0x003A0210, 0x003A0212
_EDGES = {
    ("ChannelDefinitionSequence", "ChannelSourceSequence"): "SOURCE",
    ("ChannelDefinitionSequence", "ChannelSensitivityUnitsSequence"): "SENSITIVITY_UNIT",
}
_ATTRIBUTES = declared("WaveformChannel")


def read_channels(ds: Dataset, facts: InstanceFacts) -> None:
    """Add an object's waveform channels; what they refer to is the object's."""
    warnings: list[str] = []
    positions = count()
    of_groups = Walk(facts)
    for number, group in enumerate(items(ds, WAVEFORM_SEQUENCE)):
        place = TOP.inside(WAVEFORM_SEQUENCE, number)
        of_groups.read(group, {_CHANNEL_DEFINITION_SEQUENCE}, place)
        common = {"multiplexGroup": number + 1, **read_properties(Level.of(group), _ATTRIBUTES, warnings)}
        for index, item in enumerate(items(group, _CHANNEL_DEFINITION_SEQUENCE)):
            walk = Walk(facts, _EDGES)
            walk.read(item, {_CHANNEL_SOURCE_MODIFIERS_SEQUENCE}, place.inside(_CHANNEL_DEFINITION_SEQUENCE, index))
            add_references(facts, walk)
            properties = {
                **common,
                "channel": index + 1,
                "path": f"{number + 1}.{index + 1}",
                **read_properties(Level.of(item), _ATTRIBUTES, warnings),
            }
            channel = Child("WaveformChannel", next(positions), properties, list(walk.codes.values()))
            _modify_source(facts, channel, item)
            _measure(channel, item, warnings)
            channel.properties["position"] = channel.position
            facts.children.append(channel)
    facts.codes.extend(of_groups.codes.values())
    add_references(facts, of_groups)
    warn(facts, *warnings)


def _modify_source(facts: InstanceFacts, channel: Child, item: Dataset) -> None:
    """What modifies a source are properties of its edge, never edges of their own (semantics 2.8)."""
    modifiers = concepts_of(facts, Level.of(item), _CHANNEL_SOURCE_MODIFIERS_SEQUENCE)
    for coded in channel.codes if modifiers else ():
        if coded.type == "SOURCE":
            coded.properties["modifiers"] = [*modifiers]


def _measure(channel: Child, item: Dataset, warnings: list[str]) -> None:
    """Set what a step of the samples is worth: Channel Sensitivity × Channel Sensitivity Correction Factor."""
    sensitivity, factor = (_decimal(item, tag, warnings) for tag in (_CHANNEL_SENSITIVITY, _CORRECTION_FACTOR))
    if sensitivity is None:
        return
    units = [coded for coded in channel.codes if coded.type == "SENSITIVITY_UNIT"]
    product = sensitivity * (1 if factor is None else factor)
    said: Properties = in_unit(product, units, partial(_note, warnings))
    channel.properties["correctedSensitivity"] = said.get("numericValue")
    said.pop("canonicalUnit", None)
    for unit in units:
        unit.properties.update(said)


def _decimal(item: Dataset, tag: int, warnings: list[str]) -> Decimal | None:
    try:
        written = next(iter(texts(item, tag)), "")
    except MalformedValue:
        written = "?"
    decimal = decimal_of(written) if written else None
    if written and decimal is None:
        warnings.append(f"{keyword_of(tag)}: not a valid DS")
    return decimal


def _note(warnings: list[str], message: str) -> None:
    warnings.append(f"{keyword_of(_CHANNEL_SENSITIVITY)}: {message}")
