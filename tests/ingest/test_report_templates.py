"""Which context the content items of each template have, as PS3.16 means it: documents that dcmtk wrote and reads.

There is no real file of these templates among the shared ones. Each document follows the rows of its template; dcmtk
checks the relationships that its IOD allows, and its dsrdump names the items that must be found.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from ..oracle.context import contexts
from .dcmtk import document_by_dcmtk, items_by_dsrdump
from .documents import (
    CONTAINS,
    FINDING,
    GROUP,
    HAS_CONCEPT_MOD,
    HAS_OBS_CONTEXT,
    HAS_PROPERTIES,
    INFERRED_FROM,
    METHOD,
    SITE,
    Read,
    Triple,
    by_reference,
    coded,
    container,
    document,
    item,
    num,
    referenced,
    text,
)
from .test_report_readers import as_read
from .test_report_scopes import taken

SOP_CLASSES = {
    "comprehensive": "1.2.840.10008.5.1.4.1.1.88.33",
    "mammography CAD": "1.2.840.10008.5.1.4.1.1.88.50",
    "key object": "1.2.840.10008.5.1.4.1.1.88.59",
    "dose": "1.2.840.10008.5.1.4.1.1.88.67",
}
Written = Callable[..., Read]


def dcm(value: str, meaning: str) -> Triple:
    return value, "DCM", meaning


def sct(value: str, meaning: str) -> Triple:
    return value, "SCT", meaning


def ln(value: str, meaning: str) -> Triple:
    return value, "LN", meaning


def unit(ucum: str) -> Triple:
    return ucum, "UCUM", ucum


def uid(relationship: str, name: Triple, value: str, *children: Dataset) -> Dataset:
    return item(relationship, "UIDREF", name, *children, UID=value)


def titled(title: Triple, template: str, sop_class: str, *children: Dataset) -> Dataset:
    modality = "KO" if sop_class == "key object" else "SR"
    ds = document(*children, title=title, SOPClassUID=SOP_CLASSES[sop_class], Modality=modality)
    identification = Dataset()
    identification.MappingResource, identification.TemplateIdentifier = "DCMR", template
    ds.ContentTemplateSequence = [identification]
    return ds


@pytest.fixture
def by_dcmtk(tmp_path: Path) -> Written:
    """Reads what dcmtk wrote; all items are those of dsrdump, and their context that of a naive walk."""

    def _read(ds: Dataset) -> Read:
        path = document_by_dcmtk(ds, tmp_path)
        read = Read(pydicom.dcmread(path))
        ours = {
            each: (read.get(each, "relationshipType") or "", read.get(each, "valueType"), as_read(read, each, "NAME"))
            for each in read.items
        }
        assert ours == items_by_dsrdump(path)
        assert taken(read.facts) == contexts(read.facts)
        return read

    return _read


def context(read: Read, path: str) -> set[tuple[str, str | None]]:
    """Name and value of the items that are an item's context (semantics 2.11)."""
    givers = {child.position: str(child.properties["path"]) for child in read.facts.children}
    position = read.items[path].position
    found = set()
    for giver in (givers[each] for each in taken(read.facts)[position]):
        values = read.concepts(giver, "VALUE") or [read.get(giver, "textValue") or read.get(giver, "uid")]
        found |= {(read.concepts(giver, "NAME")[0], value) for value in values}
    return found


def numbers(read: Read, name: str) -> dict[float, str]:
    """Value → path of the numbers of a name."""
    return {read.get(path, "numericValue"): path for path in read.named(name)}


# TID 10001 and 10011: dose reports

PLANE = dcm("113764", "Acquisition Plane")
PLANE_A, PLANE_B = dcm("113620", "Plane A"), dcm("113621", "Plane B")
DAP = dcm("122130", "Dose Area Product")
SCOPE, STUDY = dcm("113705", "Scope of Accumulation"), dcm("113014", "Study")
TARGET, CHEST = dcm("123014", "Target Region"), sct("51185008", "Chest")
EVENT_UID = dcm("113769", "Irradiation Event UID")


