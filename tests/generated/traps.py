"""One patient for each trap; its Patient ID says which. The corpus's expected answers are read off this page."""

from __future__ import annotations

import math
from datetime import date

from cohortgraph.graph.facts import InstanceFacts, Reference

from . import terms as t
from .builder import Item, Part, Segment, Term, build, image
from .linked import linked

ACME = "0019,ACME CT 1.0,01"
STEP = "RequestAttributesSequence.ScheduledProcedureStepID"
COIL = {"ReceiveCoilName": ["HEAD"], "EchoTrainLength": [1]}
TUBE = {"ScanOptions": ["HELICAL", "AXIAL"], "FocalSpots": [0.7, 1.2]}
"""Declared attributes (4.7) that several objects share."""

ELSEWHERE = [("16.1.1.1", "second set")]
"""(SOP Instance UID, data set): an equal copy in another data set."""


def traps() -> list[InstanceFacts]:
    """All objects, in the order of their patients' numbers."""
    return [
        *_ventricles(),
        *_intervals(),
        *_diameters(),
        *_pacemakers(),
        *_references(),
        *_properties(),
        *_numbers(),
        *_parts(),
        *_times(),
        *linked(),
    ]


def _segmentation(uid: str, patient: str, *segments: Segment, **more: object) -> InstanceFacts:
    return build(uid, patient=patient, kind="segmentation", modality="SEG", segments=segments, **more)  # type: ignore[arg-type]


def _report(uid: str, patient: str, *children: Item, **more: object) -> InstanceFacts:
    return build(uid, patient=patient, kind="report", modality="SR", report=Item(t.REPORT, children=children), **more)  # type: ignore[arg-type]


def _number(name: Term, text: str, unit: Term | None, **more: object) -> Item:
    return Item(name, numbers=[(text, unit)], **more)  # type: ignore[arg-type]


def _ventricles() -> list[InstanceFacts]:
    """Both ventricles in one object, over two objects, in two patients."""
    lv, rv = t.LEFT_VENTRICLE, t.RIGHT_VENTRICLE
    return [
        build(
            "1.1.1.1",
            patient="both-in-one",
            modality="MR",
            series={"bodyPartExamined": "HEART", "patientPosition": "FFS"},
            attributes={**COIL, "ScanningSequence": ["SE", "IR"], "XRayTubeCurrent": [0]},
        ),
        _segmentation(
            "1.1.2.1", "both-in-one", Segment(lv, 120.0, "LV"), Segment(rv, 90.0, "RV"), references=["1.1.1.1"]
        ),
        build("2.1.1.1", patient="spread-over-two", modality="CT"),
        _segmentation("2.1.2.1", "spread-over-two", Segment(lv, 59.0, "LV"), references=["2.1.1.1"]),
        _segmentation("2.1.2.2", "spread-over-two", Segment(rv, 150.0, "RV"), references=["2.1.1.1"]),
        _segmentation("3.1.1.1", "left-only", Segment(lv, 60.0, "LV")),
        _segmentation("4.1.1.1", "right-only", Segment(rv, 61.0, "RV")),
        _segmentation("5.1.1.1", "srt-codes", Segment(t.LEFT_VENTRICLE_SRT, 200.0), Segment(t.RIGHT_VENTRICLE_SRT)),
        # the myocardium lies under the left ventricle in SNOMED CT (6.5); NaN is no volume (6.7)
        _segmentation("6.1.1.1", "myocardium", Segment(t.MYOCARDIUM, math.nan), Segment(t.LEFT_ATRIUM, 0.0)),
        _segmentation("7.1.1.1", "no-segments"),
        _segmentation(
            "8.1.1.1",
            "kidneys",
            Segment(t.KIDNEY.at(t.LEFT), 150.5, region=[t.KIDNEY.at(t.LEFT, (t.BASAL,))]),
            Segment(t.KIDNEY.at(t.RIGHT), 140.5, region=[t.KIDNEY.at(t.RIGHT)]),
        ),
        _segmentation("9.1.1.1", "untyped", Segment(None, 10.0, "Müller's mark", properties={"trackingUID": "9.9"})),
    ]


