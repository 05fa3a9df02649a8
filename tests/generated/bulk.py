"""Many ordinary objects with skewed codes, so that planners see a store of some size."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from cohortgraph.graph.facts import InstanceFacts, Reference

from . import terms as t
from .builder import Item, Part, Segment, build

_ORGANS = [t.LIVER, t.KIDNEY, t.LUNG, t.HEART, t.MYOCARDIUM, t.LEFT_ATRIUM, t.RIGHT_VENTRICLE, t.LEFT_VENTRICLE]
_SKEW = [60, 20, 8, 4, 3, 2, 2, 1]


def crowd(patients: int = 1000, seed: int = 3) -> Iterator[InstanceFacts]:
    """For each patient a study of two images, a segmentation, a report, contours and an ECG with its report."""
    random = Random(seed)
    for number in range(patients):
        study, patient = f"7{number:06}.1", f"crowd-{number}"

        def organ() -> object:
            return random.choices(_ORGANS, _SKEW)[0]

        modality = random.choices(["CT", "MR", "US"], [80, 15, 5])[0]
        for image in "12":
            yield build(f"{study}.1.{image}", patient=patient, modality=modality, dataset="crowd", rows=512)
        segments = [Segment(organ(), round(random.uniform(1, 900), 2)) for _ in range(random.randint(2, 8))]
        yield build(
            f"{study}.2.1", patient=patient, kind="segmentation", modality="SEG", dataset="crowd", segments=segments,
            references=[f"{study}.1.1", f"{study}.1.2"],
        )  # fmt: skip
        diameters = [
            Item(t.DIAMETER, numbers=[(f"{random.uniform(1, 90):.1f}", t.MM)], site=[organ()])
            for _ in range(random.randint(2, 10))
        ]
        findings = [Item(t.FINDING, t.DILATED_CARDIOMYOPATHY)] if number % 10 == 0 else []
        report = Item(t.REPORT, children=[Item(t.GROUP, children=diameters), *findings])
        yield build(f"{study}.3.1", patient=patient, kind="report", modality="SR", dataset="crowd", report=report)
        rois = [
            Part("Roi", {"roiNumber": place, "volume": random.uniform(1, 900)}, {"ROI_TYPE": organ()})
            for place in range(1, random.randint(3, 6))
        ]
        yield build(
            f"{study}.4.1", patient=patient, kind="structureSet", modality="RTSTRUCT", dataset="crowd", parts=rois
        )
        leads = [
            Part("WaveformChannel", {"path": f"1.{place}", "samplingFrequency": 500.0}, {"SOURCE": lead})
            for place, lead in enumerate([t.LEAD_I] * 11 + [t.LEAD_II] * (number % 10 == 0), 1)
        ]
        yield build(f"{study}.5.1", patient=patient, kind="waveform", modality="ECG", dataset="crowd", parts=leads)
        pointing = [Item(text="noted", references=[Reference(f"{study}.5.1", channel=f"1.{n}")]) for n in (1, 2, 3)]
        traced = Item(t.REPORT, children=pointing)
        yield build(f"{study}.6.1", patient=patient, kind="report", modality="SR", dataset="crowd", report=traced)
