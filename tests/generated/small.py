"""Hypothesis strategy for small stores: one to six objects of one or two patients, children at random."""

from __future__ import annotations

import math
from datetime import date

from hypothesis import strategies as st

from cohortgraph.graph.facts import InstanceFacts, Reference

from . import terms as t
from .builder import Item, Segment, Term, build, image

_UIDS = [f"{patient}.{study}.{series}.{n}" for patient in "12" for study in "12" for series in "12" for n in "12"]
_SITES = [t.LIVER, t.LUNG, t.KIDNEY.at(t.LEFT), t.KIDNEY.at(t.RIGHT, (t.BASAL,))]
_ANSWERS = [t.YES, t.NO, t.ABSENT, t.UNDETERMINED, t.PACEMAKER, t.DILATED_CARDIOMYOPATHY]
_VALUES = st.tuples(
    st.sampled_from(["0", "5", "30", "0.2", "240", "", "NaN"]), st.sampled_from([t.MM, t.CM, t.MS, t.S])
)

_SEGMENTS = st.builds(
    Segment,
    st.sampled_from([t.LEFT_VENTRICLE, t.RIGHT_VENTRICLE_SRT, t.LEFT_ATRIUM, t.LIVER, None]),
    st.sampled_from([None, 0.0, 59.0, 60.0, 120.0, math.nan]),
    st.sampled_from(["", "LV", "RV"]),
    st.lists(st.sampled_from(_SITES), max_size=2, unique=True),
    st.sampled_from([{}, {"trackingUID": "6.1"}, {"trackingUID": "6.2"}]),
)


def _number(
    name: Term, values: list[tuple[str, Term | None]], site: list[Term], qualifier: Term | None, bare: bool
) -> Item:
    numbers = [(values[0][0], None)] if bare else values
    return Item(name, numbers=numbers, site=site, qualifier=qualifier)


_LEAVES = st.one_of(
    st.builds(
        _number,
        st.sampled_from([t.DIAMETER, t.PR_INTERVAL]),
        st.lists(_VALUES, min_size=1, max_size=2),
        st.lists(st.sampled_from(_SITES), max_size=2, unique_by=lambda term: term.code),
        st.sampled_from([None, None, None, t.OUT_OF_RANGE]),
        st.sampled_from([False, False, False, True]),
    ),
    st.builds(Item, st.sampled_from([t.PACEMAKER, t.FINDING]), st.sampled_from(_ANSWERS)),
    st.builds(
        Item,
        st.none(),
        text=st.sampled_from(["one", "Yes"]),
        properties=st.sampled_from([{}, {"trackingUID": "6.1"}]),
    ),
)
_ITEMS = st.recursive(
    _LEAVES,
    lambda below: st.builds(Item, st.just(t.GROUP), children=st.lists(below, max_size=3)),
    max_leaves=4,
)


@st.composite
def _object(draw: st.DrawFn, uid: str) -> InstanceFacts:
    patient = "ab"[uid[0] == "2"]
    kind = draw(st.sampled_from(["image", "segmentation", "report"]))
    targets = draw(st.lists(st.sampled_from([*_UIDS, "9.9.9.9"]), max_size=2, unique=True))
    references = [image(target) for target in targets]
    if draw(st.booleans()):
        references.append(Reference(draw(st.sampled_from(_UIDS)), segment=draw(st.integers(1, 2))))
    return build(
        uid,
        patient=patient,
        kind=kind,
        modality=draw(st.sampled_from(["MR", "CT"])),
        dataset="traps",
        patients={"patientSex": draw(st.sampled_from(["", "F", "M"]))},
        studies={"studyDate": draw(st.sampled_from([None, date(2020, 12, 31), date(2021, 1, 1)]))},
        series={"seriesNumber": draw(st.sampled_from([None, 0, 1]))},
        anatomy=draw(st.lists(st.sampled_from(_SITES), max_size=1)),
        segments=draw(st.lists(_SEGMENTS, max_size=3)) if kind == "segmentation" else (),
        report=Item(t.REPORT, children=draw(st.lists(_ITEMS, max_size=3))) if kind == "report" else None,
        references=references,
        frames=draw(st.sampled_from([(), ("5.1",), ("5.1", "5.2")])) if kind != "image" else (),
        frameOfReferenceUID=draw(st.sampled_from([None, "5.1", "5.2"])),
        rows=draw(st.sampled_from([None, 256, 512])),
        attributes=draw(
            st.sampled_from([None, {"ScanOptions": ["AXIAL"]}, {"FocalSpots": [0.7, 1.2], "EchoTrainLength": [1]}])
        ),
        imageType=draw(st.sampled_from([[], ["ORIGINAL", "PRIMARY"], ["DERIVED"]])),
    )


@st.composite
def stores(draw: st.DrawFn) -> list[InstanceFacts]:
    """Facts of a small store."""
    uids = draw(st.lists(st.sampled_from(_UIDS), min_size=1, max_size=6, unique=True))
    return [draw(_object(uid)) for uid in uids]