def _intervals() -> list[InstanceFacts]:
    """The value of one item beside the name or unit of another."""
    pr, qrs = t.PR_INTERVAL, t.QRS_DURATION
    return [
        _report("10.1.1.1", "pr-240-ms", _number(pr, "240", t.MS), _number(qrs, "90", t.MS)),
        _report("11.1.1.1", "pr-180-ms-beside-qrs-240-ms", _number(pr, "180", t.MS), _number(qrs, "240", t.MS)),
        _report("12.1.1.1", "pr-0.2-s-exactly", _number(pr, "0.2", t.S)),
        _report("13.1.1.1", "pr-loinc-0.21-s", _number(t.PR_INTERVAL_LOINC, "0.21", t.S)),
        _report("14.1.1.1", "pr-240-without-unit", _number(pr, "240", None)),
        _report("15.1.1.1", "pr-240-mm", _number(pr, "240", t.MM)),
        _report("16.1.1.1", "pr-in-two-sets", _number(pr, "250.0", t.MS)),
    ]


def _diameters() -> list[InstanceFacts]:
    """One code at two sites; groups; several sites of one item; laterality on the edge."""

    def group(*children: Item, **more: object) -> Item:
        return Item(t.GROUP, children=children, **more)  # type: ignore[arg-type]

    def diameter(text: str, unit: Term, *site: Term, **more: object) -> Item:
        return _number(t.DIAMETER, text, unit, site=site, **more)

    return [
        _report(
            "20.1.1.1",
            "liver-10-lung-20",
            group(diameter("10", t.MM, t.LIVER)),
            group(diameter("20", t.MM, t.LUNG)),
        ),
        _report(
            "21.1.1.1", "liver-5-cm", group(diameter("5", t.CM, t.LIVER, derivation=t.MEAN, method=[t.BY_ULTRASOUND]))
        ),
        _report("22.1.1.1", "liver-and-lung-30", group(diameter("30", t.MM, t.LIVER, t.LUNG))),
        _report(
            "23.1.1.1",
            "volume-at-liver",
            group(_number(t.VOLUME, "40", t.MM, site=[t.LIVER]), diameter("8", t.MM, t.LIVER, derivation=t.MAXIMUM)),
        ),
        _report(
            "24.1.1.1",
            "left-kidney-12-right-22",
            group(diameter("12", t.MM, t.KIDNEY.at(t.LEFT, (t.BASAL,)))),
            group(diameter("22", t.MM, t.KIDNEY.at(t.RIGHT))),
        ),
        _report("25.1.1.1", "liver-1-lung-99-apart", group(diameter("1", t.MM, t.LIVER))),
        _report("25.1.1.2", "liver-1-lung-99-apart", group(diameter("99", t.MM, t.LUNG))),
        _report("26.1.1.1", "empty-group", group()),
        _report(
            "27.1.1.1",
            "deep",
            group(
                Item(t.FINDING, t.DILATED_CARDIOMYOPATHY, finding=[t.DILATED_CARDIOMYOPATHY]),
                group(group(diameter("41", t.MM, t.LIVER, finding=[t.DILATED_CARDIOMYOPATHY]))),
            ),
        ),
    ]


def _pacemakers() -> list[InstanceFacts]:
    """Yes, no, unknown, absent, not mentioned; no report at all is patient 1."""
    return [
        _report("30.1.1.1", "pacemaker-as-value", Item(t.PROCEDURE, t.PACEMAKER_IMPLANTATION)),
        _report("31.1.1.1", "pacemaker-yes", Item(t.PACEMAKER, t.YES)),
        _report("32.1.1.1", "pacemaker-no", Item(t.PACEMAKER, t.NO)),
        _report("33.1.1.1", "pacemaker-undetermined", Item(t.PACEMAKER, t.UNDETERMINED)),
        _report("34.1.1.1", "pacemaker-absent", Item(t.PACEMAKER, t.ABSENT)),
        _report(
            "35.1.1.1",
            "pneumothorax-present",
            Item(t.PNEUMOTHORAX, t.PRESENT),
            Item(t.FINDING, t.DILATED_CARDIOMYOPATHY),
        ),
        _report("36.1.1.1", "yes-as-text", Item(t.PACEMAKER, text="Yes")),
        _report("37.1.1.1", "no-pneumothorax-pacemaker-yes", Item(t.PNEUMOTHORAX, t.NO), Item(t.PACEMAKER, t.YES)),
    ]


