"""WFDB records: a header and a file of samples (WFDB header(5), signal(5))."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ...dicom.waveforms import Channel, Group
from ..protocol import MadeFile
from ..written_files import whole

_LARGEST_GAIN = 1e12
_WHOLE = 1e-6
_UNSKEWED = "the skews of its channels stand in .json only, as they are not whole samples or several"


def write_wfdb(group: Group, folder: Path, stem: str) -> tuple[list[MadeFile], list[str]]:
    """Write ``stem.hea`` and ``stem.dat``; the files, and what WFDB can't hold of the group.

    Samples are as they are stored, the gain makes mV of them. WFDB's baseline is a whole number of steps, its skew one
    of samples: so many precede the time at which the last of the channels begins.
    """
    folders, _, name = stem.rpartition("/")
    name = name.replace(".", "_")  # which ends a record's name
    stem = f"{folders}/{name}" if folders else name
    stored = group.stored.astype(np.int64)
    unsigned = 1 << (8 * group.stored.dtype.itemsize - 1) if group.stored.dtype.kind == "u" else 0
    stored -= unsigned
    turned = np.array([each.step < 0 for each in group.channels])
    stored[turned] *= -1
    gone = group.stored == group.padding if group.padding is not None else np.zeros(stored.shape, bool)
    held = stored[~gone]
    narrow = group.stored.dtype.itemsize <= 2 and (not held.size or (held.min() > -(1 << 15) and held.max() < 1 << 15))
    code, kind, least = (16, "<i2", -(1 << 15)) if narrow else (32, "<i4", -(1 << 31))
    stored[gone] = least
    lines = [f"{name} {len(stored)} {group.frequency:.15g} {stored.shape[1]}"]
    skews = _skews(group)
    warnings = [] if skews else [f"{stem}: {_UNSKEWED}"]
    signs, skews = np.where(turned, -1, 1), skews or [0] * len(stored)
    for channel, samples, sign, skew in zip(group.channels, stored, signs, skews, strict=True):
        if not 1 / _LARGEST_GAIN < abs(channel.step) < _LARGEST_GAIN:
            return [], [f"{stem}: no WFDB record is written, as a step of {channel.name} is {channel.step}"]
        # value = (stored + unsigned) * step + offset = (sample - baseline) / gain
        exact = -sign * (channel.offset / channel.step + unsigned)
        if abs(exact - round(exact)) > _WHOLE:
            warnings.append(f"{stem}: WFDB holds {channel.name} up to half a step beside its values")
        told = f"{1 / abs(channel.step):.17g}({round(exact)})/{_unit(channel)}"
        checksum = int(samples.sum()) & 0xFFFF
        signed = checksum - (1 << 16) if checksum >= 1 << 15 else checksum
        bits = 8 * np.dtype(kind).itemsize
        after = f":{skew}" if skew else ""
        lines.append(f"{name}.dat {code}{after} {told} {bits} 0 {samples[0]} {signed} 0 {channel.name}")
    files = []
    for suffix, data in (
        (".hea", ("\n".join(lines) + "\n").encode("ascii", "replace")),
        (".dat", stored.T.astype(kind).tobytes()),
    ):
        with whole(folder / f"{stem}{suffix}") as target:
            target.write(data)
        files.append(MadeFile(f"{stem}{suffix}", target.digest(), target.size))
    return files, warnings


def _skews(group: Group) -> list[int]:
    """Of each channel, how many of its samples precede the first one of the last to begin.

    Empty where they are not whole, or of several sizes, which wfdb for Python (4.3.1) fails to read.
    """
    begins = [
        each.time_skew * group.frequency if each.time_skew is not None else each.sample_skew or 0.0
        for each in group.channels
    ]
    exact = [max(begins) - each for each in begins]
    skews = [round(each) for each in exact]
    is_whole = all(abs(each - skew) <= _WHOLE for each, skew in zip(exact, skews, strict=True))
    return skews if is_whole and len({*skews} - {0}) <= 1 else []


def _unit(channel: Channel) -> str:
    """The channel's unit in the characters that readers of WFDB take: ``mmHg`` of ``mm[Hg]``; NU: it has none."""
    return re.sub(r"[^A-Za-z0-9_^?%/-]", "", channel.unit) or "NU"
