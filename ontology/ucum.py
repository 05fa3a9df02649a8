"""UCUM's own table and grammar: a unit as an exact factor of its dimension's base units.

The table is UCUM's ``ucum-essence.xml`` in the copy that the package ucumvert carries; its conversion, by pint's own
constants and in floats, is not used (docs/decisions/030). Beyond UCUM's grammar, what DICOM files hold is read:
an annotation before its unit (``{SUVbw}g/ml``), a number right before one (``ml/100ml/s``, ``ml/[100]g``: per 100) and
the spellings of PS3.16 CID 7181 and 4267 (``10-6.mm2/s``, ``ppm``, ``diop``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

from ..errors import UsageError

_NAMESPACE = "{http://unitsofmeasure.org/ucum-essence}"
_OWN_DIMENSION = frozenset({"mol", "[hnsf'U]"})
"""Dimensionless in UCUM, so that 5 mol would be 3·10^24 of anything and 40 HU the same as 4000 %; here their own."""

_OFFSETS = {
    "Cel": (Fraction(1), Fraction("273.15")),
    "[degF]": (Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
    "[degRe]": (Fraction(5, 4), Fraction("273.15")),
}
"""The special units that are linear in K: factor and offset. The others (pH, B …) are their own dimension."""

_DICOM_SPELLINGS = {"10": "10*", "ppm": "[ppm]", "diop": "[diop]"}
_LONGEST = 200
_LARGEST_EXPONENT = 99
_NUMBER = re.compile(r"\[?([0-9]+)\]?")
_EXPONENT = re.compile(r"[+-]?[0-9]+$")
_TOKEN = re.compile(r"(?P<annotation>\{[^{}]*\})|(?P<operator>[./()])|(?P<symbol>(?:\[[^\[\]]*\]|[^./(){}\[\]])+)")


class UnknownUnit(UsageError):
    """Not a unit of UCUM."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as ``factor`` × base units + ``offset``; ``dimensions`` are (base unit, exponent), sorted."""

    factor: Fraction
    dimensions: tuple[tuple[str, int], ...] = ()
    offset: Fraction = Fraction(0)

    def __mul__(self, other: Unit) -> Unit:
        """The product; an offset means nothing in one, so that Cel counts there as the interval K."""
        exponents = Counter(dict(self.dimensions))
        for base, exponent in other.dimensions:
            exponents[base] += exponent
        return Unit(self.factor * other.factor, tuple(sorted((b, e) for b, e in exponents.items() if e)))

    def __pow__(self, exponent: int) -> Unit:
        """The power; the first power keeps the offset."""
        if exponent == 1:
            return self
        return Unit(
            self.factor**exponent,
            tuple((base, e * exponent) for base, e in self.dimensions) if exponent else (),
        )


@dataclass(frozen=True, slots=True)
class _Definition:
    """A row of the table: a metric unit takes prefixes; a base unit is its own dimension."""

    value: Fraction
    unit: str
    metric: bool
    base: bool


def _table_file() -> Path:
    """UCUM's table; found without importing ucumvert, which would import pint."""
    spec = find_spec("ucumvert")
    folders = spec.submodule_search_locations if spec is not None else None
    if not folders:
        raise ModuleNotFoundError("the package ucumvert, which carries UCUM's table, is not installed")
    return Path(folders[0], "vendor", "ucum-essence.xml")


@cache
def _table() -> tuple[dict[str, Fraction], dict[str, _Definition]]:
    """Prefixes and units of UCUM's table."""
    root = ElementTree.parse(_table_file()).getroot()  # noqa: S314 — a file of an installed package
    prefixes = {
        prefix.attrib["Code"]: Fraction(value.attrib["value"])
        for prefix in root.iter(f"{_NAMESPACE}prefix")
        if (value := prefix.find(f"{_NAMESPACE}value")) is not None
    }
    units = {
        base.attrib["Code"]: _Definition(Fraction(1), "1", True, True) for base in root.iter(f"{_NAMESPACE}base-unit")
    }
    for row in root.iter(f"{_NAMESPACE}unit"):
        code, value = row.attrib["Code"], row.find(f"{_NAMESPACE}value")
        metric = row.attrib["isMetric"] == "yes"
        if value is None or "isSpecial" in row.attrib:
            units[code] = _Definition(Fraction(1), "1", metric, True)
            continue
        own = code in _OWN_DIMENSION or ("isArbitrary" in row.attrib and value.attrib["Unit"] == "1")
        units[code] = _Definition(Fraction(value.attrib["value"]), value.attrib["Unit"], metric, own)
    return prefixes, units


def codes() -> list[str]:
    """The codes of all units without a prefix."""
    return list(_table()[1])


