"""Waveform channels, annotations and the acquisition context, beside what pydicom and dcmdump say of the same files."""

from __future__ import annotations

import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from cohortgraph.dicom.keywords import property_name
from cohortgraph.graph.facts import Child, InstanceFacts
from cohortgraph.ingest.readers import ReadContext, read

from .reading import code, ct, facts_of, group

PYDICOMS = Path(str(get_testdata_file("waveform_ecg.dcm")))
"""A 12-lead ECG with 77 annotations, which comes with pydicom."""

LEADS = {"SCPECG:5.6.3-9-1": "MDC:2:1", "SCPECG:5.6.3-9-62": "MDC:2:62", "SCPECG:5.6.3-9-8": "MDC:2:8"}
"""Of CID 3001: leads I, aVR and V6."""


def children(facts: InstanceFacts, label: str) -> list[Child]:
    return [child for child in facts.children if child.label == label]


def concepts(child: Child, type_: str) -> list[str]:
    return [coded.concept for coded in child.codes if coded.type == type_]


def channel(**attributes):
    described = {
        "ChannelSourceSequence": [code("2:1", "MDC", "Lead I")],
        "ChannelSensitivity": "2.5",
        "ChannelSensitivityUnitsSequence": [code("uV", "UCUM", "microvolt")],
    }
    return group(**{**described, **attributes})


def ecg(*channels, **attributes):
    multiplex = group(MultiplexGroupLabel="RHYTHM", SamplingFrequency="500", ChannelDefinitionSequence=list(channels))
    return ct(
        **{
            "SOPClassUID": "1.2.840.10008.5.1.4.1.1.9.1.1",
            "Modality": "ECG",
            "WaveformSequence": [multiplex],
            **attributes,
        }
    )


@pytest.mark.parametrize("name", ["pydicom", "cardio-ai/example_ecg.dcm"])
def test_every_channel_of_real_waveforms_is_as_pydicom_reads_it(request, name):
    path = PYDICOMS if name == "pydicom" else request.getfixturevalue("shared_data") / name
    read_channels = children(read(pydicom.dcmread(path), ReadContext("set")), "WaveformChannel")
    expected = [
        (f"{g}.{c}", multiplex, definition)
        for g, multiplex in enumerate(pydicom.dcmread(path).WaveformSequence, 1)
        for c, definition in enumerate(multiplex.ChannelDefinitionSequence, 1)
    ]
    assert len(read_channels) == len(expected) == 24
    for child, (number, multiplex, definition) in zip(read_channels, expected, strict=True):
        said = child.properties
        assert said["path"] == number
        assert said["multiplexGroupLabel"] == multiplex.MultiplexGroupLabel
        assert said["waveformOriginality"] == multiplex.WaveformOriginality
        assert said["samplingFrequency"] == float(multiplex.SamplingFrequency)
        assert said["numberOfWaveformSamples"] == multiplex.NumberOfWaveformSamples
        assert said["waveformBitsStored"] == definition.WaveformBitsStored
        for name in ("FilterLowFrequency", "FilterHighFrequency", "NotchFilterFrequency"):
            value = definition.get(name)
            assert said.get(property_name(name)) == (None if value in (None, "") else float(value))
        assert said["correctedSensitivity"] == float(
            Decimal(str(definition.ChannelSensitivity)) * Decimal(str(definition.ChannelSensitivityCorrectionFactor))
        )
        (source,) = (coded for coded in child.codes if coded.type == "SOURCE")
        item = definition.ChannelSourceSequence[0]
        original = f"{item.CodingSchemeDesignator}:{item.CodeValue}"
        assert source.properties["originalCode"] == original
        assert source.concept == LEADS.get(original, source.concept)
        assert source.concept.startswith("MDC:2:")
        assert concepts(child, "SENSITIVITY_UNIT") == ["UCUM:uV"]


def test_every_annotation_is_an_item_as_pydicom_reads_it():
    items = children(read(pydicom.dcmread(PYDICOMS), ReadContext("set")), "ContentItem")
    annotations = [item for item in items if str(item.properties["path"]).startswith("annotation/")]
    expected = pydicom.dcmread(PYDICOMS).WaveformAnnotationSequence
    assert len(annotations) == len(expected) == 77
    for number, (child, item) in enumerate(zip(annotations, expected, strict=True), 1):
        said = child.properties
        assert said["path"] == f"annotation/{number}"
        assert said.get("textValue") == item.get("UnformattedTextValue")
        assert said.get("numericString") == (str(item.NumericValue) if "NumericValue" in item else None)
        assert said["referencedWaveformChannels"] == list(item.ReferencedWaveformChannels)
        assert said["annotationGroupNumber"] == item.AnnotationGroupNumber
        positions = item.get("ReferencedSamplePositions")
        assert said.get("referencedSamplePositions") == ([positions] if positions else None)
        names = [f"SCPECG:{name.CodeValue}" for name in item.get("ConceptNameCodeSequence", [])]
        assert concepts(child, "NAME") == names
        units = [f"UCUM:{unit.CodeValue}" for unit in item.get("MeasurementUnitsCodeSequence", [])]
        assert concepts(child, "UNIT") == units


