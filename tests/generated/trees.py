"""Reports whose items stand far below or beside what they are about: descendants, ancestors, context (2.2–2.7, 2.10).

The item's number is said in its comment; what is not said takes no context.
"""

from __future__ import annotations

from cohortgraph.graph.facts import InstanceFacts

from . import terms as t
from .builder import Item, Term, build


def trees() -> list[InstanceFacts]:
    """One patient for each trap."""
    return [_leads(), _holes(), _findings(), _properties(), _deep()]


def _report(uid: str, patient: str, *children: Item) -> InstanceFacts:
    return build(uid, patient=patient, kind="report", modality="SR", report=Item(t.REPORT, children=children))


def _section(*children: Item, relationship: str = "CONTAINS") -> Item:
    return Item(t.SECTION, relationship=relationship, children=children)


def _number(name: Term, text: str, unit: Term, *children: Item, relationship: str = "CONTAINS") -> Item:
    return Item(name, numbers=[(text, unit)], relationship=relationship, children=children)


def _mode(value: Term | None, relationship: str = "HAS CONCEPT MOD") -> Item:
    return Item(t.IMAGE_MODE, value, relationship=relationship)


def _lead(value: Term, relationship: str = "HAS ACQ CONTEXT") -> Item:
    return Item(t.LEAD_ID, value, relationship=relationship)


def _leads() -> InstanceFacts:
    """Own, inherited, replaced, and two values at one level."""
    return _report(
        "100.1.1.1",
        "leads",
        _section(  # 1.1
            _lead(t.LEAD_I),
            _number(t.RR_INTERVAL, "350", t.MS),  # 1.1.2: lead I
            _number(t.QT_INTERVAL, "380", t.MS, _lead(t.LEAD_II, "HAS CONCEPT MOD")),  # 1.1.3: lead II, its own
            _section(  # 1.1.4: lead I
                _mode(t.TWO_D, "HAS ACQ CONTEXT"),
                _number(t.QT_INTERVAL, "400", t.MS),  # 1.1.4.2: lead I, 2D
            ),
        ),
        _section(  # 1.2
            _lead(t.LEAD_II),
            _lead(t.LEAD_I),
            _number(t.QT_INTERVAL, "440", t.MS),  # 1.2.3: both leads
        ),
        _number(t.QT_INTERVAL, "450", t.MS),  # 1.3
    )


def _holes() -> InstanceFacts:
    """Where context does not reach, and what gives none."""

    def length(text: str, *children: Item, relationship: str = "CONTAINS") -> Item:
        return _number(t.LENGTH, text, t.MM, *children, relationship=relationship)

    return _report(
        "101.1.1.1",
        "holes",
        _mode(t.TWO_D),  # 1.1: reaches the report, 1.2, 1.2.1, 1.2.4, 1.3 and all that is contained in 1.3
        _section(  # 1.2
            length("10", length("5", length("6"), relationship="INFERRED FROM")),  # 1.2.1, 1.2.1.1, 1.2.1.1.1
            _section(length("7"), relationship="HAS OBS CONTEXT"),  # 1.2.2: no value, so no context; and 1.2.2.1
            _mode(t.M_MODE, "CONTAINS"),  # 1.2.3: named by the key, and no context of its siblings
            length("8"),  # 1.2.4
        ),
        Item(  # 1.3
            t.GROUP,
            children=[
                _mode(t.M_MODE, "CONTAINS"),  # 1.3.1: not even in a group
                Item(t.FINDING_CATEGORY, t.ANATOMICAL_STRUCTURE),  # 1.3.2
                Item(t.FINDING, t.CALCIFICATION),  # 1.3.3: has the category
                _mode(None),  # 1.3.4: empty, so it replaces nothing
                length(  # 1.3.5: 2D, category, finding, derivation, area
                    "9",
                    Item(t.DERIVATION, t.MEAN, relationship="HAS CONCEPT MOD"),
                    _number(t.AREA, "4", t.MM, relationship="HAS PROPERTIES"),  # 1.3.5.2: as 1.3.5, but no derivation
                ),
            ],
        ),
    )


def _findings() -> InstanceFacts:
    """Two findings at the deciding level hide the farther one."""
    return _report(
        "102.1.1.1",
        "two-findings",
        Item(  # 1.1
            t.GROUP,
            children=[
                Item(t.FINDING, t.CALCIFICATION),
                _section(  # 1.1.2: calcification
                    Item(  # 1.1.2.1
                        t.GROUP,
                        children=[
                            Item(t.FINDING, t.NODULE),
                            Item(t.FINDING, t.CALCIFICATION),
                            _number(t.LENGTH, "3", t.MM),  # 1.1.2.1.3
                        ],
                    ),
                ),
                _number(t.LENGTH, "4", t.MM),  # 1.1.3: calcification
            ],
        ),
    )


def _properties() -> InstanceFacts:
    """The properties of a finding are told of it, of its modifiers and of one another."""
    return _report(
        "103.1.1.1",
        "finding-with-properties",
        Item(  # 1.1: left; length and area
            t.SINGLE_IMAGE_FINDING,
            t.NODULE,
            children=[
                Item(t.LATERALITY, t.LEFT_SIDE, relationship="HAS CONCEPT MOD"),
                _number(t.LENGTH, "12", t.MM, relationship="HAS PROPERTIES"),  # 1.1.2: the finding, left, area
                _number(t.AREA, "30", t.MM, relationship="HAS PROPERTIES"),  # 1.1.3: the finding, left, length
            ],
        ),
        Item(t.NODULE, t.YES),  # 1.2
    )


def _deep() -> InstanceFacts:
    """Twelve levels of sections, an answer at their end and a number beside it."""
    inner = _section(Item(t.NODULE, t.YES), _number(t.TEMPERATURE, "33", t.KELVIN))  # eleven sections around it
    for _ in range(11):
        inner = _section(inner)
    return _report("104.1.1.1", "deep-sections", inner, _number(t.TEMPERATURE, "34", t.KELVIN))
