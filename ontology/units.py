"""Numbers with their unit, comparable across units of one dimension (semantics 6.7)."""

from __future__ import annotations

from decimal import Context, Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache

from .ucum import Unit, UnknownUnit, unit

__all__ = ["UnknownUnit", "canonical", "canonical_unit"]

_ROUNDED = Context(prec=12)
_LARGEST_MAGNITUDE = 400
"""Decimal exponents beyond a double's range, refused before they cost memory as exact fractions."""


def canonical(value: str | Decimal | float, ucum: str) -> tuple[float, str]:
    """A number in the base unit of its dimension.

    Parameters
    ----------
    value
        The number; a DS string as it was written keeps all its digits.
    ucum
        UCUM code of its unit, case-sensitive.

    Returns
    -------
    tuple of float and str
        The exact product of the value and the unit's factor (and offset, for ``Cel``), rounded to 12 significant
        digits, and the UCUM code of the base unit, the same for all units of the dimension: ``m3`` for ``mL``.

    Raises
    ------
    UnknownUnit
        if ``ucum`` is no UCUM code.
    ValueError
        if ``value`` is not a finite number within a double's range.
    """
    of = unit(ucum)
    exact = _exact(value) * of.factor + of.offset
    rounded = _ROUNDED.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    if abs(rounded.adjusted()) > 307 and rounded:
        raise ValueError(f"{value} {ucum} is beyond the range of a double")
    return float(rounded), canonical_unit(ucum)


@lru_cache(maxsize=4096)
def canonical_unit(ucum: str) -> str:
    """The UCUM code of the base unit of a unit's dimension, ``1`` for a pure number.

    Raises
    ------
    UnknownUnit
        if ``ucum`` is no UCUM code.
    """
    return _name(unit(ucum))


def _name(of: Unit) -> str:
    return ".".join(base if exponent == 1 else f"{base}{exponent}" for base, exponent in of.dimensions) or "1"


def _exact(value: str | Decimal | float) -> Fraction:
    try:
        number = Decimal(value.strip() if isinstance(value, str) else str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_MAGNITUDE:
        raise ValueError(f"{value!r} is not a finite number within a double's range")
    return Fraction(number)
