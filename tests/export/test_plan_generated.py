"""Plans over made-up objects: changes since the freeze, images that labels lie on, columns, both engines alike."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cohortgraph.cohorts.shelf import Shelf
from cohortgraph.errors import UsageError
from cohortgraph.export.labels.table import Table
from cohortgraph.export.plan.file import Plan
from cohortgraph.export.plan.model import Head, Sample
from cohortgraph.export.plan.options import Options
from cohortgraph.export.planning.build import build as plan
from cohortgraph.graph.engine import Engine
from cohortgraph.graph.engines.ladybug import LadybugEngine
from cohortgraph.graph.engines.neo4j import Neo4jEngine
from cohortgraph.graph.facts import InstanceFacts, Reference
from cohortgraph.graph.writing.writer import Writer
from cohortgraph.queries.columns import attributes, read
from cohortgraph.registry import open_database

from ..generated import terms as t
from ..generated.builder import Item, Segment, build
from ..generated.loading import Headers, wipe
from ..graph.objects import wipe as emptied


@pytest.fixture(scope="module")
def _ladybug(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LadybugEngine]:
    engine = LadybugEngine(tmp_path_factory.mktemp("plans") / "graph", buffer_pool_bytes=256 << 20)
    engine.ensure_schema()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def _registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plans") / "registry.sqlite"
    open_database(path).dispose()
    return path


@pytest.fixture
def graph(_ladybug: LadybugEngine) -> Iterator[Engine]:
    """An embedded graph with the objects of ``heart``."""
    Writer(_ladybug, Headers(), pickle.loads).commit(new=heart())
    yield _ladybug
    emptied(_ladybug)


@pytest.fixture
def shelf(graph: Engine, _registry: Path, tmp_path: Path) -> Iterator[Shelf]:
    """Its cohorts: ``all``, frozen."""
    opened = frozen(graph, Path(shutil.copy(_registry, tmp_path / "registry.sqlite")))
    yield opened
    opened.close()


def frozen(graph: Engine, registry: Path) -> Shelf:
    """A shelf with ``all``, frozen."""
    shelf = Shelf(graph, registry)
    shelf.create("all", {"patients": {}})
    shelf.freeze("all")
    return shelf


def heart() -> list[InstanceFacts]:
    """Of four patients a CT each, with its ventricle; of the first a report too, whose evidence is a PET besides."""
    made = [
        build("1.1.9.1", patient="P1", modality="PT", studies={"studyDate": date(2020, 1, 1)}),
        build(
            "1.1.3.1",
            patient="P1",
            kind="report",
            modality="SR",
            report=Item(t.REPORT, children=[Item(t.PR_INTERVAL, numbers=[("0.2", t.S)])]),
            studies={"studyDate": date(2020, 1, 1)},
        ),
        build(
            "1.2.3.1",
            patient="P1",
            kind="report",
            modality="SR",
            report=Item(t.REPORT, children=[Item(t.PR_INTERVAL, numbers=[("150", t.MS)])]),
            studies={"studyDate": date(2024, 1, 1)},
        ),
    ]
    for number in range(1, 5):
        dated = {"studyDate": date(2020, 1, number)}
        about: dict[str, Any] = {
            "patient": f"P{number}",
            "studies": dated,
            "patients": {"patientSex": "MF"[number % 2]},
        }
        image, label = f"{number}.3.1.1", f"{number}.3.2.1"
        listed = Reference("1.1.9.1", properties={"basis": "evidence"})
        made.append(build(image, **about))
        made.append(
            build(
                label,
                kind="segmentation",
                modality="SEG",
                segments=[Segment(t.LEFT_VENTRICLE, 100.0)],
                references=[image, listed],
                **about,
            )
        )
    return made


def planned(graph: Engine, shelf: Shelf, file: Path, labels: bool = True, **options: Any) -> tuple[Head, list[Sample]]:
    """The plan of ``all``."""
    plan(graph, shelf, "all", Options(**options), Table() if labels else None, file)
    with Plan(file) as opened:
        return opened.head, list(opened.samples())


def test_a_label_lies_on_the_image_it_is_drawn_on_not_on_all_its_evidence(
    graph: Engine, shelf: Shelf, tmp_path: Path
) -> None:
    _, samples = planned(graph, shelf, tmp_path / "p", form="nifti")
    assert {sample.unit: len(sample.labels) for sample in samples} == {
        "1.1.9": 0,
        **{f"{number}.3.1": 1 for number in range(1, 5)},
    }


def test_records_linked_since_the_freeze_are_in_one_part(graph: Engine, shelf: Shelf, tmp_path: Path) -> None:
    _writer(graph).link(["traps|P2", "traps|P3"], _records)
    for seed in range(8):
        _, samples = planned(graph, shelf, tmp_path / "p", form="nifti", split="a=0.5,b=0.5", seed=seed)
        parts = {sample.patient_id: sample.split for sample in samples}
        assert parts["P2"] == parts["P3"]
        assert len({sample.name for sample in samples}) == len(samples)


@pytest.mark.parametrize("level", ["patients", "studies", "series"])
def test_records_linked_since_the_freeze_are_one_row_of_patients(
    graph: Engine, shelf: Shelf, tmp_path: Path, level: str
) -> None:
    def table() -> list[str]:
        _, samples = planned(graph, shelf, tmp_path / "p", form="parquet", level=level)
        assert len({sample.patient for sample in samples}) == len(samples)
        return [row["id"] for sample in samples for row in sample.values["rows"]]

    before = table()
    _writer(graph).link(["traps|P2", "traps|P3"], _records)
    after = table()
    gone = {"traps|P3"} if level == "patients" else set()
    assert len(set(after)) == len(after)
    assert set(after) == set(before) - gone


def test_labels_of_patients_without_an_image_in_the_snapshot_are_named(
    graph: Engine, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.create(
        "labels", {"instances": {"OR": [{"kind": {"eq": "segmentation"}}, {"patient": {"patientID": {"eq": "P4"}}}]}}
    )
    shelf.freeze("labels")
    plan(graph, shelf, "labels", Options(form="monai"), Table(), tmp_path / "p")
    with Plan(tmp_path / "p") as opened:
        assert opened.head.about["incomplete"]["withoutImage"] == ["1.3.2.1", "2.3.2.1", "3.3.2.1"]
        assert [sample.patient_id for sample in opened.samples()] == ["P4"]
    shelf.create("alone", {"instances": {"kind": {"eq": "segmentation"}, "patient": {"patientID": {"eq": "P3"}}}})
    shelf.freeze("alone")
    with pytest.raises(UsageError, match=r"no image that 3\.3\.2\.1 refer"):
        plan(graph, shelf, "alone", Options(form="monai"), Table(), tmp_path / "q")


AGES = [
    # birth, study, Patient's Age, years
    (date(2000, 2, 29), date(2018, 2, 28), None, 17.0),
    (date(2000, 2, 29), date(2018, 3, 1), None, 18.0),
    (date(2000, 6, 15), date(2018, 6, 15), None, 18.0),
    (date(1931, 1, 1), date(2020, 12, 31), None, 89.0),
    (date(2020, 1, 1), date(2020, 1, 31), None, 0.082),
    (date(2000, 6, 15), date(2018, 6, 15), "044Y", 44.0),
    (date(2000, 6, 15), date(2018, 6, 15), "44", 18.0),
    (date(2020, 6, 15), date(2018, 6, 15), None, None),
    (None, date(2018, 6, 15), None, None),
    (date(2000, 6, 15), None, None, None),
]


def test_an_age_that_is_not_told_is_of_birth_date_and_study_date(graph: Engine) -> None:
    made = [
        build(
            f"7.{number}.1.1",
            patient=f"A{number}",
            patients={"patientBirthDate": birth} if birth else {},
            studies={
                name: value for name, value in {"studyDate": study, "patientAge": told}.items() if value is not None
            },
        )
        for number, (birth, study, told, _) in enumerate(AGES)
    ]
    _writer(graph).commit(new=made)
    found = {each.node: each.value for each in read(graph, attributes(["age"])[0])}
    assert found == {f"7.{number}": years for number, (*_, years) in enumerate(AGES) if years is not None}


def _writer(graph: Engine) -> Writer:
    """What writes to a graph that holds ``heart``."""
    return Writer(graph, Headers({str(each.instance["headerDigest"]): each.header for each in heart()}), pickle.loads)


def _records(uid: str, digest: str) -> list[str]:
    return [str(each.patient["id"]) for each in heart() if each.sop_instance_uid == uid]


def _changed(uid: str) -> InstanceFacts:
    """An object with other content."""
    (facts,) = [each for each in heart() if each.sop_instance_uid == uid]
    return replace(facts, instance={**facts.instance, "headerDigest": "other"})


@pytest.mark.parametrize("what", ["replaced", "deleted"])
def test_labels_that_are_not_what_was_frozen_stop_the_plan(
    graph: Engine, shelf: Shelf, tmp_path: Path, what: str
) -> None:
    writer = _writer(graph)
    if what == "replaced":
        writer.commit(replace=[_changed("2.3.2.1")])
    else:
        writer.delete(["2.3.2.1"])
    with pytest.raises(UsageError, match=rf"2\.3\.2\.1 \({what}\); freeze the cohort again"):
        planned(graph, shelf, tmp_path / "p", form="nifti")
    assert not (tmp_path / "p").exists()
    head, samples = planned(graph, shelf, tmp_path / "p", form="nifti", skip_missing=True)
    assert [len(sample.labels) for sample in samples if sample.patient_id == "P2"] == [0]
    assert head.about["incomplete"]["altered"] == {"2.3.2.1": what}


def test_values_of_what_is_not_what_was_frozen_do_not_count(graph: Engine, shelf: Shelf, tmp_path: Path) -> None:
    _writer(graph).commit(replace=[_changed("1.1.3.1")])
    _, samples = planned(graph, shelf, tmp_path / "p", labels=False, form="nifti", columns=("PR interval",))
    assert {sample.values.get("PR interval") for sample in samples if sample.patient_id == "P1"} == {150.0}


def test_a_value_is_the_one_nearest_in_time(graph: Engine, shelf: Shelf, tmp_path: Path) -> None:
    head, samples = planned(graph, shelf, tmp_path / "p", form="nifti", columns=("PR interval", "LV volume", "sex"))
    (first,) = [sample.values for sample in samples if sample.unit == "1.3.1"]
    assert first == {"PR interval": 200.0, "LV volume": 100.0, "sex": "F"}
    assert head.about["attributes"]["PR interval"] == {"unit": "ms", "several": 0}


def test_what_is_a_column_too_can_be_the_stratum(graph: Engine, shelf: Shelf, tmp_path: Path) -> None:
    options: dict[str, Any] = {"columns": ("sex", "modality"), "split": "train=0.5,test=0.5", "stratify": "sex"}
    head, samples = planned(graph, shelf, tmp_path / "p", form="nnunet", **options)
    parts = {(sample.values["sex"], sample.split) for sample in samples}
    assert parts == {(sex, part) for sex in "MF" for part in ("train", "test")}
    assert head.about["split"] == {"train": 2, "test": 2}


def test_which_file_says_an_attribute_does_not_matter_but_what_it_says(
    graph: Engine, shelf: Shelf, tmp_path: Path
) -> None:
    identities = []
    for name, unit in (("one", "ms"), ("two", "ms"), ("two", "s")):
        file = tmp_path / f"{name}.yaml"
        file.write_text(f"- {{name: x, of: {{items: {{}}}}, unit: {unit}}}")
        given: dict[str, Any] = {"columns": ("x",), "attribute_files": (str(file),)}
        identities.append(planned(graph, shelf, tmp_path / "p", form="nifti", **given)[0].identity)
    assert identities[0] == identities[1] != identities[2]


def test_a_unit_that_nothing_fits_says_which_pick(graph: Engine, shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="5 of its study units have nothing that fits the pick of CT, ECG"):
        planned(graph, shelf, tmp_path / "p", labels=False, form="nifti", sample="study", picks=("CT: all", "ECG: all"))


def test_both_engines_are_planned_alike(
    graph: Engine, shelf: Shelf, _registry: Path, neo4j_url: str, tmp_path: Path
) -> None:
    wipe(neo4j_url)
    server = Neo4jEngine(neo4j_url)
    try:
        server.ensure_schema()
        Writer(server, Headers(), pickle.loads).commit(new=heart())
        other = frozen(server, Path(shutil.copy(_registry, tmp_path / "other.sqlite")))
        given: dict[str, Any] = {"columns": ("PR interval", "sex"), "split": "a=0.5,b=0.5", "form": "nifti"}
        heads, samples = zip(
            planned(server, other, tmp_path / "q", **given), planned(graph, shelf, tmp_path / "p", **given), strict=True
        )
        assert samples[0] == samples[1]
        assert heads[0] == replace(heads[1], about=heads[0].about)  # which names when it was frozen
        other.close()
    finally:
        server.close()


def test_a_pair_of_what_is_not_there_says_so(graph: Engine, shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no series fits what others are picked near to"):
        planned(graph, shelf, tmp_path / "p", form="nifti", sample="pair", picks=("ECG: nearest before CTA",))