def test_dcmdump_counts_the_same_channels_and_annotations():
    dcmdump = shutil.which("dcmdump")
    if dcmdump is None:
        pytest.skip("dcmdump of dcmtk is not installed")
    told = subprocess.run([dcmdump, "+P", "003a,0208", "+P", "0040,a0b0", PYDICOMS], capture_output=True, text=True)
    facts = read(pydicom.dcmread(PYDICOMS), ReadContext("set"))
    assert told.stdout.count("(003a,0208)") == len(children(facts, "WaveformChannel"))
    with_channels = [c for c in children(facts, "ContentItem") if "referencedWaveformChannels" in c.properties]
    assert told.stdout.count("(0040,a0b0)") == len(with_channels)


def test_sensitivity_is_corrected_exactly_and_compared_in_its_unit():
    factor = channel(ChannelSensitivityCorrectionFactor="1.1")
    millivolts = channel(
        ChannelSensitivity="0.00275", ChannelSensitivityUnitsSequence=[code("mV", "UCUM", "millivolt")]
    )
    first, second = children(facts_of(ecg(factor, millivolts)), "WaveformChannel")
    assert first.properties["correctedSensitivity"] == 2.75
    units = [coded.properties for child in (first, second) for coded in child.codes if coded.type == "SENSITIVITY_UNIT"]
    assert [unit["numericValue"] for unit in units] == [2.75, 0.00275]
    assert units[0]["canonicalValue"] == units[1]["canonicalValue"]


def test_semantics_2_8_what_modifies_a_source_is_a_property_of_its_edge():
    modified = channel(ChannelSourceModifiersSequence=[code("7771000"), code("", meaning="empty")])
    (child,) = children(facts_of(ecg(modified)), "WaveformChannel")
    (source,) = (coded for coded in child.codes if coded.type == "SOURCE")
    assert source.properties["modifiers"] == ["SCT:7771000"]
    assert {coded.type for coded in child.codes} == {"SOURCE", "SENSITIVITY_UNIT"}


def test_semantics_2_10_an_annotation_points_at_its_channels_but_not_at_a_whole_group():
    point = group(
        ReferencedWaveformChannels=[1, 2, 1, 1], TemporalRangeType="SEGMENT", ReferencedSamplePositions=[5, 9]
    )
    everywhere = group(ReferencedWaveformChannels=[1, 0], UnformattedTextValue="sinus rhythm")
    facts = facts_of(ecg(channel(), channel(), WaveformAnnotationSequence=[point, everywhere]))
    assert [(r.sop_instance_uid, r.holder, r.channel) for r in facts.references] == [
        ("1.2.3", 0, "1.2"),
        ("1.2.3", 0, "1.1"),
    ]
    first, second = children(facts, "ContentItem")
    assert first.properties["referencedSamplePositions"] == [5, 9]
    assert first.properties["temporalRangeType"] == "SEGMENT"
    assert second.properties["textValue"] == "sinus rhythm"


def test_the_acquisition_context_is_items_with_their_modifiers():
    modifier = group(
        ValueType="CODE", ConceptNameCodeSequence=[code("272741003")], ConceptCodeSequence=[code("7771000")]
    )
    stage = group(
        ValueType="NUMERIC",
        ConceptNameCodeSequence=[code("109055", "DCM", "Protocol Stage")],
        NumericValue="3",
        MeasurementUnitsCodeSequence=[code("1", "UCUM", "no units")],
        ContentItemModifierSequence=[modifier],
    )
    facts = facts_of(ct(AcquisitionContextSequence=[stage]))
    first, second = children(facts, "ContentItem")
    assert (first.properties["path"], second.properties["path"]) == ("acquisition/1", "acquisition/1.1")
    assert second.parent == first.position
    assert (first.properties["numericValue"], concepts(first, "UNIT")) == (3.0, ["UCUM:1"])
    assert concepts(second, "VALUE") == ["SCT:7771000"]
    assert second.properties["assertion"] == "valued"


def test_the_acquisition_context_of_a_real_ecg(shared_data):
    facts = read(pydicom.dcmread(shared_data / "cardio-ai/example_ecg.dcm"), ReadContext("set"))
    (item,) = children(facts, "ContentItem")
    assert concepts(item, "NAME") == ["SCPECG:5.4.5-33-1"]
    assert concepts(item, "VALUE") == ["SCPECG:5.4.5-33-1-1"]


def test_semantics_5_annotations_and_acquisition_context_show_nothing():
    facts = facts_of(ecg(channel(), WaveformAnnotationSequence=[group(ConceptCodeSequence=[code("164889003")])]))
    assert [coded for coded in facts.codes if coded.type == "SHOWS"] == []


def test_a_malformed_sensitivity_is_listed_and_the_channel_kept():
    (child,) = children(facts := facts_of(ecg(channel(ChannelSensitivity=None))), "WaveformChannel")
    assert "correctedSensitivity" not in child.properties
    assert facts.instance.get("warnings") is None
