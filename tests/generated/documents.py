"""Hypothesis strategies for filter documents: all levels, operators and relations, nested to depth 4."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from . import terms as t

Strategy = st.SearchStrategy[dict[str, Any]]

CODES = [
    term.code
    for term in (
        t.LEFT_VENTRICLE,
        t.RIGHT_VENTRICLE_SRT,
        t.LEFT_ATRIUM,
        t.LIVER,
        t.KIDNEY,
        t.LUNG,
        t.REPORT,
        t.GROUP,
        t.FINDING,
        t.DIAMETER,
        t.PR_INTERVAL,
        t.PACEMAKER,
        t.YES,
        t.NO,
        t.MEAN,
        t.DILATED_CARDIOMYOPATHY,
        t.OUT_OF_RANGE,
        t.LEAD_I,
        t.NUCLEUS,
        t.MM,
        t.CM,
    )
]
_PARTS = ["segments", "items", "rois", "channels", "annotationGroups"]
_LEVELS = ["patients", "studies", "series", "instances", *_PARTS]
_ORDERED = ["eq", "ne", "lt", "lte", "gt", "gte"]


def _ordered(values: st.SearchStrategy[Any]) -> Strategy:
    """Conditions of ordered values: one or two operators."""
    single = st.dictionaries(st.sampled_from(_ORDERED), values, min_size=1, max_size=2)
    between = st.fixed_dictionaries({"between": st.lists(values, min_size=2, max_size=2)})
    listed = st.fixed_dictionaries({"in": st.lists(values, max_size=3)})
    return st.one_of(single, between, listed, _exists())


def _exists() -> Strategy:
    return st.fixed_dictionaries({"exists": st.booleans()})


def _text(*values: str) -> Strategy:
    some = st.sampled_from(values)
    part = some.flatmap(lambda value: st.sampled_from([value[:2], value.upper(), value[-3:].lower(), value]))
    found = st.one_of(
        st.fixed_dictionaries({"contains": part}), st.fixed_dictionaries({"startsWith": part}), _ordered(some)
    )
    return found.filter(bool)


def _quantity(*units: str) -> st.SearchStrategy[dict[str, Any]]:
    """Quantities of one dimension, many of them on the data's own values."""
    scale = {"mm": 1, "cm": 0.1, "m": 0.001, "ms": 1, "s": 0.001, "mL": 1, "L": 0.001, "cm3": 1}
    number = st.sampled_from([0, 1, 5, 10, 20, 30, 40, 59, 60, 90, 120, 180, 200, 240])
    return st.tuples(number, st.sampled_from(units)).map(
        lambda pair: {"value": float(f"{pair[0] * scale[pair[1]]:.6g}"), "unit": pair[1]}
    )


def _concept(*, sided: bool = False) -> Strategy:
    code = st.sampled_from(CODES)
    operators = {
        "is": code,
        "in": st.lists(code, max_size=3),
        "isA": st.sampled_from([*CODES, "UBERON:0004151", "SCT:21814001"]),
        "memberOf": st.sampled_from(["pacemaker", "PR interval", "ventricles", "CID 3010", "CID 230"]),
        "meaning": st.sampled_from(["left ventricle", "LIVER", "Diameter", "nothing"]),
    }
    if sided:
        operators |= {"laterality": st.sampled_from([t.LEFT, t.RIGHT]), "modifier": st.just(t.BASAL)}
    names = st.lists(st.sampled_from(list(operators)), min_size=1, max_size=2, unique=True)
    asked = names.flatmap(lambda chosen: st.fixed_dictionaries({name: operators[name] for name in chosen}))
    return st.one_of(asked, asked, _exists())


def _attributes() -> Strategy:
    """One or two conditions on attributes of the header: declared ones, and one that is a property (4.7)."""
    asked = {
        "ScanOptions": _text("HELICAL", "AXIAL", "PFF"),
        "EchoTrainLength": _ordered(st.sampled_from([0, 1, 2])),
        "focalSpots": _ordered(st.sampled_from([0.5, 0.7, 1, 1.2])),
        "0028,0010": _ordered(st.sampled_from([255, 256, 512])),
    }
    names = st.lists(st.sampled_from(list(asked)), min_size=1, max_size=2, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: asked[name] for name in chosen}))


