"""Picks: which series of a patient or study a sample takes, and as what.

``ROLE[ = MODALITY[ PROPERTY~TEXT …]]: RULE``, for example::

    CT: first
    ECG: nearest before CT, 30 d
    T1 = MR seriesDescription~"t1 ax" bodyPartExamined~head: largest

A role is a name; without ``=`` it is a modality too. ``~`` asks that a property of the series (``seriesDescription``,
``protocolName``, ``bodyPartExamined``, ``manufacturer``, ``manufacturerModelName``) holds a text, in any case. Rules:
``first`` and ``last`` in time, ``largest`` by number of frames, ``all``, and ``nearest`` to the series of another role,
``before`` or ``after`` it, within so many days (``d``) or hours (``h``). What is nearer is so in time; where one has no
time of day, whole days count, and those of one day are before and after each other. ``d`` counts days of the calendar
(semantics 6.9), ``h`` hours between times. Ties go to the smaller Series Instance UID; a series takes one role of a
sample.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

from ...errors import UsageError
from ..plan.model import Dropped
from .gathered import TEXTS, Series
from .moment import DAY

_PICK = re.compile(r"\s*([A-Za-z][\w-]*)\s*(?:=\s*([^:]*?))?\s*:\s*(.+?)\s*")
_NEAREST = re.compile(r"nearest(?:\s+(before|after))?\s+([A-Za-z][\w-]*)(?:\s*,\s*(\d+)\s*([dh]))?")
_HOUR = 3600

Rule = Literal["first", "last", "largest", "all", "nearest"]
BY_TIME: tuple[Rule, ...] = ("first", "last", "nearest")


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
    seconds = int(number) * (_HOUR if unit == "h" else DAY) if number else None
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
        times = _times(fitting)
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
            dated = "a date and time, or those" if pick.in_hours else "a date, or that"
            dropped.append(Dropped(each.uid, pick.role, f"without {dated} of what it is to be near to"))
            continue
        allowed = [gap for gap in found if _is_on(pick.side, gap.signed)]
        if not allowed:
            dropped.append(Dropped(each.uid, pick.role, f"not {pick.side} {pick.to}"))
            continue
        away = min(gap.away for gap in allowed)
        if pick.seconds is not None and away > pick.seconds:
            far = f"{away / _HOUR:g} h" if pick.in_hours else f"{away / DAY:g} d"
            dropped.append(Dropped(each.uid, pick.role, f"{far} from {pick.to}"))
        else:
            distances[each.uid] = min(gap.at_most for gap in allowed)
    if not distances:
        return [], dropped
    best, farther = _least(pick, [each for each in fitting if each.uid in distances], distances, "farther")
    return best, [*dropped, *farther]


class _Gap(NamedTuple):
    """Seconds between two series: by side; as a limit counts them; and at most, by which they rank."""

    signed: float
    away: float
    at_most: float


def _gap(pick: Pick, each: Series, other: Series) -> _Gap | None:
    """From ``other`` to ``each``; None where they lack a date or, in hours, a time of day."""
    if each.moment is None or other.moment is None:
        return None
    seconds = each.moment.since(other.moment)
    days = float(each.moment.days - other.moment.days) * DAY
    if seconds is None:
        return None if pick.in_hours else _Gap(days, abs(days), abs(days) + DAY)
    return _Gap(seconds, abs(seconds if pick.in_hours else days), abs(seconds))


def _is_on(side: str, gap: float) -> bool:
    return not side or (gap <= 0 if side == "before" else gap >= 0)


def _times(fitting: Sequence[Series]) -> dict[str, float | None]:
    """Of each series, in seconds; in UTC where all say by how much their clocks are ahead of it."""
    moments = {each.uid: each.moment for each in fitting}
    zoned = all(each.zone is not None for each in moments.values() if each)
    return {
        uid: float(each.days * DAY) + (each.seconds or 0.0) - ((each.zone or 0) if zoned else 0) if each else None
        for uid, each in moments.items()
    }
