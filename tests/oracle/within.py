"""How far two series lie apart: semantics 6.9."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from .model import Node


def near(first: Node, then: Node, clause: Mapping[str, Any]) -> bool:
    """0 ≤ then − first ≤ n, or the absolute difference; a missing date never matches."""
    if clause.get("sameStudy") and first.related["study"] != then.related["study"]:
        return False
    began, followed = _moment(first, clause), _moment(then, clause)
    if began is None or followed is None:
        return False
    apart = followed - began if clause.get("ordered", True) else abs(followed - began)
    most = timedelta(hours=clause["hours"]) if "hours" in clause else timedelta(days=clause["days"])
    return timedelta(0) <= apart <= most


def _moment(series: Node, clause: Mapping[str, Any]) -> datetime | None:
    """The start of the day that ``by`` names or, for hours, date and time of the series in whole seconds."""
    if "hours" not in clause:
        day = series.properties.get(clause.get("by", "studyDate"))
        return datetime.combine(day, time()) if day else None
    day, at = series.properties.get("seriesDate"), series.properties.get("seriesTime")
    return datetime.combine(day, time.fromisoformat(at)).replace(microsecond=0) if day and at else None
