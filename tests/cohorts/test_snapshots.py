"""What a snapshot holds, and what its digest is of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cohortgraph.cohorts import shelf as shelf_module
from cohortgraph.cohorts.contents import frozen
from cohortgraph.cohorts.shelf import Shelf, head
from cohortgraph.errors import QuestionError, UsageError, WorkFailed
from cohortgraph.graph.engine import Engine
from cohortgraph.graph.facts import Reference
from cohortgraph.graph.writing.writer import Writer

from ..generated import terms as t
from ..generated.builder import build
from ..generated.loading import load
from .conftest import VENTRICLES, heart_objects, listed

LEVELS = ("patients", "studies", "series", "instances", "segments")


def test_a_snapshot_holds_everything_under_its_patients_and_what_matched(shelf: Shelf, heart: Writer) -> None:
    shelf.create("heart", VENTRICLES)
    made = shelf.freeze("heart")
    assert {level: listed(shelf, "heart", level) for level in LEVELS} == {
        "patients": ["traps|A", "traps|B"],
        "studies": ["1.1", "1.2", "2.1"],
        "series": ["1.1.1", "1.1.2", "1.2.1", "2.1.1"],
        "instances": ["1.1.1.1", "1.1.2.1", "1.2.1.1", "2.1.1.1", "2.1.1.2"],
        "segments": ["1.1.2.1#segment/1", "2.1.1.1#segment/1"],
    }
    assert made.counts == {"patients": 2, "studies": 3, "series": 4, "instances": 5, "segments": 2}
    assert [(each["text"], each["concepts"]) for each in made.codes] == [
        (f"is {t.LEFT_VENTRICLE.code}", [t.LEFT_VENTRICLE.code])
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"patients": {"instances": {"some": {"datasets": {"some": {"name": {"ne": "none"}}}}}}},
        {"patients": {"datasets": {"some": {"model": {"exists": False}}}}},
        {"patients": {"instances": {"some": {"references": {"unresolved": {}}}}}},
    ],
)
def test_what_is_asked_of_data_sets_and_of_absent_objects_is_not_held(
    shelf: Shelf, writer: Writer, document: dict[str, Any]
) -> None:
    writer.commit(new=[build("1.1.1.1", patient="A", references=(Reference("1.9"),))])
    shelf.create("heart", document)
    assert shelf.freeze("heart").counts == {"patients": 1, "studies": 1, "series": 1, "instances": 1}


@pytest.mark.parametrize(
    ("level", "instances"),
    [
        ("studies", ["1.1.1.1", "1.1.2.1", "2.1.1.1", "2.1.1.2"]),
        ("series", ["1.1.2.1", "2.1.1.1", "2.1.1.2"]),
        ("instances", ["1.1.2.1", "2.1.1.1"]),
        ("segments", ["1.1.2.1", "2.1.1.1"]),
    ],
)
def test_at_another_level_only_what_lies_under_it_is_frozen(
    shelf: Shelf, heart: Writer, level: str, instances: list[str]
) -> None:
    shelf.create("heart", VENTRICLES, level=level)
    shelf.freeze("heart")
    assert listed(shelf, "heart", "instances") == instances


def test_an_unchanged_store_gives_the_same_digest_again(shelf: Shelf, heart: Writer) -> None:
    shelf.create("heart", VENTRICLES, notes="one")
    first = shelf.freeze("heart", note="first")
    shelf.change("heart", notes="two", owner="me")
    second = shelf.freeze("heart")
    assert (first.number, second.number) == (1, 2)
    assert first.digest == second.digest


def test_a_digest_can_be_computed_again_from_the_frozen_contents(shelf: Shelf, heart: Writer) -> None:
    shelf.create("heart", VENTRICLES)
    made = shelf.freeze("heart")
    with shelf.contents("heart") as (snapshot, _, _), shelf._database.connect() as connection:
        assert frozen(1, snapshot.level).digest(connection, head(snapshot)) == made.digest


def test_another_header_gives_another_digest(shelf: Shelf, heart: Writer) -> None:
    shelf.create("heart", VENTRICLES)
    before = shelf.freeze("heart")
    heart.commit(replace=[build("1.1.1.1", patient="A", rows=512)])
    assert shelf.freeze("heart").digest != before.digest


def test_equal_stores_freeze_to_equal_digests_on_both_engines(
    ladybug: Engine, neo4j_engine: Engine, tmp_path: Path
) -> None:
    load(ladybug, heart_objects())
    load(neo4j_engine, heart_objects()[::-1])
    digests: list[dict[str, str]] = []
    for number, engine in enumerate((ladybug, neo4j_engine)):
        shelf = Shelf(engine, tmp_path / f"{number}.sqlite")
        found = {}
        for level in ("patients", "series", "segments"):
            shelf.create(level, VENTRICLES, level=level)
            shelf.decide(level, "C", "exclude", "a control")
            made = shelf.freeze(level)
            assert made.counts["segments"] == 2
            found[level] = made.digest
        shelf.close()
        digests.append(found)
    assert digests[0] == digests[1]


def test_an_object_of_a_study_of_two_patients_is_frozen_with_its_own_patient(shelf: Shelf, writer: Writer) -> None:
    writer.commit(new=[build("5.1.1.1", patient="A"), build("5.1.2.1", patient="B")])
    shelf.create("a", {"patients": {"patientID": {"eq": "A"}}})
    shelf.freeze("a")
    assert listed(shelf, "a", "instances") == ["5.1.1.1"]


def test_a_snapshot_stays_when_data_are_deleted_and_names_what_is_gone(shelf: Shelf, heart: Writer) -> None:
    shelf.create("heart", VENTRICLES)
    made = shelf.freeze("heart")
    heart.delete(["2.1.1.1", "2.1.1.2", "1.2.1.1"])
    heart.commit(replace=[build("1.1.1.1", patient="A", rows=512)])
    assert shelf.snapshot("heart") == made
    assert len(listed(shelf, "heart", "instances")) == 5
    found = shelf.condition("heart")
    assert found.gone == {
        "patients": ("traps|B",),
        "studies": ("1.2", "2.1"),
        "series": ("1.2.1", "2.1.1"),
        "instances": ("1.2.1.1", "2.1.1.1", "2.1.1.2"),
    }
    assert found.changed == ("1.1.1.1",)


def test_a_store_that_keeps_changing_is_not_frozen(
    shelf: Shelf, heart: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.create("heart", VENTRICLES)
    gather = shelf_module.gather
    uids = iter(range(100))

    def disturbed(*arguments: Any) -> Any:
        found = gather(*arguments)
        heart.commit(new=[build(f"9.1.1.{next(uids)}", patient="Z")])
        return found

    monkeypatch.setattr(shelf_module, "gather", disturbed)
    with pytest.raises(WorkFailed, match="kept changing"):
        shelf.freeze("heart")
    assert shelf.cohort("heart").snapshots == ()


def test_the_history_tells_everything_that_was_done(shelf: Shelf, heart: Writer) -> None:
    shelf.create("heart", VENTRICLES, owner="ada")
    shelf.decide("heart", "3.1.1.1", "include", "a control")
    shelf.freeze("heart", by="bob")
    shelf.change("heart", document={"patients": {}})
    restored = shelf.restore("heart@1")
    assert restored.question == VENTRICLES
    assert [(each.event, each.owner) for each in restored.history] == [
        ("created", "ada"),
        ("included", "ada"),
        ("frozen", "bob"),
        ("changed", "ada"),
        ("restored", "ada"),
    ]
    assert restored.history[1].detail == {"uid": "3.1.1.1", "reason": "a control"}


def test_restore_takes_question_and_curation_back_and_so_the_digest(shelf: Shelf, heart: Writer) -> None:
    shelf.create("heart", VENTRICLES)
    shelf.decide("heart", "A", "exclude", "moved")
    first = shelf.freeze("heart")
    shelf.change("heart", document={"series": {}})
    shelf.decide("heart", "B", "exclude", "moved too")
    assert shelf.freeze("heart").digest != first.digest
    restored = shelf.restore("heart@1")
    assert [each.uid for each in restored.curation] == ["traps|A"]
    assert shelf.freeze("heart").digest == first.digest


def test_a_deleted_cohort_leaves_nothing_and_its_name_is_free(shelf: Shelf, heart: Writer) -> None:
    shelf.create("heart", VENTRICLES)
    shelf.freeze("heart")
    shelf.delete("heart")
    assert shelf.all() == []
    shelf.create("heart", VENTRICLES)
    assert shelf.freeze("heart").number == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "no name"), ("a b", "no name"), ("a@1", "no name"), ("../x", "no name"), ("heart", "already")],
)
def test_a_name_that_is_none_or_taken(shelf: Shelf, name: str, said: str) -> None:
    shelf.create("heart", VENTRICLES)
    with pytest.raises(UsageError, match=said):
        shelf.create(name, VENTRICLES)


@pytest.mark.parametrize(
    ("ref", "said"),
    [("hart", "did you mean 'heart'"), ("heart@2", "heart@1"), ("heart@x", "NAME@NUMBER"), ("heart@0", "NAME@NUMBER")],
)
def test_what_is_not_there_is_named_with_what_is(shelf: Shelf, heart: Writer, ref: str, said: str) -> None:
    shelf.create("heart", VENTRICLES)
    shelf.freeze("heart")
    with pytest.raises(UsageError, match=said):
        shelf.snapshot(ref)


def test_a_cohort_that_was_never_frozen_says_so(shelf: Shelf) -> None:
    shelf.create("heart", VENTRICLES)
    with pytest.raises(UsageError, match="never frozen"):
        shelf.snapshot("heart")


def test_a_question_that_is_none_is_not_saved(shelf: Shelf) -> None:
    with pytest.raises(QuestionError, match="did you mean 'patients'"):
        shelf.create("heart", {"patient": {}})
    with pytest.raises(QuestionError, match="'people'"):
        shelf.create("heart", VENTRICLES, level="people")
    assert shelf.all() == []


def test_rejected_objects_are_not_frozen_unless_the_question_lets_them(shelf: Shelf, writer: Writer) -> None:
    rejects = Reference("6.1.1.2", properties={"basis": "rejection"})
    note = build("6.1.2.1", patient="A", kind="keyObject", modality="KO", references=[rejects])
    writer.commit(new=[build("6.1.1.1", patient="A"), build("6.1.1.2", patient="A"), note])
    shelf.create("all", {"patients": {}})
    shelf.create("with", {"patients": {}, "include": ["rejected"]})
    shelf.freeze("all")
    shelf.freeze("with")
    assert listed(shelf, "all", "instances") == ["6.1.1.1", "6.1.2.1"]
    assert listed(shelf, "with", "instances") == ["6.1.1.1", "6.1.1.2", "6.1.2.1"]


def test_two_threads_freeze_at_once(shelf: Shelf, heart: Writer) -> None:
    from concurrent.futures import ThreadPoolExecutor

    shelf.create("heart", VENTRICLES)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: shelf.freeze("heart"), range(4)))
    assert sorted(each.number for each in made) == [1, 2, 3, 4]
    assert len({each.digest for each in made}) == 1


def test_parts_of_objects_can_be_what_a_cohort_consists_of(shelf: Shelf, heart: Writer) -> None:
    shelf.create("parts", {"segments": {"type": {"is": t.LEFT_ATRIUM.code}}})
    made = shelf.freeze("parts")
    assert made.counts == {"patients": 2, "studies": 2, "series": 2, "instances": 2, "segments": 2}
    assert listed(shelf, "parts", "segments") == ["1.1.2.1#segment/2", "2.1.1.1#segment/2"]
