"""A real multi-frame object cut into a concatenation: the parts say together what the whole said."""

from __future__ import annotations

from copy import deepcopy
from itertools import permutations
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import generate_uid

from cohortgraph.dicom.header import restore
from cohortgraph.graph.engine import rows
from cohortgraph.graph.reading.digest import digest
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.pipeline import ingest
from cohortgraph.ingest.recheck import check
from cohortgraph.queries import ask

WHOLE = "dicom2nifti/tests/data/philips_enhanced/dti/001/IM-0001-3835-0001.dcm"
CUTS = (0, 13, 26)
"""The first frame of each part."""


def cut(whole: Dataset, folder: Path) -> list[Path]:
    """Write the parts of a concatenation as PS3.3 C.7.6.16.2.2.4 has them."""
    frames = list(whole.PerFrameFunctionalGroupsSequence)
    size = len(whole.PixelData) // len(frames)
    uid = generate_uid(entropy_srcs=["concatenation"])
    written = []
    for number, start in enumerate(CUTS, 1):
        end = (*CUTS, len(frames))[number]
        part = deepcopy(whole)
        part.SOPInstanceUID = part.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[str(number)])
        part.SOPInstanceUIDOfConcatenationSource = whole.SOPInstanceUID
        part.ConcatenationUID = uid
        part.InConcatenationNumber, part.InConcatenationTotalNumber = number, len(CUTS)
        part.ConcatenationFrameOffsetNumber = start
        part.NumberOfFrames = end - start
        part.PerFrameFunctionalGroupsSequence = frames[start:end]
        part.PixelData = whole.PixelData[start * size : end * size]
        written.append(folder / f"{number}.dcm")
        part.save_as(written[-1])
    return written


@pytest.fixture(scope="module")
def whole(shared_data: Path) -> Dataset:
    return dcmread(shared_data / WHOLE)


def test_semantics_4_4_parts_say_together_what_the_whole_said(whole: Dataset, tmp_path: Path) -> None:
    parts = cut(whole, tmp_path)
    with Store.init(tmp_path / "whole") as store:
        ingest(store, [Path(whole.filename)], "real", workers=1)
        (before,) = ask(store.engine, {"instances": {}}).hits
    digests = set()
    for order in list(permutations(parts))[::2]:
        with Store.init(tmp_path / "-".join(path.stem for path in order)) as store:
            for path in order:
                ingest(store, [path], "real", workers=1)
            digests.add(digest(store.engine))
    assert len(digests) == 1
    with Store.open(tmp_path / "1-2-3") as store:
        (hit,) = ask(store.engine, {"instances": {}}).hits
        assert hit["sopInstanceUIDOfConcatenationSource"] == whole.SOPInstanceUID == before["sopInstanceUID"]
        names = ("numberOfFrames", "diffusionBValue", "diffusionBValueMin", "diffusionBValueMax", "effectiveEchoTime")
        assert [hit[name] for name in names] == [before[name] for name in names]
        kept = rows(store.engine.read("MATCH (i:Instance) RETURN i.headerDigest AS digest"))
        frames = sorted(restore(store.headers.get(row["digest"])).NumberOfFrames for row in kept)
        assert frames == [6, 13, 13]
        assert check(store) == []


def test_semantics_4_4_missing_parts_are_told(whole: Dataset, tmp_path: Path) -> None:
    with Store.init(tmp_path / "store") as store:
        ingest(store, cut(whole, tmp_path)[1:2], "real", workers=1)
        answer = ask(store.engine, {"instances": {"numberOfFrames": {"eq": 13}}})
    assert answer.total == 1
    assert [warning.partition(" lacks ")[2] for warning in answer.warnings] == ["its parts 1, 3"]