def _references() -> list[InstanceFacts]:
    """Targets that are here, that are missing, that lie with another patient."""
    of_items = Item(
        t.REPORT,
        children=[
            Item(t.FINDING, t.DILATED_CARDIOMYOPATHY, references=[image("40.1.1.1")]),
            Item(text="of a segment", references=[Reference("1.1.2.1", segment=2), Reference("1.1.2.1", segment=9)]),
            Item(text="of a missing object", references=[image("99.9.9.9")]),
        ],
    )
    return [
        build("40.1.1.1", patient="referenced", modality="MR"),
        build("40.1.1.2", patient="referenced", modality="MR"),
        _segmentation(
            "40.1.2.1", "referenced", Segment(t.LIVER, 1500.0), references=["40.1.1.1", "40.1.1.2", "41.1.1.1"]
        ),
        _segmentation("41.1.1.1", "reference-missing", Segment(t.LIVER, 1600.0), references=["99.1.1.1", "99.1.1.2"]),
        _segmentation("42.1.1.1", "one-here-one-missing", Segment(t.LIVER), references=["40.1.1.1", "99.1.1.1"]),
        _segmentation(
            "43.1.1.1",
            "series-only",
            references=[Reference(series_instance_uid="99.8.8"), Reference(series_instance_uid="40.1.1")],
        ),
        build("44.1.1.1", patient="items-refer", kind="report", modality="SR", report=of_items),
        build("45.1.1.1", patient="refers-to-itself", kind="presentation", modality="PR", references=["45.1.1.1"]),
    ]


def _properties() -> list[InstanceFacts]:
    """Missing values, lists, dates, Unicode, merged properties, missing Patient IDs, authorities."""
    birth = {"patientSex": "F", "patientBirthDate": date(1960, 2, 29)}
    first, second = {"studyDate": date(2020, 12, 31)}, {"studyDate": date(2021, 1, 1), "studyDescription": "NO"}
    return [
        build(
            "50.1.1.1",
            patient="dates",
            patients=birth,
            studies=first,
            series={"seriesNumber": 0},
            attributes={"InstanceCreationDate": [date(2020, 12, 31)]},
        ),
        build("50.2.1.1", patient="dates", patients=birth, studies=second, series={"seriesNumber": 1}),
        # 4.7: equal sets are one; a private attribute; a number of two values; a path; a date; an odd text
        build(
            "51.1.1.1",
            patient="00",
            imageType=["ORIGINAL", "PRIMARY", "AXIAL"],
            pixelSpacing=[0.5, 0.7],
            rows=512,
            attributes={**TUBE, "XRayTubeCurrent": [180], ACME: ["soft"], STEP: ["a 1", "b 2"]},
        ),
        build(
            "51.1.1.2",
            patient="00",
            imageType=["DERIVED"],
            pixelSpacing=[2.0, 0.1],
            rows=256,
            sliceThickness=2.5,
            attributes={**TUBE, "XRayTubeCurrent": [220.5], ACME: [7, 3], "InstanceCreationDate": [date(2021, 1, 1)]},
        ),
        build(
            "52.1.1.1",
            patient="0",
            patients={"patientSex": "O", "patientComments": "Müller straße ÉCOLE"},
            attributes={"ReceiveCoilName": ['Müller\'s "coil"=1,\n2 ' + "é" * 300]},
        ),
        # 1.8: the smallest UID that says anything decides; "53.1.1.10" comes before "53.1.1.9"
        build("53.1.1.1", patient="merged", series={"seriesDescription": ""}, patients={"patientSex": ""}),
        build("53.1.1.10", patient="merged", series={"seriesDescription": "from ten"}, patients={"patientSex": "M"}),
        build("53.1.1.9", patient="merged", series={"seriesDescription": "from nine"}, patients={"patientSex": "F"}),
        build("54.1.1.1", patient="", modality="XA"),
        build("55.1.1.1", patient="", modality="XA"),
        build("56.1.1.1", patient="dates", authority="Hospital|B", modality="US", anatomy=[t.HEART]),
        build("57.1.1.1", patient="anatomy", modality="US", anatomy=[t.KIDNEY.at(t.LEFT), t.LIVER]),
        build("58.1.1.1", patient="dates", dataset="second set", modality="US"),
    ]


