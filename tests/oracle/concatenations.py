"""Semantics 4.4: the parts of a concatenation taken together before the graph is built."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from cohortgraph.graph.facts import InstanceFacts

VARYING = ("effectiveEchoTime", "diffusionBValue", "nominalCardiacTriggerDelayTime", "temporalPositionTimeOffset")


def logical(facts: Iterable[InstanceFacts]) -> list[InstanceFacts]:
    """Each object that is no part, and each first part with what all parts say."""
    whole: dict[Any, list[InstanceFacts]] = defaultdict(list)
    for each in facts:
        uid = each.instance.get("concatenationUID")
        whole[(each.patient["id"], uid) if uid else each.sop_instance_uid].append(each)
    return [_joined(parts) if "concatenationUID" in parts[0].instance else parts[0] for parts in whole.values()]


def _joined(parts: list[InstanceFacts]) -> InstanceFacts:
    first = min(parts, key=lambda part: (part.instance["inConcatenationNumber"], part.sop_instance_uid))
    said = {**first.instance, "numberOfFrames": sum(part.instance["numberOfFrames"] for part in parts)}
    for name in VARYING:
        if values := sorted({value for part in parts for value in part.instance.get(name, [])}):
            said |= {name: values, f"{name}Min": values[0], f"{name}Max": values[-1]}
    return replace(first, instance=said)
