"""The naive evaluator, rule by rule of semantics.md, on answers computed by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cohortgraph.errors import UsageError
from cohortgraph.graph.facts import InstanceFacts, Reference

from ..generated import terms as t
from ..generated.builder import Item, Segment, Term, build, image
from .evaluate import Oracle
from .model import build as graph_of
from .results import evidence, select


def ids(document: dict[str, Any], *facts: InstanceFacts, level: str | None = None) -> list[str]:
    return [node.id for node in select(Oracle(graph_of(facts)), document, level)]


def numbers(*items: Item) -> InstanceFacts:
    return build("1.1.1.1", patient="a", kind="report", report=Item(t.REPORT, children=items))


def segments(uid: str, *children: Segment, patient: str = "a") -> InstanceFacts:
    return build(uid, patient=patient, kind="segmentation", segments=children)


def test_semantics_1_4_literals_are_normalised_like_data() -> None:
    facts = segments("1.1.1.1", Segment(t.LEFT_VENTRICLE))
    assert ids({"segments": {"type": {"is": "SNM3:T-32600"}}}, facts) == ["1.1.1.1#segment/1"]
    with pytest.raises(UsageError):
        ids({"segments": {"type": {"is": "NOSUCH:1"}}}, facts)


def test_semantics_1_8_smallest_uid_that_says_anything_decides() -> None:
    silent = build("1.1.1.1", patient="a", patients={"patientSex": ""})
    ten = build("1.1.1.10", patient="a", patients={"patientSex": "M"})
    nine = build("1.1.1.9", patient="a", patients={"patientSex": "F"})
    assert ids({"patients": {"patientSex": {"eq": "M"}}}, nine, ten, silent) == ["traps|a"]
    assert ids({"patients": {"patientSex": {"eq": "F"}}}, nine, ten, silent) == []


def test_semantics_3_2_asserts_and_denies() -> None:
    valued, yes, no = Item(t.FINDING, t.PACEMAKER), Item(t.PACEMAKER, t.YES), Item(t.PACEMAKER, t.NO)
    pacemaker = {"is": t.PACEMAKER.code}
    assert ids({"items": {"asserts": pacemaker}}, numbers(valued, yes, no)) == ["1.1.1.1#item/1.1", "1.1.1.1#item/1.2"]
    assert ids({"items": {"denies": pacemaker}}, numbers(valued, yes, no)) == ["1.1.1.1#item/1.3"]


def test_semantics_6_1_a_leaf_over_a_missing_value_is_false_and_not_is_the_complement() -> None:
    facts = segments("1.1.1.1", Segment(t.LIVER, 5.0), Segment(t.LIVER))
    assert ids({"segments": {"volume": {"ne": 4}}}, facts) == ["1.1.1.1#segment/1"]
    assert ids({"segments": {"NOT": {"volume": {"ne": 4}}}}, facts) == ["1.1.1.1#segment/2"]


def test_semantics_6_2_none_every_and_empty_logic() -> None:
    some, empty = segments("1.1.1.1", Segment(t.LIVER, 5.0), Segment(t.LIVER)), segments("1.1.1.2")
    large = {"volume": {"gt": 1}}
    assert ids({"instances": {"segments": {"some": large}}}, some, empty) == ["1.1.1.1"]
    assert ids({"instances": {"segments": {"none": large}}}, some, empty) == ["1.1.1.2"]
    assert ids({"instances": {"segments": {"every": large}}}, some, empty) == ["1.1.1.2"]
    assert ids({"instances": {"segments": {"some": {}}}}, some, empty) == ["1.1.1.1"]
    assert ids({"instances": {"AND": []}}, some, empty) == ["1.1.1.1", "1.1.1.2"]
    assert ids({"instances": {"OR": []}}, some, empty) == []


def test_semantics_6_2_a_singular_relation_without_target_is_false() -> None:
    assert ids({"items": {"parent": {}}}, numbers(Item(t.FINDING))) == ["1.1.1.1#item/1.1"]


def test_semantics_6_2_siblings_may_share_a_child_and_one_some_is_one_child() -> None:
    facts = (
        segments("1.1.1.1", Segment(t.LIVER, 5.0)),
        segments("1.1.1.2", Segment(t.LIVER, 1.0), Segment(t.KIDNEY, 5.0)),
    )
    liver, large = {"type": {"is": t.LIVER.code}}, {"volume": {"gt": 4}}
    apart = {"AND": [{"segments": {"some": liver}}, {"segments": {"some": large}}]}
    assert ids({"instances": apart}, *facts) == ["1.1.1.1", "1.1.1.2"]
    assert ids({"instances": {"segments": {"some": liver | large}}}, *facts) == ["1.1.1.1"]


def test_semantics_6_3_count() -> None:
    facts = segments("1.1.1.1", Segment(t.LIVER, 5.0), Segment(t.LIVER, 1.0), Segment(t.KIDNEY))
    assert ids({"instances": {"segments": {"count": {"eq": 3}}}}, facts) == ["1.1.1.1"]
    of = {"of": {"type": {"is": t.LIVER.code}}, "between": [2, 2]}
    assert ids({"instances": {"segments": {"count": of}}}, facts) == ["1.1.1.1"]


def test_semantics_6_4_lists_and_edges() -> None:
    facts = build("1.1.1.1", patient="a", imageType=["A", "B"], anatomy=[t.LIVER, t.KIDNEY.at(t.LEFT)])
    assert ids({"instances": {"imageType": {"eq": "B"}}}, facts)
    assert not ids({"instances": {"imageType": {"ne": "B"}}}, facts)
    assert ids({"instances": {"imageType": {"ne": "C"}}}, facts)
    assert not ids({"instances": {"anatomy": {"is": t.LIVER.code, "laterality": t.LEFT}}}, facts)
    assert not ids({"instances": {"view": {"exists": True}}}, facts)


def test_semantics_6_5_is_and_is_a() -> None:
    facts = segments("1.1.1.1", Segment(t.LEFT_VENTRICLE_SRT), Segment(t.LIVER))
    assert ids({"segments": {"type": {"is": t.LEFT_VENTRICLE.code}}}, facts) == ["1.1.1.1#segment/1"]
    assert ids({"segments": {"type": {"isA": "SCT:21814001"}}}, facts) == ["1.1.1.1#segment/1"]  # Ventricle
    assert ids({"segments": {"type": {"is": "SCT:21814001"}}}, facts) == []


def test_semantics_6_6_member_of_and_meaning() -> None:
    facts = segments("1.1.1.1", Segment(Term(t.LEFT_VENTRICLE.code, "Ventriculus SINISTER")), Segment(t.LIVER))
    assert ids({"segments": {"type": {"memberOf": "ventricles"}}}, facts) == ["1.1.1.1#segment/1"]
    assert ids({"segments": {"type": {"meaning": "ventriculus sinister"}}}, facts) == ["1.1.1.1#segment/1"]


def test_semantics_6_7_numbers_compare_through_ucum_and_only_within_a_dimension() -> None:
    cm, ms = Item(t.DIAMETER, numbers=[("5", t.CM)]), Item(t.DIAMETER, numbers=[("50", t.MS)])
    bare = Item(t.DIAMETER, numbers=[("50", None)])
    facts = numbers(cm, ms, bare)
    assert ids({"items": {"number": {"gt": {"value": 40, "unit": "mm"}}}}, facts) == ["1.1.1.1#item/1.1"]
    assert ids({"items": {"number": {"eq": 50}, "unit": {"is": "UCUM:ms"}}}, facts) == ["1.1.1.1#item/1.2"]


def test_semantics_6_7_only_equal_indices_compare() -> None:
    facts = numbers(Item(t.DIAMETER, numbers=[("5", t.MM), ("3", t.CM)]))
    assert ids({"items": {"number": {"eq": 3}, "unit": {"is": "UCUM:cm"}}}, facts)
    assert not ids({"items": {"number": {"eq": 5}, "unit": {"is": "UCUM:cm"}}}, facts)
    assert not ids({"items": {"number": {"gt": {"value": 5, "unit": "mm"}, "lt": {"value": 3, "unit": "cm"}}}}, facts)


def test_semantics_6_7_nan_qualified_and_empty_never_match() -> None:
    nan, empty = Item(t.DIAMETER, numbers=[("NaN", t.MM)]), Item(t.DIAMETER, numbers=[("", t.MM)])
    qualified = Item(t.DIAMETER, numbers=[("5", t.MM)], qualifier=t.OUT_OF_RANGE)
    facts = numbers(nan, empty, qualified)
    for condition in ({"gt": -1}, {"ne": 7}, {"lte": 9}, {"exists": True}):
        assert ids({"items": {"number": condition, "unit": {"is": "UCUM:mm"}}}, facts) == []
    assert ids({"items": {"qualifier": {"is": t.OUT_OF_RANGE.code}}}, facts) == ["1.1.1.1#item/1.3"]


def test_semantics_6_8_strings_and_dates() -> None:
    facts = build("1.1.1.1", patient="a", patients={"patientComments": "É"}, studies={"studyDate": date(2020, 2, 29)})
    assert ids({"patients": {"patientComments": {"contains": "e\u0301"}}}, facts)
    assert not ids({"patients": {"patientComments": {"eq": "é"}}}, facts)
    assert ids({"studies": {"studyDate": {"between": ["20200229", "2020-02-29"]}}}, facts)


def test_semantics_6_10_references_go_one_hop_to_targets_that_are_here() -> None:
    target = build("1.1.1.1", patient="a")
    holder = build("1.1.2.1", patient="a", references=["1.1.1.1", "9.9.9.9"])
    lost = build("1.1.2.2", patient="a", references=[Reference(series_instance_uid="9.9.9")])
    facts = target, holder, lost
    assert ids({"instances": {"references": {"some": {}}}}, *facts) == ["1.1.2.1"]
    assert ids({"instances": {"referencedBy": {"some": {}}}}, *facts) == ["1.1.1.1"]
    assert ids({"instances": {"references": {"unresolved": {}}}}, *facts) == ["1.1.2.1", "1.1.2.2"]
    assert ids({"instances": {"references": {"unresolved": {"kind": {"eq": "series"}}}}}, *facts) == ["1.1.2.2"]


def test_semantics_6_10_an_items_references_are_its_own() -> None:
    report = Item(t.REPORT, children=[Item(text="see", references=[image("1.1.2.1")])])
    facts = build("1.1.1.1", patient="a", report=report), build("1.1.2.1", patient="a")
    assert ids({"items": {"references": {"some": {}}}}, *facts) == ["1.1.1.1#item/1.1"]
    assert ids({"instances": {"references": {"some": {}}}}, *facts) == []


def test_semantics_6_11_a_bound_nodes_and_ancestors_of_bound_nodes() -> None:
    facts = segments("1.1.1.1", Segment(t.LIVER), Segment(t.KIDNEY)), segments("1.1.1.2", Segment(t.KIDNEY))
    liver: dict[str, Any] = {"patients": {"segments": {"some": {"type": {"is": t.LIVER.code}}}}}
    assert ids(liver, *facts, level="segments") == ["1.1.1.1#segment/1"]
    assert ids(liver, *facts, level="instances") == ["1.1.1.1"]


def test_semantics_6_11_b_descendants_of_the_deepest_bound_nodes() -> None:
    facts = segments("1.1.1.1", Segment(t.LIVER)), segments("1.1.2.1", Segment(t.KIDNEY))
    bound: dict[str, Any] = {"patients": {"series": {"some": {"seriesInstanceUID": {"eq": "1.1.2"}}}}}
    assert ids(bound, *facts, level="segments") == ["1.1.2.1#segment/1"]


def test_semantics_6_11_c_all_under_the_hit() -> None:
    facts = segments("1.1.1.1", Segment(t.LIVER)), segments("2.1.1.1", Segment(t.LIVER), patient="b")
    unbound: dict[str, Any] = {"patients": {"patientID": {"eq": "a"}, "segments": {"none": {"volume": {"gt": 1}}}}}
    assert ids(unbound, *facts, level="segments") == ["1.1.1.1#segment/1"]


def test_semantics_6_12_evidence_names_what_satisfied_each_clause() -> None:
    facts = [segments("1.1.1.1", Segment(t.LIVER, 5.0), Segment(t.KIDNEY), Segment(t.LIVER))]
    oracle = Oracle(graph_of(facts))
    document: dict[str, Any] = {
        "patients": {"segments": {"some": {"type": {"is": t.LIVER.code}}, "none": {"volume": {"gt": 9}}}}
    }
    (hit,) = oracle.hits(document)
    found = evidence(oracle, document, hit)
    assert [node.id for node in found["/patients/segments/some"].nodes] == ["1.1.1.1#segment/1", "1.1.1.1#segment/3"]
    examined = found["/patients/segments/none"]
    assert examined.examined and len(examined.nodes) == 3


def test_semantics_6_9_two_series_near_in_time() -> None:
    def series(uid: str, modality: str, day: date) -> InstanceFacts:
        return build(uid, patient="a", modality=modality, studies={"studyDate": day})

    facts = series("1.1.1.1", "ECG", date(2024, 1, 1)), series("1.2.1.1", "CT", date(2024, 1, 31))
    ecg, ct = {"modality": {"eq": "ECG"}}, {"modality": {"eq": "CT"}}
    assert ids({"patients": {"within": {"first": ecg, "then": ct, "days": 30}}}, *facts) == ["traps|a"]
    assert not ids({"patients": {"within": {"first": ecg, "then": ct, "days": 29}}}, *facts)
    assert not ids({"patients": {"within": {"first": ct, "then": ecg, "days": 30}}}, *facts)
    assert ids({"patients": {"within": {"first": ct, "then": ecg, "days": 30, "ordered": False}}}, *facts)
    assert not ids({"patients": {"within": {"first": ecg, "then": ct, "days": 30, "sameStudy": True}}}, *facts)
