"""Reading ``within``: how near in time two series must lie (semantics 6.9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import QuestionError
from .conditions import boolean, finite, known, mapping, nearest
from .document import pointer
from .ir import Gap

HOLDERS = ("Patient", "Study")
"""Labels whose filters may hold ``within``: both series lie under that node."""

_KEYS = ("first", "then", "days", "hours", "ordered", "sameStudy", "by")
_DATES = {"studyDate": "studyDateDays", "seriesDate": "seriesDateDays"}
_SECONDS = "seriesDateTimeSeconds"
_LONGEST = 10_000_000
"""Days: 27,000 years; what is longer is a slip."""


def read(operand: Any, label: str, path: str) -> tuple[Mapping[str, Any], Gap]:
    """The clause as a mapping, in which ``first`` and ``then`` are still to be read, and the gap it asks for.

    Raises
    ------
    QuestionError
        where a key is missing, unknown or has no meaning together with another.
    """
    asked = mapping(operand, path, "first, then and days or hours", needed=True)
    known(asked, _KEYS, path)
    for name in ("first", "then"):
        if name not in asked:
            raise QuestionError(path, f"within needs {name!r}, a filter on series")
    if ("days" in asked) == ("hours" in asked):
        raise QuestionError(path, "within needs one of 'days' and 'hours'")
    ordered = boolean(asked.get("ordered", True), pointer(path, "ordered"))
    same_study = boolean(asked.get("sameStudy", False), pointer(path, "sameStudy"))
    property_, most = _hours(asked, path) if "hours" in asked else _days(asked, path)
    return asked, Gap(property_, most, ordered, "Study" if same_study else label)


def _days(asked: Mapping[str, Any], path: str) -> tuple[str, int]:
    by = asked.get("by", "studyDate")
    if not isinstance(by, str) or by not in _DATES:
        message = f"{by!r} is no date of a series; expected one of {', '.join(_DATES)}"
        raise QuestionError(pointer(path, "by"), message, nearest(by, _DATES) if isinstance(by, str) else None)
    here = pointer(path, "days")
    days = _span(asked["days"], here)
    if days != int(days):
        raise QuestionError(here, f"dates lie whole days apart, found {days}; write hours")
    return _DATES[by], int(days)


def _hours(asked: Mapping[str, Any], path: str) -> tuple[str, int]:
    if asked.get("by", "seriesDate") != "seriesDate":
        raise QuestionError(pointer(path, "by"), "hours are counted by seriesDate and seriesTime", "seriesDate")
    return _SECONDS, round(_span(asked["hours"], pointer(path, "hours")) * 3600)


def _span(value: Any, path: str) -> float:
    number = finite(value, path)
    if not 0 <= number <= _LONGEST:
        raise QuestionError(path, f"expected a number from 0 to {_LONGEST:,}, found {number:g}")
    return number