def _event(plane: Triple, number: int) -> Dataset:
    return container(
        CONTAINS,
        dcm("113706", "Irradiation Event X-Ray Data"),
        coded(HAS_CONCEPT_MOD, PLANE, plane),
        uid(CONTAINS, EVENT_UID, f"1.9.{number}"),
        coded(CONTAINS, TARGET, CHEST),
        num(CONTAINS, DAP, f"{number}", unit=unit("Gy.m2")),
    )


def _dose_report(procedure: Triple, template: str, *children: Dataset) -> Dataset:
    return titled(
        dcm("113701", "X-Ray Radiation Dose Report"),
        template,
        "dose",
        coded(
            HAS_CONCEPT_MOD,
            dcm("121058", "Procedure reported"),
            procedure,
            coded(HAS_CONCEPT_MOD, sct("363703001", "Has Intent"), sct("261004008", "Diagnostic Intent")),
        ),
        coded(HAS_OBS_CONTEXT, dcm("121005", "Observer Type"), dcm("121007", "Device")),
        uid(HAS_OBS_CONTEXT, dcm("121012", "Device Observer UID"), "1.7"),
        coded(HAS_OBS_CONTEXT, SCOPE, STUDY, uid(HAS_PROPERTIES, dcm("110180", "Study Instance UID"), "1.2")),
        *children,
        coded(CONTAINS, dcm("113854", "Source of Dose Information"), dcm("113856", "Automated Data Collection")),
    )


def test_tid_10001_each_irradiation_event_has_its_own_plane_and_the_scope_of_the_report(by_dcmtk):
    accumulated = (
        container(
            CONTAINS,
            dcm("113702", "Accumulated X-Ray Dose Data"),
            coded(HAS_CONCEPT_MOD, PLANE, plane),
            num(CONTAINS, dcm("113722", "Dose Area Product Total"), total, unit=unit("Gy.m2")),
        )
        for plane, total in ((PLANE_A, "1"), (PLANE_B, "2"))
    )
    read = by_dcmtk(
        _dose_report(
            dcm("113704", "Projection X-Ray"), "10001", *accumulated, _event(PLANE_A, 1), _event(PLANE_B, 2)
        )
    )  # fmt: skip
    everywhere = {("DCM:121005", "DCM:121007"), ("DCM:121012", "1.7"), ("DCM:113705", "DCM:113014")}
    for name in ("DCM:113722", "DCM:122130"):
        of = numbers(read, name)
        assert context(read, of[1.0]) == {*everywhere, ("DCM:113764", "DCM:113620")}
        assert context(read, of[2.0]) == {*everywhere, ("DCM:113764", "DCM:113621")}
    # 2.4, 2.6: beside a number, a target region is none of its context; the procedure reported is nobody's
    assert not any(read.codes(path, "SITE") or read.codes(path, "FINDING") for path in read.items)


def test_tid_10011_numbers_of_an_acquisition_have_no_phantom_and_no_region(by_dcmtk):
    acquisition = container(
        CONTAINS,
        dcm("113819", "CT Acquisition"),
        text(CONTAINS, dcm("125203", "Acquisition Protocol"), "Thorax"),
        coded(CONTAINS, TARGET, CHEST),
        coded(CONTAINS, dcm("113820", "CT Acquisition Type"), sct("116152004", "Spiral Acquisition")),
        uid(CONTAINS, EVENT_UID, "1.9"),
        container(
            CONTAINS,
            dcm("113822", "CT Acquisition Parameters"),
            num(CONTAINS, dcm("113824", "Exposure Time"), "5", unit=unit("s")),
            container(
                CONTAINS,
                dcm("113831", "CT X-Ray Source Parameters"),
                text(CONTAINS, dcm("113832", "Identification of the X-Ray Source"), "A"),
                num(CONTAINS, dcm("113733", "KVP"), "120", unit=unit("kV")),
            ),
        ),
        container(
            CONTAINS,
            dcm("113829", "CT Dose"),
            num(CONTAINS, dcm("113830", "Mean CTDIvol"), "7", unit=unit("mGy")),
            coded(CONTAINS, dcm("113835", "CTDIw Phantom Type"), dcm("113691", "IEC Body Dosimetry Phantom")),
            num(CONTAINS, dcm("113838", "DLP"), "300", unit=unit("mGy.cm")),
        ),
    )
    total = container(
        CONTAINS,
        dcm("113811", "CT Accumulated Dose Data"),
        num(CONTAINS, dcm("113813", "CT Dose Length Product Total"), "300", unit=unit("mGy.cm")),
    )
    read = by_dcmtk(_dose_report(sct("77477000", "Computed Tomography X-Ray"), "10011", total, acquisition))
    everywhere = {("DCM:121005", "DCM:121007"), ("DCM:121012", "1.7"), ("DCM:113705", "DCM:113014")}
    for name in ("DCM:113813", "DCM:113830", "DCM:113838", "DCM:113733"):
        (path,) = read.named(name)
        assert context(read, path) == everywhere
    assert "SCT:77477000" not in read.shows


