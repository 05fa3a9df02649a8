"""Waveforms as arrays and WFDB records, beside pydicom's and WFDB's own reading and dcmtk's dump."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, TwelveLeadECGWaveformStorage

from cohortgraph.dicom.waveforms import groups
from cohortgraph.errors import ReadError
from cohortgraph.export.plan.model import Head, PlannedObject, PlannedSeries, Sample
from cohortgraph.export.protocol import Fetched, Made
from cohortgraph.export.writers.arrays import WRITER

wfdb = pytest.importorskip("wfdb", reason="wfdb, which reads the records back, is not installed")

TWELVE = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]


@pytest.fixture(params=["shared", "pydicom"])
def ecg(request: pytest.FixtureRequest) -> Path:
    """Real ECGs."""
    if request.param == "pydicom":
        return Path(str(get_testdata_file("waveform_ecg.dcm", download=False)))
    return request.getfixturevalue("shared_data") / "cardio-ai/example_ecg.dcm"


def written(files: Iterable[Path], out: Path, **options: str) -> Made:
    """The arrays of one sample."""
    objects = tuple(PlannedObject(f"1.{n}", "1", "2", "", (str(f),), (), "waveform") for n, f in enumerate(files))
    sample = Sample("P_001", "2", "p", "P", "train", (PlannedSeries("2", "ECG", "ECG", "", objects),))
    head = Head("", "arrays", {}, options, ())

    def fetch(wanted: Iterable[PlannedObject]) -> tuple[dict[str, Fetched], dict[str, str]]:
        return {each.sop_instance_uid: Fetched(Path(each.uris[0]), each.uris[0]) for each in wanted}, {}

    made = WRITER.sample(head, sample, fetch, out)
    WRITER.finish(head, [(sample, made)], out)
    return made


def test_arrays_equal_what_pydicom_reads(ecg: Path, tmp_path: Path) -> None:
    ds = pydicom.dcmread(ecg)
    made = written([ecg], tmp_path)
    assert len(made.details["arrays"]) == len(ds.WaveformSequence) == 2
    for number, (told, group) in enumerate(zip(made.details["arrays"], ds.WaveformSequence, strict=True)):
        values = np.load(tmp_path / told["file"])
        beside = json.loads((tmp_path / told["file"]).with_suffix(".json").read_text())
        expected = ds.waveform_array(number).T / 1000  # both hold microvolts
        assert [each.ChannelSensitivityUnitsSequence[0].CodeValue for each in group.ChannelDefinitionSequence] == [
            "uV"
        ] * 12
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-9)
        assert [each["name"] for each in beside["channels"]] == TWELVE
        assert {each["unit"] for each in beside["channels"]} == {"mV"}
        assert beside["samplingFrequency"] == float(group.SamplingFrequency)
        assert beside["multiplexGroupLabel"] == group.MultiplexGroupLabel


def test_wfdb_reads_its_records_back(ecg: Path, tmp_path: Path) -> None:
    made = written([ecg], tmp_path)
    assert [each.path.rpartition(".")[2] for each in made.files] == ["npy", "json", "hea", "dat"] * 2
    for told in made.details["arrays"]:
        values = np.load(tmp_path / told["file"])
        record = wfdb.rdrecord(str((tmp_path / told["file"]).with_suffix("")))
        assert (record.fs, record.sig_name, set(record.units)) == (told["samplingFrequency"], TWELVE, {"mV"})
        np.testing.assert_allclose(record.p_signal.T, values, rtol=1e-6, atol=1e-9)
        raw = wfdb.rdrecord(str((tmp_path / told["file"]).with_suffix("")), physical=False)
        assert raw.calc_checksum() == [each % 65536 for each in raw.checksum]


@pytest.mark.skipif(not shutil.which("dcmdump"), reason="dcmtk is not installed")
def test_samples_are_those_that_dcmtk_dumps(ecg: Path) -> None:
    told = subprocess.run(["dcmdump", "+L", "+P", "5400,1010", ecg], capture_output=True, text=True, check=True).stdout
    # One of the files holds such an element outside the groups too, of unknown VR.
    lines = [line.split(" ")[2] for line in told.splitlines() if line.startswith("(5400,1010) OW")]
    found = groups(ecg)
    assert len(lines) == len(found)
    for line, group in zip(lines, found, strict=True):
        words = np.array([int(word, 16) for word in line.split("\\")], np.uint16).view(np.int16)
        count = group.stored.size
        assert (group.stored.T.ravel() == words[:count]).all()


def test_one_group_is_chosen_by_its_label_its_originality_or_its_number(ecg: Path, tmp_path: Path) -> None:
    for number, (wanted, labels) in enumerate(
        {"rhythm": ["RHYTHM"], "MEDIAN": ["MEDIAN BEAT"], "derived": ["MEDIAN BEAT"], "1": ["RHYTHM"]}.items()
    ):
        made = written([ecg], tmp_path / str(number), group=wanted)
        assert [each["multiplexGroupLabel"] for each in made.details["arrays"]] == labels


def test_a_group_that_is_not_there_is_named_with_those_that_are(ecg: Path, tmp_path: Path) -> None:
    made = written([ecg], tmp_path, group="STRESS")
    assert made.files == ()
    assert "no multiplex group is 'STRESS'; it has RHYTHM (ORIGINAL), MEDIAN BEAT (DERIVED)" in made.skipped


def test_again_the_same_bytes(ecg: Path, tmp_path: Path) -> None:
    assert written([ecg], tmp_path / "a") == written([ecg], tmp_path / "b")


CHANNELS: list[dict[str, Any]] = [
    {"unit": "uV", "step": "2.5", "factor": "1.1", "baseline": "100", "lead": ("MDC", "2:61")},
    {"unit": "mV", "step": "-0.001", "factor": "1", "baseline": "0", "lead": ("SCPECG", "5.6.3-9-11")},
    {"unit": "mm[Hg]", "step": "0.1", "factor": "1", "baseline": "-7", "lead": ("99X", "p")},
    {"lead": ("99X", "p")},
]


def synthetic(path: Path, kind: str, *, big: bool = False) -> np.ndarray:
    """A file of four channels; its stored samples, of which some are padding."""
    types = {"SS": (16, "i2"), "US": (16, "u2"), "SL": (32, "i4"), "SB": (8, "i1"), "UB": (8, "u1"), "UL": (32, "u4")}
    bits, code = types[kind]
    dtype = np.dtype(f"{'>' if big else '<'}{code}")
    info = np.iinfo(dtype)
    stored = np.random.default_rng(1).integers(info.min + 1, info.max, (4, 50), dtype=np.int64)
    stored[:, 7] = info.max
    group = Dataset()
    group.WaveformOriginality, group.SamplingFrequency = "ORIGINAL", 250
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = 4, 50
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = bits, kind
    group.add_new(0x5400100A, "OW" if bits > 8 else "OB", np.array([info.max], dtype).tobytes().ljust(2, b"\0"))
    group.add_new(0x54001010, "OW" if bits > 8 else "OB", stored.T.astype(dtype).tobytes())
    group.ChannelDefinitionSequence = []
    for told in CHANNELS:
        channel, source = Dataset(), Dataset()
        source.CodingSchemeDesignator, source.CodeValue = told["lead"]
        source.CodeMeaning = "Pressure"
        channel.ChannelSourceSequence = [source]
        if "unit" in told:
            unit = Dataset()
            unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = told["unit"], "UCUM", "a"
            channel.ChannelSensitivityUnitsSequence = [unit]
            channel.ChannelSensitivity, channel.ChannelBaseline = told["step"], told["baseline"]
            channel.ChannelSensitivityCorrectionFactor = told["factor"]
        group.ChannelDefinitionSequence.append(channel)
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian if big else ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = TwelveLeadECGWaveformStorage, "1.2.3"
    ds.WaveformSequence = [group]
    ds.save_as(path, enforce_file_format=True)
    return stored


@pytest.mark.parametrize(("kind", "big"), [("SS", False), ("US", False), ("SL", False), ("SB", False), ("UB", False),
                                           ("UL", False), ("SS", True), ("SL", True)])  # fmt: skip
def test_every_kind_of_sample_by_sensitivity_correction_and_baseline(kind: str, big: bool, tmp_path: Path) -> None:
    stored = synthetic(tmp_path / "a.dcm", kind, big=big)
    made = written([tmp_path / "a.dcm"], tmp_path)
    (told,) = made.details["arrays"]
    values = np.load(tmp_path / told["file"])
    expected = np.array([
        (stored[0] * 2.5 * 1.1 + 100) / 1000, stored[1] * -0.001, stored[2] * 0.1 - 7, stored[3],
    ])  # fmt: skip
    expected[:, 7] = np.nan
    assert values.dtype == (np.float64 if kind in ("SL", "UL") else np.float32)
    np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-7)
    assert [(each["name"], each["unit"]) for each in told["channels"]] == [
        ("III", "mV"), ("V3R", "mV"), ("Pressure 1", "mm[Hg]"), ("Pressure 2", ""),
    ]  # fmt: skip
    record = wfdb.rdrecord(str((tmp_path / told["file"]).with_suffix("")))
    assert record.units == ["mV", "mV", "mmHg", "NU"]
    half_a_step = np.array([2.75e-3, 1e-3, 0.1, 1])[:, None] / 2
    assert np.nanmax(np.abs(record.p_signal.T - expected) / half_a_step) <= 1.001
    assert (np.isnan(record.p_signal.T) == np.isnan(expected)).all()


def skewed(path: Path, *skews: tuple[str, str]) -> np.ndarray:
    """A file whose channels begin at these skews, 12.5 ms after the reference time; its stored samples."""
    stored = synthetic(path, "SS")
    ds = pydicom.dcmread(path)
    (group,) = ds.WaveformSequence
    group.MultiplexGroupTimeOffset = "12.5"
    for channel, (keyword, value) in zip(group.ChannelDefinitionSequence, skews, strict=True):
        setattr(channel, keyword, value)
    ds.save_as(path)
    return stored


def test_when_channels_begin_is_told_and_wfdb_aligns_them(tmp_path: Path) -> None:
    time, count = "ChannelTimeSkew", "ChannelSampleSkew"
    stored = skewed(tmp_path / "a.dcm", (time, "0"), (time, "0.008"), (count, "2"), (count, "0"))  # at 250 Hz
    (told,) = written([tmp_path / "a.dcm"], tmp_path).details["arrays"]
    beside = json.loads((tmp_path / told["file"]).with_suffix(".json").read_text())
    assert beside["multiplexGroupTimeOffset"] == 12.5
    skews = [(each["channelTimeSkew"], each["channelSampleSkew"]) for each in beside["channels"]]
    assert skews == [(0, None), (0.008, None), (None, 2), (None, 0)]
    # the second and third begin last: of the others, two samples come before
    record = wfdb.rdrecord(str((tmp_path / told["file"]).with_suffix("")))
    assert record.skew == [2, None, None, 2]
    begin = [stored[0, 2] * 2.5 * 1.1 / 1000 + 0.1, stored[1, 0] * -0.001, stored[2, 0] * 0.1 - 7, stored[3, 2]]
    np.testing.assert_allclose(record.p_signal[0], begin, atol=2e-3)


@pytest.mark.parametrize("skews", [("0", "0.0005", "0", "0"), ("0", "0.004", "0.008", "0")])
def test_skews_that_wfdb_does_not_hold_stand_in_json_only(tmp_path: Path, skews: tuple[str, ...]) -> None:
    skewed(tmp_path / "a.dcm", *(("ChannelTimeSkew", each) for each in skews))
    made = written([tmp_path / "a.dcm"], tmp_path)
    assert made.details["arrays"][0]["channels"][1]["channelTimeSkew"] == float(skews[1])
    assert any("the skews of its channels stand in .json only" in each for each in made.warnings)
    record = wfdb.rdrecord(str((tmp_path / made.details["arrays"][0]["file"]).with_suffix("")))
    assert not any(record.skew)


def test_a_waveform_that_ends_early_is_named(tmp_path: Path) -> None:
    synthetic(tmp_path / "a.dcm", "SS")
    ds = pydicom.dcmread(tmp_path / "a.dcm")
    ds.WaveformSequence[0].NumberOfWaveformSamples = 51
    ds.save_as(tmp_path / "a.dcm")
    with pytest.raises(ReadError, match=r"400 bytes .* 4 channels with 51 samples need 408"):
        groups(tmp_path / "a.dcm")
    assert "need 408 bytes" in written([tmp_path / "a.dcm"], tmp_path / "out").missing["1.0"]


def test_several_ecgs_of_a_sample_are_numbered_and_listed(ecg: Path, tmp_path: Path) -> None:
    written([ecg, ecg], tmp_path, group="RHYTHM")
    listed = json.loads((tmp_path / "arrays.json").read_text())
    assert [each["file"] for each in listed] == ["P_001/ECG-1_RHYTHM.npy", "P_001/ECG-2_RHYTHM.npy"]
    assert listed[0]["channels"] == TWELVE
