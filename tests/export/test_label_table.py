"""Label tables: what is chosen, how it is numbered, and what is wrong with others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom
import pytest

from cohortgraph.errors import UsageError
from cohortgraph.export.labels.parts import Labelled, labelled
from cohortgraph.export.labels.table import Table, table
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.pipeline import ingest
from cohortgraph.queries.language.vocabulary import Vocabulary, vocabulary

HEART = "cardio-ai/mm2_reports/A0S9V9/seg_0_ED.dcm"
VESSELS = "dcmqi/data/segmentations/partial_overlaps.dcm"
TUMOUR = "dcmjs/examples/data/QIICR_Test3/tumor_User1_Manual_Trial1.dcm"


@pytest.fixture(scope="module")
def known(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Vocabulary, dict]]:
    """The vocabulary of a small store, and the parts of its objects by file."""
    with Store.init(tmp_path_factory.mktemp("labels") / "store") as store:
        files = {name: shared_data / name for name in (HEART, VESSELS, TUMOUR)}
        ingest(store, list(files.values()), "labels", workers=1)
        uids = {str(pydicom.dcmread(file).SOPInstanceUID): name for name, file in files.items()}
        parts = labelled(store.engine, uids)
        yield vocabulary(store.engine), {uids[uid]: found for uid, found in parts.items()}


def seen(known: tuple[Vocabulary, dict], *files: str, segments: str = "", priority: str = "") -> Table:
    words, parts = known
    made = table(segments, priority, words)
    for file in files:
        made.see(parts[file])
    return made


def becomes(made: Table, parts: list[Labelled]) -> dict[str, tuple[int, str] | None]:
    """Text of a part → the value and name of its label."""
    found = {part.text: made.part(part) for part in parts}
    return {text: (part.value, part.name) if part else None for text, part in found.items()}


def test_parts_are_the_segments_as_an_independent_reader_sees_them(shared_data: Path, known) -> None:
    for file in (HEART, VESSELS, TUMOUR):
        theirs = pydicom.dcmread(shared_data / file).SegmentSequence
        ours = known[1][file]
        assert [(part.key, part.text) for part in ours] == [(str(s.SegmentNumber), s.SegmentLabel) for s in theirs]
        assert [part.types[0].meaning for part in ours] == [
            s.SegmentedPropertyTypeCodeSequence[0].CodeMeaning for s in theirs
        ]


def test_by_default_each_type_is_a_label_in_the_order_of_its_code(known) -> None:
    made = seen(known, VESSELS)
    labels = made.labels()
    assert [label.value for label in labels] == [1, 2, 3, 4, 5]
    assert [label.concepts[0] for label in labels] == sorted(label.concepts[0] for label in labels)
    assert becomes(made, known[1][VESSELS])["PURPLE"] == (1, "Capillary")


def test_sides_are_told_apart() -> None:
    made = Table()
    from cohortgraph.export.labels.parts import Coding

    kidneys = [
        Labelled("1", "r", (Coding("SCT:64033007", "SCT:24028007", "Kidney"),)),
        Labelled("2", "l", (Coding("SCT:64033007", "SCT:7771000", "Kidney"),)),
        Labelled("3", "?", (Coding("SCT:64033007", "", "Kidney"),)),
        Labelled("4", "Left, by its region", (Coding("SCT:64033007"),), (), (Coding("SCT:1", "SCT:7771000"),)),
        Labelled("5", "PTV 60"),
    ]
    made.see(kidneys)
    assert [(label.value, label.name) for label in made.labels()] == [
        (1, "Kidney"),
        (2, "Right Kidney"),
        (3, "Left Kidney"),
        (4, "PTV 60"),
    ]
    assert [made.part(kidney).value for kidney in kidneys] == [2, 3, 1, 3, 4]


def test_any_takes_what_is_narrower(known) -> None:
    made = seen(known, HEART, segments="any cardiac chamber")
    concepts = {part.text: part.types[0].concept for part in known[1][HEART]}
    inside = {text for text, label in becomes(made, known[1][HEART]).items() if label}
    assert {concepts[text] for text in inside} == {"SCT:87878005", "SCT:53085002"}
    assert len(concepts) > len(inside)


def test_a_name_is_a_meaning_or_a_text_and_a_code_itself_alone(known) -> None:
    made = seen(known, HEART, VESSELS, segments="orange, left ventricle, SCT:53085002")
    found = becomes(made, known[1][VESSELS]) | becomes(made, known[1][HEART])
    assert {label for label in found.values() if label} == {
        (1, "orange"),
        (2, "left ventricle"),
        (3, "Right ventricle"),
    }
    assert found["ORANGE"] == (1, "orange")


def test_what_is_retired_is_found_by_its_replacement(known) -> None:
    made = seen(known, TUMOUR, segments="SCT:86049000")  # the file says SRT:M-80003
    assert [made.part(part) is not None for part in known[1][TUMOUR]] == [True, False]


@pytest.mark.parametrize("form", ["yaml", "json", "csv"])
def test_a_file_says_the_same_in_each_form(known, tmp_path: Path, form: str) -> None:
    rows = [
        {"name": "chambers", "memberOf": "chambers", "value": 7, "priority": 2},
        {"name": "green", "label": "GREEN"},
        {"name": "vessels", "codes": ["SCT:51114001", "SCT:29092000"]},
    ]
    file = tmp_path / f"labels.{form}"
    if form == "csv":
        file.write_text(
            "name,value,priority,memberOf,label,codes\nchambers,7,2,chambers,,\ngreen,,,,GREEN,\n"
            "vessels,,,,,SCT:51114001 SCT:29092000\n"
        )
    else:
        file.write_text(json.dumps(rows))  # JSON is YAML
    made = seen(known, HEART, VESSELS, segments=str(file))
    assert [(label.value, label.name, label.priority) for label in made.labels()] == [
        (1, "green", None),
        (2, "vessels", None),
        (7, "chambers", 2),
    ]
    found = becomes(made, known[1][VESSELS])
    assert (found["GREEN"], found["ORANGE"], found["DARK_BLUE"]) == ((1, "green"), (2, "vessels"), (2, "vessels"))
    assert found["PURPLE"] is None


def test_all_that_a_row_says_must_hold(known, tmp_path: Path) -> None:
    file = tmp_path / "labels.yaml"
    file.write_text("- {name: a, is: SCT:86049000, label: other}\n- {name: b, type: {is: SRT:M-80003}}\n")
    assert list(becomes(seen(known, TUMOUR, segments=str(file)), known[1][TUMOUR]).values()) == [(2, "b"), None]


def test_priority_orders_labels(known) -> None:
    made = seen(known, VESSELS, segments="green, orange, purple", priority="Purple > green")
    assert [(label.name, label.priority) for label in made.labels()] == [("green", 2), ("orange", None), ("purple", 1)]


@pytest.mark.parametrize(
    ("segments", "priority", "message"),
    [
        ("grene", "", r"is 'grene'; near to it are 'GREEN', 'ORANGE'"),
        ("green", "gren > x", r"'gren', which is no label; did you mean 'green'"),
        ("any nonsense", "", "no known concept"),
        ("SCTT:1", "", "did you mean 'SCT'"),
        ("none.yaml", "", "can't be read"),
        (",", "", "expected names or codes"),
    ],
)
def test_what_is_wrong_is_named(known, segments: str, priority: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        seen(known, VESSELS, segments=segments, priority=priority).labels()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("[{name: a, is: 'SCT:1', value: 1}, {name: b, is: 'SCT:2', value: 1}]", "both have the value 1"),
        ("[{name: a, value: 1}]", "asks for nothing"),
        ("[{is: 'SCT:1'}]", "/0: a label needs a name"),
        ("[{name: a, isa: 'SCT:1'}]", "/0/isa: a label has no 'isa'"),
        ("[{name: a, is: 'SCT:1', value: 70000}]", "expected 1 to 65535"),
        ("[{name: a, type: {isA: SCTX:1}}]", "/0/type/isA"),
        ("a: b", "expected a list of labels"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(known, tmp_path: Path, rows: str, message: str) -> None:
    file = tmp_path / "labels.yaml"
    file.write_text(rows)
    with pytest.raises(UsageError, match=message):
        seen(known, VESSELS, segments=str(file)).labels()


def test_parts_and_what_they_lie_on_are_the_same_on_neo4j(
    shared_data: Path, tmp_path: Path, wipe_neo4j: Callable[[], None], neo4j_url: str
) -> None:
    from cohortgraph.cohorts.contents import Frozen
    from cohortgraph.export.samples.gathered import gather
    from cohortgraph.graph.asking import ask, ids

    wipe_neo4j()
    report = shared_data / "highdicom/data/test_files/sr_document_with_multiple_groups.dcm"
    files = [report, *(shared_data / "dcmqi/data/segmentations").rglob("*.dcm")]
    found = []
    for place in ((tmp_path / "ladybug", None), (neo4j_url, tmp_path / "neo4j")):
        with Store.init(place[0], directory=place[1]) as store:
            ingest(store, files, "labels", workers=1)
            uids = [str(pydicom.dcmread(file, stop_before_pixels=True).SOPInstanceUID) for file in files]
            digests = "MATCH (i:Instance {id: r.id}) RETURN i.id AS id, i.headerDigest AS digest"
            told = {row["id"]: row["digest"] for row in ask(store.engine, digests, ids(uids))}
            frozen = [Frozen("p", "P", "1.5", "1.6", uid, told[uid]) for uid in sorted(uids)]
            (gathered,) = gather(store.engine, frozen)
            found.append((labelled(store.engine, uids), gathered.refers))
    assert found[0] == found[1]
    assert len(found[0][0]) == 4
    assert found[0][1]
