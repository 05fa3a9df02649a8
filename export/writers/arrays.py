"""Waveforms: of each multiplex group an array in mV, what its channels are, and the same as a WFDB record.

``SAMPLE/ROLE_GROUP.npy`` has the shape (channels, samples); ``.json`` beside it names the channels, their units and the
sampling frequency in Hz, and when they begin, as the object says it (PS3.3 C.10.9): ``multiplexGroupTimeOffset`` in ms,
of each channel ``channelTimeSkew`` in seconds or ``channelSampleSkew`` in samples. No array is shifted by them.
``.hea`` and ``.dat`` are the WFDB record.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...dicom.waveforms import Group, groups
from ...errors import ReadError, UsageError
from ..plan.model import Head, PlannedObject, PlannedSeries, Sample
from ..protocol import Closing, Fetch, Made, MadeFile, Writer
from ..written_files import whole
from .images import Read, images, without_path
from .label_table import write_json
from .wfdb import write_wfdb

_NAME, _NONE = "arrays.json", "it holds no waveform"


class Arrays:
    """A folder a sample, in it each multiplex group."""

    def check(self, head: Head, samples: Iterable[Sample]) -> None:
        """Any waveform can be held."""
        if head.labels:
            raise UsageError("arrays hold no labels; leave --segments out, or choose nifti, nnunet or monai")

    def sample(self, head: Head, sample: Sample, fetch: Fetch, folder: Path) -> Made:
        """Write a sample's waveforms."""
        read = Read()
        wanted = str(head.options.get("group", ""))
        files, told = write_arrays(sample.series, fetch, folder, f"{sample.name}/", read, wanted)
        skipped = "" if files else "objects are missing" if read.missing else "; ".join(read.warnings) or _NONE
        return Made(sample.name, tuple(files), read.missing, skipped, tuple(read.warnings), {"arrays": told})

    def finish(self, head: Head, made: Iterable[tuple[Sample, Made]], folder: Path) -> Closing:
        """Write arrays.json: every array, with its sample, split, frequency and channels."""
        with whole(folder / _NAME) as target:
            separator = b"[\n "
            roles: set[str] = set()
            for sample, one in made:
                roles |= {each.role for each in images(sample)}
                for each in one.details.get("arrays", ()):
                    names = [channel["name"] for channel in each["channels"]]
                    row = {"sample": sample.name, "split": sample.split, **each, "channels": names, **sample.values}
                    target.write(separator + json.dumps(row, ensure_ascii=False, default=str).encode())
                    separator = b",\n "
            target.write(b"\n]\n" if separator[:1] == b"," else b"[]\n")
        named = ", ".join(sorted(roles))
        told = [f"{named}: arrays holds no images; nifti, nnunet and monai do"] if named else []
        return Closing([MadeFile(_NAME, target.digest(), target.size)], told)


def write_arrays(
    series: Iterable[PlannedSeries], fetch: Fetch, folder: Path, prefix: str, read: Read, wanted: str = ""
) -> tuple[list[MadeFile], list[dict[str, Any]]]:
    """Write the waveforms of some series, and what is told of each group; images have no place here.

    Parameters
    ----------
    prefix
        What stands before the role in a path.
    wanted
        The one multiplex group to write, by label, originality or number; empty for all.
    """
    files: list[MadeFile] = []
    told: list[dict[str, Any]] = []
    for name, of, planned in _named(list(series)):
        found, missing = fetch([planned])
        read.missing |= missing
        if not found:
            continue
        try:
            held = groups(found[planned.sop_instance_uid].path)
        except ReadError as error:
            read.missing[planned.sop_instance_uid] = without_path(error)
            continue
        chosen = [group for group in held if not wanted or _is(group, wanted)]
        if not chosen:
            has = ", ".join(f"{group.label or group.number} ({group.originality})" for group in held)
            read.warnings.append(f"{planned.sop_instance_uid}: no multiplex group is {wanted!r}; it has {has}")
        for group, stem in _stems(chosen, f"{prefix}{name}"):
            about = {**_about(group), "role": of.role, "sopInstanceUID": planned.sop_instance_uid}
            files += [_write_array(group, folder, f"{stem}.npy"), write_json(about, folder, f"{stem}.json")]
            record, warnings = write_wfdb(group, folder, stem)
            files += record
            read.warnings += warnings
            told.append({"file": f"{stem}.npy", **about})
    return files, told


def _named(read: Sequence[PlannedSeries]) -> Iterable[tuple[str, PlannedSeries, PlannedObject]]:
    pairs = [(series, each) for series in read for each in series.objects if each.kind == "waveform"]
    roles = [series.role or "waveform" for series, _ in pairs]
    for index, ((series, each), role) in enumerate(zip(pairs, roles, strict=True)):
        number = roles[:index].count(role) + 1
        yield f"{role}-{number}" if roles.count(role) > 1 else role, series, each


def _is(group: Group, wanted: str) -> bool:
    """Whether a group is meant by the first word or words of its label, by its originality or by its number."""
    text, label = wanted.strip().casefold(), group.label.strip().casefold()
    return text in (label, group.originality.casefold(), str(group.number)) or label.startswith(f"{text} ")


def _stems(chosen: Sequence[Group], stem: str) -> Iterable[tuple[Group, str]]:
    names = [re.sub(r"[^A-Za-z0-9]+", "-", group.label).strip("-") for group in chosen]
    for group, name in zip(chosen, names, strict=True):
        known = name and names.count(name) == 1
        yield group, f"{stem}_{name if known else f'{name}{group.number}'}"


def _about(group: Group) -> dict[str, Any]:
    channels = []
    for each in group.channels:
        scheme, code, meaning = each.source
        source = {"codingSchemeDesignator": scheme, "codeValue": code, "codeMeaning": meaning} if code else None
        skews = {"channelTimeSkew": each.time_skew, "channelSampleSkew": each.sample_skew}
        channels.append({"name": each.name, "unit": each.unit, "source": source, **skews})
    return {
        "multiplexGroup": group.number,
        "multiplexGroupLabel": group.label,
        "waveformOriginality": group.originality,
        "multiplexGroupTimeOffset": group.time_offset,
        "samplingFrequency": group.frequency,
        "shape": list(group.stored.shape),
        "channels": channels,
    }


def _write_array(group: Group, folder: Path, path: str) -> MadeFile:
    head = io.BytesIO()
    values = np.ascontiguousarray(group.values())
    np.lib.format.write_array(head, values, version=(1, 0), allow_pickle=False)
    with whole(folder / path) as target:
        target.write(head.getbuffer())
    return MadeFile(path, target.digest(), target.size)


WRITER: Writer = Arrays()
