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
from ..language.conditions import nearest
from ..language.parse import as_level

_SHIPPED = Path(__file__).with_name("attributes.yaml")
_KEYS = ("name", "of", "value", "unit")


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
        A property of theirs; of items also ``number`` and ``value``, a code.
    unit
        UCUM code in which numbers are given; empty where there is none.
    """

    name: str
    level: str
    where: Mapping[str, Any]
    value: str = "number"
    unit: str = ""


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


def _found(name: str, known: Mapping[str, Attribute]) -> Attribute:
    if name.casefold() in known:
        return known[name.casefold()]
    level, dot, property_ = name.partition(".")
    if dot:
        label = as_level(level).label
        declared = {p.alias or p.name: p.name for p in schema.node(label).properties} | {
            p.name: p.name for p in schema.node(label).properties
        }
        if property_ not in declared:
            near_one = nearest(property_, declared)
            hint = f"; did you mean {level}.{near_one}?" if near_one else ""
            raise UsageError(f"{level} have no property {property_!r}{hint}")
        return Attribute(name, level, {}, declared[property_])
    titles = {each.name for each in known.values()}
    near = get_close_matches(name, titles, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"known are {', '.join(sorted(titles))}"
    raise UsageError(f"there is no attribute {name!r}; {hint} A property goes by its level, such as series.modality")


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
    unit = str(row.get("unit") or "")
    try:
        canonical_unit(unit or "1")
    except UnknownUnit as error:
        raise UsageError(f"{place}: {error}") from error
    declared = {p.alias or p.name: p.name for p in schema.node(as_level(level).label).properties}
    value = str(row.get("value") or "number")
    return Attribute(row["name"], level, dict(where or {}), declared.get(value, value), unit)
