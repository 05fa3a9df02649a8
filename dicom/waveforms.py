"""Samples of waveforms in the units of their channels (PS3.3 C.10.9), electrical ones in mV."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from math import isfinite
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset

from ..errors import ReadError
from ..ontology.units import UnknownUnit, canonical, canonical_unit

MILLIVOLT = "mV"
_TYPES = {(8, "SB"): "i1", (8, "UB"): "u1", (16, "SS"): "i2", (16, "US"): "u2", (32, "SL"): "i4", (32, "UL"): "u4"}
_WAVEFORM_DATA, _PADDING = 0x54001010, 0x5400100A
_LEADS = {
    **{1: "I", 2: "II", 61: "III", 62: "aVR", 63: "aVL", 64: "aVF", 16: "X", 17: "Y", 18: "Z"},
    **{number: f"V{number - 2}" for number in range(3, 10)},
    **{number: f"V{number - 8}R" for number in range(10, 16)},
    **{66: "V8", 67: "V9"},
}
"""Lead numbers of SCP-ECG (EN 1064 table 5), which are those of ISO/IEEE 11073-10102 too → their usual names."""
_LEAD_SCHEMES = {"SCPECG": "5.6.3-9-", "MDC": "2:"}


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel: what its samples are, in ``unit`` (UCUM).

    Attributes
    ----------
    name
        Of the lead, else as the object calls it; alone in its group.
    source
        Coding Scheme Designator, Code Value and Code Meaning of its source; empty where it has none.
    unit
        ``mV`` of an electrical channel, else its own; empty where its samples have none.
    step, offset
        A stored sample × ``step`` + ``offset`` is its value.
    time_skew, sample_skew
        Of its first sample from the start of the group, in seconds or in samples; None where it doesn't say.
    """

    name: str
    source: tuple[str, str, str]
    unit: str
    step: float
    offset: float
    time_skew: float | None = None
    sample_skew: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A multiplex group: channels sampled together.

    Attributes
    ----------
    number
        Among the object's, from 1.
    frequency
        Samples a second.
    stored
        Shape (channels, samples): as they are stored.
    padding
        Stored value that stands for no sample.
    time_offset
        Of its start from the object's reference time (PS3.3 C.10.9.1.1) in ms; None where it doesn't say.
    """

    number: int
    label: str
    originality: str
    frequency: float
    channels: tuple[Channel, ...]
    stored: np.ndarray
    padding: int | None
    time_offset: float | None = None

    def values(self) -> np.ndarray:
        """Samples in the unit of their channel, shape (channels, samples); NaN where there is none.

        float32 where that tells every stored value from the next, that is up to 16 bits; else float64.
        """
        made = self.stored.astype(np.float64)
        made *= np.array([each.step for each in self.channels])[:, None]
        made += np.array([each.offset for each in self.channels])[:, None]
        if self.padding is not None:
            made[self.stored == self.padding] = np.nan
        return made.astype(np.float32) if self.stored.dtype.itemsize <= 2 else made


def groups(path: Path) -> list[Group]:
    """The multiplex groups of a file, in their order.

    Raises
    ------
    ReadError
        where its samples can't be read.
    """
    try:
        ds = dcmread(path)
        found = [_group(item, ds, number) for number, item in enumerate(ds.get("WaveformSequence") or (), start=1)]
    except ReadError as error:
        raise ReadError(f"{path}: {error}") from error
    except Exception as error:  # of damaged bytes, anything
        raise ReadError(f"{path}: its waveforms can't be read ({type(error).__name__})") from error
    if not found:
        raise ReadError(f"{path}: it holds no waveform")
    return found


def _group(item: Dataset, ds: Dataset, number: int) -> Group:
    bits, interpretation = int(item.WaveformBitsAllocated), str(item.WaveformSampleInterpretation)
    if (bits, interpretation) not in _TYPES:
        raise ReadError(f"multiplex group {number}: samples of {bits} bits as {interpretation} are not read")
    count, samples = int(item.NumberOfWaveformChannels), int(item.NumberOfWaveformSamples)
    little = ds.original_encoding[1] is not False
    kind = np.dtype(f"{'<' if little else '>'}{_TYPES[bits, interpretation]}")
    data = bytes(item[_WAVEFORM_DATA].value)
    needed = count * samples * kind.itemsize
    definitions = item.ChannelDefinitionSequence
    if len(data) < needed or len(definitions) != count or not needed:
        raise ReadError(
            f"multiplex group {number}: {len(data)} bytes and {len(definitions)} channels described, where "
            f"{count} channels with {samples} samples need {needed} bytes"
        )
    stored = np.frombuffer(data[:needed], kind).reshape(samples, count).T.astype(kind.newbyteorder("="))
    padding = item.get("WaveformPaddingValue")
    if isinstance(padding, bytes):
        padding = int(np.frombuffer(padding[: kind.itemsize], kind)[0]) if len(padding) >= kind.itemsize else None
    return Group(
        number,
        str(item.get("MultiplexGroupLabel") or ""),
        str(item.get("WaveformOriginality") or ""),
        float(item.SamplingFrequency),
        _alone([_channel(each, index) for index, each in enumerate(definitions, start=1)]),
        stored,
        None if padding is None else int(padding),
        _number(item.get("MultiplexGroupTimeOffset")),
    )


def _channel(item: Dataset, index: int) -> Channel:
    skews = _number(item.get("ChannelTimeSkew")), _number(item.get("ChannelSampleSkew"))
    source = next(iter(item.get("ChannelSourceSequence") or ()), Dataset())
    code = str(source.get("CodeValue") or source.get("LongCodeValue") or "")
    scheme, meaning = str(source.get("CodingSchemeDesignator") or ""), str(source.get("CodeMeaning") or "")
    label = str(item.get("ChannelLabel") or "")
    name = _lead(scheme, code) or label or meaning.removeprefix("Lead ") or f"channel {index}"
    units = next(iter(item.get("ChannelSensitivityUnitsSequence") or ()), Dataset())
    unit = str(units.get("CodeValue") or "")
    if item.get("ChannelSensitivity") in (None, ""):  # arbitrary units (PS3.3 C.10.9.1.4.2)
        return Channel(name, (scheme, code, meaning), "", 1.0, 0.0, *skews)
    step = _decimal(item.ChannelSensitivity, 1) * _decimal(item.get("ChannelSensitivityCorrectionFactor"), 1)
    offset = _decimal(item.get("ChannelBaseline"), 0)
    try:
        if unit and canonical_unit(unit) == canonical_unit(MILLIVOLT):
            step_mv, offset_mv = (canonical(each, unit)[0] / canonical(1, MILLIVOLT)[0] for each in (step, offset))
            return Channel(name, (scheme, code, meaning), MILLIVOLT, step_mv, offset_mv, *skews)
    except (UnknownUnit, ValueError):
        pass  # it keeps its unit, named as it is
    return Channel(name, (scheme, code, meaning), unit, float(step), float(offset), *skews)


def _number(value: object) -> float | None:
    if value in (None, ""):
        return None
    found = float(_decimal(value, 0))
    return found if isfinite(found) else None


def _decimal(value: object, default: int) -> Decimal:
    if value in (None, ""):
        return Decimal(default)
    try:
        return Decimal(str(getattr(value, "original_string", "") or value))
    except InvalidOperation:
        raise ReadError(f"{value!s:.20} is no number") from None


def _lead(scheme: str, code: str) -> str:
    prefix = _LEAD_SCHEMES.get(scheme)
    number = code.removeprefix(prefix) if prefix and code.startswith(prefix) else ""
    return _LEADS.get(int(number), "") if number.isdecimal() else ""


def _alone(found: list[Channel]) -> tuple[Channel, ...]:
    names = [each.name for each in found]
    return tuple(
        replace(c, name=f"{c.name} {names[:i].count(c.name) + 1}") if names.count(c.name) > 1 else c
        for i, c in enumerate(found)
    )