def _times() -> list[InstanceFacts]:
    """Series of one patient days and hours apart, some of them without a date or a time (6.9)."""

    def series(
        uid: str, modality: str, study: date | None = None, own: date | None = None, at: str = ""
    ) -> InstanceFacts:
        return build(
            uid,
            patient=f"time {uid.partition('.')[0]}",
            modality=modality,
            studies={"studyDate": study} if study else {},
            series={"seriesDate": own, "seriesTime": at},
        )

    new_year, leap = date(2024, 1, 1), date(2024, 2, 29)
    return [
        # 60 days from the first ECG to the CT, 29 from the second, which lies in another study
        series("90.1.1.1", "ECG", date(2023, 12, 31), date(2023, 12, 31), "08:00"),
        series("90.2.1.1", "ECG", date(2024, 1, 31), date(2024, 1, 31), "23:30:00"),
        series("90.3.1.1", "CT", leap, leap, "00:15:30.5"),
        series("90.3.2.1", "ECG", leap, date(2024, 3, 1), "00:15:30"),
        # the ECG comes a day after the CT
        series("91.1.1.1", "CT", new_year, new_year, "23:00:00"),
        series("91.2.1.1", "ECG", date(2024, 1, 2), date(2024, 1, 2), "01:00:00"),
        # one study: same Study Date, own dates apart; one of the series has no date
        series("92.1.1.1", "ECG", new_year, date(2023, 12, 1)),
        series("92.1.2.1", "CT", new_year, new_year, "12:00:00"),
        series("92.1.3.1", "MR", new_year),
        # no date at all
        series("93.1.1.1", "ECG"),
        series("93.2.1.1", "CT", new_year),
    ]


def _numbers() -> list[InstanceFacts]:
    """Several values, empty values, NaN, qualifiers, units that are not UCUM's."""

    def values(*numbers: tuple[str, Term | None], **more: object) -> Item:
        return Item(t.DIAMETER, numbers=numbers, **more)  # type: ignore[arg-type]

    return [
        _report("60.1.1.1", "5-mm-and-3-cm", values(("5", t.MM), ("3", t.CM))),
        _report("61.1.1.1", "40-mm-and-1-cm", values(("40", t.MM), ("1", t.CM))),
        _report("62.1.1.1", "empty-value", values(("", t.MM))),
        _report("63.1.1.1", "nan", values(("NaN", t.MM))),
        _report("64.1.1.1", "qualified", values(("35", t.MM), qualifier=t.OUT_OF_RANGE)),
        _report("65.1.1.1", "qualified-without-value", values(("", t.MM), qualifier=t.NOT_A_NUMBER)),
        _report("66.1.1.1", "points", values(("35", t.ARBITRARY)), Item(t.PRIVATE, text="one")),
        _report("67.1.1.1", "boundary", values(("0.1", t.CM)), values(("1.0000000000001", t.MM))),
        _report("68.1.1.1", "boundary", values(("0.999999999999", t.MM))),
        _report("69.1.1.1", "negative", values(("-5", t.MM)), values(("0", t.MM))),
    ]


def _parts() -> list[InstanceFacts]:
    """Regions of interest, waveform channels and annotation groups; items that point at one channel or at none."""

    def roi(number: int, name: str, type_: Term, volume: float | None, interpreted: str = "ORGAN") -> Part:
        said = {"roiNumber": number, "roiName": name, "volume": volume, "rtroiInterpretedType": interpreted}
        return Part("Roi", {key: value for key, value in said.items() if value is not None}, {"ROI_TYPE": type_})

    def channel(path: str, source: Term, frequency: float, step: float) -> Part:
        said = {"path": path, "samplingFrequency": frequency, "correctedSensitivity": step}
        return Part("WaveformChannel", said, {"SOURCE": source, "SENSITIVITY_UNIT": t.MICROVOLT})

    nuclei = {"annotationGroupNumber": 1, "annotationGroupLabel": "nuclei", "numberOfAnnotations": 40}
    pointing = Item(
        t.REPORT,
        children=[
            Item(text="at lead II", references=[Reference("71.1.1.1", channel="1.2")]),
            Item(text="of a missing channel", references=[Reference("71.1.1.1", channel="3.1")]),
        ],
    )
    return [
        build(
            "70.1.1.1",
            patient="contoured",
            kind="structureSet",
            modality="RTSTRUCT",
            parts=[
                roi(1, "LV", t.LEFT_VENTRICLE, 130.0),
                roi(2, "target", t.LIVER, None, "PTV"),
            ],
        ),
        build(
            "71.1.1.1",
            patient="two-leads",
            kind="waveform",
            modality="ECG",
            parts=[channel("1.1", t.LEAD_I, 500.0, 2.5), channel("1.2", t.LEAD_II, 1000.0, 2.5)],
        ),
        build("71.1.2.1", patient="two-leads", kind="report", modality="SR", report=pointing),
        build(
            "72.1.1.1",
            patient="annotated",
            kind="annotation",
            modality="ANN",
            parts=[Part("AnnotationGroup", nuclei, {"ANNOTATION_TYPE": t.NUCLEUS})],
        ),
    ]
