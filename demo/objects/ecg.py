"""A 12-lead ECG of ten seconds, drawn as a sum of Gaussian waves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sequence import Sequence
from pydicom.sr.coding import Code
from pydicom.uid import TwelveLeadECGWaveformStorage

from .. import codes as demo_codes
from ..patients import DemoPatient
from .common import begin, ecg_date

STUDY = "ECG"
SAMPLING_FREQUENCY = 250.0
"""Hz"""
SECONDS = 10
HEART_RATE = 66.0
"""beats per minute"""
AMPLITUDES = dict(zip(demo_codes.LEADS, (0.7, 1.1, -0.6, 0.3, 0.8, 1.3, 1.2, 0.9, 0.5, -0.9, 0.2, 0.8), strict=True))
"""Height of the R wave in mV, by lead."""


def ecg(patient: DemoPatient) -> Dataset:
    """The ECG as a 12-lead ECG waveform object: 12 channels in one multiplex group, 1 µV a step."""
    dataset = begin(patient, TwelveLeadECGWaveformStorage, STUDY, ecg_date(patient), "resting ECG", "ECG", 1)
    dataset.AcquisitionDateTime = f"{dataset.StudyDate}101500"
    dataset.AcquisitionContextSequence = Sequence()
    group = Dataset()
    group.WaveformOriginality = "ORIGINAL"
    group.MultiplexGroupLabel = "RHYTHM"
    group.NumberOfWaveformChannels = len(demo_codes.LEADS)
    group.NumberOfWaveformSamples = int(SAMPLING_FREQUENCY * SECONDS)
    group.SamplingFrequency = str(SAMPLING_FREQUENCY)
    group.ChannelDefinitionSequence = Sequence([_channel(lead, value) for lead, value in demo_codes.LEADS.items()])
    group.WaveformBitsAllocated = 16
    group.WaveformSampleInterpretation = "SS"
    beat = _beat(patient.pr_interval)
    microvolts = np.stack([beat * AMPLITUDES[lead] * 1000 for lead in demo_codes.LEADS], axis=-1)
    group.WaveformData = microvolts.round().astype("<i2").tobytes()
    dataset.WaveformSequence = Sequence([group])
    return dataset


def code_item(code: Code) -> Dataset:
    """An item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code.value, code.scheme_designator, code.meaning
    return item


def _channel(lead: str, value: str) -> Dataset:
    channel = Dataset()
    channel.ChannelSourceSequence = Sequence([code_item(Code(value, "MDC", f"Lead {lead}"))])
    channel.ChannelSensitivity = "1"
    channel.ChannelSensitivityUnitsSequence = Sequence([code_item(Code("uV", "UCUM", "microvolt"))])
    channel.ChannelSensitivityCorrectionFactor = "1"
    channel.ChannelBaseline = "0"
    channel.ChannelTimeSkew = "0"
    channel.WaveformBitsStored = 16
    channel.FilterLowFrequency = "0.05"
    channel.FilterHighFrequency = "100"
    return channel


def _beat(pr_interval: float) -> NDArray[np.float64]:
    """The rhythm in mV for an R wave of 1 mV; the P wave begins ``pr_interval`` ms before the QRS complex."""
    time = np.arange(int(SAMPLING_FREQUENCY * SECONDS)) / SAMPLING_FREQUENCY
    phase = np.mod(time, 60 / HEART_RATE) - 0.4
    waves = [
        (0.15, 0.05 - pr_interval / 1000, 0.022),
        (-0.12, 0.02, 0.008),
        (1.0, 0.045, 0.010),
        (-0.2, 0.07, 0.009),
        (0.3, 0.30, 0.045),
    ]
    rhythm = np.zeros_like(phase)
    for height, at, width in waves:
        rhythm += height * np.exp(-(((phase - at) / width) ** 2) / 2)
    return rhythm
