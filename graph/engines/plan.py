"""An engine's plan as operators: what Ladybug draws as boxes, what Neo4j gives as a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..engine import Plan

_BOX = re.compile("┌─+[┴┬─]*┐")
_COUNTED = ("NumOutputTuples:", "ExecutionTime:", "TotalTime:")
"""What only a profiled run would count."""
_NAME = re.compile(r"([A-Z_]+)\[(\d+)\]$")


def ladybug_plan(text: str) -> Plan:
    """Ladybug's drawing of a physical plan.

    A SCAN_NODE_TABLE that a SEMI_MASKER names reads only the nodes found before, so it is no scan of the label.
    """
    boxes = [box for box in _boxes(text.split("\n")) if _NAME.match(box[0])]
    operators = tuple((_name(box), "; ".join(box[1:])) for box in boxes)
    masked = {name for box in boxes if _name(box) == "SEMI_MASKER" for name in re.findall(r"[A-Z_]+\[\d+\]", box[1])}
    scans = [
        label.strip()
        for box in boxes
        if _name(box) == "SCAN_NODE_TABLE" and box[0] not in masked
        for line in box[1:]
        if line.startswith("Tables:")
        for label in line.removeprefix("Tables:").split(",")
    ]
    crossed = any(name == "CROSS_PRODUCT" for name, _ in operators)
    told = "\n".join(
        f"{box[0]} {'; '.join(box[1:])}".rstrip() for box in boxes
    )  # drawn, it is thousands of columns wide
    return Plan(told, operators, crossed, tuple(sorted(set(scans))))


def _name(box: list[str]) -> str:
    return box[0].partition("[")[0]


def _boxes(lines: list[str]) -> Iterator[list[str]]:
    """The lines of every box; a line that continues the one above (no colon) is joined to it."""
    for top, line in enumerate(lines):
        for frame in _BOX.finditer(line):
            box: list[str] = []
            for below in lines[top + 1 :]:
                inside = below[frame.start() + 1 : frame.end() - 1].strip()
                if below[frame.start()] == "└":
                    break
                if not inside or set(inside) == {"-"} or inside.startswith(_COUNTED):
                    continue
                if len(box) > 1 and ":" not in inside:
                    box[-1] += f", {inside}"
                else:
                    box.append(inside)
            if box:
                yield box


_WHOLE = ("ByLabelScan", "ByLabelsScan", "IndexScan", "ContainsScan", "EndsWithScan", "TypeScan", "TypesScan")
"""How the names of Neo4j's operators end that read all nodes of a label, or all edges of a type."""


def neo4j_plan(root: Mapping[str, Any]) -> Plan:
    """Neo4j's plan tree, as the driver's result summary gives it; a scan of an edge type counts by that type's name."""
    operators = tuple(_walk(root))
    scans = {
        label
        for name, details in operators
        if name.endswith(_WHOLE) and (match := re.search(r":\s*([\w|&`]+)", details))
        for label in re.findall(r"\w+", match.group(1))
    }
    if any(name == "AllNodesScan" for name, _ in operators):
        scans.add("*")
    crossed = any(name == "CartesianProduct" for name, _ in operators)
    return Plan("\n".join(f"{name} {details}" for name, details in operators), operators, crossed, tuple(sorted(scans)))


def _walk(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    name = str(plan["operatorType"]).partition("@")[0]
    yield name, str(plan.get("args", {}).get("Details", ""))
    for child in plan.get("children", ()):
        yield from _walk(child)
