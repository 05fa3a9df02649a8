"""Numbers compare through UCUM, exactly (semantics 6.7)."""

import csv
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohortgraph.ontology.ucum import codes, unit
from cohortgraph.ontology.units import UnknownUnit, canonical, canonical_unit


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (("0.2", "s"), ("200", "ms")),
        (("5", "cm"), ("50", "mm")),
        (("1", "[in_i]"), ("2.54", "cm")),
        (("37", "Cel"), ("310.15", "K")),
        (("98.6", "[degF]"), ("37", "Cel")),
        (("-40", "[degF]"), ("-40", "Cel")),
        (("1", "mL"), ("1", "cm3")),
        (("1", "ml"), ("1000", "mm3")),
        (("60", "/min"), ("1", "Hz")),
        (("60", "{beats}/min"), ("1", "s-1")),
        (("1", "10*-3/uL"), ("1", "/mL")),
        (("1", "10*3/uL"), ("1", "10*9/L")),
        (("1", "10-6.mm2/s"), ("1", "um2/s")),
        (("1", "ml/[100]g/min"), ("10", "mL/kg/min")),
        (("4.5", "10*9/L"), ("4500", "/uL")),
        (("120", "mm[Hg]"), ("159.9864", "hPa")),
        (("1", "%"), ("0.01", "1")),
        (("0.01", "{ratio}"), ("1", "%")),
        (("1", "[ppm]"), ("0.0001", "%")),
        (("4.2", "g/mL{SUVbw}"), ("4.2", "{SUVbw}g/ml")),
        (("4.2", "g/mL{SUVbw}"), ("4200", "kg/m3")),
        (("100", "cm2"), ("1", "dm2")),
        (("1", "[lb_av]"), ("453.59237", "g")),
        (("1", "mmol/L"), ("1", "mol/m3")),
        (("1", "[IU]/mL"), ("1000", "[iU]/L")),
        (("1", "J"), ("1", "kg.m2/s2")),
        (("180", "deg"), ("3.14159265359", "rad")),
        (("60", "ml/100ml/s"), ("0.6", "/s")),
        (("1", "m/s"), ("100", "cm/s")),
        (("10", "L/(min.m2)"), ("10000", "mL/min/m2")),
        (("1", "mGy"), ("0.1", "cGy")),
        (("1000", "um2/ms"), ("0.001", "mm2/ms")),
        (("6", "dB"), ("0.6", "B")),
    ],
)
def test_semantics_6_7_equal_quantities_have_one_canonical_form(left, right):
    assert canonical(*left) == canonical(*right)


def test_semantics_6_7_five_centimetres_are_more_than_forty_millimetres():
    (left, left_unit), (right, right_unit) = canonical("5", "cm"), canonical("40", "mm")
    assert left > right
    assert left_unit == right_unit == "m"


def test_semantics_6_7_the_canonical_value_is_rounded_to_twelve_digits():
    assert canonical("1", "/min") == (0.0166666666667, "s-1")
    assert canonical("0.1", "mL")[0] == 1e-07
    assert canonical(Decimal("123456789012345"), "m") == (123456789012000.0, "m")


@pytest.mark.parametrize(
    "pair",
    [
        ("[hnsf'U]", "1"),
        ("[hnsf'U]", "%"),
        ("mol/L", "/L"),
        ("[iU]/L", "[arb'U]/L"),
        ("mm", "mm2"),
        ("Cel", "1"),
        ("rad", "1"),
        ("B[SPL]", "Pa"),
        ("mg/dL", "mmol/L"),
    ],
)
def test_semantics_6_7_other_dimensions_never_compare(pair):
    assert canonical_unit(pair[0]) != canonical_unit(pair[1])


@pytest.mark.parametrize(
    "wrong", ["", "mmHg", "Mm mm", "sec", "m/", "(m", "m)", "m..s", "{a", "m999", "m/0", "0m", "µm", "x" * 500]
)
def test_semantics_6_7_a_bad_unit_is_an_error(wrong):
    with pytest.raises(UnknownUnit):
        canonical_unit(wrong)


def test_a_bad_unit_names_the_nearest():
    with pytest.raises(UnknownUnit, match=r"did you mean 'mm\[Hg\]'"):
        canonical_unit("mmHg")


@pytest.mark.parametrize("wrong", ["", "NaN", "Infinity", "about 5", "1e999999999", "1e400"])
def test_semantics_6_7_what_is_no_finite_number_has_no_canonical_value(wrong):
    with pytest.raises(ValueError, match=r"number|range"):
        canonical(wrong, "mm")


def test_a_value_beyond_a_double_is_refused():
    with pytest.raises(ValueError, match="range of a double"):
        canonical("9e307", "Gm")


def test_semantics_6_7_every_unit_of_dicom_has_a_dimension():
    """CID 82 and its like, as pydicom carries them."""
    from cohortgraph.ontology.concept import split_id
    from cohortgraph.ontology.dicom_terms import terms

    listed = [split_id(identifier)[1] for identifier in terms() if identifier.startswith("UCUM:")]
    unread = []
    for code in listed:
        try:
            canonical_unit(code)
        except UnknownUnit:
            unread.append(code)
    assert unread == []


def test_every_unit_of_ucum_has_one_stable_base():
    for code in codes():
        base = canonical_unit(code)
        assert canonical_unit(base) == base
        assert unit(base).factor == 1


def test_ucums_own_examples_are_read():
    """UCUM's list of common units; Torr is not in its table."""
    import ucumvert

    with Path(ucumvert.__file__).with_name("vendor").joinpath("ucum_examples.tsv").open(encoding="utf-8") as file:
        examples = [row["UCUM_CODE"] for row in csv.DictReader(file, delimiter="\t")]
    unread = []
    for code in examples:
        try:
            unit(code)
        except UnknownUnit:
            unread.append(code)
    assert unread == ["Torr"]


def test_factors_agree_with_pint():
    """An independent reader of UCUM, in floats and by its own constants; compared where both are linear and agree."""
    from ucumvert import PintUcumRegistry

    registry = PintUcumRegistry()
    for code in ("mL", "cm2", "/min", "10*3/uL", "[in_i]", "uV", "mmol/L", "kcal", "[lb_av]", "Bq/mL", "mGy.cm", "deg"):
        ours = float(unit(code).factor)
        theirs = registry.from_ucum(code).to_base_units()
        kilograms = theirs.dimensionality.get("[mass]", 0)
        moles_and_charge = theirs.dimensionality.get("[current]", 0)
        assert moles_and_charge in (0, -1)
        assert math.isclose(ours, theirs.magnitude * 1000**kilograms, rel_tol=1e-9), code


NUMBERS = st.decimals(min_value="-1e6", max_value="1e6", places=4)


@given(NUMBERS, st.sampled_from([("mm", "m", Fraction(1, 1000)), ("ms", "s", Fraction(1, 1000))]))
def test_converting_by_hand_gives_the_same(value, case):
    small, large, factor = case
    by_hand = Decimal(value) * Decimal(factor.numerator) / Decimal(factor.denominator)
    assert canonical(value, small) == canonical(by_hand, large)