_DATES = _ordered(st.sampled_from(["2020-12-31", "20210101", "2021-01-02"]))
_LENGTHS, _TIMES = _ordered(_quantity("mm", "cm", "m")), _ordered(_quantity("ms", "s"))
_BARE = st.fixed_dictionaries({"number": _ordered(st.sampled_from([0, 3, 5, 35, 40, 0.2, 240])), "unit": _concept()})


def _one(name: str, condition: Strategy) -> Strategy:
    return condition.map(lambda asked: {name: asked})


LEAVES: dict[str, list[Strategy]] = {
    "patients": [
        _one("patientSex", _text("F", "M", "O")),
        _one("patientID", _text("dates", "00", "0", "both-in-one", "pacemaker-yes")),
        _one("patientComments", _text("Müller straße ÉCOLE", "mu\u0308")),
        _one("patientBirthDate", _ordered(st.sampled_from(["1960-02-29", "19600301"]))),
        _one("patientIDMissing", st.sampled_from([{"eq": True}, {"ne": True}, {"exists": False}])),
    ],
    "studies": [_one("studyDate", _DATES), _one("studyDescription", _text("NO", "no"))],
    "series": [
        _one("modality", _text("MR", "CT", "SEG", "SR", "ECG")),
        _one("seriesNumber", _ordered(st.integers(-1, 2))),
        _one("studyDate", _DATES),
    ],
    "instances": [
        _one("kind", _text("image", "segmentation", "report")),
        _one("rows", _ordered(st.sampled_from([255, 256, 512]))),
        _one("imageType", _text("ORIGINAL", "PRIMARY", "DERIVED")),
        _one("pixelSpacing", _ordered(st.sampled_from([0.1, 0.5, 0.6, 0.7, 2.0]))),
        _one("anatomy", _concept(sided=True)),
        _one("attribute", _attributes()),
    ],
    "segments": [
        _one("type", _concept(sided=True)),
        _one("region", _concept(sided=True)),
        _one("volume", _ordered(_quantity("mL", "L", "cm3"))),
        _one("volume", _ordered(st.sampled_from([0, 59, 60, 60.5, 120]))),
        _one("label", _text("LV", "RV", "Müller's mark")),
        _one("number", _ordered(st.integers(0, 2))),
    ],
    "items": [
        _one("name", _concept()),
        _one("value", _concept()),
        _one("site", _concept(sided=True)),
        _one("unit", _concept()),
        _one("qualifier", _concept()),
        _one("finding", _concept()),
        _one("derivation", _concept()),
        _one("asserts", _concept()),
        _one("denies", _concept()),
        _one("number", _LENGTHS),
        _one("number", _TIMES),
        _BARE,
        st.builds(
            lambda name, number, site: {"name": {"is": name}, "number": number, "site": {"is": site}},
            st.sampled_from([t.DIAMETER.code, t.PR_INTERVAL.code]),
            _LENGTHS,
            st.sampled_from([t.LIVER.code, t.LUNG.code]),
        ),
        _one("text", _text("Yes", "one", "of a segment")),
        _one("valueType", _text("NUM", "CODE", "TEXT", "CONTAINER")),
        _one("assertion", _text("affirmed", "denied", "valued")),
    ],
    "datasets": [_one("name", _text("traps", "second set"))],
    "rois": [
        _one("type", _concept(sided=True)),
        _one("volume", _ordered(_quantity("mL", "L", "cm3"))),
        _one("interpretedType", _text("ORGAN", "PTV")),
    ],
    "channels": [
        _one("source", _concept(sided=True)),
        _one("samplingFrequency", _ordered(st.sampled_from([500, {"value": 1, "unit": "kHz"}]))),
        _one("correctedSensitivity", _ordered(st.sampled_from([1, 2.5]))),
    ],
    "annotationGroups": [
        _one("type", _concept(sided=True)),
        _one("count", _ordered(st.sampled_from([2, 40]))),
        _one("label", _text("nuclei")),
    ],
    "tracked": [_one("trackingUID", _text("6.1", "6.2"))],
    "missing": [_one("kind", _text("instance", "segment", "series"))],
}
PLURAL = {
    "patients": ["studies", "series", "instances", *_PARTS, "datasets"],
    "studies": ["series", "instances", *_PARTS, "datasets"],
    "series": ["instances", *_PARTS, "referencedBy", "datasets"],
    "instances": [*_PARTS, "references", "referencedSeries", "referencedBy", "datasets"],
    "segments": ["items", "referencedBy", "datasets"],
    "items": ["children", "segments", "channels", "references", "datasets"],
    "rois": ["datasets"],
    "channels": ["items", "referencedBy", "datasets"],
    "annotationGroups": ["datasets"],
    "tracked": ["segments", "items"],
}
SINGULAR = {
    "studies": ["patient"],
    "series": ["patient", "study"],
    "instances": ["patient", "study", "series"],
    "segments": ["patient", "study", "series", "instance", "sameTracked"],
    "items": ["patient", "study", "series", "instance", "parent", "sameTracked"],
    "rois": ["patient", "study", "series", "instance"],
    "channels": ["patient", "study", "series", "instance"],
    "annotationGroups": ["patient", "study", "series", "instance"],
}
_TARGET = {
    "references": "instances",
    "referencedSeries": "series",
    "referencedBy": "instances",
    "sameTracked": "tracked",
    "children": "items",
    "parent": "items",
    "patient": "patients",
    "study": "studies",
    "instance": "instances",
}
_COUNT = st.dictionaries(st.sampled_from(_ORDERED), st.integers(0, 3), min_size=1, max_size=2)


