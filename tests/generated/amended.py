"""Amended reports, rejected images: some patients have nothing else, some have more."""

from __future__ import annotations

from cohortgraph.graph.facts import InstanceFacts, Reference

from . import terms as t
from .builder import Item, Segment, build


def amended() -> list[InstanceFacts]:
    """The traps of semantics 4.3."""
    final = Item(t.REPORT, children=[Item(t.FINDING, t.DILATED_CARDIOMYOPATHY)])
    first = Item(t.REPORT, children=[Item(t.PACEMAKER, t.YES), Item(t.FINDING, t.DILATED_CARDIOMYOPATHY)])

    def follows(uid: str, basis: str) -> Reference:
        return Reference(uid, properties={"basis": basis})

    return [
        build("1.1.1.1", patient="amended", kind="report", modality="SR", report=first),
        build("1.1.1.2", patient="amended", kind="report", modality="SR", report=final,
              references=[follows("1.1.1.1", "predecessor")]),
        build("2.1.1.1", patient="all-rejected"),
        build("2.1.2.1", patient="all-rejected", kind="keyObject", modality="KO",
              references=[follows("2.1.1.1", "rejection")]),
        build("3.1.1.1", patient="one-of-two-rejected"),
        build("3.1.1.2", patient="one-of-two-rejected"),
        build("3.1.2.1", patient="one-of-two-rejected", kind="segmentation", modality="SEG",
              segments=[Segment(t.LIVER, 5.0)], references=["3.1.1.1"]),
        build("3.2.1.1", patient="one-of-two-rejected", kind="segmentation", modality="SEG",
              segments=[Segment(t.LIVER, 7.0), Segment(t.HEART, 8.0)], references=["3.1.1.2", "3.1.1.1"]),
        build("4.1.1.1", patient="elsewhere", kind="keyObject", modality="KO",
              references=[follows(uid, "rejection") for uid in ("3.1.1.1", "3.2.1.1", "9.9.9.9")]),
        build("5.1.1.1", patient="untouched", kind="report", modality="SR", report=first),
        build("6.1.1.1", patient="wholly-superseded", kind="report", modality="SR", report=first),
        build("7.1.1.1", patient="superseder", kind="report", modality="SR", report=final,
              references=[follows("6.1.1.1", "predecessor")]),
    ]  # fmt: skip
