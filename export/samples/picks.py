"""Picks: which series of a patient or study a sample takes, and as what.

``ROLE[ = MODALITY[ PROPERTY~TEXT …]]: RULE``, for example::

    CT: first
    ECG: nearest before CT, 30 d
    T1 = MR seriesDescription~"t1 ax" bodyPartExamined~head: largest

A role is a name; without ``=`` it is a modality too. ``~`` asks that a property of the series (``seriesDescription``,
``protocolName``, ``bodyPartExamined``, ``manufacturer``, ``manufacturerModelName``) holds a text, in any case. Rules:
``first`` and ``last`` in time, ``largest`` by number of frames, ``all``, and ``nearest`` to the series of another role,
``before`` or ``after`` it, within so many days (``d``) or hours (``h``). Days are between Study Dates, so that those of
one day are before and after each other (semantics 6.9); hours are between the series' own times. Ties go to the smaller
Series Instance UID; a series takes one role of a sample.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from ...errors import UsageError
from ..plan.model import Dropped
from .gathered import TEXTS, Series

_PICK = re.compile(r"\s*([A-Za-z][\w-]*)\s*(?:=\s*([^:]*?))?\s*:\s*(.+?)\s*")
_NEAREST = re.compile(r"nearest(?:\s+(before|after))?\s+([A-Za-z][\w-]*)(?:\s*,\s*(\d+)\s*([dh]))?")
_HOUR, _DAY = 3600, 86400

Rule = Literal["first", "last", "largest", "all", "nearest"]


@dataclass(frozen=True, slots=True)
class Pick:
    """One pick.

    Attributes
    ----------
    texts
        Name of a property → what it must hold.
    to, side, seconds
        Of ``nearest``: the other role, on which side of it, how far at most.
    told
        Whether somebody asked for it; else it follows from another that is near to it.
    """

    role: str
    modality: str
    rule: Rule
    texts: Mapping[str, str]
    to: str = ""
    side: str = ""
    seconds: int | None = None
    in_hours: bool = False
    told: bool = True

    def fits(self, series: Series) -> bool:
        """Whether a series can have the role."""
        if series.modality.casefold() != self.modality.casefold():
            return False
        return all(text.casefold() in series.texts.get(name, "").casefold() for name, text in self.texts.items())


def picks(texts: Sequence[str]) -> list[Pick]:
    """Read picks; those that others are near to come first.

    Raises
    ------
    UsageError
        where one is not valid, or names a role that no pick is of and that is no modality.
    """
    found = [_read(text) for text in texts]
    roles = [pick.role for pick in found]
    if twice := [role for role in roles if roles.count(role) > 1]:
        raise UsageError(f"two picks are of the role {twice[0]!r}")
    for pick in list(found):
        if pick.to and pick.to not in roles:
            roles.append(pick.to)
            found.append(Pick(pick.to, pick.to, "first", {}, told=False))
    ordered: list[Pick] = []
    while found:
        ready = [pick for pick in found if not pick.to or pick.to in {each.role for each in ordered}]
        if not ready:
            raise UsageError(f"the picks {', '.join(pick.role for pick in found)} are nearest to one another")
        ordered += ready
        found = [pick for pick in found if pick not in ready]
    return ordered


def _read(text: str) -> Pick:
    matched = _PICK.fullmatch(text)
    if not matched:
        raise UsageError(f"pick is {text!r}; expected ROLE: RULE, such as 'ECG: nearest before CT, 30 d'")
    role, conditions, rule = matched.groups()
    try:
        words = shlex.split(conditions or role)
    except ValueError as error:
        raise UsageError(f"pick {text!r}: {str(error).lower()}") from None
    texts = {}
    for word in words[1:]:
        name, tilde, value = word.partition("~")
        if not tilde or not value or name not in TEXTS:
            raise UsageError(f"pick {text!r}: {word!r} is no condition; expected {', '.join(TEXTS)} ~TEXT")
        texts[name] = value
    if rule in ("first", "last", "largest", "all"):
        return Pick(role, words[0], cast(Rule, rule), texts)
    nearest = _NEAREST.fullmatch(rule)
    if not nearest:
        raise UsageError(
            f"pick {text!r}: {rule!r} is no rule; expected first, last, largest, all, or "
            "nearest [before|after] ROLE[, N d]"
        )
    side, to, number, unit = nearest.groups()
    seconds = int(number) * (_HOUR if unit == "h" else _DAY) if number else None
    return Pick(role, words[0], "nearest", texts, to, side or "", seconds, unit == "h")


def choose(pick: Pick, candidates: Sequence[Series], near: Sequence[Series]) -> tuple[list[Series], list[Dropped]]:
    """The series that a pick takes of those that fit, and why it does not take the others.

    Parameters
    ----------
    near
        Of ``nearest``: the series of the other role.
    """
    fitting = sorted((each for each in candidates if pick.fits(each)), key=lambda each: each.uid)
    if pick.rule == "all" or not fitting:
        return fitting, []
    if pick.rule == "nearest":
        return _nearest(pick, fitting, near)
    if pick.rule == "largest":
        ranks: dict[str, float | None] = {each.uid: -float(each.frames) for each in fitting}
    else:
        times = {each.uid: _time(each) for each in fitting}
        ranks = {uid: time if pick.rule == "first" or time is None else -time for uid, time in times.items()}
    return _least(pick, fitting, ranks, {"largest": "smaller", "first": "later", "last": "earlier"}[pick.rule])


def _least(
    pick: Pick, fitting: Sequence[Series], ranks: Mapping[str, float | None], beaten: str
) -> tuple[list[Series], list[Dropped]]:
    """The series of the least rank, those without one last; ties go to the smaller UID."""
    best = min(fitting, key=lambda each: (ranks[each.uid] is None, ranks[each.uid] or 0.0, each.uid))

    def why(uid: str) -> str:
        if ranks[uid] == ranks[best.uid]:
            return f"its equal has the smaller UID: {best.uid}"
        return f"without a date: {best.uid}" if ranks[uid] is None else f"{beaten}: {best.uid}"

    return [best], [Dropped(each.uid, pick.role, why(each.uid)) for each in fitting if each is not best]


def _nearest(pick: Pick, fitting: list[Series], near: Sequence[Series]) -> tuple[list[Series], list[Dropped]]:
    dropped: list[Dropped] = []
    distances: dict[str, float | None] = {}
    for each in fitting:
        found = [gap for other in near if (gap := _gap(pick, each, other)) is not None]
        if not found:
            dropped.append(Dropped(each.uid, pick.role, "without a date, or that of what it is to be near to"))
            continue
        allowed = [abs(gap) for gap in found if _is_on(pick.side, gap)]
        if not allowed:
            dropped.append(Dropped(each.uid, pick.role, f"not {pick.side} {pick.to}"))
        elif pick.seconds is not None and min(allowed) > pick.seconds:
            far = f"{min(allowed) / _HOUR:g} h" if pick.in_hours else f"{min(allowed) / _DAY:g} d"
            dropped.append(Dropped(each.uid, pick.role, f"{far} from {pick.to}"))
        else:
            distances[each.uid] = min(allowed)
    if not distances:
        return [], dropped
    best, farther = _least(pick, [each for each in fitting if each.uid in distances], distances, "farther")
    return best, [*dropped, *farther]


def _gap(pick: Pick, each: Series, other: Series) -> float | None:
    """Seconds from ``other`` to ``each``."""
    if pick.in_hours:
        return None if each.seconds is None or other.seconds is None else float(each.seconds - other.seconds)
    return None if each.days is None or other.days is None else float(each.days - other.days) * _DAY


def _is_on(side: str, gap: float) -> bool:
    return not side or (gap <= 0 if side == "before" else gap >= 0)


def _time(series: Series) -> float | None:
    if series.seconds is not None:
        return float(series.seconds)
    return None if series.days is None else float(series.days) * _DAY
