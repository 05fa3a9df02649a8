"""What a named attribute is, and the files that say it: the shipped ``attributes.yaml`` and people's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ...errors import UsageError
from ...graph import schema
from ...ontology.units import UnknownUnit, canonical_unit
from ..answers.codes import fields
from ..language.conditions import nearest
from ..language.parse import as_level

_SHIPPED = Path(__file__).with_name("attributes.yaml")
_KEYS = ("name", "of", "value", "unit")
NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A named attribute.

    Attributes
    ----------
    level
        Where its values lie: patients, studies, series, instances, segments, items …
    where
        The filter that finds the nodes.
    value
        A property of theirs or a coded field; ``number`` of items is their Numeric Value in ``unit``.
    unit
        UCUM code in which numbers are given; empty where there is none.
    stored
        UCUM code in which a property is stored; empty where it has none.
    """

    name: str
    level: str
    where: Mapping[str, Any]
    value: str = NUMBER
    unit: str = ""
    stored: str = ""


def attributes(names: Sequence[str], files: Iterable[Path | str] = ()) -> list[Attribute]:
    """The attributes of these names, in their order; ``series.modality`` is a property by its level.

    Parameters
    ----------
    names
        As in the files, in any case.
    files
        Further files; what they say comes before what is shipped.

    Raises
    ------
    UsageError
        where a name is that of none, says which is nearest; where a file is not valid.
    """
    known = dict(_shipped())
    for file in files:
        known |= _read(Path(file))
    return [_found(name.strip(), known) for name in names]


def shipped() -> list[Attribute]:
    """The attributes that there are without further files."""
    return list(_shipped().values())


def _found(name: str, known: Mapping[str, Attribute]) -> Attribute:
    if name.casefold() in known:
        return known[name.casefold()]
    level, dot, property_ = name.partition(".")
    if dot:
        label = as_level(level).label
        return Attribute(name, level, {}, *_held(label, property_, "", f"column {name!r}"))
    titles = {each.name for each in known.values()}
    near = get_close_matches(name, titles, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}" if near else f"known are {', '.join(sorted(titles))}"
    raise UsageError(f"there is no attribute {name!r}; {hint}. A property goes by its level, such as series.modality")


@cache
def _shipped() -> dict[str, Attribute]:
    return _read(_SHIPPED)


def _read(file: Path) -> dict[str, Attribute]:
    try:
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{file}: it can't be read ({error})") from error
    if not isinstance(told, list):
        raise UsageError(f"{file}: expected a list of attributes, each with name and of")
    return {
        each.name.casefold(): each
        for each in (_attribute(row, f"{file}: attribute {n}") for n, row in enumerate(told, 1))
    }


def _attribute(row: Any, place: str) -> Attribute:
    if not isinstance(row, Mapping) or not isinstance(row.get("name"), str):
        raise UsageError(f"{place} is {row!r}; expected name, of, and perhaps value and unit")
    if unknown := sorted(set(row) - set(_KEYS)):
        raise UsageError(f"{place} has {unknown[0]!r}; expected {', '.join(_KEYS)}")
    of = row.get("of")
    if not isinstance(of, Mapping) or len(of) != 1:
        raise UsageError(f"{place}: of is {of!r}; expected a level with a filter, such as {{items: {{name: …}}}}")
    ((level, where),) = of.items()
    label = as_level(level).label
    if "value" not in row and label != "ContentItem":
        raise UsageError(f"{place} has no value; expected a property of {level}")
    value, unit = str(row.get("value", NUMBER)), str(row.get("unit") or "")
    return Attribute(row["name"], level, dict(where or {}), *_held(label, value, unit, place))


def _held(label: str, value: str, unit: str, place: str) -> tuple[str, str, str]:
    """What nodes of a label hold: its name, the unit in which it is told, and the one in which it is stored."""
    declared = {p.name: p for p in schema.node(label).properties if p.filtered}
    named = {p.alias: p.name for p in declared.values() if p.alias} | {name: name for name in declared}
    name = named.get(value, value)
    try:
        dimension = canonical_unit(unit or "1")
    except UnknownUnit as error:
        raise UsageError(f"{place}: {error}") from error
    if label == "ContentItem" and name == named[NUMBER]:
        return NUMBER, unit, ""
    if name not in declared and name not in fields(label):
        near = nearest(value, [*named, *fields(label)])
        raise UsageError(f"{place}: there is no property {value!r}" + (f"; did you mean {near}?" if near else ""))
    stored = declared[name].unit if name in declared else ""
    if unit and (not stored or canonical_unit(stored) != dimension):
        raise UsageError(f"{place}: {value} is stored {f'in {stored}' if stored else 'without a unit'}, not in {unit}")
    return name, unit or stored, stored