# TID 4000: mammography CAD

SINGLE, COMPOSITE = dcm("111059", "Single Image Finding"), dcm("111015", "Composite Feature")
INTENT, REQUIRED = dcm("111056", "Rendering Intent"), dcm("111150", "Presentation Required")
CLUSTER, MASS = sct("129769006", "Calcification Cluster"), sct("4147007", "Mass")
CERTAINTY = dcm("111012", "Certainty of Finding")
ALGORITHM = dcm("111001", "Algorithm Name")


def _detected(value: Triple, certainty: str, *children: Dataset) -> Dataset:
    return coded(
        CONTAINS,
        SINGLE,
        value,
        coded(HAS_CONCEPT_MOD, INTENT, REQUIRED),
        text(HAS_OBS_CONTEXT, ALGORITHM, "finder"),
        num(HAS_PROPERTIES, CERTAINTY, certainty, unit=unit("%")),
        *children,
    )


def _cad(*findings: Dataset) -> Dataset:
    return titled(
        dcm("111036", "Mammography CAD Report"),
        "4000",
        "mammography CAD",
        coded(HAS_CONCEPT_MOD, dcm("121049", "Language of Content Item and Descendants"), ("en", "RFC5646", "English")),
        container(
            CONTAINS,
            dcm("111028", "Image Library"),
            item(CONTAINS, "IMAGE", None, ReferencedSOPSequence=[referenced("9.1")]),
        ),
        coded(
            CONTAINS,
            dcm("111017", "CAD Processing and Findings Summary"),
            dcm("111242", "All algorithms succeeded; with findings"),
            container(INFERRED_FROM, dcm("111034", "Individual Impression/Recommendation"), *findings),
        ),
    )


def test_tid_4000_semantics_2_5_what_is_told_of_a_detected_finding_is_of_its_value(by_dcmtk):
    center = item(
        HAS_PROPERTIES, "SCOORD", dcm("111010", "Center"), by_reference("SELECTED FROM", 1, 2, 1),
        GraphicType="POINT", GraphicData=[10.0, 20.0],
    )  # fmt: skip
    number = num(HAS_PROPERTIES, dcm("111038", "Number of calcifications"), "9", unit=unit("1"))
    read = by_dcmtk(_cad(_detected(CLUSTER, "80", number, center), _detected(MASS, "60")))
    of = numbers(read, "DCM:111012")
    assert read.concepts(of[80.0], "FINDING") == ["SCT:129769006"]
    assert read.concepts(of[60.0], "FINDING") == ["SCT:4147007"]
    for name in ("DCM:111038", "DCM:111010"):
        (path,) = read.named(name)
        assert read.concepts(path, "FINDING") == ["SCT:129769006"]
        assert read.edge(path, "FINDING").properties["own"] is False
    assert context(read, of[80.0]) == {
        ("DCM:111056", "DCM:111150"),
        ("DCM:111001", "finder"),
        ("DCM:111059", "SCT:129769006"),
        ("DCM:111038", None),  # by 2.2, what else is said of the finding, too
        ("DCM:111010", None),
    }
    assert {"SCT:129769006", "SCT:4147007"} <= read.shows


