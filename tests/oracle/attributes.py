"""``attribute:`` by semantics 4.7: names, properties of the schema, and the values of declared attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydicom.datadict import dictionary_VR, keyword_dict, keyword_for_tag, tag_for_keyword

from cohortgraph.graph import schema
from cohortgraph.graph.schema import Property, Type

from .leaf import property_holds
from .model import Node

_DATE, _TEXT = Property("date", Type.DATE), Property("text")
_FOLDED = {keyword.lower(): keyword for keyword in keyword_dict}


def holds(instance: Node, clause: Mapping[str, Any]) -> bool:
    """Whether every attribute named satisfies its condition."""
    return all(_one(instance, _spelled(name), condition) for name, condition in clause.items())


def _spelled(name: str) -> str:
    """A name as the store spells it: each step a keyword, or group, creator and element."""
    if private := re.fullmatch(r'\(?([0-9A-Fa-f]{4}),"?(.*?)"?,([0-9A-Fa-f]{2})\)?', name):
        return f"{private[1].upper()},{private[2]},{private[3].upper()}"
    return ".".join(_keyword(step) for step in name.split("."))


def _keyword(step: str) -> str:
    digits = re.sub("[(),]", "", step)
    if re.fullmatch("[0-9A-Fa-f]{8}", digits):
        return keyword_for_tag(int(digits, 16))
    return _FOLDED[step.lower()]


def _one(instance: Node, name: str, condition: Mapping[str, Any]) -> bool:
    for label, place in (("Instance", ""), ("Series", "series"), ("Study", "study"), ("Patient", "patient")):
        for declared in schema.node(label).columns:
            if declared.filtered and name.lower() in (declared.name.lower(), declared.alias.lower()):
                node = instance.related[place][0] if place else instance
                return property_holds(declared, node.properties.get(declared.name), condition)
    values = instance.attributes.get(name, [])
    if "," in name:
        return _private(values, condition)
    tag = tag_for_keyword(name.rpartition(".")[2])
    is_date = tag is not None and dictionary_VR(tag) == "DA"
    return property_holds(_DATE if is_date else _TEXT, values, condition)


def _private(values: list[Any], condition: Mapping[str, Any]) -> bool:
    """Of an unknown VR: compared as numbers where all operands are numbers, else as texts."""
    about_all = {op: operand for op, operand in condition.items() if op in ("exists", "ne")}
    about_one = {op: operand for op, operand in condition.items() if op not in ("exists", "ne")}
    operands = [each for one in about_one.values() for each in (one if isinstance(one, list) else [one])]
    is_text = not operands or any(isinstance(each, str) for each in operands)
    comparable = [value for value in values if isinstance(value, str) == is_text]
    return property_holds(_TEXT, values, about_all) and property_holds(_TEXT, comparable, about_one)
