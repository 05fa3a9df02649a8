"""What shares a Frame of Reference, what is tracked under one UID (semantics 2.10, 4.2)."""

from __future__ import annotations

from cohortgraph.graph.facts import InstanceFacts, Reference

from . import terms as t
from .builder import Item, Segment, build

_SPLEEN = t.Term("SCT:78961009", "Spleen")
_STOMACH = t.Term("SCT:69695003", "Stomach")
_MASS = t.Term("SCT:118538004", "Mass")


def linked() -> list[InstanceFacts]:
    """The traps: another frame, another person, another study, an explicit reference, a well-known frame."""
    here, elsewhere = "linked", "linked-to-nobody"
    spleen = {"trackingUID": "6.1", "trackingID": "spleen"}

    def mass(text: str, uid: str, *references: Reference) -> Item:
        return Item(_MASS, numbers=[(text, t.ML)], properties={"trackingUID": uid}, references=references)

    def report(uid: str, patient: str, *children: Item) -> InstanceFacts:
        return build(uid, patient=patient, kind="report", modality="SR", report=Item(t.REPORT, children=children))

    explicit = Reference("80.1.4.1", segment=2, properties={"basis": "contentItem", "own": True, "fromItem": "1.2"})
    return [
        build("80.1.1.1", patient=here, modality="PT", frameOfReferenceUID="5.1"),
        build("80.1.1.2", patient=here, modality="PT", frameOfReferenceUID="5.1"),
        build("80.1.2.1", patient=here, modality="PT", frameOfReferenceUID="5.1"),
        build("80.1.3.1", patient=here, modality="PT", frameOfReferenceUID="5.2"),
        build(
            "80.1.4.1",
            patient=here,
            kind="segmentation",
            modality="SEG",
            segments=[Segment(_SPLEEN, properties=spleen), Segment(_STOMACH, properties={"trackingUID": "6.2"})],
            frames=("5.1",),
        ),
        build("80.1.5.1", patient=here, kind="parametricMap", modality="PT", references=["80.1.1.1"]),
        report("80.1.6.1", here, mass("210", "6.1"), mass("310", "6.1", explicit), mass("410", "6.9")),
        build("80.2.1.1", patient=here, kind="rtDose", modality="RTDOSE", frames=("5.1", "5.2")),
        report("80.2.2.1", here, mass("510", "6.1")),
        build("81.1.1.1", patient=elsewhere, kind="rtDose", modality="RTDOSE", frames=("5.1",)),
        build("81.1.2.1", patient=elsewhere, modality="PT", frameOfReferenceUID="1.2.840.10008.1.4.1.1"),
        report("81.1.3.1", elsewhere, mass("610", "6.1")),
    ]
