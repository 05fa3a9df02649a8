"""Links by Frame of Reference and tracking, and measurements of segments, over real files; truth from highdicom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from highdicom.sr import srread
from pydicom import dcmread

from cohortgraph.graph.engine import rows
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.pipeline import ingest
from cohortgraph.ingest.recheck import check
from cohortgraph.queries import ask

CT = "highdicom/data/test_files/ct_image.dcm"
SEG = "highdicom/data/test_files/seg_image_ct_binary_single_frame.dcm"
GROUPS = "highdicom/data/test_files/sr_document_with_multiple_groups.dcm"
MEASURED = "dcmqi/data/sr-example"


def whole_image_group(path: Path) -> Any:
    """The measurement group of a report that names no region."""
    (group,) = srread(path).content.get_image_measurement_groups()
    return group


@pytest.fixture(scope="module")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An image, a segmentation of it that names no image but tracks what a report measures, and dcmqi's example."""
    folder = tmp_path_factory.mktemp("links")
    ds = dcmread(shared_data / SEG)
    del ds.ReferencedSeriesSequence, ds.SourceImageSequence
    for group in (*ds.SharedFunctionalGroupsSequence, *ds.PerFrameFunctionalGroupsSequence):
        if "DerivationImageSequence" in group:
            del group.DerivationImageSequence
    ds.SegmentSequence[0].TrackingUID = whole_image_group(shared_data / GROUPS).tracking_uid
    ds.save_as(folder / "seg.dcm")
    with Store.init(tmp_path_factory.mktemp("real") / "store") as store:
        paths = [shared_data / CT, folder / "seg.dcm", shared_data / GROUPS, shared_data / MEASURED]
        ingest(store, paths, "real", workers=1)
        yield store


def numbers(store: Store, **item: Any) -> list[float]:
    document = {"items": {"valueType": {"eq": "NUM"}, **item}}
    return sorted(hit["numericValue"] for hit in ask(store.engine, document).hits)


def test_semantics_4_2_a_segmentation_without_reference_is_linked_by_its_frame(real: Store, shared_data: Path) -> None:
    image = dcmread(shared_data / CT, stop_before_pixels=True)
    on_image = {"basis": "frameOfReference", "some": {"seriesInstanceUID": {"eq": image.SeriesInstanceUID}}}
    (hit,) = ask(real.engine, {"instances": {"referencedSeries": on_image}}).hits
    assert hit["sopInstanceUID"] == dcmread(shared_data / SEG, stop_before_pixels=True).SOPInstanceUID


def test_semantics_4_2_one_with_references_is_not(shared_data: Path, tmp_path: Path) -> None:
    with Store.init(tmp_path / "store") as store:
        ingest(store, [shared_data / CT, shared_data / SEG], "real", workers=1)
        frames = rows(store.engine.read("MATCH (:Instance)-[:IN_FRAME]->(f:FrameOfReference) RETURN f.id AS id"))
        assert frames == []
        assert ask(store.engine, {"instances": {"references": {"basis": "sourceImage", "some": {}}}}).total == 1


def test_semantics_4_2_a_number_is_joined_to_the_segment_that_its_group_tracks(real: Store, shared_data: Path) -> None:
    expected = [float(each.value) for each in whole_image_group(shared_data / GROUPS).get_measurements()]
    assert expected
    assert numbers(real, segments={"basis": "trackingUID", "some": {"label": {"exists": True}}}) == pytest.approx(
        expected
    )


def test_semantics_2_10_numbers_of_the_segment_that_their_group_names(real: Store, shared_data: Path) -> None:
    groups = srread(shared_data / MEASURED / "sr.dcm").content.get_volumetric_roi_measurement_groups()
    (segmentation,) = {group.referenced_segment.referenced_sop_instance_uid for group in groups}
    for group in groups:
        (number,) = group.referenced_segment.referenced_segment_numbers
        segment = {"number": {"eq": number}, "instance": {"sopInstanceUID": {"eq": segmentation}}}
        expected = sorted(float(each.value) for each in group.get_measurements())
        assert numbers(real, segments={"basis": "contentItem", "some": segment}) == pytest.approx(expected)
        above = {"name": {"is": "SRT:G-D705"}, "number": {"gt": {"value": 30, "unit": "cm3"}}}
        assert ask(real.engine, {"segments": {**segment, "items": {"some": above}}}).total == 1


def test_the_store_is_sound(real: Store) -> None:
    assert check(real) == []