def test_tid_4000_semantics_2_1_what_a_composite_is_inferred_from_takes_none_of_its_context(by_dcmtk):
    mass = _detected(MASS, "60")
    mass.RelationshipType = INFERRED_FROM
    composite = coded(
        CONTAINS,
        COMPOSITE,
        CLUSTER,
        coded(HAS_CONCEPT_MOD, INTENT, dcm("111151", "Presentation Optional")),
        num(HAS_PROPERTIES, CERTAINTY, "80", unit=unit("%")),
        mass,
    )
    read = by_dcmtk(_cad(composite))
    of = numbers(read, "DCM:111012")
    assert context(read, of[80.0]) == {("DCM:111056", "DCM:111151")}
    assert context(read, of[60.0]) == {
        ("DCM:111056", "DCM:111150"), ("DCM:111001", "finder"), ("DCM:111059", "SCT:4147007")
    }  # fmt: skip


# TID 5200: echocardiography

VENTRICLE, ANNULUS = sct("87878005", "Left Ventricle"), sct("279221001", "Mitral annulus")
ATRIUM = sct("82471001", "Left Atrium")
MODE, TWO_D, DOPPLER = sct("399264008", "Image Mode"), sct("399064001", "2D mode"), sct("399232001", "2D mode Doppler")
DIAMETER_LV = ln("29436-3", "Left Ventricle Internal End Diastolic Dimension")
VELOCITY = ln("79978-3", "Mitral annular velocity")
AREA = ln("17977-0", "Left Atrium Systolic Area")


def test_tid_5200_a_section_gives_its_site_and_a_group_its_image_mode(by_dcmtk):
    def section(site: Triple, *groups: Dataset) -> Dataset:
        return container(CONTAINS, dcm("121070", "Findings"), coded(HAS_CONCEPT_MOD, SITE, site), *groups)

    def group(mode: Triple, *children: Dataset) -> Dataset:
        return container(CONTAINS, GROUP, coded(HAS_CONCEPT_MOD, MODE, mode), *children)

    derivation = coded(HAS_CONCEPT_MOD, dcm("121401", "Derivation"), sct("373098007", "Mean"))
    method = coded(HAS_CONCEPT_MOD, METHOD, dcm("125207", "Method of Disks, Biplane"))
    read = by_dcmtk(
        titled(
            dcm("125200", "Adult Echocardiography Procedure Report"),
            "5200",
            "comprehensive",
            container(
                CONTAINS,
                dcm("121118", "Patient Characteristics"),
                num(CONTAINS, ln("8480-6", "Systolic Blood Pressure"), "120", unit=unit("mm[Hg]")),
            ),
            section(
                VENTRICLE,
                group(TWO_D, num(CONTAINS, DIAMETER_LV, "48", derivation)),
                group(DOPPLER, num(CONTAINS, VELOCITY, "9", coded(HAS_CONCEPT_MOD, SITE, ANNULUS), unit=unit("cm/s"))),
            ),
            section(ATRIUM, group(TWO_D, num(CONTAINS, AREA, "18", method, unit=unit("cm2")))),
        )
    )
    (diameter,), (velocity,), (area,), (pressure,) = (
        read.named(f"LN:{name[0]}") for name in (DIAMETER_LV, VELOCITY, AREA, ln("8480-6", ""))
    )
    said = {path: (read.concepts(path, "SITE"), read.concepts(path, "METHOD")) for path in (diameter, velocity, area)}
    assert said == {
        diameter: (["SCT:87878005"], []),
        velocity: (["SCT:279221001"], []),  # the nearer site replaces the section's (2.3)
        area: (["SCT:82471001"], ["DCM:125207"]),
    }
    assert read.edge(diameter, "SITE").properties["own"] is False
    assert read.concepts(diameter, "DERIVATION") == ["SCT:373098007"]
    assert ("SCT:399264008", "SCT:399064001") in context(read, diameter)
    assert ("SCT:399264008", "SCT:399232001") in context(read, velocity)
    assert context(read, pressure) == set()