@lru_cache(maxsize=4096)
def unit(code: str) -> Unit:
    """The unit that a UCUM code (case-sensitive) stands for.

    Raises
    ------
    UnknownUnit
        if it is none.
    """
    if not code or len(code) > _LONGEST:
        raise UnknownUnit(f"{code[:40]!r} is not a UCUM unit; expected a code such as 'mm', 'mL/min' or '1'")
    tokens = _tokens(code)
    result = _term(code, tokens)
    if tokens:
        raise _unreadable(code, tokens[-1][1])
    return result


def _tokens(code: str) -> list[tuple[str, str]]:
    """(kind, text) of each token, the first one last."""
    tokens = []
    position = 0
    while position < len(code):
        match = _TOKEN.match(code, position)
        if match is None:
            raise _unreadable(code, code[position:])
        tokens.append((str(match.lastgroup), match.group()))
        position = match.end()
    return tokens[::-1]


def _term(code: str, tokens: list[tuple[str, str]]) -> Unit:
    """Components joined by ``.`` and ``/``, from the left, up to the end or a closing bracket."""
    invert = bool(tokens) and tokens[-1][1] == "/"
    if invert:
        tokens.pop()
    result = _component(code, tokens) ** (-1 if invert else 1)
    while tokens and tokens[-1][1] in "./":
        operator = tokens.pop()[1]
        result = result * _component(code, tokens) ** (-1 if operator == "/" else 1)
    return result


def _component(code: str, tokens: list[tuple[str, str]]) -> Unit:
    """A symbol or a bracketed term, with annotations before or after it; or annotations alone, which are 1."""
    annotated = _annotations(tokens)
    if tokens and tokens[-1][0] == "symbol":
        result = _symbol(code, tokens.pop()[1])
    elif tokens and tokens[-1][1] == "(":
        tokens.pop()
        result = _term(code, tokens)
        if not tokens or tokens.pop()[1] != ")":
            raise _unreadable(code, "a bracket that is not closed")
    elif annotated:
        return Unit(Fraction(1))
    else:
        raise _unreadable(code, tokens[-1][1] if tokens else "its end")
    _annotations(tokens)
    return result


def _annotations(tokens: list[tuple[str, str]]) -> bool:
    """Skip annotations; whether there were any."""
    found = False
    while tokens and tokens[-1][0] == "annotation":
        tokens.pop()
        found = True
    return found


def _symbol(code: str, symbol: str) -> Unit:
    """A number, a unit with or without prefix and exponent, or both: ``100``, ``mm3``, ``10*-3``, ``100ml``."""
    if symbol.isascii() and symbol.isdigit() and int(symbol):
        return Unit(Fraction(int(symbol)))
    for factor, atom, exponent in _readings(symbol):
        found = _atom(atom)
        if found is not None and factor and abs(exponent) <= _LARGEST_EXPONENT:
            power = found**exponent
            return power if factor == 1 else Unit(Fraction(factor)) * power
    raise _unreadable(code, symbol)


def _readings(symbol: str) -> Iterator[tuple[int, str, int]]:
    """Number, unit and exponent of a symbol: ``10*-3`` begins with a unit, ``100ml`` with a number."""
    match = _EXPONENT.search(symbol)
    atom, exponent = (symbol[: match.start()], int(match[0])) if match else (symbol, 1)
    yield 1, atom, exponent
    number = _NUMBER.match(atom)
    if number is not None:
        yield int(number[1]), atom[number.end() :], exponent


@lru_cache(maxsize=4096)
def _atom(atom: str) -> Unit | None:
    """The unit of that name, else of that name behind a prefix, else None."""
    prefixes, units = _table()
    atom = _DICOM_SPELLINGS.get(atom, atom)
    if atom in units:
        return _defined(atom)
    for length in (1, 2):
        prefix, rest = prefixes.get(atom[:length]), atom[length:]
        if prefix is not None and rest in units and units[rest].metric:
            base = _defined(rest)
            return Unit(prefix * base.factor, base.dimensions, base.offset)
    return None


@cache
def _defined(atom: str) -> Unit:
    if atom in _OFFSETS:
        factor, offset = _OFFSETS[atom]
        return Unit(factor, (("K", 1),), offset)
    definition = _table()[1][atom]
    if definition.base:
        return Unit(Fraction(1), ((atom, 1),))
    return Unit(definition.value) * unit(definition.unit)


def _unreadable(code: str, found: str) -> UnknownUnit:
    near = get_close_matches(code, [*codes(), *_COMMON], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return UnknownUnit(f"{code!r} is not a UCUM unit: {found!r} is not understood{hint}")


_COMMON = (
    "mm", "cm", "um", "mm2", "cm2", "mm3", "cm3", "mL", "dL", "ms", "mg", "kg", "mg/dL", "mmol/L", "mm[Hg]", "/min",
    "{beats}/min", "mL/min", "mL/m2", "g/m2", "cm/s", "m/s", "mV", "uV", "kV", "mGy", "mSv", "MBq", "g/mL", "kg/m2",
)  # fmt: skip
