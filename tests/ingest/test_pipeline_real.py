"""Ingest of all real files: every DICOM file is read, or named with its reason."""

from __future__ import annotations

from pathlib import Path

from cohortgraph.graph.engine import rows
from cohortgraph.graph.reading.digest import digest
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.pipeline import Report, ingest
from cohortgraph.registry import Registry


def test_every_file_is_counted_once(real: tuple[Store, Report], shared_data: Path) -> None:
    _, report = real
    files = [path for path in shared_data.rglob("*") if path.is_file()]
    assert report.files == len(files)
    assert report.ignored == len(report.ignored_files)
    assert report.kept + report.duplicates + report.conflicts + report.ignored + report.quarantined == report.files


def test_every_dicom_file_is_stored_or_named_with_its_reason(real: tuple[Store, Report], shared_data: Path) -> None:
    store, report = real
    located = {uri for row in rows(store.engine.read("MATCH (i:Instance) RETURN i.locations AS l")) for uri in row["l"]}
    with Registry(store.registry_path) as registry:
        held = {each.uri: each.reason for each in registry.held()}
    assert all(held.values())
    dicom = {path.as_uri() for path in shared_data.rglob("*.dcm")}
    assert dicom == located | held.keys()
    assert not dicom & set(report.ignored_files)


def test_what_is_in_quarantine_is_what_can_not_be_kept(real: tuple[Store, Report]) -> None:
    store, _ = real
    with Registry(store.registry_path) as registry:
        quarantined = {each.uri.rpartition("/")[2] for each in registry.quarantined()}
    assert quarantined == {
        # no preamble of 128 bytes before the prefix
        "TC0381_preamble_127.dcm",
        "TC0383_no_dicm.dcm",
        "TC0385_dicm_offset0.dcm",
        "TC0387_dicm_offset64.dcm",
        "TC0389_dicm_offset256.dcm",
        # File Meta Information or a length that leads beyond the end
        "TC0233_rows_US_as_UL.dcm",
        "TC0345_deflate_corrupt.dcm",
        "TC0347_deflate_truncated.dcm",
        "TC0391_meta_glen_zero.dcm",
        "TC0393_meta_glen_one.dcm",
        "TC0395_meta_glen_max.dcm",
        "TC0397_meta_glen_huge.dcm",
        # without a UID
        "TC0467_uid_uid_empty.dcm",
        "HTJ2KLossless_08_RGB.dcm",
        "HTJ2K_08_RGB.dcm",
        "JLSL_08_07_0_1F.dcm",
        "JLSL_16_15_1_1F.dcm",
        "JLSL_RGB_ILV0.dcm",
        "JLSL_RGB_ILV1.dcm",
        "JLSL_RGB_ILV2.dcm",
        "JLSN_RGB_ILV0.dcm",
    }


def test_the_collections_are_there(real: tuple[Store, Report], shared_data: Path) -> None:
    store, report = real
    folder = (shared_data / "cardio-ai").as_uri()
    query = "MATCH (i:Instance) RETURN i.kind AS kind, i.locations AS locations"
    kinds = [row["kind"] for row in rows(store.engine.read(query)) if row["locations"][0].startswith(folder)]
    assert (kinds.count("segmentation"), kinds.count("report")) == (67, 61)
    assert report.instances["image"] > 200 and report.instances["waveform"] == 1


def test_every_segmentation_was_measured(real: tuple[Store, Report]) -> None:
    store, _ = real
    states = rows(store.engine.read("MATCH (i:Instance) WHERE i.kind = 'segmentation' RETURN i.measurement AS m"))
    assert [row["m"] for row in states] == ["done"] * 91


def test_semantics_1_6_a_second_run_changes_nothing(real: tuple[Store, Report], shared_data: Path) -> None:
    store, first = real
    before = digest(store.engine), store.engine.version()
    second = ingest(store, [shared_data], "real", workers=1)
    assert (digest(store.engine), store.engine.version()) == before
    assert (second.unchanged, second.kept, second.replaced) == (first.kept + first.duplicates, 0, 0)
    assert (second.conflicts, second.quarantined, second.ignored) == (first.conflicts, first.quarantined, first.ignored)