# TID 5000: obstetrics

BIPARIETAL, CERVIX = ln("11820-8", "Biparietal Diameter"), ln("11961-0", "Cervix Length")


def test_tid_5000_each_fetus_is_the_subject_of_its_own_biometry(by_dcmtk):
    def biometry(fetus: str, diameter: str) -> Dataset:
        return container(
            CONTAINS,
            dcm("125002", "Fetal Biometry"),
            coded(HAS_OBS_CONTEXT, dcm("121024", "Subject Class"), dcm("121026", "Fetus")),
            text(HAS_OBS_CONTEXT, dcm("121030", "Subject ID"), fetus),
            container(
                CONTAINS,
                dcm("125005", "Biometry Group"),
                num(CONTAINS, BIPARIETAL, diameter, coded(HAS_CONCEPT_MOD, METHOD, ("BPD", "99OWN", "outer"))),
                coded(CONTAINS, FINDING, sct("7771000", "some finding")),
            ),
        )

    mother = container(
        CONTAINS, dcm("125011", "Pelvis and Uterus"),
        num(CONTAINS, CERVIX, "35"), coded(CONTAINS, FINDING, sct("95315005", "Uterine leiomyoma")),
    )  # fmt: skip
    read = by_dcmtk(
        titled(
            dcm("125000", "OB-GYN Ultrasound Procedure Report"),
            "5000",
            "comprehensive",
            biometry("A", "50"),
            biometry("B", "52"),
            mother,
        )
    )
    of = numbers(read, "LN:11820-8")
    for value, fetus in ((50.0, "A"), (52.0, "B")):
        assert read.concepts(of[value], "SUBJECT") == ["DCM:121026"]
        assert {("DCM:121024", "DCM:121026"), ("DCM:121030", fetus)} <= context(read, of[value])
        assert read.concepts(of[value], "METHOD") == ["99OWN@real:BPD"]
    (cervix,) = read.named("LN:11961-0")
    assert (read.concepts(cervix, "SUBJECT"), context(read, cervix)) == ([], set())
    assert read.shows == {"SCT:95315005"}  # what a fetus has, the patient doesn't (5)


# TID 2010: key image notes


def test_tid_2010_a_key_image_note_refers_to_what_it_selects_and_keeps_who_said_why(by_dcmtk):
    image = item(CONTAINS, "IMAGE", None, ReferencedSOPSequence=[referenced("9.1", ReferencedFrameNumber=[2])])
    wave = item(
        CONTAINS, "WAVEFORM", None,
        ReferencedSOPSequence=[referenced("9.2", "1.2.840.10008.5.1.4.1.1.9.1.1", ReferencedWaveformChannels=[1, 1])],
    )  # fmt: skip
    read = by_dcmtk(
        titled(
            dcm("113013", "Best In Set"),
            "2010",
            "key object",
            coded(HAS_CONCEPT_MOD, dcm("113011", "Document Title Modifier"), dcm("113080", "Lossless")),
            coded(HAS_OBS_CONTEXT, dcm("121005", "Observer Type"), dcm("121006", "Person")),
            item(HAS_OBS_CONTEXT, "PNAME", dcm("121008", "Person Observer Name"), PersonName="Doe"),
            text(CONTAINS, dcm("113012", "Key Object Description"), "the sharpest"),
            image,
            wave,
        )
    )
    references = {one.sop_instance_uid: one.properties for path in read.items for one in read.references(path)}
    assert references["9.1"]["frames"] == [2]
    assert set(references) == {"9.1", "9.2"}
    (told,) = read.named("DCM:113012")
    assert read.get(told, "textValue") == "the sharpest"
    assert {("DCM:113011", "DCM:113080"), ("DCM:121005", "DCM:121006")} <= context(read, told)
    assert read.shows == set()