@cache
def filters(level: str, depth: int) -> Strategy:
    """Filters on the nodes of a level."""
    leaf = st.one_of(*LEAVES[level]) if depth else st.one_of(st.just({}), *LEAVES[level])
    if depth == 0 or level not in PLURAL:
        return leaf
    clause = st.one_of(leaf, st.deferred(lambda: _relation(level, depth)), st.deferred(lambda: _logic(level, depth)))
    return st.lists(clause, min_size=depth > 1, max_size=3).map(_merged)


def _merged(clauses: list[dict[str, Any]]) -> dict[str, Any]:
    """All clauses in one mapping; those whose names recur are dropped, so a bare number keeps the unit beside it."""
    made: dict[str, Any] = {}
    for clause in clauses:
        if not made.keys() & clause.keys() and not (
            {"number", "unit"} & made.keys() and {"number", "unit"} & clause.keys()
        ):
            made |= clause
    return made


def _logic(level: str, depth: int) -> Strategy:
    below = filters(level, depth - 1)
    listed = st.tuples(st.sampled_from(["AND", "OR", "OR"]), st.lists(below, max_size=2)).map(lambda pair: dict([pair]))
    return st.one_of(listed, below.map(lambda where: {"NOT": where}))


def _relation(level: str, depth: int) -> Strategy:
    ways = [_plural(level, name, depth) for name in PLURAL[level]]
    ways += [_within(depth)] if level in ("patients", "studies") else []
    ways += [_one(name, filters(_TARGET.get(name, name), depth - 1)) for name in SINGULAR.get(level, [])]
    return st.one_of(*ways)


def _plural(level: str, name: str, depth: int) -> Strategy:
    below = filters(_TARGET.get(name, name), depth - 1)
    quantified = st.tuples(st.sampled_from(["some", "some", "none", "every"]), below).map(lambda pair: dict([pair]))
    both = st.builds(lambda some, none: {"some": some, "none": none}, below, below)
    counted = st.builds(lambda of, count: {"count": {"of": of} | count}, below, _COUNT)
    ways = [quantified, both, counted, _COUNT.map(lambda count: {"count": count})]
    if name == "references":
        ways.append(st.one_of(st.just({}), *LEAVES["missing"]).map(lambda where: {"unresolved": where}))
    if "referenc" not in name:
        return _one(name, st.one_of(*ways))
    basis = st.fixed_dictionaries({}, optional={"basis": st.sampled_from(["sourceImage", "frameOfReference", "None"])})
    return _one(name, st.builds(lambda asked, by: asked | by, st.one_of(*ways), basis))


def _within(depth: int) -> Strategy:
    below = filters("series", depth - 1)
    span = st.one_of(
        st.fixed_dictionaries(
            {"days": st.integers(0, 70)}, optional={"by": st.sampled_from(["studyDate", "seriesDate"])}
        ),
        st.fixed_dictionaries({"hours": st.sampled_from([0, 0.5, 2, 48, 1000])}),
    )
    sides = st.fixed_dictionaries({"first": below, "then": below})
    how = st.fixed_dictionaries({}, optional={"ordered": st.booleans(), "sameStudy": st.booleans()})
    return _one("within", st.builds(lambda *parts: parts[0] | parts[1] | parts[2], sides, span, how))


def documents(depth: int = 4) -> Strategy:
    """Filter documents over any level."""
    return st.sampled_from(_LEVELS).flatmap(lambda level: _one(level, filters(level, depth)))
