"""Measuring: the segments that the header names, whatever follows the pixels."""

from __future__ import annotations

from pathlib import Path

from cohortgraph.graph.engine import rows
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.pipeline import ingest
from cohortgraph.ingest.recheck import check

_PIXEL_DATA = b"\xe0\x7f\x10\x00OB\x00\x00\x00\x00\x00\x00"


def test_segments_behind_the_pixels_are_none_of_the_header(shared_data: Path, tmp_path: Path, store: Store) -> None:
    data = (shared_data / "dcmqi/data/segmentations/liver.dcm").read_bytes()
    at = data.index(b"\x62\x00\x02\x00SQ")  # Segment Sequence
    (tmp_path / "damaged.dcm").write_bytes(data[:at] + _PIXEL_DATA + data[at:])
    ingest(store, [tmp_path / "damaged.dcm"], "damaged", workers=1)
    assert rows(store.engine.read("MATCH (i:Instance) RETURN i.kind AS kind")) == [{"kind": "segmentation"}]
    assert not check(store)
